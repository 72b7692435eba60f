import { createWriteStream, openSync, rmSync } from "node:fs";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";
import { cannotWrite } from "../../system-errors";

/** A file of the archive. */
export interface ZipEntry {
  /** With `/` between folders. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly modified: Date;
}

/** Bytes that wait to be written before the next entry is asked for: memory stays the same for any number of entries. */
const mostWaiting = 16 * 1024 * 1024;

/**
 * Writes a new ZIP file that only its owner can read. JPEGs are stored as they are: compressing them gains nothing.
 *
 * @returns its size in bytes
 * @throws Error in one line if the file exists or cannot be written; no file of this call is left
 */
export async function writeZip(path: string, entries: AsyncIterable<ZipEntry>): Promise<number> {
  const zip = new ZipFile();
  let [added, passed] = [0, 0];
  let wake: () => void = () => undefined;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passed += chunk.length;
      wake();
      done(null, chunk);
    },
  });
  const file = createWriteStream(path, { fd: create(path) });
  let broken: unknown;
  const written = pipeline(zip.outputStream, counted, file).catch((error: unknown) => {
    broken = error;
    wake();
  });
  try {
    for await (const { path: name, bytes, modified } of entries) {
      zip.addBuffer(Buffer.from(bytes), name, { compress: false, mtime: modified, mode: 0o100644 });
      added += bytes.length;
      while (added - passed > mostWaiting && broken === undefined) {
        await new Promise<void>((resolve) => (wake = resolve));
      }
      if (broken !== undefined) break;
    }
    zip.end();
    await written;
    if (broken !== undefined) throw cannotWrite(path, broken, "make room for it, or name another file");
    return passed;
  } catch (error) {
    file.destroy();
    await written;
    rmSync(path, { force: true });
    throw error;
  }
}

function create(path: string): number {
  try {
    return openSync(path, "wx", 0o600);
  } catch (error) {
    throw cannotWrite(path, error, "name another file, or move this one away");
  }
}
