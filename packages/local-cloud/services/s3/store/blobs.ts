import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";

/**
 * The bytes of objects and parts: one file each, under a random name, so that no key ever becomes a path.
 *
 *   incoming/ID        while it is being received
 *   data/ID[0..2]/ID   complete; valid once the journal names it
 */
export interface Blobs {
  /** Streams the chunks into a file of incoming/ and returns its id; if they fail, nothing is left. */
  receive(chunks: AsyncIterable<Buffer>): Promise<string>;
  /** Moves a received blob to its final place. */
  keep(id: string): void;
  /** The bytes from `start` up to and including `end`; the file is open by then, and may be removed meanwhile. */
  read(id: string, start: number, end: number): Promise<Readable>;
  /** Deletes a blob, received or kept; readers that have begun may finish. */
  remove(id: string): Promise<void>;
  /** Deletes the leftovers of a killed process: everything incoming, and kept blobs that are not in use. */
  sweep(inUse: ReadonlySet<string>): void;
}

export function openBlobs(folder: string): Blobs {
  const incoming = join(folder, "incoming");
  const data = join(folder, "data");
  mkdirSync(incoming, { recursive: true });
  mkdirSync(data, { recursive: true });
  const shelf = (id: string) => join(data, id.slice(0, 2));
  const shelves = new Set(readdirSync(data));

  return {
    async receive(chunks) {
      const id = randomUUID();
      const path = join(incoming, id);
      const file = await open(path, "wx");
      try {
        for await (const chunk of chunks) await file.writeFile(chunk);
        await file.close();
        return id;
      } catch (error) {
        await file.close().catch(() => undefined);
        await rm(path, { force: true });
        throw error;
      }
    },
    keep(id) {
      if (!shelves.has(id.slice(0, 2))) {
        mkdirSync(shelf(id), { recursive: true });
        shelves.add(id.slice(0, 2));
      }
      renameSync(join(incoming, id), join(shelf(id), id));
    },
    async read(id, start, end) {
      if (end < start) return Readable.from([]);
      return (await open(join(shelf(id), id))).createReadStream({ start, end });
    },
    async remove(id) {
      await rm(join(incoming, id), { force: true });
      // If a file in use cannot be deleted (Windows), the next start's sweep deletes it.
      await rm(join(shelf(id), id), { force: true }).catch(() => undefined);
    },
    sweep(inUse) {
      for (const id of readdirSync(incoming)) rmSync(join(incoming, id), { force: true });
      for (const name of shelves) {
        if (!existsSync(join(data, name))) continue;
        for (const id of readdirSync(join(data, name))) {
          if (!inUse.has(id)) rmSync(join(data, name, id), { force: true });
        }
      }
    },
  };
}
