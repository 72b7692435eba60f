import { setTimeout as sleep } from "node:timers/promises";
import type { CloudEvent } from "../../gateway/service";
import type { KeptMap } from "../../storage/kept-map";

/** A delivery of one event to one target, as it is kept on disk. */
export interface KeptDelivery {
  readonly event: CloudEvent;
  readonly rule: string;
  readonly target: string;
  readonly acceptedAt: number;
  readonly attempts: number;
  /** A fault's further delivery of the same event; it is not multiplied again. */
  readonly copy?: true | undefined;
}

/** The deliveries that have not been made, with the attempts that wait for their time or are under way. */
export interface DeliveryQueue {
  readonly kept: KeptMap<KeptDelivery>;
  /** Makes one attempt of a delivery; keeps it for another, or settles it. */
  readonly attempt: (id: string) => Promise<void>;
  readonly onDrop: (line: string) => void;
  readonly pauses: Map<NodeJS.Timeout, (waited: boolean) => void>;
  readonly underWay: Set<Promise<void>>;
  /** Called when nothing is kept any more. */
  readonly waiters: (() => void)[];
  started: boolean;
  stopping: boolean;
  /** Set after the grace of closing: an attempt that ends later changes nothing, and the next run repeats it. */
  closed: boolean;
}

export function createQueue(
  kept: KeptMap<KeptDelivery>,
  attempt: (id: string) => Promise<void>,
  onDrop: (line: string) => void,
): DeliveryQueue {
  return {
    kept,
    attempt,
    onDrop,
    pauses: new Map(),
    underWay: new Set(),
    waiters: [],
    started: false,
    stopping: false,
    closed: false,
  };
}

/** Begins to deliver, first the deliveries that an earlier run left. */
export function startQueue(queue: DeliveryQueue): void {
  if (queue.started) return;
  queue.started = true;
  for (const [id] of queue.kept.entries()) schedule(queue, id, 0);
}

/** Keeps a delivery for its next attempt; it is on disk when this fulfils. */
export async function keep(
  queue: DeliveryQueue,
  id: string,
  delivery: KeptDelivery,
  delayMilliseconds: number,
): Promise<void> {
  if (queue.closed) return;
  await queue.kept.set(id, delivery);
  schedule(queue, id, delayMilliseconds);
}

/** Forgets a delivery that was made or given up. */
export async function settle(queue: DeliveryQueue, id: string): Promise<void> {
  const { kept, waiters } = queue;
  if (queue.closed) return;
  await kept.delete(id);
  if (kept.size === 0) for (const done of waiters.splice(0)) done();
}

/** False if the bus closes meanwhile: the next run makes an interrupted delivery. */
export function pause({ pauses }: DeliveryQueue, milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      pauses.delete(timer);
      resolve(true);
    }, milliseconds);
    pauses.set(timer, resolve);
  });
}

/** Cuts every pause short, and waits for the attempts under way, at most for the grace. */
export async function closeQueue(queue: DeliveryQueue, graceMilliseconds: number): Promise<void> {
  if (queue.stopping) return;
  queue.stopping = true;
  for (const [timer, resolve] of queue.pauses) {
    clearTimeout(timer);
    resolve(false);
  }
  const grace = new AbortController();
  const graceOver = sleep(graceMilliseconds, undefined, { signal: grace.signal }).catch(() => undefined);
  await Promise.race([Promise.all(queue.underWay), graceOver]);
  grace.abort();
  queue.closed = true;
  await queue.kept.close();
}

function schedule(queue: DeliveryQueue, id: string, delayMilliseconds: number): void {
  const { underWay, onDrop } = queue;
  if (!queue.started || queue.stopping) return;
  const attempt = pause(queue, delayMilliseconds)
    .then((waited) => (waited ? queue.attempt(id) : undefined))
    .catch((error: unknown) => onDrop(`The event delivery ${id} is put off to the next start: ${String(error)}`));
  underWay.add(attempt);
  void attempt.then(() => underWay.delete(attempt));
}
