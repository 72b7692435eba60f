/**
 * Functions: the serialized archives that the program declares, run in child processes.
 *
 *   createFunctionRuntime({ identity, storage, functions, credentials, endpoint, packagesFrom, faults?, onLog? })
 *     .invoke(nameOrArn, payload): Promise<InvokeResult>      waits for the answer; a function's error is a result
 *     .invokeEvent(nameOrArn, payload)                        as Lambda's asynchronous invocation, with two retries
 *     .find(nameOrArn)  .processes()  .pendingEvents  .close()
 *   lambdaService(runtime): CloudService                      the REST API's Invoke
 */
export type { DeclaredFunction, FunctionError, InvokeResult } from "./declared";
export type { LogLine } from "./logs";
export { createFunctionRuntime, type FunctionRuntime, type FunctionRuntimeOptions } from "./runtime";
export { lambdaService } from "./service";
