import type { FaultInjector } from "../../faults";
import { isCloudError } from "../../gateway/service";
import { keep, pause, settle, type DeliveryQueue, type KeptDelivery } from "./queue";
import type { Rule, Target } from "./rules";

/** Everything that an attempt of a delivery needs. */
export interface DeliveryState {
  readonly queue: DeliveryQueue;
  readonly rules: readonly Rule[];
  readonly faults: FaultInjector | undefined;
  /** Milliseconds to the next attempt, after so many (from 1). */
  readonly retryDelay: (attempts: number) => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Makes one attempt of a kept delivery, with the faults that are scripted for it. */
export async function tryDelivery(state: DeliveryState, id: string): Promise<void> {
  const { queue, rules, faults } = state;
  const delivery = queue.kept.get(id);
  if (!delivery) return;
  const rule = rules.find(({ name }) => name === delivery.rule);
  const target = rule?.targets.find((one) => one.id === delivery.target);
  if (!rule || !target) {
    queue.onDrop(
      `The event ${delivery.event.id} is dropped: the program has no rule ${delivery.rule} with target ${delivery.target} any more.`,
    );
    return settle(queue, id);
  }
  const call = { service: "events", operation: "Deliver", caller: rule.name };
  const injected = faults?.active ? faults.decide(call) : undefined;
  if (injected?.dropEvent) return settle(queue, id);
  if (injected && delivery.attempts === 0 && !delivery.copy) {
    for (const [i, after] of injected.duplicatesAfter.entries()) {
      await keep(queue, `${id}+${i + 1}`, { ...delivery, copy: true }, after);
    }
  }
  if (injected && !(await pause(queue, injected.delayMilliseconds))) return;
  const attempt = delivery.attempts + 1;
  try {
    if (injected?.refusal) throw injected.refusal;
    await target.deliver(target.makeInput(delivery.event), { event: delivery.event, ruleArn: rule.arn, attempt });
    if (injected?.dropAnswer) throw new Error("The target's answer was lost (injected by a fault rule).");
  } catch (error) {
    return failed(state, id, { ...delivery, attempts: attempt }, { rule, target, error });
  }
  return settle(queue, id);
}

/** Retries later, or gives the event to the dead-letter queue. */
async function failed(
  state: DeliveryState,
  id: string,
  delivery: KeptDelivery,
  failure: { readonly rule: Rule; readonly target: Target; readonly error: unknown },
): Promise<void> {
  const { queue, now, retryDelay } = state;
  const { rule, target, error } = failure;
  const { maximumRetryAttempts = 185, maximumEventAgeInSeconds = 86_400 } = target;
  const exhausted = isPermanent(error)
    ? "NonRetryable"
    : delivery.attempts > maximumRetryAttempts
      ? "MaximumRetryAttempts"
      : now() - delivery.acceptedAt >= maximumEventAgeInSeconds * 1000
        ? "MaximumEventAgeInSeconds"
        : undefined;
  if (exhausted === undefined) return keep(queue, id, delivery, retryDelay(delivery.attempts));
  const message = error instanceof Error ? error.message : String(error);
  if (!target.deadLetter) {
    queue.onDrop(
      `The event ${delivery.event.id} is lost: rule ${rule.name} could not hand it to ${target.arn} and has no dead letter queue. ${message}`,
    );
    return settle(queue, id);
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
    queue.onDrop(
      `The event ${delivery.event.id} is lost: rule ${rule.name} could not hand it to ${target.arn} (${message}), nor to its dead letter queue. ${String(reason)}`,
    );
  }
  return settle(queue, id);
}

/** Permission errors, missing resources and bad input are permanent; throttling passes. */
function isPermanent(error: unknown): boolean {
  if (!isCloudError(error) || error.status < 400 || error.status > 499) return false;
  return error.status !== 429 && !/Throttl|TooManyRequests|ThroughputExceeded|LimitExceeded|SlowDown/i.test(error.code);
}
