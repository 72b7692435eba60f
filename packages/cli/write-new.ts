import { writeFileSync } from "node:fs";
import { cannotWrite } from "./system-errors";

/**
 * Writes a file that only its owner can read: a key belongs to the school, and a link to one student.
 *
 * @param remedy ends the error, without its full stop
 * @throws Error in one line if the file exists already or cannot be written
 */
export function writeNew(path: string, text: string, remedy: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw cannotWrite(path, error, remedy);
  }
}
