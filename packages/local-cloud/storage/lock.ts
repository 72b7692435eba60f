import { randomUUID } from "node:crypto";
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setupError } from "../errors";

/** The content of a data folder's lock while a local mode holds it. */
export interface Holder {
  readonly pid: number;
  /** The process's start by the system's own count, if it is available: process ids are reused. */
  readonly began?: string;
  readonly token: string;
  /** The address of the cloud, once it answers. */
  readonly url?: string;
}

export interface Lock {
  /** Records the holder's address for other processes that find the lock. */
  announce(url: string): void;
  readonly token: string;
  release(): void;
}

/** The code of the error about a folder that another process holds. */
export const folderInUseCode = "FOLDER_IN_USE";

const lockFile = "lock";
/** The locks of this very process. */
const held = new Set<string>();

/**
 * Takes a data folder for this process, and makes it if it is missing.
 *
 * A lock whose process is gone was left by a kill; the new process takes it over.
 *
 * @throws Error naming folder, rule and fix if another process has it, or if it cannot be written
 */
export function lockFolder(folder: string): Lock {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK | constants.X_OK);
    closeToOthers(folder);
  } catch (error) {
    throw folderUnusable(folder, error);
  }
  const path = join(folder, lockFile);
  const began = beginningOf(process.pid);
  const own: Holder = { pid: process.pid, token: randomUUID(), ...(began === undefined ? {} : { began }) };
  for (;;) {
    try {
      const file = openSync(path, "wx");
      writeSync(file, JSON.stringify(own));
      closeSync(file);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
        throw folderUnusable(folder, error);
      }
    }
    refuseHeld(folder);
    // If two processes find a dead one's lock, one gets the name; the other finds a fresh lock.
    const dead = `${path}.${own.token}`;
    try {
      renameSync(path, dead);
      rmSync(dead, { recursive: true });
    } catch {
      continue;
    }
  }
  held.add(own.token);
  const release = (): void => {
    held.delete(own.token);
    if (read(path)?.token === own.token) rmSync(path, { force: true });
  };
  // A process that ends before its cloud was complete leaves no lock either, unless it is killed.
  process.once("exit", release);
  return {
    token: own.token,
    announce(url) {
      const fresh = `${path}.${own.token}`;
      writeFileSync(fresh, JSON.stringify({ ...own, url }));
      renameSync(fresh, path);
    },
    release() {
      process.off("exit", release);
      release();
    },
  };
}

/** @throws Error with the code FOLDER_IN_USE when another process has the folder */
export function refuseHeld(folder: string): void {
  const holder = holderOf(folder);
  if (holder) throw folderInUse(folder, holder);
}

export function folderInUse(folder: string, { pid, url }: Pick<Holder, "pid" | "url">): Error {
  const where = url === undefined ? "" : `, which answers at ${url}`;
  return setupError(
    folderInUseCode,
    `The data folder ${folder} is in use by another local mode (process ${pid}${where}). ` +
      `Stop that one, or choose another folder.`,
  );
}

/** Photos, mails and the operator's secret are in it. Folders of earlier versions are open to everybody. */
function closeToOthers(folder: string): void {
  if ((statSync(folder).mode & 0o077) === 0) return;
  try {
    chmodSync(folder, 0o700);
  } catch (error) {
    // Another user's folder, or a file system without modes: the secret's own file is closed in any case.
    if (!["EPERM", "ENOTSUP"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

function folderUnusable(folder: string, error: unknown): Error {
  return setupError("FOLDER_UNUSABLE", `The data folder ${folder} ${reasonOf(error)}. Choose another.`, {
    cause: error,
  });
}

/** The local mode that holds this folder; undefined if there is none, or none any more. */
export function holderOf(folder: string): Holder | undefined {
  const holder = read(join(folder, lockFile));
  return holder && isAlive(holder) ? holder : undefined;
}

function read(path: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder>;
    return typeof holder.pid === "number" ? (holder as Holder) : undefined;
  } catch {
    // None, or one that a kill left incomplete.
    return undefined;
  }
}

function isAlive({ pid, token, began }: Holder): boolean {
  // In a container this process may well have the same id as the one before it.
  if (pid === process.pid) return held.has(token);
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return began === undefined || beginningOf(pid) === undefined || beginningOf(pid) === began;
}

/** Clock ticks from the machine's start to the process's, on Linux. */
function beginningOf(pid: number): string | undefined {
  try {
    // The second field, the program's name in parentheses, may hold anything.
    return readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ")[19];
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "cannot be written";
    case "ENOTDIR":
    case "EEXIST":
      return "is not a folder";
    case "ENOSPC":
      return "has no space left";
    default:
      return `cannot be used: ${(error as Error).message}`;
  }
}
