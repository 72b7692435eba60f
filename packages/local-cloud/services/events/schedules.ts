import type { CloudIdentity } from "../../gateway/service";
import { newEvent, type EventBus } from ".";

/** A rule, with its schedule if a timer triggers it. */
export interface ScheduledRule {
  readonly name: string;
  readonly arn: string;
  readonly schedule?: string | undefined;
}

/** Whether a schedule is due at a minute, given the minutes since it began. */
type IsDue = (time: Date, minutesSinceStart: number) => boolean;

const minuteMs = 60_000;
const units: Readonly<Record<string, number>> = { minute: 1, hour: 60, day: 1440 };
const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/** Matches the event of this rule's timer, and no other. */
export function scheduledPattern(ruleArn: string): object {
  return { source: ["aws.events"], "detail-type": ["Scheduled Event"], resources: [ruleArn] };
}

/**
 * Publishes the event of every rule with a schedule whenever it is due, in UTC, as long as the local mode runs; times
 * that were due before the start are not caught up.
 *
 * @returns the function that stops the timer
 */
export function runSchedules(
  rules: readonly ScheduledRule[],
  identity: CloudIdentity,
  bus: Pick<EventBus, "publish">,
  warn: (line: string) => void,
): () => void {
  const schedules = rules.flatMap(({ name, arn, schedule }) => {
    if (schedule === undefined) return [];
    const isDue = readSchedule(schedule);
    if (!isDue) warn(`The rule ${name} has the schedule ${schedule}, which the local mode cannot read: it never runs.`);
    return isDue ? [{ arn, isDue }] : [];
  });
  if (schedules.length === 0) return () => undefined;
  const started = Math.floor(Date.now() / minuteMs);
  let seen = started;
  const timer = setInterval(() => {
    const minute = Math.floor(Date.now() / minuteMs);
    // Minutes during which the machine slept are not caught up.
    if (minute === seen) return;
    seen = minute;
    const time = new Date(minute * minuteMs);
    for (const { arn, isDue } of schedules) {
      if (!isDue(time, minute - started)) continue;
      const event = newEvent(identity, {
        source: "aws.events",
        detailType: "Scheduled Event",
        detail: {},
        resources: [arn],
        time,
      });
      bus.publish(event).catch((error: unknown) => warn(`The schedule of ${arn} was missed: ${String(error)}`));
    }
  }, 1_000);
  timer.unref();
  return () => clearInterval(timer);
}

/** `rate(5 minutes)` or `cron(0 18 * * ? *)`; undefined for anything else, and for cron's `L`, `W` and `#`. */
export function readSchedule(expression: string): IsDue | undefined {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (unit !== undefined) {
    const every = Number(count) * (units[unit] ?? 1);
    return every > 0 ? (_time, minutes) => minutes % every === 0 : undefined;
  }
  const fields = /^cron\(([^)]+)\)$/.exec(expression)?.[1]?.trim().split(/\s+/);
  if (fields?.length !== 6) return undefined;
  const [minute, hour, date, month, day, year] = [
    readField(fields[0], 0, 59),
    readField(fields[1], 0, 23),
    readField(fields[2], 1, 31),
    readField(fields[3], 1, 12, months, 1),
    readField(fields[4], 1, 7, days, 1),
    readField(fields[5], 1970, 2199),
  ];
  if (!minute || !hour || !date || !month || !day || !year) return undefined;
  return (time) =>
    minute(time.getUTCMinutes()) &&
    hour(time.getUTCHours()) &&
    date(time.getUTCDate()) &&
    month(time.getUTCMonth() + 1) &&
    day(time.getUTCDay() + 1) &&
    year(time.getUTCFullYear());
}

/** `*`, `?`, `5`, `1-5`, `0/15`, `MON-FRI`, and lists of them. */
function readField(
  field: string | undefined,
  least: number,
  most: number,
  names: readonly string[] = [],
  firstName = 0,
): ((value: number) => boolean) | undefined {
  const tests = (field ?? "").split(",").map((part) => {
    const [range = "", step] = part.split("/");
    const numbers = range.split("-").map((text) => {
      const named = names.indexOf(text.toUpperCase());
      return named >= 0 ? named + firstName : /^\d+$/.test(text) ? Number(text) : undefined;
    });
    const anything = range === "*" || range === "?";
    const from = anything ? least : numbers[0];
    const to = anything || (step !== undefined && numbers.length === 1) ? most : (numbers[1] ?? numbers[0]);
    const every = step === undefined ? 1 : Number(step);
    if (from === undefined || to === undefined || numbers.length > 2 || !(every >= 1) || from < least || to > most) {
      return undefined;
    }
    return (value: number) => value >= from && value <= to && (value - from) % every === 0;
  });
  const known = tests.filter((test) => test !== undefined);
  return known.length === tests.length ? (value) => known.some((test) => test(value)) : undefined;
}
