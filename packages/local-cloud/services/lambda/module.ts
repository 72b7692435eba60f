import type { LocalService } from "../module";
import type { DeclaredFunction } from "./declared";
import { functionType, layerType, permissionType, readFunctions, readPermissions } from "./graph";
import { createFunctionRuntime, lambdaService, type FunctionRuntime } from "./index";

export const lambda: LocalService<readonly DeclaredFunction[], FunctionRuntime> = {
  name: "lambda",
  serves: [functionType, layerType, permissionType],
  policies: readPermissions,
  declared: readFunctions,
  open({ authorizer, credentials, data, faults, identity, options, url }, functions) {
    for (const { roleArn } of functions) authorizer.authorizeAssume("lambda.amazonaws.com", roleArn);
    const runtime = createFunctionRuntime({
      identity,
      storage: data,
      functions,
      credentials,
      endpoint: url,
      packagesFrom: [process.cwd(), __dirname],
      faults,
      onLog: options.onLog,
      maxProcesses: options.maxProcesses,
      idleMilliseconds: options.idleMilliseconds,
    });
    return {
      part: runtime,
      wire: lambdaService(runtime),
      pending: () => runtime.pendingEvents,
      stop: () => runtime.close(),
    };
  },
  async take(functions, { arn, body, sender, sourceArn, untilEnded }, authorizer) {
    authorizer.authorizeService(sender, "lambda:InvokeFunction", arn, { "aws:SourceArn": sourceArn });
    const ended = functions.invokeEvent(arn, body);
    if (untilEnded) await ended;
  },
};
