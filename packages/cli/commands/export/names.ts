import { usageError } from "../../usage-error";

export const defaultNames = "{student_id}.jpg";

/** The facts that a picture's name can be made of. */
export interface Named {
  readonly student_id: string;
  readonly upload_id: string;
  /** Pixels. */
  readonly size: number;
}

const placeholders: readonly (keyof Named)[] = ["student_id", "upload_id", "size"];

/** Makes a picture's path in the ZIP file. */
export type Names = (of: Named) => string;

/**
 * Reads a pattern, such as `photos/{student_id}.jpg`.
 *
 * @throws UsageError if its names could not be told apart, or could not be files on Windows, macOS and Linux alike
 */
export function readNames(pattern = defaultNames): Names {
  const problem = problemOf(pattern);
  if (problem !== undefined) throw usageError(`--names ${pattern}: ${problem}`);
  return (of) => pattern.replace(/\{(\w+)\}/g, (_, name: keyof Named) => String(of[name]));
}

function problemOf(pattern: string): string | undefined {
  const used = [...pattern.matchAll(/\{([^{}]*)\}/g)].map(([, name = ""]) => name);
  const unknown = used.find((name) => !placeholders.includes(name as keyof Named));
  const known = placeholders.map((name) => `{${name}}`).join(", ");
  if (unknown !== undefined) return `there is no {${unknown}}; use ${known}.`;
  if (!used.includes("student_id") && !used.includes("upload_id")) {
    return "all pictures would have one name; use {student_id} or {upload_id} in it.";
  }
  if (!pattern.endsWith(".jpg")) return "the pictures are JPEG files; end it with .jpg.";
  const plain = pattern.replace(/\{\w+\}/g, "x");
  // Of Windows, the strictest: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
  const foreign = Array.from(plain).find((character) => character < " " || '<>:"\\|?*{}'.includes(character));
  if (foreign !== undefined) return `${JSON.stringify(foreign)} cannot be in the name of a file; leave it out.`;
  const isOdd = plain.split("/").some((part) => part === "" || /^[. ]|[. ]$/.test(part));
  return isOdd ? "a folder or file has no name, or one that begins or ends with a dot or a blank; name it." : undefined;
}

/** Names that Windows keeps for devices, with any extension. */
const device = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

/**
 * Gives each picture a name of its own: systems that ignore case would overwrite one picture with another.
 *
 * @returns the names in the given order
 * @throws UsageError naming two students whose pictures would have one name, or one whose name Windows refuses
 */
export function namesOf(names: Names, pictures: readonly Named[]): readonly string[] {
  const owners = new Map<string, string>();
  return pictures.map((picture) => {
    const name = names(picture);
    const other = owners.get(name.toLowerCase());
    if (other !== undefined) {
      throw usageError(
        `The pictures of ${other} and ${picture.student_id} would both be called ${name} where case is ignored; ` +
          "add {upload_id} to --names.",
      );
    }
    if (name.split("/").some((part) => device.test(part) || part.endsWith("."))) {
      throw usageError(
        `The picture of ${picture.student_id} would be called ${name}, which Windows does not allow; ` +
          "put something before {student_id} in --names, such as avatar-{student_id}.jpg.",
      );
    }
    owners.set(name.toLowerCase(), picture.student_id);
    return name;
  });
}
