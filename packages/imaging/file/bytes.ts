/** Readers of bytes. All numbers of JPEG and PNG are big-endian; bytes beyond the end of the data count as 0. */

// Not named u16 and u32: AssemblyScript's compiler makes these globals, and Pulumi's serializer captures no global.

export function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function uint32(bytes: Uint8Array, at: number): number {
  return uint16(bytes, at) * 65536 + uint16(bytes, at + 2);
}

/** Whether the bytes from `at` on are the Latin-1 text. */
export function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  for (let n = 0; n < text.length; n++) if (bytes[at + n] !== text.charCodeAt(n)) return false;
  return true;
}
