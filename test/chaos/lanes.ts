import { startChaos, type Chaos, type ChaosResult } from "./runner";
import type { Scenario } from "./scenario";

/** The same on every machine: a run that breaks a promise can be repeated by its number. */
export const seed = 1;

/** Every fault at every call of every step, and then mixtures of them. */
export const count = 310;

/** Runs scenarios two at a time, each lane in its own cloud: most of a scenario is waiting. */
export async function runAll(scenarios: readonly Scenario[]): Promise<readonly ChaosResult[]> {
  const lanes = await Promise.all([startChaos({ seed }), startChaos({ seed })]);
  const results: ChaosResult[] = [];
  const waiting = [...scenarios];
  const run = async (chaos: Chaos) => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results.push(await chaos.run(next));
  };
  try {
    await Promise.all(lanes.map(run));
  } finally {
    await Promise.all(lanes.map((chaos) => chaos.close()));
  }
  return results;
}

/** Every broken promise, with the data needed to reproduce it. */
export function brokenIn(results: readonly ChaosResult[]): string {
  return results
    .filter(({ broken }) => broken.length > 0)
    .map(({ scenario: { number, title }, broken, executions }) =>
      [`scenario ${number}, seed ${seed}: ${title}`, ...broken, ...executions].join("\n  "),
    )
    .join("\n");
}
