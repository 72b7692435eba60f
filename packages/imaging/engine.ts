import { imagingError } from "./file/errors";
import { kernelModule } from "./kernel-module.generated";
import * as plainKernel from "./kernel/index";
import { useMemory } from "./kernel/memory";

/** The hot loops: compiled to WebAssembly, or the same source as plain JavaScript. */
export type Kernel = typeof plainKernel;

export type EngineKind = "wasm" | "plain";

const pageSize = 65536;

/**
 * Memory for one photo, with plenty left of a Lambda function of 512 MB, and of 256 MB beside a photo of 48 million
 * pixels. More is needed only for an output of thousands of pixels from a progressive photo.
 */
const maxBytes = 176 * 1024 * 1024;

/** A kernel with its memory, which is handed out from the bottom up and all given back at once. */
export interface Engine {
  readonly kind: EngineKind;
  /** The kernel's functions, set upon this engine's memory. Take it anew after every await. */
  readonly kernel: Kernel;
  /** All of the memory. Take it anew after every {@link Engine.allocate}, which may move it. */
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** The address of so many new bytes, all 0, aligned to 8. Throws IMAGE_TOO_LARGE when the photo asks too much. */
  allocate(length: number): number;
  /** Gives back what was allocated since {@link Engine.used} had this value. */
  release(used: number): void;
  readonly used: number;
}

/** The first page stays empty: reads just below an allocation, as damaged data can cause, hit nothing of worth. */
const bottom = pageSize;

abstract class BumpEngine implements Engine {
  abstract readonly kind: EngineKind;
  abstract readonly kernel: Kernel;
  used = bottom;
  private dirty = bottom;
  /*
   * Views of the memory as it now is. They are fields, made anew where it grows, because the stream of a JPEG reads
   * and writes a few words for every restart marker, of which a photo can have millions.
   */
  bytes = new Uint8Array(0);
  words = new Int32Array(0);

  /** Makes the memory larger by at least so many pages and shows it. */
  protected abstract grow(pages: number): void;

  protected show(buffer: ArrayBuffer): void {
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
  }

  allocate(length: number): number {
    const address = this.used;
    const end = (address + length + 7) & ~7;
    if (length > maxBytes || end > maxBytes) {
      throw imagingError(
        "IMAGE_TOO_LARGE",
        `The photo takes ${Math.ceil((address + length) / 1048576)} MB to decode at this size; the limit is ${maxBytes / 1048576} MB.`,
      );
    }
    if (end > this.bytes.length) this.grow(Math.ceil((end - this.bytes.length) / pageSize));
    if (address < this.dirty) this.bytes.fill(0, address, Math.min(end, this.dirty));
    this.used = end;
    if (end > this.dirty) this.dirty = end;
    return address;
  }

  release(used: number): void {
    this.used = used;
  }
}

class WasmEngine extends BumpEngine {
  readonly kind = "wasm";
  readonly kernel: Kernel;
  private readonly memory: WebAssembly.Memory;

  constructor(module: WebAssembly.Module) {
    super();
    const { exports } = new WebAssembly.Instance(module, {});
    this.kernel = exports as unknown as Kernel;
    this.memory = exports["memory"] as WebAssembly.Memory;
    this.show(this.memory.buffer);
  }

  protected grow(pages: number): void {
    this.memory.grow(pages);
    this.show(this.memory.buffer);
  }
}

class PlainEngine extends BumpEngine {
  readonly kind = "plain";
  private buffer = new ArrayBuffer(pageSize * 16);

  constructor() {
    super();
    this.show(this.buffer);
  }

  /** The plain kernel has one memory at a time, so every use says which. */
  get kernel(): Kernel {
    useMemory(this.buffer);
    return plainKernel;
  }

  protected grow(pages: number): void {
    const length = Math.max(this.buffer.byteLength + pages * pageSize, Math.min(this.buffer.byteLength * 2, maxBytes));
    const grown = new ArrayBuffer(length);
    new Uint8Array(grown).set(new Uint8Array(this.buffer));
    this.buffer = grown;
    this.show(grown);
  }
}

/** Compiled once a process; null where there is no WebAssembly. */
let compiled: WebAssembly.Module | null | undefined;

/** @throws Error when `kind` is "wasm" and the runtime has no WebAssembly. Without a kind, the faster one there is. */
export function openEngine(kind?: EngineKind): Engine {
  if (kind === "plain") return new PlainEngine();
  if (compiled === undefined) {
    compiled = typeof WebAssembly === "undefined" ? null : new WebAssembly.Module(Buffer.from(kernelModule, "base64"));
  }
  if (compiled) return new WasmEngine(compiled);
  if (kind === "wasm") throw new Error("This runtime has no WebAssembly; use the plain engine.");
  return new PlainEngine();
}

/** Engines at rest, kept for the next photo unless a large one has swollen them: memory never shrinks. */
const idle: Engine[] = [];
const maxIdleBytes = 24 * 1024 * 1024;

/** Runs work with an engine of its own, so that photos processed at the same time don't meet. */
export async function withEngine<T>(
  kind: EngineKind | undefined,
  work: (engine: Engine) => Promise<T> | T,
): Promise<T> {
  const at = idle.findIndex((engine) => kind === undefined || engine.kind === kind);
  const engine = at >= 0 ? (idle.splice(at, 1)[0] as Engine) : openEngine(kind);
  try {
    return await work(engine);
  } finally {
    engine.release(bottom);
    if (engine.bytes.length <= maxIdleBytes && idle.length < 2) idle.push(engine);
  }
}
