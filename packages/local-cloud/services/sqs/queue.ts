import { createHash, randomUUID } from "node:crypto";

import { openKeptMap, type KeptMap } from "../../storage/kept-map";

/** A queue as the program declares it. Times are seconds. */
export interface DeclaredQueue {
  readonly name: string;
  readonly arn: string;
  /** Default 30. */
  readonly visibilityTimeoutSeconds?: number | undefined;
  /** Default 345,600 (4 days). */
  readonly messageRetentionSeconds?: number | undefined;
  /** The queue for messages that were received so often without being deleted. */
  readonly deadLetters?: { readonly arn: string; readonly maxReceives: number } | undefined;
}

/** A message attribute, as the API has it: a type, and its value as text or base64. */
export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string | undefined;
  readonly BinaryValue?: string | undefined;
}

export interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  readonly senderId: string;
  /** Milliseconds since 1970, as all times here. */
  readonly sentAt: number;
  readonly visibleAt: number;
  /** In a dead-letter queue: the queue that the message comes from. */
  readonly sourceArn?: string | undefined;
  /** How often it was received, and first when. Kept with it: a restart does not give it further attempts. */
  readonly received?: { readonly count: number; readonly firstAt: number } | undefined;
}

/** A message that was received, until its visibility timeout ends or it is deleted. */
export interface Received extends Message {
  readonly receiptHandle: string;
  readonly receiveCount: number;
  readonly firstReceivedAt: number;
}

export interface Queue {
  readonly declared: DeclaredQueue;
  send(message: {
    readonly body: string;
    readonly attributes?: Message["attributes"] | undefined;
    readonly senderId: string;
    readonly delaySeconds?: number | undefined;
  }): Promise<Message>;
  /** Takes a message over from the queue whose dead letters this one holds, with its id and age. */
  accept(message: Message): Promise<void>;
  /** Up to `most` visible messages, oldest first; waits for the first one so long. */
  receive(most: number, visibilitySeconds?: number, waitSeconds?: number): Promise<Received[]>;
  /** Deletes by the latest receipt; an older or unknown one deletes nothing, as on SQS. */
  delete(receiptHandle: string): Promise<void>;
  /** Hides a message for so long from now on; false if the receipt does not hold it any more. */
  changeVisibility(receiptHandle: string, seconds: number): boolean;
  purge(): Promise<void>;
  /** The messages that nobody has received; a caller that sends them elsewhere removes them by id. */
  visible(): readonly Message[];
  remove(id: string): Promise<void>;
  /** Counts, as the queue's attributes report them. */
  counts(): { readonly visible: number; readonly notVisible: number; readonly delayed: number };
  close(): Promise<void>;
}

/** The queues of an account, by name. */
export interface Queues {
  /** Sorted. */
  names(): readonly string[];
  /** @throws CloudError `QueueDoesNotExist` */
  find(name: string): Queue;
}

/** The latest delivery of a message. It is forgotten on a restart: the message is then visible again. */
interface Handling {
  readonly receiptHandle: string;
  readonly visibleAt: number;
}

/**
 * Opens a queue.
 *
 * @param file keeps the messages; an answered send survives a kill
 * @param now milliseconds since 1970
 * @param bury takes over a message that was received too often. A kill between it and the removal repeats it.
 */
