import { invalidArgument } from "../wire/errors";

/** @throws CloudError InvalidArgument */
export function readPartNumber(text: string | undefined): number {
  const number = /^\d{1,5}$/.test(text ?? "") ? Number(text) : 0;
  if (number < 1 || number > 10_000) {
    throw invalidArgument(
      "partNumber",
      text ?? "null",
      "Part number must be an integer between 1 and 10000, inclusive",
    );
  }
  return number;
}
