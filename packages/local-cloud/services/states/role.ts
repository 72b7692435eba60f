import { refusalOf, type Authorizer } from "../../iam";
import type { DeclaredMachine } from "./declared";

/** The permissions that Step Functions' documentation lists for delivering a machine's log. */
const logActions = [
  "logs:CreateLogDelivery",
  "logs:DeleteLogDelivery",
  "logs:DescribeLogGroups",
  "logs:DescribeResourcePolicies",
  "logs:GetLogDelivery",
  "logs:ListLogDeliveries",
  "logs:PutResourcePolicy",
  "logs:UpdateLogDelivery",
];

/** The same for X-Ray. */
const traceActions = [
  "xray:GetSamplingRules",
  "xray:GetSamplingTargets",
  "xray:PutTelemetryRecords",
  "xray:PutTraceSegments",
];

/**
 * Checks that a machine's role may deliver the log and the traces that the machine is to have.
 *
 * @param warn receives a line about missing traces: the machine runs without them
 * @throws Error in the service's words if the role may not deliver the log: Step Functions refuses such a machine
 */
export function checkObservability(
  machine: DeclaredMachine,
  authorizer: Pick<Authorizer, "authorize">,
  warn: (line: string) => void,
): void {
  const refused = (actions: readonly string[]) =>
    actions.map((action) => refusalOf(authorizer, machine, action, "*")).find((refusal) => refusal !== undefined);
  const log = machine.isLogged ? refused(logActions) : undefined;
  if (log !== undefined) {
    throw new Error(
      `The state machine ${machine.name} cannot be created: The state machine IAM Role is not authorized to access the ` +
        `Log Destination (${log}). Grant it, or set the log's level to OFF.`,
    );
  }
  const traces = machine.isTraced ? refused(traceActions) : undefined;
  if (traces !== undefined) warn(`X-Ray gets no traces of the state machine ${machine.name}: ${traces}.`);
}
