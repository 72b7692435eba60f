import { findingKinds, type Finding, type ReconcileReport } from "../../../handlers/reconcile/findings";
import { unaccountedStudents, type ReconcileInput } from "../../../handlers/reconcile/handler";
import { DEFAULT_DATA } from "./local";
import { callOperatorFunction, readWhereabouts, whereaboutsOptions } from "../target/operator";
import { readOptions, usageError } from "../command";

const HELP = `Usage: avatar-pipeline reconcile [--fix] [--search-faces] [--data DIR | --stack NAME] [--json]

Compares the face collection, the tables, the thumbnails and the originals, and reports every difference.

  --fix               Mends what can be mended.
  --delete-unaccounted
                      With --fix, deletes faces and thumbnails that no row accounts for also where they are of more
                      than ${unaccountedStudents} students. Look first whether the tables are the right ones: nothing brings it back.
  --search-faces      Also looks for two students with one face: one Rekognition call for each avatar, about 2,000 in
                      one run. With --fix the next run goes on where this one ended.
  --data DIR          The local mode's data folder, default ${DEFAULT_DATA}/ in the working directory.
  --program FILE      The Pulumi program for a local mode that does not run yet, default the project's.
  --config KEY=VALUE  A configuration value for that; can be given again.
  --stack NAME        A stack on AWS instead; needs the Pulumi CLI and AWS credentials.
  --pipeline NAME     The pipeline, where there are several: of the local mode by its own name, of a stack by that of the
                      output with its names.
  --json              The report as JSON.
  --help

Exit status: 0 nothing to report, or all of it mended; 2 differences are left; 1 any failure or bad usage.
`;

/** @returns the exit status */
export async function reconcileStores(args: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions("reconcile", args, {
    fix: { type: "boolean", default: false },
    "search-faces": { type: "boolean", default: false },
    "delete-unaccounted": { type: "boolean", default: false },
    ...whereaboutsOptions,
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length > 0) {
    throw usageError(
      `"${positionals[0]}" is too much: reconcile takes options only; see avatar-pipeline reconcile --help.`,
    );
  }
  if (values["delete-unaccounted"] && !values.fix) {
    throw usageError("--delete-unaccounted is for --fix; give both, or leave it out to see what would be deleted.");
  }
  const where = readWhereabouts(values);
  const input: ReconcileInput = {
    fix: values.fix,
    searchFaces: values["search-faces"],
    deleteUnaccounted: values["delete-unaccounted"],
  };
  const report = await callOperatorFunction<ReconcileReport>(where, "reconcileFunctionName", input);
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : textOf(report));
  return report.findings.every(({ fixed }) => fixed) ? 0 : 2;
}

/** The report for a person: what was compared, then a line for each finding, then what each kind means. */
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
  const left = findings.filter(({ fixed }) => !fixed).length;
  lines.push(
    "",
    `${findings.length} found, ${findings.length - left} mended${left > 0 && !fix ? "; mend them with --fix" : ""}.`,
  );
  return `${lines.join("\n")}\n`;
}

function lineOf({ kind, studentId, uploadId, subject, fixed, problem }: Finding): string {
  const whose = [studentId, uploadId].filter((part) => part !== undefined).join(" ");
  const what = problem === undefined ? (fixed ? "mended" : "left") : `not mended: ${problem}`;
  return `  ${kind}${whose === "" ? "" : ` (${whose})`}: ${subject}: ${what}`;
}
