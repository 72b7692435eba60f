import { portrait } from "../../support/portraits";
import { exif, withSegments, withSegmentsAfterFrame } from "./files";
import type { HostileFile } from "./harness";

/** EXIF data that lead nowhere, never end, or allow two readings of one photo. */
export async function exifBombs(): Promise<HostileFile[]> {
  const jpeg = await portrait("A", { width: 320 });
  const orientation = (value: number, type = 3) => [[0x0112, type, 1, value] as const];
  const other = (n: number) => [0x9000 + (n & 0xff), 3, 1, n & 0xffff] as const;
  const many = Array.from({ length: 5400 }, (_, n) => other(n));
  const inside = { left: 0.2, top: 0.2, width: 0.6, height: 0.6 };
  return (
    [
      ["a directory that is its own next", withSegments(jpeg, exif({ entries: orientation(1), next: 8 }))],
      ["a directory that says it has 65,535 entries", withSegments(jpeg, exif({ count: 65_535 }))],
      ["a directory outside of the segment", withSegments(jpeg, exif({ directory: 0xffffffff }))],
      ["a directory inside of the header", withSegments(jpeg, exif({ directory: 0 }))],
      [
        "a sub-directory that leads back to its parent",
        withSegments(jpeg, exif({ entries: [[0x8769, 4, 1, 8], ...orientation(1)] })),
      ],
      ["a value of 4 GB somewhere else", withSegments(jpeg, exif({ entries: [[0x927c, 7, 0xffffffff, 0xfffffff0]] }))],
      ["150 segments of 5,400 entries", withSegments(jpeg, ...Array<Buffer>(150).fill(exif({ entries: many })))],
      ["an orientation of 0", withSegments(jpeg, exif({ entries: orientation(0) }))],
      ["an orientation of 65,535", withSegments(jpeg, exif({ entries: orientation(65_535) }))],
      ["an orientation of the wrong type", withSegments(jpeg, exif({ entries: orientation(6, 4) }))],
      ["an orientation behind the frame header", withSegmentsAfterFrame(jpeg, exif({ entries: orientation(6) }))],
      ["an orientation in a damaged TIFF header", withSegments(jpeg, exif({ entries: orientation(6), magic: 43 }))],
      [
        "an orientation before entries that there are not",
        withSegments(jpeg, exif({ entries: orientation(6), count: 40 })),
      ],
      [
        "two orientations that contradict each other",
        withSegments(jpeg, exif({ entries: [...orientation(6), ...orientation(1)] })),
      ],
      [
        "two EXIF segments that contradict each other",
        withSegments(jpeg, exif({ entries: orientation(6) }), exif({ entries: orientation(1) })),
      ],
    ] as const
  ).map(([name, file]) => ({ name, file, expected: "accepted", box: inside }));
}
