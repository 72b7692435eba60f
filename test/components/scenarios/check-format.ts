import { condition, faults, jpeg, photo, type StepScenario } from "./shared";

const checked = (name: string, ends: string, body: string, of = photo): StepScenario => ({
  name,
  input: { photo: of },
  answers: { "S3.getObject": [{ body }] },
  ends,
});

export const checkFormatScenarios: readonly StepScenario[] = [
  checked("a JPEG", "output", jpeg()),
  checked("a name of another format", "FORMAT_NOT_SUPPORTED", jpeg(), { ...photo, key: "uploads/SV001/x.gif" }),
  checked("a GIF named .jpg", "FORMAT_MISMATCH", Buffer.from("GIF89a........").toString("base64")),
  checked("a file that is too large", "FILE_TOO_LARGE", jpeg(), { ...photo, bytes: 1e9 }),
  checked("a file of too many scans", "FILE_CORRUPT", jpeg({ scans: 200 })),
  checked("a photo that is too small", "IMAGE_TOO_SMALL", jpeg({ width: 100 })),
  checked("a photo of too many pixels", "IMAGE_TOO_LARGE", jpeg({ width: 65_000, height: 65_000 })),
  {
    name: "an upload that is another's by now",
    input: { photo },
    answers: { "DynamoDB.updateItem": [condition] },
    ends: "ClaimLost",
  },
  ...faults({ photo }, "S3.getObject"),
];
