/**
 * Injected faults: seeded and scripted, so that a failed run can be repeated.
 *
 *   createFaultInjector({ onInjection?, now? }): FaultInjector
 *     .use(script)           replaces the rules, and forgets counts and log; a FaultScript, its JSON text or object
 *     .clear()               no faults any more; the log stays
 *     .active                whether there is any rule
 *     .decide(call): Injection            the faults of this call; counts it
 *     .staleness(call): number            ms: Rekognition's searches do not see faces indexed within them
 *     .onKill((call) => void)             the function runtime registers how a function's process is killed
 *     .kill(call)
 *     .log: InjectedFault[]               the injected faults, oldest first
 *   readFaultScript(source, where): FaultScript
 *
 * The script:
 *
 *   { "seed": 42,
 *     "rules": [
 *       { "service": "rekognition", "operation": "*", "perSecond": 5, "fault": { "kind": "throttle" } },
 *       { "service": "dynamodb", "operation": "PutItem", "calls": [2], "fault": { "kind": "dropAnswer" } },
 *       { "service": "s3", "caller": "*index-face*", "probability": 0.1, "times": 3,
 *         "fault": { "kind": "error", "status": 503 } },
 *       { "service": "lambda", "operation": "Invoke", "caller": "*save-metadata*", "calls": [1],
 *         "fault": { "kind": "killFunction", "when": "after" } },
 *       { "service": "events", "operation": "Deliver", "fault": { "kind": "duplicateEvent", "milliseconds": [0, 500] } }
 *     ] }
 *
 * A rule takes the calls of its `service` (required), `operation` and `caller` (the caller's ARN, a function's or an
 * event rule's name); each may hold `*` and `?`. Among these it takes the nth ones (`calls`, from 1), a share
 * (`probability`), or those beyond a rate (`perSecond`), and without any of the three all; at most `times` of them. If
 * several rules match, the first that refuses, drops or kills counts; delays add up. The faults:
 *
 *   throttle        the service's own throttling error; `code` for another name
 *   error           `status` 500 to 599 in the service's own words; `code` for another name
 *   missingObject   a read of an object, by service "s3" or "rekognition", finds nothing: NoSuchKey or
 *                   InvalidS3ObjectException; `code` for another name
 *   delay           `milliseconds` (a number or [least, most]) before the call is handled; for events, before delivery
 *   dropAnswer      the call takes effect, then the connection breaks without an answer
 *   killFunction    the calling function's process is killed `when` "before" or "after" the call takes effect; as a
 *                   fault of service "lambda", operation "Invoke": before the handler runs or after it returned
 *   staleSearch     searches of service "rekognition" neither know nor find faces indexed within the last
 *                   `milliseconds`
 *   dropEvent       service "events", operation "Deliver": the event is lost without a trace
 *   duplicateEvent  service "events", operation "Deliver": `copies` (1) more deliveries, each up to
 *                   `milliseconds` later
 *   reorderEvents   the same: the delivery waits `milliseconds`, so that later events overtake it
 */
import { createHash } from "node:crypto";

import { matchesWildcards } from "../iam";
import type { CloudError } from "../gateway/service";
import { missingObjectError, serverError, throttleError } from "./errors";
import { readFaultScript, type Fault, type FaultRule, type Span } from "./script";

export { readFaultScript, type Fault, type FaultRule, type FaultScript } from "./script";

/** One call that a rule may match: an AWS API call, the invocation of a function, or the delivery of an event. */
export interface Call {
  /** `s3`, `rekognition`, …; `lambda` for an invocation, `events` for a delivery. */
  readonly service: string;
  /** `PutItem`, …; `Invoke`, `Deliver`. */
  readonly operation: string;
  /** The caller's ARN, the function's name, the rule's name. */
  readonly caller: string;
  /** Distinguishes a function's processes. */
  readonly accessKeyId?: string | undefined;
}

/** The faults that apply to a call; all zero and false if none does. */
export interface Injection {
  readonly delayMilliseconds: number;
  readonly refusal?: CloudError;
  readonly dropAnswer: boolean;
  /** Whether an event is lost before its delivery. */
  readonly dropEvent: boolean;
  readonly kill?: "before" | "after";
  /** Delays of the further deliveries of an event, in milliseconds from now. */
  readonly duplicatesAfter: readonly number[];
}

/** A line of the log. */
export interface InjectedFault extends Call {
  /** ISO 8601, milliseconds. */
  readonly at: string;
  /** The rule's name, or its place in the script, from 1. */
  readonly rule: string;
  readonly kind: Fault["kind"];
  /** The number of the call among those that the rule's patterns match, from 1. */
  readonly nth: number;
}

export interface FaultInjector {
  readonly active: boolean;
  readonly log: readonly InjectedFault[];
  /** @throws Error that names the value, the rule and the fix */
  use(script: unknown, where?: string): void;
  clear(): void;
  decide(call: Call): Injection;
  staleness(call: Call): number;
  onKill(kill: (call: Call) => void): void;
  kill(call: Call): void;
}

