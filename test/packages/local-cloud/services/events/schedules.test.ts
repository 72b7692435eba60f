import { expect } from "chai";
import { readSchedule } from "../../../../../packages/local-cloud/services/events/schedules";

/** The minutes of a week from Monday 2026-06-01 on at which a schedule is due, as `day hour:minute`. */
function due(expression: string): string[] {
  const isDue = readSchedule(expression);
  if (!isDue) throw new Error(`${expression} is not read`);
  const start = Date.UTC(2026, 5, 1);
  return Array.from({ length: 7 * 1440 }, (_, minutes) => ({ minutes, time: new Date(start + minutes * 60_000) }))
    .filter(({ minutes, time }) => isDue(time, minutes))
    .map(({ time }) => `${time.getUTCDate()} ${time.toISOString().slice(11, 16)}`);
}

describe("schedules of rules", () => {
  it("are due at a rate", () => {
    expect(due("rate(1 day)").length).to.equal(7);
    expect(due("rate(12 hours)").slice(0, 3)).to.deep.equal(["1 00:00", "1 12:00", "2 00:00"]);
    expect(due("rate(5 minutes)").length).to.equal((7 * 1440) / 5);
  });

  it("are due at the times of a cron expression", () => {
    expect(due("cron(0 18 * * ? *)")).to.deep.equal([1, 2, 3, 4, 5, 6, 7].map((day) => `${day} 18:00`));
    expect(due("cron(15 10 ? * MON-WED *)")).to.deep.equal(["1 10:15", "2 10:15", "3 10:15"]);
    expect(due("cron(0/30 9,17 ? JUN SUN 2026)")).to.deep.equal(["7 09:00", "7 09:30", "7 17:00", "7 17:30"]);
    expect(due("cron(0 0 3 6 ? 2026-2027)")).to.deep.equal(["3 00:00"]);
    expect(due("cron(0 0 1 7 ? *)")).to.deep.equal([]);
  });

  it("that cannot be read are said to be", () => {
    for (const expression of [
      "cron(0 0 L * ? *)",
      "cron(0 0 ? * 6#3 *)",
      "cron(0 0 * * *)",
      "rate(0 minutes)",
      "at(2026-06-01T00:00:00)",
      "cron(61 0 * * ? *)",
    ]) {
      expect(readSchedule(expression), expression).to.equal(undefined);
    }
  });
});
