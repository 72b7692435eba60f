/** ICC profiles for tests: ICC.1:2022, by the byte. */

type Element = readonly [string, Buffer];

/** A profile of the given elements. */
function profileWith(space: string, pcs: string, elements: readonly Element[]): Buffer {
  const head = Buffer.alloc(132 + elements.length * 12);
  const parts: Buffer[] = [head];
  let at = head.length;
  elements.forEach(([name, element], n) => {
    const padded = Buffer.concat([element, Buffer.alloc((4 - (element.length % 4)) % 4)]);
    head.write(name, 132 + n * 12, "latin1");
    head.writeUInt32BE(at, 136 + n * 12);
    head.writeUInt32BE(element.length, 140 + n * 12);
    at += padded.length;
    parts.push(padded);
  });
  head.writeUInt32BE(at, 0);
  head.writeUInt32BE(0x02400000, 8);
  head.write(`mntr${space}${pcs}`, 12, "latin1");
  head.write("acsp", 36, "latin1");
  white.forEach((value, n) => head.writeInt32BE(Math.round(value * 65536), 68 + n * 4));
  head.writeUInt32BE(elements.length, 128);
  return Buffer.concat(parts);
}

const white = [0.9642, 1, 0.8249];

function xyz(values: readonly number[]): Buffer {
  const element = Buffer.alloc(20);
  element.write("XYZ ", 0, "latin1");
  values.forEach((value, n) => element.writeInt32BE(Math.round(value * 65536), 8 + n * 4));
  return element;
}

function gammaCurve(gamma: number): Buffer {
  const curve = Buffer.alloc(16);
  curve.write("curv", 0, "latin1");
  curve.writeUInt32BE(1, 8);
  curve.writeUInt16BE(Math.round(gamma * 256), 12);
  return curve;
}

function matrixElements(primaries: readonly (readonly number[])[], gamma: number): readonly Element[] {
  const letters = primaries.length === 0 ? ["k"] : ["r", "g", "b"];
  return [
    ["wtpt", xyz(white)],
    ...primaries.map((primary, n): Element => [`${letters[n] ?? ""}XYZ`, xyz(primary)]),
    ...letters.map((letter): Element => [`${letter}TRC`, gammaCurve(gamma)]),
  ];
}

/** A matrix profile of the given primaries (XYZ under D50) and gamma; one of grey when there are none. */
export function profileOf(primaries: readonly (readonly number[])[], gamma: number): Buffer {
  return profileWith(primaries.length === 0 ? "GRAY" : "RGB ", "XYZ ", matrixElements(primaries, gamma));
}

/** The kinds of tables that a profile can have, and their connection space. */
export const tableKinds = ["mft1 Lab", "mft2 Lab", "mft2 XYZ", "mAB Lab", "mAB XYZ", "mAB XYZ by its matrix"] as const;

/**
 * A profile that has tables (A2B0) for the colours of the given primaries and gamma.
 *
 * @param besides primaries and gamma of a different matrix beside the tables
 */
export function tableProfileOf(
  kind: (typeof tableKinds)[number],
  primaries: readonly (readonly number[])[],
  gamma: number,
  besides?: readonly (readonly number[])[],
): Buffer {
  const isLab = kind.endsWith("Lab");
  const points = 17;
  const nodes = Array.from({ length: points ** 3 }, (_, n) => {
    // The tables' input curves undo half of the gamma, so that a grid of 17 points is fine enough.
    const light = [Math.floor(n / points ** 2), Math.floor(n / points) % points, n % points].map(
      (place) => (place / (points - 1)) ** gridGamma,
    );
    const value = [0, 1, 2].map((row) =>
      primaries.reduce((sum, primary, c) => sum + (primary[row] ?? 0) * (light[c] ?? 0), 0),
    );
    return isLab ? labOf(value) : value.map((one) => (one * 32768) / 65535);
  }).flat();
  const inputGamma = gamma / gridGamma;
  const element = kind.startsWith("mft")
    ? oldTables(kind.startsWith("mft1") ? 1 : 2, [points, points, points], nodes, inputGamma)
    : modernTables(kind, points, nodes, inputGamma, primaries, gamma);
  const others = besides === undefined ? [] : matrixElements(besides, gamma);
  return profileWith("RGB ", isLab ? "Lab " : "XYZ ", [...others, ["A2B0", element]]);
}

const gridGamma = 2.2;

/** L, a and b of 0 to 1, as version 4 encodes them. */
function labOf(value: readonly number[]): number[] {
  const [x = 0, y = 0, z = 0] = value.map((one, n) => {
    const t = one / (white[n] ?? 1);
    return t > 216 / 24389 ? Math.cbrt(t) : (841 / 108) * t + 4 / 29;
  });
  return [(116 * y - 16) / 100, (500 * (x - y) + 128) / 255, (200 * (y - z) + 128) / 255];
}

function numbersOf(values: readonly number[], bytes: 1 | 2): Buffer {
  const most = bytes === 1 ? 255 : 65535;
  const out = Buffer.alloc(values.length * bytes);
  values.forEach((value, n) => out.writeUIntBE(Math.round(Math.min(1, Math.max(0, value)) * most), n * bytes, bytes));
  return out;
}

