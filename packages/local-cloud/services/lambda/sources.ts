import { sessionArn, type Authorizer } from "../../iam";
import type { CloudIdentity } from "../../gateway/service";
import type { ProgramGraph } from "../../program/graph";
import { nodesOf, type Node } from "../../program/nodes";
import type { Queue, Received, Sqs } from "../sqs";
import { md5 } from "../sqs/queue";
import type { FunctionRuntime } from "./runtime";

export const sourceType = "aws:lambda/eventSourceMapping:EventSourceMapping";

/** A queue whose messages Lambda hands to a function. */
export interface DeclaredSource {
  readonly name: string;
  readonly queueArn: string;
  /** Name or ARN. */
  readonly functionName: string;
  readonly batchSize: number;
  /** Batches under way at a time. */
  readonly concurrency: number;
  /** Whether the function's answer names the messages that failed; otherwise a batch succeeds or fails as a whole. */
  readonly reportsFailures: boolean;
}

/** Lambda's own default for queues. */
const defaultBatchSize = 10;
/** Lambda begins with five; a laptop has fewer processors. */
const defaultConcurrency = 2;

/** Inputs that change which messages a function receives, or when: none may be ignored. */
const unserved = ["filterCriteria", "maximumBatchingWindowInSeconds", "destinationConfig"] as const;

/**
 * @param warn receives a line for each mapping of another kind of source
 * @throws Error naming the mapping and the input that is not served
 */
export function readSources(graph: ProgramGraph, warn: (line: string) => void): readonly DeclaredSource[] {
  return nodesOf(graph, sourceType).flatMap((node) => {
    const queueArn = node.text("eventSourceArn") ?? "";
    if (queueArn.split(":")[2] !== "sqs") {
      warn(`The event source mapping ${node.name} reads ${queueArn || "no ARN"}; the local mode serves queues only.`);
      return [];
    }
    for (const input of unserved) {
      const value = node.inputs[input];
      if (value === undefined || value === 0) continue;
      throw new Error(`The event source mapping ${node.name} has ${input}, which the local mode does not serve.`);
    }
    return node.inputs["enabled"] === false ? [] : [sourceOf(node, queueArn)];
  });
}

function sourceOf(node: Node, queueArn: string): DeclaredSource {
  const most = node.block("scalingConfig")?.["maximumConcurrency"];
  return {
    name: node.name,
    queueArn,
    functionName: node.required("functionName"),
    batchSize: node.number("batchSize") ?? defaultBatchSize,
    concurrency: typeof most === "number" ? most : defaultConcurrency,
    reportsFailures: node.texts("functionResponseTypes").includes("ReportBatchItemFailures"),
  };
}

/** The mappings at work. */
export interface Sources {
  /** Begins to read the queues. */
  start(): void;
  /**
   * Messages that wait for their first attempt or are being handled. A message that failed waits in its queue, as long
   * as the queue's visibility timeout says: it is not under way.
   */
  readonly pending: number;
  /** Fulfils once the batches under way have ended. */
  stop(): Promise<void>;
}

/**
 * @param options.retryScale the factor of the pause before a message that failed is received again, for tests
 * @throws CloudError AccessDenied unless the function's role may read its queue, as Lambda refuses such a mapping
 */
export function openSources(
  sources: readonly DeclaredSource[],
  options: {
    readonly queues: Sqs;
    readonly functions: FunctionRuntime;
    readonly authorizer: Authorizer;
    readonly identity: CloudIdentity;
    readonly retryScale: number | undefined;
  },
): Sources {
  const { queues, functions, authorizer, identity, retryScale = 1 } = options;
  let stopped = false;
  const isStopped = () => stopped;
  let handling = 0;
  const running = new Set<Promise<void>>();

  for (const { functionName, queueArn } of sources) {
    const declared = functions.find(functionName);
    if (!declared) {
      throw new Error(`An event source mapping is for ${functionName}, which is no function of the program.`);
    }
    const caller = { kind: "role", arn: sessionArn(declared.roleArn, declared.name) } as const;
    for (const action of ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"]) {
      authorizer.authorize(caller, `sqs:${action}`, queueArn);
    }
  }

  async function readOn(source: DeclaredSource): Promise<void> {
    const queue = queues.queue(source.queueArn);
    while (!isStopped()) {
      const batch = await queue.receive(source.batchSize, undefined, 20);
      // What was received and not handled is visible again after the restart.
      if (isStopped() || batch.length === 0) continue;
      handling += batch.length;
      const work = handle(source, queue, batch).finally(() => (handling -= batch.length));
      running.add(work);
      await work.finally(() => running.delete(work));
    }
  }

  async function handle(source: DeclaredSource, queue: Queue, batch: readonly Received[]): Promise<void> {
    const failed = await failuresOf(source, batch);
    for (const { id, receiptHandle } of batch) {
      if (!failed.has(id)) await queue.delete(receiptHandle);
      // Lambda leaves such a message hidden until its visibility timeout ends.
      else if (retryScale !== 1) queue.changeVisibility(receiptHandle, visibilitySeconds(queue) * retryScale);
    }
  }

  /** The ids of the messages that the function has not handled. */
  async function failuresOf(source: DeclaredSource, batch: readonly Received[]): Promise<ReadonlySet<string>> {
    const all = new Set(batch.map(({ id }) => id));
    try {
      const result = await functions.invoke(source.functionName, JSON.stringify(toEvent(source, batch, identity)));
      if (!result.ok) return all;
      return source.reportsFailures ? (reported(result.payload, all) ?? all) : new Set();
    } catch {
      // Throttled, or a fault of the script: the log of the function has it.
      return all;
    }
  }

  return {
    start() {
      for (const source of sources) {
        for (let reader = 0; reader < source.concurrency; reader++) void readOn(source);
      }
    },
    get pending() {
      const waiting = sources.map(({ queueArn }) => queues.counts(queueArn).visible);
      return waiting.reduce((sum, count) => sum + count, handling);
    },
    async stop() {
      stopped = true;
      await Promise.all(running);
    },
  };
}

function visibilitySeconds({ declared }: Queue): number {
  return declared.visibilityTimeoutSeconds ?? 30;
}

/** The failures that an answer names; undefined if it is none that Lambda accepts: the whole batch has failed then. */
function reported(payload: string, all: ReadonlySet<string>): ReadonlySet<string> | undefined {
  const answer: unknown = payload === "" ? null : JSON.parse(payload);
  const failures = (answer as { batchItemFailures?: unknown } | null)?.batchItemFailures ?? [];
  if (!Array.isArray(failures)) return undefined;
  const ids = failures.map((failure) => (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier);
  return ids.every((id) => typeof id === "string" && all.has(id)) ? new Set(ids as string[]) : undefined;
}

/** The event that a function receives, as Lambda writes it. */
function toEvent({ queueArn }: DeclaredSource, batch: readonly Received[], { region }: CloudIdentity): object {
  return {
    Records: batch.map((message) => ({
      messageId: message.id,
      receiptHandle: message.receiptHandle,
      body: message.body,
      attributes: {
        ApproximateReceiveCount: String(message.receiveCount),
        SentTimestamp: String(message.sentAt),
        SenderId: message.senderId,
        ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
      },
      messageAttributes: Object.fromEntries(
        Object.entries(message.attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
          name,
          {
            stringValue: StringValue,
            binaryValue: BinaryValue,
            stringListValues: [],
            binaryListValues: [],
            dataType: DataType,
          },
        ]),
      ),
      md5OfBody: md5(message.body),
      eventSource: "aws:sqs",
      eventSourceARN: queueArn,
      awsRegion: region,
    })),
  };
}
