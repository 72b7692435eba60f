import { randomUUID } from "node:crypto";
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
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
  /** Counts up within the collection; listings go by it. */
  readonly sequence: number;
}

export interface FaceMatch {
  readonly face: StoredFace;
  /** Euclidean distance of the embeddings. */
  readonly distance: number;
}

/** A line of a collection's file. The first is a head, every other an addition or a removal. */
type Line =
  | { readonly collection: string; readonly created: number }
  | { readonly add: StoredFace; readonly embedding: string }
  | { readonly remove: readonly string[] };

/** Below it a rewrite is not worth its time. */
const leastDeadLines = 1000;

/**
 * One face collection, in memory for searching and in a file of JSON lines that is only ever appended to: after a
 * kill -9 at any moment every answered change is there, and an unfinished last line, which nobody was told of, is
 * dropped.
 */
export class Collection {
  private readonly index = new FaceIndex();
  /** By face id, in the order of their sequence. */
  private readonly faces = new Map<string, { readonly face: StoredFace; slot: number }>();
  /** The face id in each slot of the index. */
  private readonly slots: string[] = [];
  /** Face ids by {@link appearance}. */
  private readonly faceIds = new Map<string, string>();
  private lastSequence = 0;

  private constructor(
    readonly id: string,
    /** Milliseconds since 1970. */
    readonly created: number,
    private readonly path: string,
    private file: number,
    private length: number,
  ) {}

  /** Makes an empty collection with a file of its own. */
  static create(path: string, id: string, now: number): Collection {
    const head = lineOf({ collection: id, created: now });
    writeWhole(path, [head]);
    return new Collection(id, now, path, openSync(path, "r+"), Buffer.byteLength(head));
  }

  /**
   * Opens a collection's file.
   *
   * @throws when a line other than the last is damaged: the file was changed by somebody else
   */
  static open(path: string): Collection {
    const bytes = readFileSync(path);
    const whole = bytes.lastIndexOf(0x0a) + 1;
    const lines = bytes.toString("utf8", 0, whole).split("\n").slice(0, -1);
    const head = parseLine(lines[0] ?? "", path, 1);
    if (!("collection" in head)) throw damaged(path, 1);
    const file = openSync(path, "r+");
    if (whole < bytes.length) ftruncateSync(file, whole);
    const collection = new Collection(head.collection, head.created, path, file, whole);
    lines.slice(1).forEach((text, at) => collection.replay(parseLine(text, path, at + 2)));
    const dead = lines.length - 1 - collection.size;
    if (dead > leastDeadLines && dead > collection.size) collection.compact();
    return collection;
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
   * @param seen what the image shows, and what it is called
   */
  add(seen: Omit<StoredFace, "faceId" | "sequence">, embedding: Float32Array): StoredFace {
    const known = this.faceIds.get(appearance(seen));
    if (known !== undefined) return this.faces.get(known)!.face;
    const face = { faceId: randomUUID(), ...seen, sequence: this.lastSequence + 1 };
    this.append({ add: face, embedding: encode(embedding) });
    this.keep(face, embedding);
    return face;
  }

  /** Removes those of the faces that are there. @returns their ids */
  remove(faceIds: readonly string[]): readonly string[] {
    const known = [...new Set(faceIds)].filter((faceId) => this.faces.has(faceId));
    if (known.length > 0) this.append({ remove: known });
    for (const faceId of known) this.forget(faceId);
    return known;
  }

  /** Those of the faces within a distance of an embedding that satisfy the test, nearest first, at most `limit`. */
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
    closeSync(this.file);
  }

  /** Removes the collection and its file. */
  destroy(): void {
    this.close();
    rmSync(this.path);
  }

  private faceAt(slot: number): StoredFace {
    const faceId = this.slots[slot]!;
    return this.faces.get(faceId)!.face;
  }

  private replay(line: Line): void {
    if ("add" in line) this.keep(line.add, decode(line.embedding));
    else if ("remove" in line) line.remove.forEach((faceId) => this.forget(faceId));
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
    this.faces.get(last)!.slot = entry.slot;
  }

  /** Writes a line whole or not at all: a full disk must not leave half a line before the next one. */
  private append(line: Line): void {
    const bytes = Buffer.from(lineOf(line));
    try {
      writeAll(this.file, bytes, this.length);
    } catch (error) {
      ftruncateSync(this.file, this.length);
      throw error;
    }
    this.length += bytes.length;
  }

  /** Rewrites the file without what was removed, beside the old one, which it then replaces. */
  private compact(): void {
    const lines = [lineOf({ collection: this.id, created: this.created })];
    for (const { face, slot } of this.faces.values()) {
      lines.push(lineOf({ add: face, embedding: encode(this.index.vector(slot)) }));
    }
    writeWhole(this.path, lines);
    closeSync(this.file);
    this.file = openSync(this.path, "r+");
    this.length = fstatSync(this.file).size;
  }
}

/** A file that is there whole or not at all. */
function writeWhole(path: string, lines: readonly string[]): void {
  const beside = `${path}.new`;
  const file = openSync(beside, "w");
  let at = 0;
  try {
    for (const line of lines) {
      const bytes = Buffer.from(line);
      writeAll(file, bytes, at);
      at += bytes.length;
    }
  } finally {
    closeSync(file);
  }
  renameSync(beside, path);
}

function writeAll(file: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(file, bytes, done, bytes.length - done, position + done);
  }
}

function lineOf(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

function parseLine(text: string, path: string, number: number): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    throw damaged(path, number);
  }
}

function damaged(path: string, line: number): Error {
  return new Error(`Line ${line} of the face collection ${path} is damaged; restore the file or remove it.`);
}

/** What makes a face the same one when it is sent again: its place in the image, and what the image was called. */
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
