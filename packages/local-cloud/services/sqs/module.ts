import type { LocalService } from "../module";
import { queueType, queuePolicyType, readEncryptedQueues, readQueuePolicies, readQueues } from "./graph";
import { startSqs, type DeclaredQueue, type Sqs } from "./index";

export const sqs: LocalService<readonly DeclaredQueue[], Sqs> = {
  name: "sqs",
  serves: [queueType, queuePolicyType],
  policies: readQueuePolicies,
  encrypted: readEncryptedQueues,
  declared: readQueues,
  async open({ folder, identity }, queues) {
    const part = await startSqs({ folder: folder("queues"), identity, queues });
    return { part, wire: part };
  },
  async take(queues, { arn, body, attributes, sender, sourceArn }, authorizer) {
    authorizer.authorizeService(sender, "sqs:SendMessage", arn, { "aws:SourceArn": sourceArn });
    await queues.send(arn, body, attributes);
  },
};
