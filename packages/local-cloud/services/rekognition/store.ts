import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Collection } from "./collection";

/** The collections of an account and region, each in a file of its own in one folder. */
export class CollectionStore {
  private readonly collections = new Map<string, Collection>();

  /**
   * Opens the folder's collections, and makes the folder if it is missing.
   *
   * @param declared collections that exist from the start, empty if the folder does not know them yet
   */
  constructor(
    private readonly folder: string,
    declared: readonly string[],
  ) {
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      if (name.endsWith(".new")) rmSync(join(folder, name));
      if (!name.endsWith(".jsonl")) continue;
      const collection = Collection.open(join(folder, name));
      this.collections.set(collection.id, collection);
    }
    for (const id of declared) if (!this.collections.has(id)) this.create(id);
  }

  get(id: string): Collection | undefined {
    return this.collections.get(id);
  }

  create(id: string): Collection {
    const collection = Collection.create(this.pathOf(id), id, Date.now());
    this.collections.set(id, collection);
    return collection;
  }

  remove(id: string): void {
    this.collections.get(id)?.destroy();
    this.collections.delete(id);
  }

  /** In the order of their names. */
  ids(): readonly string[] {
    return [...this.collections.keys()].sort();
  }

  close(): void {
    for (const collection of this.collections.values()) collection.close();
    this.collections.clear();
  }

  /** Readable, and one file per id even if names are long or a file system ignores case. */
  private pathOf(id: string): string {
    const digest = createHash("sha256").update(id).digest("hex").slice(0, 12);
    return join(this.folder, `${id.slice(0, 80)}-${digest}.jsonl`);
  }
}
