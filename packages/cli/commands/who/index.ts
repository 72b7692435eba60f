import { defineCommand } from "../../command";
import { json, whereabouts } from "../../options";
import { placeOf, placeProblems } from "../../target/place";

export const who = defineCommand({
  name: "who",
  summary: "Names the student whose face a refused photo matched.",
  synopses: ["UPLOAD|STUDENT [--data DIR | --stack NAME] [OPTION…]"],
  description: [
    "Lists the matches of an upload, or of a student on either side: photos of this student that matched another's face, " +
      "and photos of others that matched this student's. Students are never told whom they match: do not forward the list.",
  ],
  operands: {
    least: 1,
    most: 1,
    called: "an upload or a student",
    rule: "who takes one upload's id or one student's id",
    help: {
      UPLOAD: "The upload's id, as a notice names it.",
      STUDENT: "The student's id.",
    },
  },
  options: {
    ...whereabouts,
    json: { ...json(""), help: "The matches as JSON, one line for each." },
  },
  notes: [
    "A match is kept as long as the row of its upload (`retention.uploadRowDays`), or until one of the two students is erased.",
  ],
  exits: [
    [0, "at least one match"],
    [2, "no match is recorded"],
    [1, "any failure or bad usage"],
  ],
  check: placeProblems,
  async run({ values, operands: [operand = ""] }) {
    return (await import("./run.js")).showMatches(operand, { place: placeOf(values), json: values.json });
  },
});
