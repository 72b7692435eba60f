import { resolve } from "node:path";
import { studentIdRule } from "../../../../handlers/contract/students";
import { defineCommand, flag, option } from "../../command";
import { whereabouts } from "../../options";
import { placeOf } from "../../target/place";
import { usageError } from "../../usage-error";

/**
 * Rekognition's default quota is 5 calls a second for each operation. A photo needs each operation once and takes some
 * seconds: four at a time leave most of the quota to students who upload in the meantime.
 */
const defaultConcurrency = "4";

export const import_ = defineCommand({
  name: "import",
  summary: "Puts a school's photos through the pipeline, on AWS or here, and writes a report.",
  synopses: ["DIR|CSV (--stack NAME | --local [--data DIR]) [OPTION…]"],
  description: [
    "Puts a school's photos through the pipeline, and writes a report. Everything is checked before the first is sent. " +
      "Run the same again after an interruption or a failure: photos that were accepted or rejected are left, the rest " +
      "goes on.",
  ],
  operands: {
    least: 1,
    most: 1,
    called: "the folder or the CSV",
    rule: "import takes one folder or one CSV file",
    help: {
      DIR:
        "Every .jpg, .jpeg and .png in it and below it; the student is the file's name without extension, which has " +
        `to be an id: ${studentIdRule}.`,
      CSV:
        "With the columns student_id and photo, a path from the CSV's folder. Other columns, such as name and email, " +
        "are left alone: nothing of them is sent, and no student gets a mail.",
    },
  },
  options: {
    ...whereabouts,
    stack: { ...whereabouts.stack, help: "Into a stack on AWS; needs the Pulumi CLI and AWS credentials." },
    local: flag("Into the local mode."),
    concurrency: option(
      "N",
      `Photos under way at a time, 1 to 64, default ${defaultConcurrency}.`,
      (text = defaultConcurrency) => {
        const concurrency = Number(text);
        if (/^\d+$/.test(text) && concurrency >= 1 && concurrency <= 64) return concurrency;
        throw usageError(`--concurrency ${text}: it is a whole number from 1 to 64.`);
      },
    ),
    report: option(
      "FILE",
      "The report, a CSV with a row for each photo; default beside the source, SOURCE.import-NAME.csv, with the name of " +
        "the stack, or local, and of one of several pipelines.",
      (text) => text,
    ),
  },
  notes: ["Each photo's notice goes to the topics, as that of any other upload."],
  exits: [
    [0, "all accepted"],
    [2, "some rejected"],
    [1, "any failure or bad usage"],
    [130, "interrupted"],
  ],
  check({ has, texts, operands }) {
    const problems: string[] = [];
    if (has("stack") === has("local")) {
      problems.push("Say where to: --stack NAME for a stack on AWS, or --local for the local mode.");
    } else if (has("stack") && ["data", "program", "config"].some(has)) {
      problems.push("--data, --program and --config are of the local mode; give them with --local, not with --stack.");
    }
    const [report, source] = [texts("report").at(-1), operands[0]];
    if (report !== undefined && source !== undefined && resolve(report) === resolve(source)) {
      problems.push("--report is the source itself; name another file.");
    }
    return problems;
  },
  async run({ values, operands: [source = ""] }) {
    const { concurrency, report } = values;
    return (await import("./run.js")).importSchool(source, { place: placeOf(values), concurrency, report });
  },
});
