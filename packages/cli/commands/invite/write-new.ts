import { writeFileSync } from "node:fs";
import { cannotWrite } from "../../system-errors";

/**
 * Writes a file that its owner alone can read: a key is the school's, and a link a student's own.
 *
 * @param remedy ends the error, without its full stop
 * @throws Error in one line when the file is there already or cannot be written
 */
export function writeNew(path: string, text: string, remedy: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw cannotWrite(path, error, remedy);
  }
}