/**
 * A profile of inks, each of which absorbs one of the given lights, and black all of them: linear, unlike real inks.
 */
export function inkProfileOf(primaries: readonly (readonly number[])[]): Buffer {
  const nodes = Array.from({ length: 16 }, (_, n) => {
    const [cyan, magenta, yellow, black] = [8, 4, 2, 1].map((bit) => ((n & bit) === 0 ? 1 : 0)) as [
      number,
      number,
      number,
      number,
    ];
    const light = [cyan, magenta, yellow].map((one) => one * black);
    const value = [0, 1, 2].map((row) =>
      primaries.reduce((sum, primary, c) => sum + (primary[row] ?? 0) * (light[c] ?? 0), 0),
    );
    return value.map((one) => (one * 32768) / 65535);
  }).flat();
  return profileWith("CMYK", "XYZ ", [["A2B0", oldTables(2, [2, 2, 2, 2], nodes, 1)]]);
}

function oldTables(bytes: 1 | 2, points: readonly number[], nodes: readonly number[], inputGamma: number): Buffer {
  const entries = 256;
  const curve = Array.from({ length: entries }, (_, n) => (n / (entries - 1)) ** inputGamma);
  const straight = Array.from({ length: entries }, (_, n) => n / (entries - 1));
  const head = Buffer.alloc(48);
  head.write(`mft${bytes}`, 0, "latin1");
  head.set([points.length, 3, points[0] ?? 0], 8);
  [1, 0, 0, 0, 1, 0, 0, 0, 1].forEach((value, n) => head.writeInt32BE(value * 65536, 12 + n * 4));
  const counts = bytes === 1 ? Buffer.alloc(0) : Buffer.from([1, 0, 1, 0]);
  return Buffer.concat([
    head,
    counts,
    numbersOf([...points.flatMap(() => curve), ...nodes, ...straight, ...straight, ...straight], bytes),
  ]);
}

function modernTables(
  kind: string,
  points: number,
  nodes: readonly number[],
  inputGamma: number,
  primaries: readonly (readonly number[])[],
  gamma: number,
): Buffer {
  const byMatrix = kind.endsWith("matrix");
  const three = (curve: Buffer): Buffer => Buffer.concat([curve, curve, curve]);
  const straight = Buffer.alloc(12);
  straight.write("curv", 0, "latin1");
  const head = Buffer.alloc(32);
  head.write("mAB ", 0, "latin1");
  head.set([3, 3], 8);
  const matrix = Buffer.alloc(48);
  [0, 1, 2].forEach((row) => {
    primaries.forEach((primary, n) => {
      matrix.writeInt32BE(Math.round(((primary[row] ?? 0) * 32768 * 65536) / 65535), (row * 3 + n) * 4);
    });
  });
  const shape = Buffer.alloc(20);
  shape.set([points, points, points], 0);
  shape[16] = 2;
  const grid = Buffer.concat([shape, numbersOf(nodes, 2)]);
  const padded = Buffer.concat([grid, Buffer.alloc((4 - (grid.length % 4)) % 4)]);
  // In the order of their places in the header: B curves, matrix, M curves, grid, A curves.
  const parts = byMatrix
    ? [three(straight), matrix, three(gammaCurve(gamma)), Buffer.alloc(0), Buffer.alloc(0)]
    : [three(straight), Buffer.alloc(0), Buffer.alloc(0), padded, three(gammaCurve(inputGamma))];
  let at = head.length;
  parts.forEach((part, n) => {
    if (part.length > 0) head.writeUInt32BE(at, 12 + n * 4);
    at += part.length;
  });
  return Buffer.concat([head, ...parts]);
}

/** Inserts a profile into a JPEG, in parts of at most `size` bytes. */
export function withProfile(jpeg: Buffer, profile: Buffer, size = 60000): Buffer {
  const parts: Buffer[] = [];
  const count = Math.ceil(profile.length / size);
  for (let n = 0; n < count; n++) {
    const payload = Buffer.concat([
      Buffer.from("ICC_PROFILE\0", "latin1"),
      Buffer.from([n + 1, count]),
      profile.subarray(n * size, (n + 1) * size),
    ]);
    const head = Buffer.from([0xff, 0xe2, 0, 0]);
    head.writeUInt16BE(payload.length + 2, 2);
    parts.push(head, payload);
  }
  return Buffer.concat([jpeg.subarray(0, 2), ...parts, jpeg.subarray(2)]);
}

/** The JPEG without its profile. */
export function withoutProfile(jpeg: Buffer): Buffer {
  const parts = [jpeg.subarray(0, 2)];
  let at = 2;
  for (; jpeg[at + 1] !== 0xda; at += 2 + jpeg.readUInt16BE(at + 2)) {
    if (jpeg[at + 1] !== 0xe2) parts.push(jpeg.subarray(at, at + 2 + jpeg.readUInt16BE(at + 2)));
  }
  return Buffer.concat([...parts, jpeg.subarray(at)]);
}
