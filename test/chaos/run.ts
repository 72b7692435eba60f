import { defects } from "./defects";
import { startChaos } from "./runner";
import { scenarioOf } from "./scenario";

/**
 * A chaos run of any length.
 *
 *   npm run chaos -- [--scenarios 1000] [--seed 1] [--from 0] [--defect NAME]
 *
 * Ends with status 1 if a promise was broken, and names the scenarios: `--from N --scenarios 1` repeats one.
 */
async function main(): Promise<void> {
  const argument = (name: string) => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? undefined : process.argv[at + 1];
  };
  const scenarios = Number(argument("scenarios") ?? 1000);
  const seed = Number(argument("seed") ?? 1);
  const from = Number(argument("from") ?? 0);
  const defect = argument("defect");
  const change = defect === undefined ? undefined : defects[defect];
  if (defect !== undefined && change === undefined) {
    throw new Error(`There is no defect "${defect}"; choose one of ${Object.keys(defects).join(", ")}.`);
  }
  const chaos = await startChaos({ seed, change });
  const started = Date.now();
  const endings: Record<string, number> = {};
  let [broken, faults] = [0, 0];
  try {
    for (let number = from; number < from + scenarios; number += 1) {
      const before = Date.now();
      const result = await chaos.run(scenarioOf(number, seed));
      faults += result.faults.length;
      for (const [status, count] of Object.entries(result.endings)) endings[status] = (endings[status] ?? 0) + count;
      if (result.broken.length > 0) {
        broken += 1;
        console.log(`scenario ${number}, seed ${seed}: ${result.scenario.title}`);
        for (const promise of result.broken) console.log(`  ${promise}`);
        for (const execution of result.executions) console.log(`    ${execution}`);
      } else if (process.argv.includes("--verbose")) {
        console.log(
          `scenario ${number}: ${result.scenario.title}: ${JSON.stringify(result.endings)}, ${result.faults.length} faults, ${Date.now() - before} ms`,
        );
      }
    }
  } finally {
    await chaos.close();
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  console.log(
    `${scenarios} scenarios, seed ${seed}: ${faults} faults, uploads ${JSON.stringify(endings)}, ` +
      `${broken} scenarios with a broken promise, ${seconds} s`,
  );
  process.exitCode = broken > 0 ? 1 : 0;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
