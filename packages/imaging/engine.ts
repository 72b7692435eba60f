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
 * pixels. Only an output of thousands of pixels from a progressive photo needs more.
 */
const maxBytes = 176 * 1024 * 1024;

/** A kernel with its memory, which is allocated from the bottom up and released all at once. */
export interface Engine {
  readonly kind: EngineKind;
  /** The kernel's functions, bound to this engine's memory. Read this property again after every await. */
  readonly kernel: Kernel;
  /** The whole memory. Read this property again after every {@link Engine.allocate}, which may move the memory. */
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /**
   * Allocates so many bytes, all 0, aligned to 8, and returns their address. Throws IMAGE_TOO_LARGE above the limit.
   */
  allocate(length: number): number;
  /** Releases everything allocated since {@link Engine.used} had this value. */
  release(used: number): void;
  readonly used: number;
}

/** The first page stays empty: reads just below an allocation, which damaged data can cause, hit no other data. */
const bottom = pageSize;

abstract class BumpEngine implements Engine {
  abstract readonly kind: EngineKind;
  abstract readonly kernel: Kernel;
  used = bottom;
  private dirty = bottom;
  /*
   * Views of the current memory. They are fields, recreated when the memory grows, because the stream of a JPEG reads
   * and writes a few words for every restart marker, and a photo can have millions of markers.
   */
  bytes = new Uint8Array(0);
  words = new Int32Array(0);

  /** Grows the memory by at least so many pages and updates the views. */
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

  /** The plain kernel has one memory at a time, so every use selects this engine's. */
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

/** Compiled once per process; null if the runtime has no WebAssembly. */
let compiled: WebAssembly.Module | null | undefined;

/**
 * @throws Error when `kind` is "wasm" and the runtime has no WebAssembly. Without a kind, the fastest available one is
 * used.
 */
export function openEngine(kind?: EngineKind): Engine {
  if (kind === "plain") return new PlainEngine();
  if (compiled === undefined) {
    compiled = typeof WebAssembly === "undefined" ? null : new WebAssembly.Module(Buffer.from(kernelModule, "base64"));
  }
  if (compiled) return new WasmEngine(compiled);
  if (kind === "wasm") throw new Error("This runtime has no WebAssembly; use the plain engine.");
  return new PlainEngine();
}

/** Idle engines, kept for the next photo unless a large photo has grown their memory: it never shrinks. */
const idle: Engine[] = [];
const maxIdleBytes = 24 * 1024 * 1024;

/** Runs work with its own engine, so that photos processed at the same time share no memory. */
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
