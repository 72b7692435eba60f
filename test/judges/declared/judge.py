"""Judges what the program declares and what the functions send. Reads {"policies", "template", "requests"} from the
standard input; writes the findings of each judge."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import botocore.session
import parliament
from botocore.validate import ParamValidator

question = json.load(sys.stdin)


# parliament lists only the ARN of an Express execution for this action, which is for Standard ones.
mistaken = ["'action': 'states:DescribeExecution', 'required_format': 'arn:*:states:*:*:express:"]


def policy_findings():
    for name, document in question["policies"].items():
        for finding in parliament.analyze_policy_string(document, include_community_auditors=False).findings:
            line = f"{name}: {finding.issue}: {finding.detail}"
            if not any(known in line for known in mistaken):
                yield line


def template_findings():
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template.json"
        template.write_text(json.dumps(question["template"]))
        lint = str(Path(sys.executable).parent / "cfn-lint")
        command = [lint, "--format", "json", "--regions", "ap-southeast-1", "--", str(template)]
        ended = subprocess.run(command, capture_output=True, text=True)
        if ended.stderr.strip() or not ended.stdout.strip():
            raise SystemExit(f"cfn-lint: {ended.stderr}")
        for finding in json.loads(ended.stdout):
            yield f"{finding['Rule']['Id']} at {'/'.join(map(str, finding['Location']['Path'] or []))}: {finding['Message']}"


def plain(value):
    """Bytes as JavaScript writes them into JSON become bytes again."""
    if isinstance(value, dict):
        if value.get("type") == "Buffer" and isinstance(value.get("data"), list):
            return bytes(value["data"])
        return {name: plain(member) for name, member in value.items()}
    return [plain(member) for member in value] if isinstance(value, list) else value


def strictly(shape, value, path):
    """What botocore leaves to the service: the values of enums, patterns, lengths and ranges above the maximum."""
    meta = shape.metadata
    if shape.type_name == "structure":
        for name, member in value.items():
            yield from strictly(shape.members[name], member, f"{path}.{name}")
    elif shape.type_name == "list":
        if len(value) > meta.get("max", len(value)):
            yield f"{path} has {len(value)} members, at most {meta['max']}"
        for i, member in enumerate(value):
            yield from strictly(shape.member, member, f"{path}[{i}]")
    elif shape.type_name == "map":
        for name, member in value.items():
            yield from strictly(shape.key, name, f"{path} key")
            yield from strictly(shape.value, member, f"{path}.{name}")
    elif shape.type_name == "string":
        if getattr(shape, "enum", None) and value not in shape.enum:
            yield f"{path} is {value}, none of {', '.join(shape.enum)}"
        if len(value) > meta.get("max", len(value)):
            yield f"{path} has {len(value)} characters, at most {meta['max']}"
        try:
            pattern = re.compile(meta.get("pattern", ""))
        except re.error:
            return  # Java's syntax.
        if meta.get("pattern") and not pattern.search(value):
            yield f"{path} is {value}, not of {meta['pattern']}"
    elif shape.type_name in ("integer", "long") and value > meta.get("max", value):
        yield f"{path} is {value}, at most {meta['max']}"


def request_findings():
    session = botocore.session.get_session()
    models = {}
    for request in question["requests"]:
        service, operation, value = request["service"], request["operation"], plain(request["input"])
        model = models.setdefault(service, session.get_service_model(service)).operation_model(operation)
        report = ParamValidator().validate(value, model.input_shape)
        where = f"{request['from']}: {service} {operation}"
        if report.has_errors():
            yield f"{where}: {report.generate_report()}"
        else:
            yield from (f"{where}: {line}" for line in strictly(model.input_shape, value, "input"))


print(
    json.dumps(
        {
            "policies": list(policy_findings()),
            "template": list(template_findings()),
            "requests": list(request_findings()),
        }
    )
)
