import type { ProgramGraph } from "../../program/graph";
import type { DeclaredRule, DeclaredTarget } from ".";
import type { Authorizer } from "../../iam";
import { sessionArn } from "../../iam";
import type { FunctionRuntime } from "../lambda";
import type { CloudEvent } from "../../gateway/service";
import type { DeclaredSubscription, DeclaredTopic, Destinations, Sns } from "../sns";
import type { DeclaredQueue, Sqs } from "../sqs";
import type { Machines } from "../states";
import { scheduledPattern } from "./schedules";
import { nameIn, nodesOf, numberOf, textOf, type Node } from "../../program/nodes";

/** Who takes messages and events over; what does not exist yet when a part is made is asked for when it is needed. */
export interface Parties {
  readonly authorizer: Authorizer;
  readonly functions: () => FunctionRuntime;
  readonly machines: () => Machines;
  readonly sqs: () => Sqs;
  readonly sns: () => Sns;
}

export function readQueues(graph: ProgramGraph): readonly DeclaredQueue[] {
  return nodesOf(graph, "aws:sqs/queue:Queue").map((node) => {
    const visibilityTimeoutSeconds = node.number("visibilityTimeoutSeconds");
    const messageRetentionSeconds = node.number("messageRetentionSeconds");
    return {
      name: node.required("name"),
      arn: node.required("arn"),
      ...(visibilityTimeoutSeconds === undefined ? {} : { visibilityTimeoutSeconds }),
      ...(messageRetentionSeconds === undefined ? {} : { messageRetentionSeconds }),
    };
  });
}

const PROTOCOLS = ["email", "email-json", "sqs", "lambda"] as const;

/**
 * The declared topics with their subscriptions.
 *
 * @param warn told of subscriptions of a kind that is not served
 * @param fallbackEmail whom the messages of a topic are mailed to that has no subscriber at all
 */
export function readTopics(
  graph: ProgramGraph,
  warn: (line: string) => void,
  fallbackEmail?: (topicName: string) => string,
): readonly DeclaredTopic[] {
  const subscriptions = nodesOf(graph, "aws:sns/topicSubscription:TopicSubscription");
  return nodesOf(graph, "aws:sns/topic:Topic").map((topic) => {
    const arn = topic.required("arn");
    const displayName = topic.text("displayName");
    const own = subscriptions
      .filter((node) => node.text("topic") === arn)
      .flatMap((node) => subscriptionOf(node, warn));
    const endpoint = own.length === 0 ? fallbackEmail?.(topic.required("name")) : undefined;
    return {
      arn,
      ...(displayName === undefined ? {} : { displayName }),
      subscriptions: endpoint === undefined ? own : [{ arn: `${arn}:nobody-else`, protocol: "email", endpoint }],
    };
  });
}

function subscriptionOf(node: Node, warn: (line: string) => void): DeclaredSubscription[] {
  const protocol = PROTOCOLS.find((known) => known === node.text("protocol"));
  if (!protocol) {
    warn(
      `The subscription ${node.name} is of the kind ${node.text("protocol")}, which gets nothing in the local mode.`,
    );
    return [];
  }
  const filterPolicy = node.text("filterPolicy");
  const scope = node.text("filterPolicyScope");
  return [
    {
      arn: node.id,
      protocol,
      endpoint: node.required("endpoint"),
      rawMessageDelivery: node.flag("rawMessageDelivery"),
      ...(filterPolicy === undefined ? {} : { filterPolicy }),
      ...(scope === "MessageBody" || scope === "MessageAttributes" ? { filterPolicyScope: scope } : {}),
    },
  ];
}

/** Where topics send to, each with the permission that AWS asks for. */
export function destinationsOf(parties: Parties): Omit<Destinations, "mailbox"> {
  const { authorizer } = parties;
  return {
    sendToQueue(queueArn, body, attributes, topicArn) {
      authorizer.authorizeService("sns.amazonaws.com", "sqs:SendMessage", queueArn, { "aws:SourceArn": topicArn });
      return parties.sqs().send(queueArn, body, attributes);
    },
    async invokeFunction(functionArn, event, topicArn) {
      authorizer.authorizeService("sns.amazonaws.com", "lambda:InvokeFunction", functionArn, {
        "aws:SourceArn": topicArn,
      });
      // As on Lambda: the topic is done when the event is taken over.
      void parties.functions().invokeEvent(functionArn, JSON.stringify(event));
    },
  };
}

/**
 * The declared rules of the default bus. A rule with a schedule takes the event that its timer publishes.
 *
 * @param warn told of targets that are not served
 */