export async function openQueue(
  declared: DeclaredQueue,
  file: string,
  now: () => number,
  bury?: (message: Message) => Promise<void>,
): Promise<Queue> {
  const { visibilityTimeoutSeconds = 30, messageRetentionSeconds = 345_600 } = declared;
  const maxReceives = bury === undefined ? Infinity : (declared.deadLetters?.maxReceives ?? Infinity);
  const messages: KeptMap<Message> = await openKeptMap(file);
  const handlings = new Map<string, Handling>();
  const waiting = new Set<() => void>();
  let closed = false;
  const isClosed = () => closed;

  /** Drops messages that are older than the queue's retention period. */
  async function expire(): Promise<void> {
    const oldest = now() - messageRetentionSeconds * 1000;
    for (const [id, { sentAt }] of [...messages.entries()]) {
      // All of them: a dead-letter queue holds messages in the order of their arrival there, not of their sending.
      if (sentAt <= oldest) await forget(id);
    }
  }

  const isVisible = ({ id, visibleAt }: Message): boolean => (handlings.get(id)?.visibleAt ?? visibleAt) <= now();
  const isSpent = ({ received }: Message): boolean => (received?.count ?? 0) >= maxReceives;

  async function forget(id: string): Promise<void> {
    handlings.delete(id);
    await messages.delete(id);
  }

  /** Moves the messages that were received too often to the dead-letter queue. As on SQS, only a receiver finds them. */
  async function burySpent(): Promise<void> {
    for (const [id, message] of [...messages.entries()]) {
      if (!isSpent(message) || !isVisible(message)) continue;
      await bury?.({ ...message, sourceArn: declared.arn, received: undefined });
      await forget(id);
    }
  }

  async function take(most: number, visibilitySeconds: number): Promise<Received[]> {
    const time = now();
    const free = [...messages.entries()].map(([, message]) => message);
    // Chosen and hidden at once: of two receivers at a time, each has messages of its own.
    const taken = free
      .filter((message) => isVisible(message) && !isSpent(message))
      .slice(0, most)
      .map((message) => {
        const { count = 0, firstAt = time } = message.received ?? {};
        const receiptHandle = `${message.id}#${randomUUID()}`;
        handlings.set(message.id, { receiptHandle, visibleAt: time + visibilitySeconds * 1000 });
        return { receiptHandle, message: { ...message, received: { count: count + 1, firstAt } } };
      });
    await Promise.all(taken.map(({ message }) => messages.set(message.id, message)));
    return taken.map(({ receiptHandle, message }) => {
      const { count: receiveCount, firstAt: firstReceivedAt } = message.received;
      return { ...message, receiptHandle, receiveCount, firstReceivedAt };
    });
  }

  /** Waits for a message to be sent, or for a while: polling finds messages that become visible again. */
  function waitForMessage(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(milliseconds, 250));
      waiting.add(done);
    });
  }

  const wakeAll = () => {
    for (const wake of waiting) wake();
  };

  return {
    declared,
    async send({ body, attributes = {}, senderId, delaySeconds = 0 }) {
      const sentAt = now();
      const id = randomUUID();
      const message = { id, body, attributes, senderId, sentAt, visibleAt: sentAt + delaySeconds * 1000 };
      await messages.set(id, message);
      wakeAll();
      return message;
    },
    async accept(message) {
      await messages.set(message.id, message);
      wakeAll();
    },
    async receive(most, visibilitySeconds = visibilityTimeoutSeconds, waitSeconds = 0) {
      const until = performance.now() + waitSeconds * 1000;
      for (;;) {
        if (isClosed()) return [];
        await expire();
        await burySpent();
        // A closed file cannot keep receive counts: what it holds is received after the restart.
        if (isClosed()) return [];
        const taken = await take(most, visibilitySeconds);
        const left = until - performance.now();
        if (taken.length > 0 || left <= 0) return taken;
        await waitForMessage(left);
      }
    },
    async delete(receiptHandle) {
      const id = receiptHandle.split("#")[0] ?? "";
      if (handlings.get(id)?.receiptHandle === receiptHandle) await forget(id);
    },
    changeVisibility(receiptHandle, seconds) {
      const id = receiptHandle.split("#")[0] ?? "";
      const handling = handlings.get(id);
      if (handling?.receiptHandle !== receiptHandle || handling.visibleAt <= now()) return false;
      handlings.set(id, { ...handling, visibleAt: now() + seconds * 1000 });
      if (seconds === 0) wakeAll();
      return true;
    },
    async purge() {
      handlings.clear();
      await Promise.all([...messages.entries()].map(([id]) => messages.delete(id)));
    },
    visible: () => [...messages.entries()].map(([, message]) => message).filter(isVisible),
    remove: forget,
    counts() {
      const time = now();
      const counts = { visible: 0, notVisible: 0, delayed: 0 };
      for (const [id, { visibleAt }] of messages.entries()) {
        const handling = handlings.get(id);
        if (handling && handling.visibleAt > time) counts.notVisible++;
        else if (!handling && visibleAt > time) counts.delayed++;
        else counts.visible++;
      }
      return counts;
    },
    async close() {
      closed = true;
      wakeAll();
      await messages.close();
    },
  };
}

export function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
