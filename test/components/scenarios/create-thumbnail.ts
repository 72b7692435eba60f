import { face, failure, faults, format, jpeg, photo, result, type StepScenario } from "./shared";

export const createThumbnailScenarios: readonly StepScenario[] = [
  {
    name: "a photo",
    input: { photo, format, face },
    answers: {
      "S3.getObject": [{ body: jpeg() }],
      "imaging.createThumbnails": [
        result([
          { size: 64, jpeg: "a JPEG" },
          { size: 256, jpeg: "a larger one" },
        ]),
      ],
    },
    ends: "output",
  },
  ...["FILE_CORRUPT", "FORMAT_NOT_SUPPORTED", "IMAGE_TOO_LARGE"].map((ends) => ({
    name: `a photo that the decoder refuses with ${ends}`,
    input: { photo, format, face },
    answers: { "S3.getObject": [{ body: jpeg() }], "imaging.createThumbnails": [failure(ends)] },
    ends,
  })),
  ...faults({ photo, format, face }, "S3.getObject"),
];