interface RuleState {
  readonly rule: FaultRule;
  seen: number;
  injected: number;
  /** Times of the last second's calls, for `perSecond`. */
  recent: number[];
}

/** @param options.now milliseconds, monotonic; for `perSecond` */
export function createFaultInjector(
  options: { onInjection?: (fault: InjectedFault) => void; now?: () => number } = {},
): FaultInjector {
  const { onInjection, now = () => performance.now() } = options;
  const killers: ((call: Call) => void)[] = [];
  let seed = 1;
  let states: RuleState[] = [];
  let log: InjectedFault[] = [];

  /** The rules of the wanted kinds that take this call, each counted, with a uniform draw from 0 to 1 for each. */
  function taking(call: Call, wanted: (fault: Fault) => boolean): { fault: Fault; draw: (salt: number) => number }[] {
    return states.flatMap((state) => {
      const { rule } = state;
      if (!wanted(rule.fault) || !isAbout(rule, call)) return [];
      const nth = ++state.seen;
      const draw = (salt: number) => evenDraw(seed, rule.index, nth, salt);
      if (!isChosen(state, nth, draw(0), now())) return [];
      state.injected++;
      const at = new Date().toISOString();
      const entry = { at, rule: rule.name ?? String(rule.index + 1), kind: rule.fault.kind, nth, ...call };
      log.push(entry);
      onInjection?.(entry);
      return [{ fault: rule.fault, draw }];
    });
  }

  return {
    get active() {
      return states.length > 0;
    },
    get log() {
      return log;
    },
    use(script, where = "The fault script") {
      const read = readFaultScript(script, where);
      seed = read.seed;
      states = read.rules.map((rule) => ({ rule, seen: 0, injected: 0, recent: [] }));
      log = [];
    },
    clear() {
      states = [];
    },
    decide(call) {
      const injection: { -readonly [K in keyof Injection]: Injection[K] } = {
        delayMilliseconds: 0,
        dropAnswer: false,
        dropEvent: false,
        duplicatesAfter: [],
      };
      for (const { fault, draw } of taking(call, ({ kind }) => kind !== "staleSearch")) {
        const settled = injection.refusal !== undefined || injection.dropAnswer || injection.kill !== undefined;
        if (fault.kind === "delay" || fault.kind === "reorderEvents") {
          injection.delayMilliseconds += within(fault.milliseconds, draw(1));
        } else if (fault.kind === "duplicateEvent") {
          const times = Array.from({ length: fault.copies }, (_, copy) => within(fault.milliseconds, draw(copy + 1)));
          injection.duplicatesAfter = [...injection.duplicatesAfter, ...times];
        } else if (!settled) {
          if (fault.kind === "throttle") injection.refusal = throttleError(call.service, fault.code);
          if (fault.kind === "error") injection.refusal = serverError(call.service, fault.status, fault.code);
          if (fault.kind === "missingObject") injection.refusal = missingObjectError(call.service, fault.code);
          if (fault.kind === "dropEvent") injection.dropEvent = true;
          if (fault.kind === "dropAnswer") injection.dropAnswer = true;
          if (fault.kind === "killFunction") injection.kill = fault.when;
        }
      }
      return injection;
    },
    staleness(call) {
      const spans = taking(call, ({ kind }) => kind === "staleSearch");
      return Math.max(
        0,
        ...spans.map(({ fault, draw }) => (fault.kind === "staleSearch" ? within(fault.milliseconds, draw(1)) : 0)),
      );
    },
    onKill(kill) {
      killers.push(kill);
    },
    kill(call) {
      for (const kill of killers) kill(call);
    },
  };
}

function isAbout(rule: FaultRule, call: Call): boolean {
  return (
    matchesWildcards(call.service, rule.service) &&
    matchesWildcards(call.operation, rule.operation) &&
    matchesWildcards(call.caller, rule.caller)
  );
}

function isChosen(state: RuleState, nth: number, draw: number, now: number): boolean {
  const { rule } = state;
  if (rule.times !== undefined && state.injected >= rule.times) return false;
  if (rule.calls && !rule.calls.includes(nth)) return false;
  if (rule.probability !== undefined && draw >= rule.probability) return false;
  if (rule.perSecond === undefined) return true;
  state.recent = state.recent.filter((time) => now - time < 1000);
  if (state.recent.length >= rule.perSecond) return true;
  state.recent.push(now);
  return false;
}

/** The same for the same arguments, so that other rules and threads cannot change a rule's draws. */
function evenDraw(...parts: readonly number[]): number {
  return createHash("sha256").update(parts.join(":")).digest().readUInt32BE(0) / 2 ** 32;
}

function within([least, most]: Span, draw: number): number {
  return Math.round(least + (most - least) * draw);
}
