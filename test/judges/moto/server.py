"""Serves moto on the port in MOTO_PORT. A function's invocation goes to the address in FUNCTIONS, which runs its real
archive, where moto itself would start a container. Ends when its standard input does."""

import json
import os
import sys
import urllib.request

from moto.core.config import default_user_config

default_user_config["lambda"] = {"use_docker": False}
default_user_config["stepfunctions"] = {"execute_state_machine": True}

from moto.stepfunctions.parser.asl.utils import json_path  # noqa: E402

extract_definite = json_path.extract_json


def extract_json(path, data):
    """A path with `..` is indefinite: AWS answers with the list of all matches, also of one or none; moto does not."""
    if ".." not in path:
        return extract_definite(path, data)
    return [match.value for match in json_path.parse(path).find(data)]


# Before moto's interpreter imports it by name.
json_path.extract_json = extract_json

from moto.awslambda_simple.models import LambdaSimpleBackend  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402


def invoke(self, function_name, qualifier, body, headers, response_headers):
    name = function_name.rsplit(":function:", 1)[-1].split(":")[0]
    request = urllib.request.Request(f"{os.environ['FUNCTIONS']}/{name}", data=(body or "{}").encode())
    with urllib.request.urlopen(request) as response:
        outcome = json.load(response)
    if outcome["failed"]:
        response_headers["x-amz-function-error"] = "Unhandled"
    return outcome["payload"].encode()


LambdaSimpleBackend.invoke = invoke
server = ThreadedMotoServer(ip_address="127.0.0.1", port=int(os.environ["MOTO_PORT"]), verbose=False)
server.start()
print("ready", flush=True)
sys.stdin.read()
server.stop()
