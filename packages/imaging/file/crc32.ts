/**
 * The checksums of all four-bit values: PNG, annex D, by nibbles, since a function's archive holds the table as text.
 */
const nibbles = [
  0, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344,
  0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
];

/** The CRC-32 of PNG and zlib, for runtimes without zlib. A megabyte takes about 5 ms. */
export function crc32(bytes: Uint8Array): number {
  // In a serialized function, a name that is not local is looked up again for every byte.
  const table = nibbles;
  let crc = -1;
  for (const byte of bytes) {
    crc = (crc >>> 4) ^ (table[(crc ^ byte) & 15] ?? 0);
    crc = (crc >>> 4) ^ (table[(crc ^ (byte >> 4)) & 15] ?? 0);
  }
  return ~crc >>> 0;
}
