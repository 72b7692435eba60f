import { randomUUID } from "node:crypto";
import type { CloudEvent, CloudIdentity } from "../../gateway/service";
import type { Execution } from "./executions";
import { maxDataBytes } from "./interpreter";

/** In the shape of Step Functions' own events; data that is too large is left out, as on AWS. */
export function statusChange(
  identity: CloudIdentity,
  execution: Execution,
  input: string,
  output: string | undefined,
): CloudEvent {
  const data = (member: string, text: string | undefined): Record<string, unknown> => {
    const included = text !== undefined && Buffer.byteLength(text) <= maxDataBytes * 0.9;
    return {
      [member]: included ? text : null,
      [`${member}Details`]: text === undefined ? null : { included },
    };
  };
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "Step Functions Execution Status Change",
    source: "aws.states",
    account: identity.accountId,
    time: new Date(execution.stopDate ?? execution.startDate).toISOString().replace(/\.\d{3}/, ""),
    region: identity.region,
    resources: [execution.arn],
    detail: {
      executionArn: execution.arn,
      stateMachineArn: execution.machineArn,
      name: execution.name,
      status: execution.status,
      startDate: execution.startDate,
      stopDate: execution.stopDate ?? null,
      ...data("input", input),
      ...data("output", output),
      error: execution.error ?? null,
      cause: execution.cause ?? null,
      stateMachineVersionArn: null,
      stateMachineAliasArn: null,
      redriveCount: 0,
      redriveDate: null,
      redriveStatus: "NOT_REDRIVABLE",
      redriveStatusReason: null,
    },
  };
}
