/**
 * The permissions that Lambda itself requires of a function's role: for the function's log and for X-Ray.
 *
 *   mayLog(declared, identity, authorizer, warn): boolean
 *   checkTracing(declared, authorizer, warn)
 */
import type { CloudIdentity } from "../../gateway/service";
import { refusalOf, type Authorizer } from "../../iam";
import type { DeclaredFunction } from "./declared";

type Role = Pick<DeclaredFunction, "name" | "roleArn">;

/**
 * Whether the function's role may write its log. If it may not, Lambda runs the function and drops every line.
 *
 * @param warn receives a line about a log that is not written
 */
export function mayLog(
  { logGroup, ...role }: Role & Pick<DeclaredFunction, "logGroup">,
  { partition, region, accountId }: CloudIdentity,
  authorizer: Pick<Authorizer, "authorize">,
  warn: (line: string) => void,
): boolean {
  const group = `arn:${partition}:logs:${region}:${accountId}:log-group:${logGroup.name}`;
  const actions = [...(logGroup.isMade ? ["logs:CreateLogGroup"] : []), "logs:CreateLogStream", "logs:PutLogEvents"];
  for (const action of actions) {
    // Lambda names a stream after the day and a process: a policy can only allow all of a group.
    const resource = action === "logs:CreateLogGroup" ? group : `${group}:log-stream:any`;
    const refusal = refusalOf(authorizer, role, action, resource);
    if (refusal === undefined) continue;
    warn(`The function ${role.name} has no log, since its role may not write it: ${refusal}.`);
    return false;
  }
  return true;
}

/**
 * Checks that the role of a traced function may send traces.
 *
 * @param warn receives a line if X-Ray would lack the figures about the traces
 * @throws Error in Lambda's words if the role may not send them: Lambda refuses to create such a function
 */
export function checkTracing(
  { isTraced, ...role }: Role & Pick<DeclaredFunction, "isTraced">,
  authorizer: Pick<Authorizer, "authorize">,
  warn: (line: string) => void,
): void {
  if (!isTraced) return;
  const traces = refusalOf(authorizer, role, "xray:PutTraceSegments", "*");
  if (traces !== undefined) {
    throw new Error(
      `The function ${role.name} cannot be created: The provided execution role does not have permissions to call ` +
        `PutTraceSegments on XRAY (${traces}). Grant it, or disable tracing.`,
    );
  }
  const telemetry = refusalOf(authorizer, role, "xray:PutTelemetryRecords", "*");
  if (telemetry !== undefined) warn(`X-Ray gets no telemetry of the function ${role.name}: ${telemetry}.`);
}
