import { randomUUID } from "node:crypto";
import { cloudError, type CloudRequest } from "../../gateway/service";
import { text } from "./input";
import type { Queues } from "./queue";

/**
 * StartMessageMoveTask: sends the messages of a dead-letter queue again, each to the queue that it comes from or all to
 * one. They are new messages there, with a new id and age, as on SQS. The task has ended when it is answered, so that
 * there is none to list or to cancel.
 */
export async function startMove(
  queues: Queues,
  input: Record<string, unknown>,
  request: CloudRequest,
): Promise<{ TaskHandle: string }> {
  const sourceArn = text(input, "SourceArn");
  const destination = typeof input.DestinationArn === "string" ? input.DestinationArn : undefined;
  for (const action of ["StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"]) {
    request.authorize(`sqs:${action}`, sourceArn);
  }
  const find = (arn: string) => queues.find(arn.split(":").at(-1) ?? "");
  const holdsDeadLetters = queues.names().some((name) => queues.find(name).declared.deadLetters?.arn === sourceArn);
  if (!holdsDeadLetters) {
    throw cloudError("InvalidParameterValue", 400, "Source queue must be configured as a Dead Letter Queue.");
  }
  const source = find(sourceArn);
  for (const { id, body, attributes, senderId, sourceArn: from } of source.visible()) {
    const target = destination ?? from;
    // A message that was sent to the dead-letter queue directly comes from no other queue: it stays.
    if (target === undefined) continue;
    request.authorize("sqs:SendMessage", target);
    await find(target).send({ body, attributes, senderId });
    await source.remove(id);
  }
  return { TaskHandle: Buffer.from(`${randomUUID()} ${sourceArn}`).toString("base64") };
}
