/**
 * State machines: the definitions that the program declares, interpreted, with Lambda functions as their tasks.
 *
 *   createMachines({ identity, storage, machines, functions, authorizer, emit, retryScale? }): Promise<Machines>
 *     .start(machineArn, input, name?)  .stop(arn)  .resume()       executions outlive the process
 *     .execution(arn)  .executions()  .history(arn)  .watch(listener)  .pending  .close()
 *   statesService(machines): CloudService                           Step Functions' API
 */
export type { DeclaredMachine } from "./declared";
export type { Definition, State } from "./definition";
export type { HistoryEvent } from "./events";
export type { Execution, ExecutionStatus } from "./executions";
export { createMachines, type Machines, type MachinesOptions } from "./machines";
export { statesService } from "./service";
