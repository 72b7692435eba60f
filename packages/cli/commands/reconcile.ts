import {
  findingKinds,
  unaccountedStudents,
  type Finding,
  type FindingKind,
  type ReconcileInput,
  type ReconcileReport,
} from "../../../handlers/reconcile/findings";
import { defineCommand, flag } from "../command";
import { json, whereabouts } from "../options";
import { placeOf, placeProblems } from "../target/place";

export const reconcile = defineCommand({
  name: "reconcile",
  summary: "Compares what the stores hold, and fixes it.",
  synopses: ["[--fix] [--search-faces] [--data DIR | --stack NAME] [OPTION…]"],
  description: [
    "Compares the face collection, the tables, the thumbnails and the originals, and reports every difference.",
  ],
  options: {
    fix: flag("Fixes what can be fixed."),
    "delete-unaccounted": flag(
      "With --fix, deletes faces and thumbnails that no row accounts for also where they are of more than " +
        `${unaccountedStudents} students. Look first whether the tables are the right ones: nothing brings it back.`,
    ),
    "search-faces": flag(
      "Also looks for two students with one face: one Rekognition call for each avatar, about 2,000 in one run. With " +
        "--fix the next run goes on where this one ended.",
    ),
    ...whereabouts,
    json: json("The report"),
  },
  exits: [
    [0, "nothing to report, or all of it fixed"],
    [2, "differences are left"],
    [1, "any failure or bad usage"],
  ],
  check: (given) => [
    ...(given.has("delete-unaccounted") && !given.has("fix")
      ? ["--delete-unaccounted is for --fix; give both, or leave it out to see what would be deleted."]
      : []),
    ...placeProblems(given),
  ],
  async run({ values }) {
    const input: ReconcileInput = {
      fix: values.fix,
      searchFaces: values["search-faces"],
      deleteUnaccounted: values["delete-unaccounted"],
    };
    const { callOperator, withHeld } = await import("../target/operator.js");
    const report = await withHeld(placeOf(values), (target) =>
      callOperator<ReconcileReport>(target, "reconcileFunctionName", input),
    );
    process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : textOf(report));
    return report.findings.every(({ fixed }) => fixed) ? 0 : 2;
  },
});

/** Kinds that a run reports and cannot fix. */
const beyondFix: readonly FindingKind[] = ["faces-match", "thumbnail-missing"];

/**
 * The report for a person: the numbers of items compared, then a line for each finding, then the meaning of each kind.
 */
export function textOf({ compared, searched, findings, fix }: ReconcileReport): string {
  const { avatars, faces, thumbnails, originals, uploads } = compared;
  const lines = [
    `Compared ${avatars} avatars, ${faces} faces, ${thumbnails} thumbnails, ${originals} originals and ${uploads} uploads.`,
  ];
  if (searched !== undefined) {
    const next = fix ? "the next run begins with them" : "with --fix the next run begins with them";
    const rest = searched.left > 0 ? `; there was no time for ${searched.left} more, ${next}` : "";
    lines.push(`Searched for ${searched.done} faces${rest}.`);
  }
  if (findings.length === 0) return `${lines.join("\n")}\nNothing differs.\n`;
  lines.push(...findings.map(lineOf), "");
  for (const kind of new Set(findings.map((finding) => finding.kind))) lines.push(`${kind}: ${findingKinds[kind]}`);
  const left = findings.filter(({ fixed }) => !fixed);
  const fixable = left.filter(({ kind }) => !beyondFix.includes(kind)).length;
  const rest = fixable === left.length ? "them" : `${fixable} of them, a person must decide the rest`;
  const advice = fix || fixable === 0 ? "" : `; --fix fixes ${rest}`;
  lines.push("", `${findings.length} found, ${findings.length - left.length} fixed${advice}.`);
  return `${lines.join("\n")}\n`;
}

function lineOf({ kind, studentId, uploadId, subject, fixed, problem }: Finding): string {
  const whose = [studentId, uploadId].filter((part) => part !== undefined).join(" ");
  const what = problem === undefined ? (fixed ? "fixed" : "left") : `not fixed: ${problem}`;
  return `  ${kind}${whose === "" ? "" : ` (${whose})`}: ${subject}: ${what}`;
}
