import { corrupt } from "./errors";

/**
 * A Huffman table as stored in DHT (T.81, B.2.4.2): 16 bytes hold the number of codes of each length from 1 to 16, and
 * the symbols follow in the order of their codes.
 */
export type HuffmanTable = Uint8Array;

/** By class × 16 + destination. */
export type HuffmanTables = (HuffmanTable | undefined)[];

/** T.81, tables K.3, K.4, K.5 and K.6, in the form of {@link HuffmanTable}, in hexadecimal digits. */
const lumaDc = "00010501010101010100000000000000000102030405060708090a0b";
const chromaDc = "00030101010101010101010000000000000102030405060708090a0b";
const lumaAc =
  "0002010303020403050504040000017d" +
  "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a" +
  "434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9" +
  "aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa";
const chromaAc =
  "00020102040403040705040400010277" +
  "0001020311040521310612415107617113223281081442" +
  "91a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a" +
  "434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8" +
  "a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa";

/**
 * The standard's tables, which apply until a file defines others: Motion JPEG frames define none, and libjpeg-turbo,
 * and with it every browser, then uses these.
 */
export function standardTables(): HuffmanTables {
  const tables: HuffmanTables = [];
  [lumaDc, chromaDc].forEach((text, destination) => (tables[destination] = fromHex(text)));
  [lumaAc, chromaAc].forEach((text, destination) => (tables[16 | destination] = fromHex(text)));
  return tables;
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, n) => parseInt(text.slice(n * 2, n * 2 + 2), 16));
}

/**
 * Applies the tables of a DHT payload.
 *
 * @throws FILE_CORRUPT
 */
export function readHuffmanTables(payload: Uint8Array, tables: HuffmanTables): void {
  for (let at = 0; at < payload.length;) {
    const head = payload[at] ?? 0;
    const symbols = payload.subarray(at + 1, at + 17).reduce((sum, count) => sum + count, 0);
    const end = at + 17 + symbols;
    if (head >> 4 > 1 || (head & 15) > 3 || symbols > 256 || end > payload.length) {
      throw corrupt("The JPEG has a damaged Huffman table (DHT).");
    }
    tables[head] = payload.subarray(at + 1, end);
    at = end;
  }
}
