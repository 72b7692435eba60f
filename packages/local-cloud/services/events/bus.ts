import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { FaultInjector } from "../../faults";
import { openKeptMap } from "../../storage/kept-map";
import { isCloudError, type CloudEvent } from "../../gateway/service";
import { readTargetInput, type MakeInput, type TargetInput } from "./input";
import { readPattern, type Matches } from "./pattern";

/** A rule as the program declares it. */
export interface DeclaredRule {
  readonly name: string;
  readonly arn: string;
  /** The event pattern, or its JSON text. Without one the rule matches no event. */
  readonly pattern?: unknown;
  /** Default true. */
  readonly enabled?: boolean | undefined;
  readonly targets: readonly DeclaredTarget[];
}

export interface DeclaredTarget extends TargetInput {
  /** Unique in its rule. */
  readonly id: string;
  readonly arn: string;
  /**
   * Hands the input (JSON text) to the target, and resolves once the target has accepted it. An error is retried,
   * unless it is a CloudError with a 4xx status other than throttling: a retry would fail the same way.
   */
  deliver(input: string, delivery: Delivery): Promise<void>;
  /** Default 185, as on AWS. */
  readonly maximumRetryAttempts?: number | undefined;
  /** Default 86,400, as on AWS. */
  readonly maximumEventAgeInSeconds?: number | undefined;
  /** Receives events that could not be delivered, for example `queue.send` of the DLQ. */
  readonly deadLetter?: ((body: string, attributes: Readonly<Record<string, string>>) => Promise<void>) | undefined;
}

/** Context that a target may need beside the input. */
export interface Delivery {
  readonly event: CloudEvent;
  readonly ruleArn: string;
  /** From 1. */
  readonly attempt: number;
}

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

interface KeptDelivery {
  readonly event: CloudEvent;
  readonly rule: string;
  readonly target: string;
  readonly acceptedAt: number;
  readonly attempts: number;
  /** A fault's further delivery of the same event; it is not multiplied again. */
  readonly copy?: true | undefined;
}

interface Target extends DeclaredTarget {
  readonly makeInput: MakeInput;
}

interface Rule extends Omit<DeclaredRule, "targets"> {
  readonly matches: Matches;
  readonly targets: readonly Target[];
}

