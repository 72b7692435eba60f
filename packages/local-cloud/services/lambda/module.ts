import type { LocalService } from "../module";
import { sqs } from "../sqs/module";
import type { DeclaredFunction } from "./declared";
import { functionType, layerType, permissionType, readFunctions, readPermissions } from "./graph";
import { createFunctionRuntime, lambdaService, type FunctionRuntime } from "./index";
import { checkTracing, mayLog } from "./role";
import { openSources, readSources, sourceType, type DeclaredSource } from "./sources";

interface Declared {
  readonly functions: readonly DeclaredFunction[];
  readonly sources: readonly DeclaredSource[];
}

export const lambda: LocalService<Declared, FunctionRuntime> = {
  name: "lambda",
  serves: [functionType, layerType, permissionType, sourceType],
  policies: readPermissions,
  declared: (graph, warn) => ({ functions: readFunctions(graph), sources: readSources(graph, warn) }),
  open({ authorizer, credentials, data, faults, identity, options, part, url, warn }, { functions, sources }) {
    for (const one of functions) {
      authorizer.authorizeAssume("lambda.amazonaws.com", one.roleArn);
      checkTracing(one, authorizer, warn);
    }
    const runtime = createFunctionRuntime({
      identity,
      storage: data,
      functions,
      credentials,
      endpoint: url,
      packagesFrom: [process.cwd(), __dirname],
      faults,
      onLog: options.onLog,
      silent: new Set(functions.filter((one) => !mayLog(one, identity, authorizer, warn)).map(({ name }) => name)),
      maxProcesses: options.maxProcesses,
      idleMilliseconds: options.idleMilliseconds,
    });
    const mappings = openSources(sources, {
      queues: part(sqs),
      functions: runtime,
      authorizer,
      identity,
      retryScale: options.retryScale,
    });
    return {
      part: runtime,
      wire: lambdaService(runtime),
      start: () => mappings.start(),
      pending: () => runtime.pendingEvents + mappings.pending,
      async stop() {
        // Not awaited before the functions end: a message whose function is killed stays in its queue.
        const ended = mappings.stop();
        await runtime.close();
        await ended;
      },
    };
  },
  async take(functions, { arn, body, sender, sourceArn, untilEnded }, authorizer) {
    authorizer.authorizeService(sender, "lambda:InvokeFunction", arn, { "aws:SourceArn": sourceArn });
    const ended = functions.invokeEvent(arn, body);
    if (untilEnded) await ended;
  },
};
