import { portrait } from "../../support/portraits";
import { mutate, randomFrom } from "./files";
import type { HostileFile } from "./harness";

/** Real photos, damaged at random: the same ones in every run. */
export async function damaged(count: number): Promise<HostileFile[]> {
  const sources = [
    { file: await portrait("A", { width: 320, rotatedExif: 6 }), extension: "jpg" },
    { file: await portrait("B", { width: 320, progressive: true }), extension: "jpg" },
    { file: await portrait("C", { width: 200, format: "png" }), extension: "png" },
  ] as const;
  const random = randomFrom(20_261_123);
  const expected = ["accepted", "FILE_CORRUPT", "FORMAT_MISMATCH", "FORMAT_NOT_SUPPORTED"] as const;
  return Array.from({ length: count }, (_, n) => {
    const { file, extension } = sources[n % sources.length] ?? sources[0];
    const ending = { expected: [...expected, "IMAGE_TOO_LARGE", "IMAGE_TOO_SMALL", "FACE_TOO_SMALL"] as const };
    return { name: `damaged photo ${n + 1}`, file: mutate(file, random), extension, ...ending };
  });
}
