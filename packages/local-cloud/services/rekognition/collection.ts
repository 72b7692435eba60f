import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { openLog, type Log } from "../../storage/log";
import type { Box } from "./faces/engine";
import { FaceIndex } from "./face-index";

/** A face as a collection keeps it. */
export interface StoredFace {
  readonly faceId: string;
  readonly imageId: string;
  readonly externalImageId?: string;
  readonly box: Box;
  readonly confidence: number;
  /** Milliseconds since 1970. */
  readonly indexed: number;
  /** A counter within the collection; listings are ordered by it. */
  readonly sequence: number;
}

export interface FaceMatch {
  readonly face: StoredFace;
  /** Euclidean distance of the embeddings. */
  readonly distance: number;
}

interface Head {
  readonly collection: string;
  /** Milliseconds since 1970. */
  readonly created: number;
}

/** An entry of a collection's file, after its head. */
type Change = { readonly add: StoredFace; readonly embedding: string } | { readonly remove: readonly string[] };

/** One face collection, in memory for searching and in a log, so that every answered change survives a kill. */
export class Collection {
  private readonly index = new FaceIndex();
  /** By face id, in the order of their sequence. */
  private readonly faces = new Map<string, { readonly face: StoredFace; slot: number }>();
  /** The face id in each slot of the index. */
  private readonly slots: string[] = [];
  /** Face ids by {@link appearance}. */
  private readonly faceIds = new Map<string, string>();
  private lastSequence = 0;

  private readonly log: Log<Head | Change>;

  private head: Head = { collection: "", created: 0 };

  /** @param fresh the head of a new collection */
  private constructor(
    private readonly path: string,
    fresh?: Head,
  ) {
    if (fresh) this.head = fresh;
    this.log = openLog<Head | Change>(path, {
      begin: fresh && [fresh],
      replay: (entry, line) => {
        if ("collection" in entry !== (line === 1)) throw damaged(path, line);
        if ("collection" in entry) this.head = entry;
        else this.replay(entry);
      },
      damaged: (line) => damaged(path, line),
      compaction: { size: () => 1 + this.faces.size, snapshot: () => this.snapshot() },
    });
  }

  /** Makes an empty collection with a file of its own. */
  static create(path: string, id: string, now: number): Collection {
    return new Collection(path, { collection: id, created: now });
  }

  /**
   * Opens a collection's file.
   *
   * @throws Error if a line other than the last is damaged: another program changed the file
   */
  static open(path: string): Collection {
    const collection = new Collection(path);
    if (collection.id !== "") return collection;
    collection.close();
    throw damaged(path, 1);
  }

  get id(): string {
    return this.head.collection;
  }

  /** Milliseconds since 1970. */
  get created(): number {
    return this.head.created;
  }

  get size(): number {
    return this.faces.size;
  }

  get(faceId: string): StoredFace | undefined {
    return this.faces.get(faceId)?.face;
  }

  embeddingOf(faceId: string): Float32Array | undefined {
    const entry = this.faces.get(faceId);
    return entry && this.index.vector(entry.slot);
  }

  /**
   * Keeps a face, once: the same face of the same image under the same external id is the one already kept.
   *
   * @param seen the content of the image, and its name
   */
  add(seen: Omit<StoredFace, "faceId" | "sequence">, embedding: Float32Array): StoredFace {
    const known = this.faceIds.get(appearance(seen));
    if (known !== undefined) return this.entryOf(known).face;
    const face = { faceId: randomUUID(), ...seen, sequence: this.lastSequence + 1 };
    this.log.append([{ add: face, embedding: encode(embedding) }]);
    this.keep(face, embedding);
    return face;
  }

  /** Removes those of the faces that exist. @returns their ids */
  remove(faceIds: readonly string[]): readonly string[] {
    const known = [...new Set(faceIds)].filter((faceId) => this.faces.has(faceId));
    if (known.length > 0) this.log.append([{ remove: known }]);
    for (const faceId of known) this.forget(faceId);
    return known;
  }

  /** The faces within a distance of an embedding that satisfy the test, nearest first, at most `limit`. */
  near(
    embedding: Float32Array,
    distance: number,
    limit: number,
    wanted: (face: StoredFace) => boolean,
  ): readonly FaceMatch[] {
    return this.index
      .near(embedding, distance)
      .map((neighbour) => ({ face: this.faceAt(neighbour.slot), distance: neighbour.distance }))
      .filter(({ face }) => wanted(face))
      .slice(0, limit);
  }

  /** The faces after a sequence number, in its order. */
  *after(sequence: number): Iterable<StoredFace> {
    for (const { face } of this.faces.values()) if (face.sequence > sequence) yield face;
  }

  close(): void {
    this.log.close();
  }

  /** Removes the collection and its file. */
  destroy(): void {
    this.close();
    rmSync(this.path);
  }

  private faceAt(slot: number): StoredFace {
    return this.entryOf(this.slots[slot]).face;
  }

  /** The entry of a face that the index or a slot names; a missing one is a fault of this class. */
  private entryOf(faceId: string | undefined): { readonly face: StoredFace; slot: number } {
    const entry = this.faces.get(faceId ?? "");
    if (!entry) throw new Error(`The collection ${this.id} has lost the face ${faceId ?? "of a slot"}.`);
    return entry;
  }

  private replay(change: Change): void {
    if ("add" in change) this.keep(change.add, decode(change.embedding));
    else for (const faceId of change.remove) this.forget(faceId);
  }

  private *snapshot(): Iterable<Head | Change> {
    yield this.head;
    for (const { face, slot } of this.faces.values()) yield { add: face, embedding: encode(this.index.vector(slot)) };
  }

  private keep(face: StoredFace, embedding: Float32Array): void {
    const slot = this.index.add(embedding);
    this.slots[slot] = face.faceId;
    this.faces.set(face.faceId, { face, slot });
    this.faceIds.set(appearance(face), face.faceId);
    this.lastSequence = Math.max(this.lastSequence, face.sequence);
  }

  private forget(faceId: string): void {
    const entry = this.faces.get(faceId);
    if (entry === undefined) return;
    this.faces.delete(faceId);
    this.faceIds.delete(appearance(entry.face));
    const moved = this.index.remove(entry.slot);
    const last = this.slots.pop();
    if (moved === undefined || last === undefined) return;
    this.slots[entry.slot] = last;
    this.entryOf(last).slot = entry.slot;
  }
}

function damaged(path: string, line: number): Error {
  return new Error(`Line ${line} of the face collection ${path} is damaged; restore the file or remove it.`);
}

/** The identity of a face that is sent again: its place in the image, and the image's name. */
function appearance({
  imageId,
  externalImageId,
  box,
}: Pick<StoredFace, "imageId" | "externalImageId" | "box">): string {
  return [imageId, externalImageId ?? "", box.left, box.top, box.width, box.height].join(" ");
}

function encode(embedding: Float32Array): string {
  return Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength).toString("base64");
}

function decode(text: string): Float32Array {
  const bytes = Buffer.from(text, "base64");
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
