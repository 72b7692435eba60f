import { defineCommand, flag } from "../../command";
import { json, whereabouts } from "../../options";
import { placeOf, placeProblems } from "../../target/place";

export const erase = defineCommand({
  name: "erase",
  summary: "Erases a student or a list of students, and prints a receipt for each.",
  synopses: ["STUDENT|CSV [--data DIR | --stack NAME] [OPTION…]"],
  description: [
    "Erases all that is held of a student: faces, thumbnails, originals, rows. Prints a receipt. Can be repeated.",
  ],
  operands: {
    least: 1,
    most: 1,
    called: "the student's id",
    rule: "erase takes one student id or one CSV file",
    help: {
      STUDENT: "The student's id.",
      CSV: "A file .csv with the column student_id: all of these students, after one confirmation.",
    },
  },
  options: {
    ...whereabouts,
    yes: flag("Confirms a list; without it, erase asks on the terminal."),
    json: { ...json(""), help: "The receipt as JSON, one line for each student." },
  },
  exits: [
    [0, "erased"],
    [2, "nothing was held of the student, or of some in the list"],
    [1, "any failure or bad usage"],
  ],
  check: placeProblems,
  async run({ values, operands: [operand = ""] }) {
    return (await import("./run.js")).eraseStudents(operand, { ...values, place: placeOf(values) });
  },
});
