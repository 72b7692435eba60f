import { defineCommand, option } from "../../command";
import { config, data, defaultData, json, pipeline, program, stack } from "../../options";
import { emailProblems, photoProblems } from "../../upload/photos";

export const process_ = defineCommand({
  name: "process",
  summary: "Puts photos through the whole pipeline, and prints the outcome of each.",
  synopses: ["PHOTO… [--student ID] [--email ADDRESS] [--data DIR] [--json] [OPTION…]"],
  description: [
    "Puts each photo through the whole pipeline on this machine, and prints its outcome. If a local mode already has the " +
      "data folder, that one is used; if another command has it, its end is waited for.",
  ],
  options: {
    student: option(
      "ID",
      "The student whose photos they are, of which the newest stays; by default each photo's name without its " +
        "extension, and then no two of them may be one student's.",
      (text) => text,
    ),
    email: option("ADDRESS", "Kept with each upload, as the upload page does.", (text) => text),
    data: {
      ...data,
      help: `The folder that keeps everything, default ${defaultData}/ in the working directory.\nThumbnails are in DIR/thumbnails/STUDENT/UPLOAD/SIZE.jpg.`,
    },
    json: { ...json(""), help: "One line of JSON for each photo, in the order given." },
    ...{ program, stack, pipeline, config },
  },
  operands: { least: 1, most: Infinity, called: "a photo", rule: "Name at least one photo", help: {} },
  exits: [
    [0, "all accepted"],
    [2, "some rejected"],
    [1, "any failure or bad usage"],
    [130, "interrupted"],
  ],
  check: ({ texts, operands }) => [
    ...photoProblems(operands, texts("student").at(-1)),
    ...emailProblems(texts("email").at(-1)),
  ],
  async run({ values, operands }) {
    return (await import("./run.js")).processPhotos(operands, values);
  },
});
