/** Photos with damage that no viewer rejects, each beside the same photo undamaged. */
import { deflateSync } from "node:zlib";
import { exif, segment } from "../../../flow/hostile/files";
import { chunk } from "../png-writer";

export interface Damaged {
  readonly name: string;
  readonly file: Buffer;
}

const cutAt = (file: Buffer, at: number, ...between: readonly Uint8Array[]): Buffer =>
  Buffer.concat([file.subarray(0, at), ...between, file.subarray(at)]);

/** The start of a JPEG's first segment of a kind. */
export function placeOf(jpeg: Buffer, marker: number): number {
  let at = 2;
  while (jpeg[at + 1] !== marker) at += 2 + jpeg.readUInt16BE(at + 2);
  return at;
}

/** The trailer of a Samsung phone: its data about the picture, and their start. */
const samsungTrailer = Buffer.concat([
  Buffer.from([0, 0, 1, 10, 14, 0, 0, 0]),
  Buffer.from("Image_UTC_Data1700000000000"),
  Buffer.from("SEFH"),
  Buffer.from("6b000000010000000000010a23000000230000001800000053454654", "hex"),
]);

/** A JPEG with an end marker, damaged in the headers or after its rows. */
export function damagedJpegs(jpeg: Buffer): readonly Damaged[] {
  const tables = placeOf(jpeg, 0xdb);
  const frame = placeOf(jpeg, jpeg.includes(Buffer.from([0xff, 0xc2, 0, 17])) ? 0xc2 : 0xc0);
  const app1 = exif({ entries: [[0x0110, 3, 1, 1]] });
  const short = Buffer.from(app1);
  short.writeUInt16BE(short.readUInt16BE(2) - 2, 2);
  const renamed = Buffer.from(app1);
  renamed[0] = 0;
  const withoutEnd = jpeg.subarray(0, -2);
  return [
    { name: "bytes between its segments", file: cutAt(jpeg, frame, Buffer.from("hello")) },
    { name: "zeros between its segments", file: cutAt(jpeg, frame, Buffer.alloc(7)) },
    { name: "a stuffed ff between its segments", file: cutAt(jpeg, frame, Buffer.from([1, 0xff, 0, 2])) },
    { name: "a segment that says two bytes less than it has", file: cutAt(jpeg, tables, short) },
    { name: "00 e1 in place of a marker", file: cutAt(jpeg, frame, renamed) },
    { name: "fill bytes before its markers", file: cutAt(jpeg, frame, Buffer.alloc(5, 0xff)) },
    { name: "no end marker", file: withoutEnd },
    { name: "no end marker, and zeros in its place", file: Buffer.concat([withoutEnd, Buffer.alloc(64)]) },
    { name: "no end marker before a phone's trailer", file: Buffer.concat([withoutEnd, samsungTrailer]) },
    {
      name: "no end marker before a trailer that holds a preview",
      file: Buffer.concat([withoutEnd, samsungTrailer, jpeg]),
    },
    { name: "a trailer behind its end", file: Buffer.concat([jpeg, samsungTrailer, Buffer.alloc(100, 0xff)]) },
    {
      name: "an unknown segment behind its rows",
      file: Buffer.concat([withoutEnd, segment(0xe5, Buffer.alloc(9)), jpeg.subarray(-2)]),
    },
  ];
}

/** A PNG, damaged outside of its pixels. */
export function damagedPngs(png: Buffer): readonly Damaged[] {
  const broken = (name: string, payload: Buffer): Buffer => {
    const part = chunk(name, payload);
    part.writeUInt32BE(12345, part.length - 4);
    return part;
  };
  const profile = Buffer.concat([Buffer.from("p\0\0"), deflateSync(Buffer.alloc(200, 7))]);
  const data = png.indexOf("IDAT") - 4;
  const end = png.indexOf("IEND") - 4;
  return [
    { name: "a text with a wrong checksum", file: cutAt(png, data, broken("tEXt", Buffer.from("a\0b"))) },
    { name: "a profile with a wrong checksum", file: cutAt(png, data, broken("iCCP", profile)) },
    { name: "a transparent colour with a wrong checksum", file: cutAt(png, data, broken("tRNS", Buffer.alloc(6))) },
    { name: "a text with a wrong checksum behind its pixels", file: cutAt(png, end, broken("tEXt", profile)) },
    { name: "a wrong checksum of its end", file: Buffer.concat([png.subarray(0, -4), Buffer.alloc(4)]) },
    ...[4, 5, 8, 11, 12].map((missing) => ({
      name: `an end that lacks ${missing} bytes`,
      file: png.subarray(0, png.length - missing),
    })),
    { name: "bytes behind its end", file: Buffer.concat([png, Buffer.alloc(4096, 1)]) },
  ];
}
