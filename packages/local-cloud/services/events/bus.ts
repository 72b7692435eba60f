import { join } from "node:path";
import type { FaultInjector } from "../../faults";
import type { CloudEvent } from "../../gateway/service";
import { openKeptMap } from "../../storage/kept-map";
import { tryDelivery, type DeliveryState } from "./deliver";
import { closeQueue, createQueue, keep, startQueue, type KeptDelivery } from "./queue";
import { readRule, type DeclaredRule } from "./rules";

export interface EventBus {
  /** Resolves once every delivery of the event is kept: from then on a kill loses nothing. */
  publish(event: CloudEvent): Promise<void>;
  /** Begins to deliver, first the deliveries that an earlier run left. Until then events are only kept. */
  start(): void;
  /** Deliveries not made yet, including those that wait for another attempt. */
  readonly pending: number;
  /** Resolves when nothing is pending. */
  idle(): Promise<void>;
  /** Stops delivering; waits for the attempts under way, at most the given milliseconds (default 5000). */
  close(graceMilliseconds?: number): Promise<void>;
}

export interface EventBusOptions {
  /** The folder in which deliveries are kept until they are made. */
  readonly folder: string;
  readonly rules: readonly DeclaredRule[];
  readonly faults?: FaultInjector | undefined;
  /**
   * Milliseconds to the next attempt, after so many (from 1); the default doubles from 100 ms to a minute, with jitter.
   */
  readonly retryDelay?: ((attempts: number) => number) | undefined;
  /** Receives each event that is lost because its target has no dead-letter queue; by default it goes to stderr. */
  readonly onDrop?: ((line: string) => void) | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** @throws Error that names the rule, the value and the fix if a pattern or an input cannot be read */
export async function openEventBus(options: EventBusOptions): Promise<EventBus> {
  const { faults, retryDelay = backoff, now = Date.now } = options;
  const onDrop = options.onDrop ?? ((line) => console.error(line));
  const rules = options.rules.map(readRule);
  const kept = await openKeptMap<KeptDelivery>(join(options.folder, "deliveries.ndjson"));
  const queue = createQueue(kept, (id) => tryDelivery(state, id), onDrop);
  const state: DeliveryState = { queue, rules, faults, retryDelay, now };

  return {
    async publish(event) {
      if (queue.stopping) throw new Error(`The event bus is closed and cannot take the event ${event.id}.`);
      const accepted = { event, acceptedAt: now(), attempts: 0 };
      const deliveries = rules
        .filter((rule) => (rule.enabled ?? true) && rule.matches(event))
        .flatMap((rule) => rule.targets.map(({ id }) => ({ ...accepted, rule: rule.name, target: id })));
      await Promise.all(
        deliveries.map(async (delivery) => {
          const id = `${event.id}/${delivery.rule}/${delivery.target}`;
          // An event that arrives again while its delivery is pending is the same event: S3's outbox repeats events
          // this way.
          return kept.has(id) ? undefined : keep(queue, id, delivery, 0);
        }),
      );
    },
    start: () => startQueue(queue),
    get pending() {
      return kept.size;
    },
    idle() {
      return kept.size === 0 ? Promise.resolve() : new Promise((resolve) => queue.waiters.push(resolve));
    },
    close: (graceMilliseconds = 5000) => closeQueue(queue, graceMilliseconds),
  };
}

function backoff(attempts: number): number {
  const most = Math.min(60_000, 100 * 2 ** (attempts - 1));
  return most * (0.5 + Math.random() / 2);
}
