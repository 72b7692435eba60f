/**
 * SNS: the declared topics and their subscriptions; messages to e-mail subscribers go to the inbox.
 *
 *   createSns({ identity, topics, mailbox, sendToQueue?, invokeFunction?, onError? }): Sns
 *     a CloudService (`sns`), and
 *     .publish(topicArn, { message, subject?, structure?, attributes? }): Promise<string>
 *         for local services that publish (alarms, event rules); returns the message's id. The caller authorizes the
 *         service first. Throws CloudError NotFound or InvalidParameter.
 *
 * Serves Publish, PublishBatch, ListTopics, GetTopicAttributes, ListSubscriptions and ListSubscriptionsByTopic on the
 * Query protocol, authorized on the topic's ARN. Topics and subscriptions are those of the program, so there is no
 * Subscribe: it answers NotImplemented.
 */
import {
  cloudError,
  isCloudError,
  type CloudIdentity,
  type CloudRequest,
  type CloudService,
} from "../../gateway/service";
import { checkPublication, readAttributes, type Publication } from "./message";
import { membersOf, readParameters, writeQueryError, writeResult } from "./query";
import { refuseUnknown } from "./parameters";
import { openTopic, type DeclaredTopic, type Destinations, type Topic } from "./topic";

export type { MessageAttribute, Publication } from "./message";
export type { DeclaredSubscription, DeclaredTopic, Destinations } from "./topic";

export interface SnsOptions extends Destinations {
  readonly identity: CloudIdentity;
  readonly topics: readonly DeclaredTopic[];
  /** Receives each subscriber that did not accept a message; by default it goes to stderr. */
  readonly onError?: (line: string) => void;
}

export interface Sns extends CloudService {
  publish(topicArn: string, publication: Publication): Promise<string>;
}

type Operation = (parameters: URLSearchParams, request: CloudRequest) => Promise<object> | object;

export function createSns(options: SnsOptions): Sns {
  const { identity, onError = (line: string) => console.error(line) } = options;
  const topics = new Map(options.topics.map((topic) => [topic.arn, openTopic(topic, identity, options, onError)]));

  function find(topicArn: string): Topic {
    const topic = topics.get(topicArn);
    if (!topic) throw cloudError("NotFound", 404, "Topic does not exist");
    return topic;
  }

  /** Every list of topics or subscriptions is short enough for one page. */
  const everyTopic = `arn:${identity.partition}:sns:${identity.region}:${identity.accountId}:*`;
  const operations = new Map<string, Operation>([
    [
      "Publish",
      async (parameters, request) => {
        const topicArn = parameters.get("TopicArn") ?? parameters.get("TargetArn");
        if (topicArn === null) {
          throw cloudError("NotImplemented", 501, "The local cloud's sns publishes to topics only: name a TopicArn.");
        }
        request.authorize("sns:Publish", topicArn);
        const message = {
          ...publicationOf((name) => parameters.get(name) ?? undefined),
          attributes: readAttributes(parameters, "MessageAttributes.entry"),
        };
        return { MessageId: await find(topicArn).publish(checkPublication(message)) };
      },
    ],
    [
      "PublishBatch",
      async (parameters, request) => {
        const topicArn = required(parameters, "TopicArn");
        request.authorize("sns:Publish", topicArn);
        return publishBatch(find(topicArn), parameters);
      },
    ],
    [
      "ListTopics",
      (_parameters, request) => {
        request.authorize("sns:ListTopics", everyTopic);
        return { Topics: { member: [...topics.keys()].map((TopicArn) => ({ TopicArn })) } };
      },
    ],
    [
      "GetTopicAttributes",
      (parameters, request) => {
        const topicArn = required(parameters, "TopicArn");
        request.authorize("sns:GetTopicAttributes", topicArn);
        const { arn, displayName = "", subscriptions } = find(topicArn).declared;
        const attributes = {
          TopicArn: arn,
          Owner: identity.accountId,
          DisplayName: displayName,
          SubscriptionsConfirmed: String(subscriptions.length),
          SubscriptionsPending: "0",
          SubscriptionsDeleted: "0",
        };
        return { Attributes: { entry: Object.entries(attributes).map(([key, value]) => ({ key, value })) } };
      },
    ],
    [
      "ListSubscriptions",
      (_parameters, request) => {
        request.authorize("sns:ListSubscriptions", everyTopic);
        return { Subscriptions: { member: [...topics.values()].flatMap(subscriptionsOf) } };
      },
    ],
    [
      "ListSubscriptionsByTopic",
      (parameters, request) => {
        const topicArn = required(parameters, "TopicArn");
        request.authorize("sns:ListSubscriptionsByTopic", topicArn);
        return { Subscriptions: { member: subscriptionsOf(find(topicArn)) } };
      },
    ],
  ]);

  function subscriptionsOf({ declared }: Topic): object[] {
    return declared.subscriptions.map(({ arn, protocol, endpoint }) => ({
      SubscriptionArn: arn,
      Owner: identity.accountId,
      Protocol: protocol,
      Endpoint: endpoint,
      TopicArn: declared.arn,
    }));
  }

  const service: CloudService = {
    name: "sns",
    async operationOf(request) {
      return (await readParameters(request)).get("Action") ?? "Unknown";
    },
    async handle(request, response) {
      try {
        const parameters = await readParameters(request);
        const action = parameters.get("Action") ?? "Unknown";
        const run = operations.get(action);
        if (!run) {
          throw cloudError("NotImplemented", 501, `The local cloud's sns does not serve the operation ${action}.`);
        }
        refuseUnknown(action, parameters);
        writeResult(response, action, request.id, await run(parameters, request));
      } catch (error) {
        if (!isCloudError(error)) throw error;
        service.writeError(error, request, response);
      }
    },
    writeError(error, request, response) {
      writeQueryError(response, error, error.code === "AccessDenied" ? "AuthorizationError" : error.code, request.id);
    },
  };
  return {
    ...service,
    async publish(topicArn, publication) {
      return find(topicArn).publish(checkPublication(publication));
    },
  };
}

/** One refused entry does not hold up the others. */
async function publishBatch(topic: Topic, parameters: URLSearchParams): Promise<object> {
  const prefix = "PublishBatchRequestEntries.member";
  const entries = membersOf(parameters, prefix);
  if (entries.length === 0) throw cloudError("EmptyBatchRequest", 400, "The batch request contains no entries.");
  if (entries.length > 10) {
    throw cloudError("TooManyEntriesInBatchRequest", 400, "The batch contains more than 10 entries.");
  }
  const successful: object[] = [];
  const failed: object[] = [];
  for (const [i, entry] of entries.entries()) {
    const Id = entry.get("Id") ?? "";
    try {
      const attributes = readAttributes(parameters, `${prefix}.${i + 1}.MessageAttributes.entry`);
      const message = { ...publicationOf((name) => entry.get(name)), attributes };
      successful.push({ Id, MessageId: await topic.publish(checkPublication(message)) });
    } catch (error) {
      if (!isCloudError(error)) throw error;
      failed.push({ Id, Code: error.code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful: { member: successful }, Failed: { member: failed } };
}

function publicationOf(value: (name: string) => string | undefined): Publication {
  const [subject, structure] = [value("Subject"), value("MessageStructure")];
  return {
    message: value("Message") ?? "",
    ...(subject === undefined ? {} : { subject }),
    ...(structure === undefined ? {} : { structure }),
  };
}

function required(parameters: URLSearchParams, name: string): string {
  const value = parameters.get(name);
  if (value === null || value === "") throw cloudError("InvalidParameter", 400, `Invalid parameter: ${name}`);
  return value;
}
