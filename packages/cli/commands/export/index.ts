import { defineCommand, option } from "../../command";
import { json, whereabouts } from "../../options";
import { placeOf, placeProblems } from "../../target/place";
import { usageError } from "../../usage-error";
import { defaultNames, readNames } from "./names";

const size = option("PIXELS", "The thumbnails' size; by default the largest of each avatar.", (text) => {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw usageError(`--size ${text}: a size is a number of pixels, such as --size 256.`);
});

const since = option(
  "TIME",
  "Only avatars accepted at that time or later: 2026-09-01, or 2026-09-01T07:30Z.",
  (text) => {
    if (text === undefined) return undefined;
    const isDate = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text);
    // A date by itself is a day of the school's calendar, so that it begins at midnight of this machine's zone.
    const time = isDate ? new Date(text.includes("T") ? text : `${text}T00:00`) : new Date(Number.NaN);
    if (!Number.isNaN(time.getTime())) return time;
    throw usageError(
      `--since ${text}: write a date, such as --since 2026-09-01, or a time, such as 2026-09-01T07:30Z.`,
    );
  },
);

const kinds = [".zip", ".csv"];
const kindOf = (file: string) => kinds.find((kind) => file.toLowerCase().endsWith(kind));

export const export_ = defineCommand({
  name: "export",
  summary: "Writes the avatars into a ZIP file, and the students' states into a CSV file.",
  synopses: ["FILE.zip [FILE.csv] [--data DIR | --stack NAME] [OPTION…]"],
  description: [
    "Writes one picture of each registered student, for a card printer or another system, and a table of all students " +
      "who have sent a photo: state, reason, times, and the picture's name in the ZIP file.",
  ],
  operands: {
    least: 1,
    most: 2,
    called: "a file",
    rule: "export takes one file .zip, one file .csv, or both",
    help: {
      "FILE.zip": "The pictures. The file must not exist; only its owner can read it.",
      "FILE.csv": "The table, for Excel as well. The file must not exist; only its owner can read it.",
    },
  },
  options: {
    ...whereabouts,
    size,
    names: option(
      "PATTERN",
      `The pictures' names, from {student_id}, {upload_id} and {size}; default ${defaultNames}.`,
      readNames,
    ),
    since,
    json: json("A summary"),
  },
  exits: [
    [0, "written"],
    [2, "written, without the students who have no picture of that size"],
    [1, "any failure or bad usage; no file is left"],
  ],
  check: (given) => {
    const files = given.operands;
    const strange = files.filter((file) => kindOf(file) === undefined);
    const twice = kinds.find((kind) => files.filter((file) => kindOf(file) === kind).length > 1);
    return [
      ...strange.map((file) => `${file}: export writes files .zip and .csv; name one of these.`),
      ...(twice === undefined ? [] : [`${files.join(", ")}: export writes one file ${twice} in one run; name one.`]),
      ...placeProblems(given),
    ];
  },
  async run({ values, operands }) {
    const fileOf = (kind: string) => operands.find((file) => kindOf(file) === kind);
    const { exportAvatars } = await import("./run.js");
    return exportAvatars({ ...values, place: placeOf(values), zip: fileOf(".zip"), csv: fileOf(".csv") });
  },
});
