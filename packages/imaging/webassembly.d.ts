/**
 * The part of WebAssembly that the engine uses: neither Node's types nor ES2023's declare it, and the DOM's types would
 * declare a whole browser.
 */
declare namespace WebAssembly {
  const moduleBrand: unique symbol;
  interface Module {
    readonly [moduleBrand]: true;
  }
  const Module: new (bytes: Uint8Array) => Module;
  class Instance {
    constructor(module: Module, imports: object);
    readonly exports: Record<string, unknown>;
  }
  class Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
}
