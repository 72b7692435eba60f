/**
 * The kernel's memory in plain JavaScript: one buffer, addressed in bytes, little-endian.
 *
 * The WebAssembly build replaces this file by memory.assembly.txt, whose functions are single machine instructions;
 * the two must offer the same functions. Addresses of 16- and 32-bit values are aligned, but for `peek`.
 */
let bytes = new Uint8Array(0);
let shorts = new Int16Array(0);
let words = new Int32Array(0);
let view = new DataView(bytes.buffer);

/** Points the plain kernel at a buffer. Reads outside it give 0, writes outside it do nothing. */
export function useMemory(buffer: ArrayBuffer): void {
  if (bytes.buffer === buffer) return;
  bytes = new Uint8Array(buffer);
  shorts = new Int16Array(buffer);
  words = new Int32Array(buffer);
  view = new DataView(buffer);
}

export function u8At(at: i32): i32 {
  return bytes[at] as number;
}

export function i16At(at: i32): i32 {
  return shorts[at >> 1] as number;
}

export function u16At(at: i32): i32 {
  return (shorts[at >> 1] as number) & 0xffff;
}

export function i32At(at: i32): i32 {
  return words[at >> 2] as number;
}

/** The 32 bits at any address. */
export function peek(at: i32): i32 {
  return view.getInt32(at, true);
}

export function setU8(at: i32, value: i32): void {
  bytes[at] = value;
}

export function setI16(at: i32, value: i32): void {
  shorts[at >> 1] = value;
}

export function setI32(at: i32, value: i32): void {
  words[at >> 2] = value;
}

/** Stores 32 bits at any address. */
export function poke(at: i32, value: i32): void {
  view.setInt32(at, value, true);
}

export function fill(at: i32, value: i32, length: i32): void {
  bytes.fill(value, at, at + length);
}

/** Copies within the memory; the two ranges may overlap. */
export function move(to: i32, from: i32, length: i32): void {
  bytes.copyWithin(to, from, from + length);
}

/** How many bits of the value are 1. */
export function ones(value: i32): i32 {
  let v = value - ((value >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  v = (v + (v >>> 4)) & 0x0f0f0f0f;
  return Math.imul(v, 0x01010101) >>> 24;
}

/** The number of bits of the value without leading zeros; 0 for 0. */
export function bitLength(value: i32): i32 {
  return 32 - Math.clz32(value);
}