export function readRules(
  graph: ProgramGraph,
  parties: Parties,
  warn: (line: string) => void,
): readonly DeclaredRule[] {
  const targets = nodesOf(graph, "aws:cloudwatch/eventTarget:EventTarget");
  return nodesOf(graph, "aws:cloudwatch/eventRule:EventRule").flatMap((rule) => {
    const name = rule.required("name");
    const arn = rule.required("arn");
    const bus = rule.text("eventBusName") ?? "default";
    if (nameIn(bus) !== "default") {
      warn(`The rule ${rule.name} is of the event bus ${bus}; the local mode has the default bus alone.`);
      return [];
    }
    const schedule = rule.text("scheduleExpression");
    const pattern = schedule === undefined ? rule.text("eventPattern") : scheduledPattern(arn);
    const own = targets.filter((target) => nameIn(target.required("rule")) === name);
    return [
      {
        name,
        arn,
        ...(pattern === undefined ? {} : { pattern }),
        enabled: rule.text("state") !== "DISABLED" && rule.inputs["isEnabled"] !== false,
        targets: own.flatMap((target) => targetOf(target, arn, parties, warn)),
      },
    ];
  });
}

function targetOf(node: Node, ruleArn: string, parties: Parties, warn: (line: string) => void): DeclaredTarget[] {
  const arn = node.required("arn");
  const deliver = deliveryTo(arn, node.text("roleArn"), ruleArn, parties);
  if (!deliver) {
    warn(`The target ${node.name} (${arn}) is of a kind that gets no events in the local mode.`);
    return [];
  }
  const transformer = node.block("inputTransformer");
  const retry = node.block("retryPolicy");
  const [input, inputPath] = [node.text("input"), node.text("inputPath")];
  const attempts = numberOf(retry?.["maximumRetryAttempts"]);
  const age = numberOf(retry?.["maximumEventAgeInSeconds"]);
  const queueArn = textOf(node.block("deadLetterConfig")?.["arn"]);
  return [
    {
      id: node.required("targetId"),
      arn,
      deliver,
      ...(input === undefined ? {} : { input }),
      ...(inputPath === undefined ? {} : { inputPath }),
      ...(transformer ? { inputTransformer: transformerOf(transformer) } : {}),
      ...(attempts === undefined ? {} : { maximumRetryAttempts: attempts }),
      ...(age === undefined ? {} : { maximumEventAgeInSeconds: age }),
      ...(queueArn === undefined
        ? {}
        : { deadLetter: (body, attributes) => sendToQueue(parties, queueArn, ruleArn, body, attributes) }),
    },
  ];
}

function transformerOf(block: Readonly<Record<string, unknown>>): NonNullable<DeclaredTarget["inputTransformer"]> {
  const paths = Object.entries((block["inputPaths"] ?? {}) as Record<string, unknown>);
  return {
    inputPathsMap: Object.fromEntries(paths.map(([name, path]) => [name, String(path)])),
    inputTemplate: String(block["inputTemplate"]),
  };
}

async function sendToQueue(
  { authorizer, sqs }: Parties,
  queueArn: string,
  ruleArn: string,
  body: string,
  attributes: Readonly<Record<string, string>> = {},
): Promise<void> {
  authorizer.authorizeService("events.amazonaws.com", "sqs:SendMessage", queueArn, { "aws:SourceArn": ruleArn });
  await sqs().send(queueArn, body, attributes);
}

/** How a rule hands an event to a target of this kind; undefined for a kind that is not served. */
function deliveryTo(
  arn: string,
  roleArn: string | undefined,
  ruleArn: string,
  parties: Parties,
): DeclaredTarget["deliver"] | undefined {
  const { authorizer } = parties;
  const service = arn.split(":")[2];
  const from = { "aws:SourceArn": ruleArn };
  switch (service) {
    case "states":
      return async (input, { event }) => {
        // A rule reaches a state machine through a role of its own, never through the machine's policy.
        if (roleArn !== undefined) authorizer.authorizeAssume("events.amazonaws.com", roleArn);
        const caller = { kind: "role", arn: sessionArn(roleArn ?? "", "events") } as const;
        authorizer.authorize(caller, "states:StartExecution", arn);
        await parties.machines().start(arn, input, executionName(event));
      };
    case "lambda":
      return async (input) => {
        authorizer.authorizeService("events.amazonaws.com", "lambda:InvokeFunction", arn, from);
        // Until it has ended, not only until it is taken over: a kill in between would lose it.
        await parties.functions().invokeEvent(arn, input);
      };
    case "sqs":
      return (input) => sendToQueue(parties, arn, ruleArn, input);
    case "sns":
      return async (input) => {
        authorizer.authorizeService("events.amazonaws.com", "sns:Publish", arn, from);
        await parties.sns().publish(arn, { message: input });
      };
    default:
      return undefined;
  }
}

/** As EventBridge names them: the event's id, so that one is found by the other, and what makes it unique. */
function executionName(event: CloudEvent): string {
  return `${event.id}_${crypto.randomUUID()}`;
}
