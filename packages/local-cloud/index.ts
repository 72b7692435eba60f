/**
 * A small cloud on one machine, made from a program's resource graph: every declared resource gets its counterpart.
 *
 *   evaluateProgram({ program, stack?, config?, … }): Promise<ProgramGraph>
 *   startCloud({ graph, port, data, engine?, faults?, … }): Promise<Cloud>
 *
 * It knows AWS's resource types and nothing of the program's purpose. services/ holds the services, each in a folder of
 * its own; program/ evaluates, gateway/ answers the one port, sigv4/ and iam/ decide who may do what.
 */
export { startCloud, type Cloud, type CloudOptions, type CloudParts } from "./cloud";
export { setupError, type SetupError, type SetupErrorCode } from "./errors";
export { evaluateProgram, type EvaluateOptions } from "./program/evaluate";
