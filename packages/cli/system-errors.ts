/** Errors of the operating system in words: the path, the rule, and the fix. */

/** In words, by the system's own code. An error that is not listed is reported by its code alone. */
const rules: Readonly<Record<string, string>> = {
  EACCES: "this user has no permission",
  EBUSY: "another program is using it",
  EDQUOT: "this user's share of the disk is used up",
  EEXIST: "something else is in its place",
  EFBIG: "the file would be too large",
  EISDIR: "it is a folder, and should be a file",
  ELOOP: "its symbolic links lead in a circle",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ENFILE: "too many files are open",
  ENOENT: "there is no such file or folder",
  ENOSPC: "there is no space left on the disk",
  ENOTDIR: "a part of the path is a file, and should be a folder",
  ENOTEMPTY: "the folder is not empty",
  EPERM: "this user has no permission",
  EROFS: "the disk can only be read",
};

export function isSystemError(error: unknown): error is NodeJS.ErrnoException & { readonly code: string } {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return typeof code === "string" && typeof syscall === "string";
}

/** One line about a file that cannot be read; `fix` ends it, without its full stop. */
export function cannotRead(path: string, error: unknown, fix: string): Error {
  return new Error(`${path} cannot be read${problemOf(error)}; ${fix}.`, { cause: error });
}

/** One line about a file or folder that cannot be written; `fix` ends it, without its full stop. */
export function cannotWrite(path: string, error: unknown, fix: string): Error {
  const isFolderMissing = isSystemError(error) && error.code === "ENOENT";
  const problem = isFolderMissing ? " (ENOENT): the folder that it would be in is not there" : problemOf(error);
  return new Error(`${path} cannot be written${problem}; ${fix}.`, { cause: error });
}

/** An error's message for a person; for an error of the operating system, its path, the rule and the fix. */
export function messageOfError(error: unknown): string {
  if (!isSystemError(error)) return error instanceof Error ? error.message : String(error);
  if (error.path === undefined) return `${error.message}.`;
  return `${error.path} cannot be used${problemOf(error)}; fix that, or name another path.`;
}

/** The system's code, and its meaning. */
function problemOf(error: unknown): string {
  if (!isSystemError(error)) return `: ${error instanceof Error ? error.message : String(error)}`;
  const rule = rules[error.code];
  return rule === undefined ? ` (${error.code}, ${error.syscall ?? ""})` : ` (${error.code}): ${rule}`;
}
