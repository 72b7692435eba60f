import { pngChunk } from "../../support/image-bytes";
import { portrait } from "../../support/portraits";
import {
  blackPixels,
  bombChunk,
  deflatedZeros,
  filledWith,
  manyScans,
  png,
  segment,
  withChunks,
  withSegments,
  withSize,
} from "./files";
import type { HostileFile } from "./harness";

const megabyte = 1024 * 1024;
/** The largest photo: 10 MiB, less some room for the script of faces. */
const full = 10 * megabyte - 500;
/** 49 million pixels, just below the limit of 50. */
const side = 7000;
const atTheBottom = { left: 0.3, top: 0.55, width: 0.4, height: 0.4 };
/** About the smallest face that is not refused. */
const smallFace = { left: 0.5, top: 0.5, width: 0.013, height: 0.013 };

/** The unpacked bytes of the rows of Adam7's passes over a square of RGB pixels: each row has a filter byte. */
function interlacedBytes(length: number): number {
  const passes = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ] as const;
  return passes.reduce((sum, [left, top, stepX, stepY]) => {
    const [columns, rows] = [Math.ceil((length - left) / stepX), Math.ceil((length - top) / stepY)];
    return sum + rows * (1 + columns * 3);
  }, 0);
}

/** Small pictures that claim to be large, or to contain a lot. */
export async function bombs(): Promise<HostileFile[]> {
  const jpeg = await portrait("A", { width: 320 });
  const photo = await portrait("A", { width: 240, format: "png" });
  const empty = (count: number, named: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => pngChunk(named(n), Buffer.alloc(0)));
  const letters = (n: number) => [26 ** 3, 26 ** 2, 26, 1].map((unit) => Math.floor(n / unit) % 26);
  return [
    { name: "a PNG of 30,000² pixels in 110 KB", file: png({ width: 30_000, height: 30_000, depth: 1, type: 0 }) },
    { name: "a JPEG header of 65,500² pixels", file: withSize(jpeg, 65_500, 65_500) },
    { name: "a JPEG header of 65,535 pixels across", file: withSize(jpeg, 65_535, 800) },
  ]
    .map((file): HostileFile => ({ ...file, expected: "IMAGE_TOO_LARGE" }))
    .concat([
      {
        name: "392 MB of pixels in a PNG of 400 KB, a face at its bottom",
        file: png({ width: side, height: side, depth: 16, type: 6 }),
        expected: "accepted",
        box: atTheBottom,
      },
      {
        name: "an interlaced PNG of 49 million pixels",
        file: png({ width: side, height: side, data: deflatedZeros(interlacedBytes(side)), interlaced: true }),
        expected: "accepted",
        box: atTheBottom,
      },
      {
        name: "a PNG one small face wide and 312,500 pixels high",
        file: png({ width: 160, height: 312_500 }),
        expected: "accepted",
        box: { left: 0, top: 0.99, width: 1, height: 0.0005 },
      },
      {
        name: "a PNG 312,500 pixels wide",
        file: png({ width: 312_500, height: 160, depth: 16, type: 6 }),
        // Rekognition gets a picture of all of it, which needs more memory than a thumbnail of one face.
        expected: ["accepted", "IMAGE_TOO_LARGE"],
        box: { left: 0.99, top: 0, width: 0.0005, height: 1 },
      },
      {
        name: "a colour profile of 1 GB in 1 MB",
        file: withChunks(photo, [bombChunk("iCCP", 1024 * megabyte)]),
        expected: "accepted",
      },
      {
        name: "a text of 2 GB in 2 MB",
        file: withChunks(photo, [bombChunk("zTXt", 2048 * megabyte)]),
        expected: "accepted",
      },
      {
        name: "1 GB of pixels behind the last row",
        file: png({ width: 240, height: 300, data: deflatedZeros(1024 * megabyte) }),
        expected: "accepted",
      },
      {
        name: "a PNG whose pixels end early",
        file: png({ width: side, height: side, data: deflatedZeros(megabyte) }),
        expected: "FILE_CORRUPT",
        box: atTheBottom,
      },
      {
        name: "800,000 chunks of the same name",
        file: withChunks(
          photo,
          empty(800_000, () => "teSt"),
        ),
        expected: "accepted",
      },
      {
        name: "450,000 chunks of as many names",
        file: withChunks(
          photo,
          empty(450_000, (n) => {
            const [a = 0, b = 0, c = 0, d = 0] = letters(n);
            return String.fromCharCode(97 + a, 97 + b, 65 + c, 97 + d);
          }),
        ),
        expected: "accepted",
      },
      {
        name: "800,000 empty pieces of pixels",
        file: png({
          width: 240,
          height: 300,
          data: [...Array<Buffer>(800_000).fill(Buffer.alloc(0)), blackPixels(240, 300)],
        }),
        expected: "accepted",
      },
      {
        name: "a PNG header of 2³²−1 pixels each way, which PNG does not allow",
        file: png({ width: 0xffffffff, height: 0xffffffff, data: photo }),
        expected: "FILE_CORRUPT",
      },
      { name: "a JPEG of 3,000 scans", file: manyScans(800, 800, 3000), expected: "FILE_CORRUPT" },
      { name: "a JPEG of one scan more than is read", file: manyScans(800, 800, 65), expected: "FILE_CORRUPT" },
      {
        name: "a JPEG of 49 million pixels in 64 scans",
        file: manyScans(side, side, 64),
        expected: "accepted",
        box: smallFace,
      },
      {
        name: "a JPEG of 49 million pixels in 64 scans, wanted whole",
        file: manyScans(side, side, 64),
        expected: "accepted",
        box: atTheBottom,
      },
      {
        name: "a JPEG header of 49 million pixels with the data of a small photo",
        file: withSize(jpeg, side, side),
        expected: "FILE_CORRUPT",
        box: atTheBottom,
      },
      {
        name: "2,600,000 empty segments",
        file: withSegments(jpeg, filledWith(segment(0xe5, Buffer.alloc(0)), full - jpeg.length)),
        expected: "accepted",
      },
      {
        name: "10 MB of fill bytes before a marker",
        file: withSegments(jpeg, filledWith(Buffer.from([0xff]), full - jpeg.length)),
        expected: "accepted",
      },
      {
        name: "150 MB of Huffman tables, one after another",
        file: withSegments(
          jpeg,
          filledWith(
            segment(0xc4, filledWith(Buffer.from([0x00, ...Array<number>(16).fill(0)]), 65_000)),
            9 * megabyte,
          ),
        ),
        expected: "accepted",
      },
      {
        name: "10 MB of restart markers in the data",
        file: Buffer.concat([
          jpeg.subarray(0, -2),
          filledWith(Buffer.from([0xff, 0xd0]), full - jpeg.length),
          jpeg.subarray(-2),
        ]),
        expected: ["accepted", "FILE_CORRUPT"],
      },
    ]);
}