/** @throws Error that names the rule, the value and the fix if a pattern or an input cannot be read */
export async function openEventBus(options: EventBusOptions): Promise<EventBus> {
  const { faults, retryDelay = backoff, now = Date.now } = options;
  const onDrop = options.onDrop ?? ((line) => console.error(line));
  const rules = options.rules.map(readRule);
  const kept = await openKeptMap<KeptDelivery>(join(options.folder, "deliveries.ndjson"));
  const pauses = new Map<NodeJS.Timeout, (waited: boolean) => void>();
  const underWay = new Set<Promise<void>>();
  const waiters: (() => void)[] = [];
  let started = false;
  let stopping = false;
  let closed = false;

  function schedule(id: string, delayMilliseconds: number): void {
    if (!started || stopping) return;
    const attempt = pause(delayMilliseconds)
      .then((waited) => (waited ? tryDelivery(id) : undefined))
      .catch((error: unknown) => onDrop(`The event delivery ${id} is put off to the next start: ${String(error)}`));
    underWay.add(attempt);
    void attempt.then(() => underWay.delete(attempt));
  }

  async function tryDelivery(id: string): Promise<void> {
    const delivery = kept.get(id);
    if (!delivery) return;
    const rule = rules.find(({ name }) => name === delivery.rule);
    const target = rule?.targets.find((one) => one.id === delivery.target);
    if (!rule || !target) {
      onDrop(
        `The event ${delivery.event.id} is dropped: the program has no rule ${delivery.rule} with target ${delivery.target} any more.`,
      );
      return settle(id);
    }
    const call = { service: "events", operation: "Deliver", caller: rule.name };
    const injected = faults?.active ? faults.decide(call) : undefined;
    if (injected && delivery.attempts === 0 && !delivery.copy) {
      for (const [i, after] of injected.duplicatesAfter.entries()) {
        await keep(`${id}+${i + 1}`, { ...delivery, copy: true }, after);
      }
    }
    if (injected && !(await pause(injected.delayMilliseconds))) return;
    const attempt = delivery.attempts + 1;
    try {
      if (injected?.refusal) throw injected.refusal;
      await target.deliver(target.makeInput(delivery.event), { event: delivery.event, ruleArn: rule.arn, attempt });
      if (injected?.dropAnswer) throw new Error("The target's answer was lost (injected by a fault rule).");
    } catch (error) {
      return failed(id, { ...delivery, attempts: attempt }, rule, target, error);
    }
    return settle(id);
  }

  /** Retries later, or gives the event to the dead-letter queue. */
  async function failed(id: string, delivery: KeptDelivery, rule: Rule, target: Target, error: unknown): Promise<void> {
    const { maximumRetryAttempts = 185, maximumEventAgeInSeconds = 86_400 } = target;
    const exhausted = isPermanent(error)
      ? "NonRetryable"
      : delivery.attempts > maximumRetryAttempts
        ? "MaximumRetryAttempts"
        : now() - delivery.acceptedAt >= maximumEventAgeInSeconds * 1000
          ? "MaximumEventAgeInSeconds"
          : undefined;
    if (exhausted === undefined) return keep(id, delivery, retryDelay(delivery.attempts));
    const message = error instanceof Error ? error.message : String(error);
    if (!target.deadLetter) {
      onDrop(
        `The event ${delivery.event.id} is lost: rule ${rule.name} could not hand it to ${target.arn} and has no dead letter queue. ${message}`,
      );
      return settle(id);
    }
    try {
      await target.deadLetter(target.makeInput(delivery.event), {
        RULE_ARN: rule.arn,
        TARGET_ARN: target.arn,
        ERROR_CODE: isCloudError(error) ? error.code : "INTERNAL_ERROR",
        ERROR_MESSAGE: message,
        RETRY_ATTEMPTS: String(delivery.attempts - 1),
        EXHAUSTED_RETRY_CONDITION: exhausted,
      });
    } catch (reason) {
      onDrop(
        `The event ${delivery.event.id} is lost: rule ${rule.name} could not hand it to ${target.arn} (${message}), nor to its dead letter queue. ${String(reason)}`,
      );
    }
    return settle(id);
  }

  async function keep(id: string, delivery: KeptDelivery, delayMilliseconds: number): Promise<void> {
    if (closed) return;
    await kept.set(id, delivery);
    schedule(id, delayMilliseconds);
  }

  async function settle(id: string): Promise<void> {
    if (closed) return;
    await kept.delete(id);
    if (kept.size === 0) for (const done of waiters.splice(0)) done();
  }

  /** False if the bus closes meanwhile: the next run makes an interrupted delivery. */
  function pause(milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        pauses.delete(timer);
        resolve(true);
      }, milliseconds);
      pauses.set(timer, resolve);
    });
  }

  return {
    async publish(event) {
      if (stopping) throw new Error(`The event bus is closed and cannot take the event ${event.id}.`);
      const accepted = { event, acceptedAt: now(), attempts: 0 };
      const deliveries = rules
        .filter((rule) => (rule.enabled ?? true) && rule.matches(event))
        .flatMap((rule) => rule.targets.map(({ id }) => ({ ...accepted, rule: rule.name, target: id })));
      await Promise.all(
        deliveries.map(async (delivery) => {
          const id = `${event.id}/${delivery.rule}/${delivery.target}`;
          // An event that arrives again while its delivery is pending is the same event: S3's outbox repeats events
          // this way.
          return kept.has(id) ? undefined : keep(id, delivery, 0);
        }),
      );
    },
    start() {
      if (started) return;
      started = true;
      for (const [id] of kept.entries()) schedule(id, 0);
    },
    get pending() {
      return kept.size;
    },
    idle() {
      return kept.size === 0 ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve));
    },
    async close(graceMilliseconds = 5000) {
      if (stopping) return;
      stopping = true;
      for (const [timer, resolve] of pauses) {
        clearTimeout(timer);
        resolve(false);
      }
      const grace = new AbortController();
      const graceOver = sleep(graceMilliseconds, undefined, { signal: grace.signal }).catch(() => undefined);
      await Promise.race([Promise.all(underWay), graceOver]);
      grace.abort();
      closed = true;
      await kept.close();
    },
  };
}

function readRule(rule: DeclaredRule): Rule {
  const matches =
    rule.pattern === undefined ? () => false : readPattern(rule.pattern, `The event pattern of rule ${rule.name}`);
  const targets = rule.targets.map((target) => ({
    ...target,
    // Methods of a class instance do not survive a spread.
    deliver: target.deliver.bind(target),
    makeInput: readTargetInput(
      target,
      { ruleName: rule.name, ruleArn: rule.arn },
      `Target ${target.id} of rule ${rule.name}`,
    ),
  }));
  return { ...rule, matches, targets };
}

/** Permission errors, missing resources and bad input are permanent; throttling passes. */
function isPermanent(error: unknown): boolean {
  if (!isCloudError(error) || error.status < 400 || error.status > 499) return false;
  return error.status !== 429 && !/Throttl|TooManyRequests|ThroughputExceeded|LimitExceeded|SlowDown/i.test(error.code);
}

function backoff(attempts: number): number {
  const most = Math.min(60_000, 100 * 2 ** (attempts - 1));
  return most * (0.5 + Math.random() / 2);
}
