import type { EraseReceipt } from "../../../handlers/erase-student/handler";
import { isStudentId } from "../../../handlers/contract/students";
import { defineCommand } from "../command";
import { json, whereabouts } from "../options";
import { placeOf, placeProblems } from "../target/place";
import { usageError } from "../usage-error";

export const erase = defineCommand({
  name: "erase",
  summary: "Erases a student, and prints a receipt.",
  synopses: ["STUDENT [--data DIR | --stack NAME] [OPTION…]"],
  description: [
    "Erases all that is held of a student: faces, thumbnails, originals, rows. Prints a receipt. Can be repeated.",
  ],
  options: { ...whereabouts, json: json("The receipt") },
  operands: { least: 1, most: 1, called: "the student's id", rule: "erase takes one student id", help: {} },
  exits: [
    [0, "erased, also when nothing was held"],
    [1, "any failure or bad usage"],
  ],
  check: placeProblems,
  async run({ values, operands: [studentId = ""] }) {
    if (!isStudentId(studentId)) {
      throw usageError(`"${studentId}" is no student id: 1 to 64 of A-Z a-z 0-9 _ . -, and not "." or "..".`);
    }
    const place = placeOf(values);
    const { callOperator } = await import("../target/operator.js");
    const { copiedKeys, removeCopiesOf } = await import("../target/copies.js");
    // Before the call: the local mode removes the copies of what is erased by itself.
    const copies = place.is === "local" ? copiedKeys(place.data, studentId).length : undefined;
    const erased = await callOperator<EraseReceipt>(place, "eraseStudentFunctionName", { studentId });
    if (place.is === "local") removeCopiesOf(place.data, studentId);
    const receipt: LocalReceipt = { ...erased, copies };
    process.stdout.write(values.json ? `${JSON.stringify(receipt)}\n` : textOf(receipt));
    return 0;
  },
});

/** What was erased, with the files on this disk if the pipeline is a local one. */
type LocalReceipt = EraseReceipt & {
  /** Copies of thumbnails that `avatar-pipeline process` left in the data folder. */
  readonly copies?: number | undefined;
};

/** The receipt for a person. */
function textOf(receipt: LocalReceipt): string {
  const { studentId, at, faces, thumbnails, originals, uploadRows, avatarRows, copies } = receipt;
  const lines: [string, number | undefined][] = [
    ["faces in the collection", faces],
    ["thumbnails", thumbnails],
    ["originals", originals],
    ["records of uploads", uploadRows],
    ["record of the avatar", avatarRows],
    ["copies in the data folder", copies],
  ];
  const counted = lines.flatMap(([what, count]) => (count === undefined ? [] : `  ${what.padEnd(25)}  ${count}`));
  return [`Erased student ${studentId} at ${at} (UTC).`, ...counted, ""].join("\n");
}
