import type { Scenario } from "./scenario";

/**
 * A few representative scenarios: `npm test` runs these, `npm run test:all` runs all. They are chosen, not drawn: the
 * same scenarios give the same selection on every machine.
 */

/** The aspects that a scenario tests, in words. */
export function aspectsOf({ faults, uploads, stopAfter, reconcileAfter }: Scenario): ReadonlySet<string> {
  const students = new Set(uploads.map(({ student }) => student));
  const faces = new Set(uploads.map(({ student, persons }) => `${student} as ${persons.join()}`));
  const persons = new Set(uploads.map((upload) => upload.persons.join()));
  return new Set([
    ...faults.flatMap(({ step, kind, call }) => [
      `step ${step}`,
      `fault ${kind}`,
      ...(call === undefined ? [] : [`call ${step} ${call}`]),
    ]),
    ...uploads.flatMap((upload) => [`file ${upload.file}`, `way ${upload.way}`, `faces ${upload.persons.length}`]),
    ...(students.size < uploads.length ? ["a student who uploads again"] : []),
    ...(persons.size < faces.size ? ["students who share a face"] : []),
    ...(stopAfter === undefined ? [] : ["executions stopped from outside"]),
    ...(reconcileAfter === undefined ? [] : ["stores compared meanwhile"]),
  ]);
}

/** Further aspects to cover, as far as there is room: each kind of fault at each step. */
const pairsOf = ({ faults }: Scenario) => new Set(faults.map(({ step, kind }) => `${step}: ${kind}`));

/**
 * Selects so many of the given scenarios that together have every aspect of all of them, if that number suffices.
 * Greedy: next comes the scenario that adds the most aspects, then the most pairs of step and fault, then the first.
 */
export function select(scenarios: readonly Scenario[], most: number): readonly Scenario[] {
  const chosen: Scenario[] = [];
  const [aspects, pairs] = [new Set<string>(), new Set<string>()];
  const news = (of: ReadonlySet<string>, known: ReadonlySet<string>) => [...of].filter((one) => !known.has(one)).length;
  while (chosen.length < Math.min(most, scenarios.length)) {
    const left = scenarios.filter((scenario) => !chosen.includes(scenario));
    // There are fewer than a thousand pairs, so they decide only ties.
    const gains = left.map((scenario) => 1000 * news(aspectsOf(scenario), aspects) + news(pairsOf(scenario), pairs));
    const next = left[gains.indexOf(Math.max(...gains))];
    if (next === undefined) break;
    for (const aspect of aspectsOf(next)) aspects.add(aspect);
    for (const pair of pairsOf(next)) pairs.add(pair);
    chosen.push(next);
  }
  return chosen.sort((one, other) => one.number - other.number);
}
