import type { Lut } from "./lut";
import { srgbTones, xyzToSrgb } from "./srgb";

/** By the tables of a profile. */
export interface TableConversion {
  readonly kind: "table";
  /** Device components: 1 grey, 3 RGB, 4 CMYK. */
  readonly inputs: number;
  /**
   * Converts pixels of four bytes in place: their first three bytes, or all four as inks, become opaque sRGB. Grey is
   * read from the first byte.
   */
  convert(pixels: Uint8Array): void;
}

/** D50, the white of the connection space: ICC.1:2022, 7.2.16. */
const white = [0.9642, 1, 0.8249] as const;

/**
 * The conversion by tables. Every pixel is converted in full, linear between the points of the grid, which takes about
 * 0.2 µs: for a thumbnail's pixels that is no more than decoding costs.
 *
 * @param isLab whether the connection space is Lab, otherwise XYZ
 */
export function convertByTable(lut: Lut, isLab: boolean): TableConversion {
  const toXyz = isLab ? labToXyz : encodedToXyz;
  const matrix = xyzToSrgb();
  const tones = srgbTones();
  const look = gridReader(lut);
  const [m0, m1, m2] = lut.middleCurves;
  const [o0, o1, o2] = lut.outputCurves;
  const [e0 = 1, e1 = 0, e2 = 0, e3 = 0, e4 = 1, e5 = 0, e6 = 0, e7 = 0, e8 = 1, e9 = 0, e10 = 0, e11 = 0] = lut.matrix;
  const [s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0, s8 = 0] = matrix;
  const values = new Float64Array(3);
  const toneOf = (light: number): number => tones[light <= 0 ? 0 : light >= 1 ? 4095 : Math.round(light * 4095)] ?? 0;
  return {
    kind: "table",
    inputs: lut.inputs,
    convert(pixels) {
      for (let at = 0; at < pixels.length; at += 4) {
        look(pixels, at, values);
        const [a, b, c] = [m0?.(values[0] ?? 0) ?? 0, m1?.(values[1] ?? 0) ?? 0, m2?.(values[2] ?? 0) ?? 0];
        values[0] = o0?.(e0 * a + e1 * b + e2 * c + e9) ?? 0;
        values[1] = o1?.(e3 * a + e4 * b + e5 * c + e10) ?? 0;
        values[2] = o2?.(e6 * a + e7 * b + e8 * c + e11) ?? 0;
        toXyz(values);
        const [x = 0, y = 0, z = 0] = values;
        pixels[at] = toneOf(s0 * x + s1 * y + s2 * z);
        pixels[at + 1] = toneOf(s3 * x + s4 * y + s5 * z);
        pixels[at + 2] = toneOf(s6 * x + s7 * y + s8 * z);
        pixels[at + 3] = 255;
      }
    },
  };
}

/** Reads the grid at a pixel, linear between its points: over 2, 8 or 16 of them. */
function gridReader({ inputs, inputCurves, points, grid }: Lut) {
  const strides = points.map((_, n) => points.slice(n + 1).reduce((product, count) => product * count, 3));
  /** The position in the grid, by component and sample. */
  const places = inputCurves.map((curve, n) => {
    const last = (points[n] ?? 2) - 1;
    return Float64Array.from({ length: 256 }, (_, sample) => Math.min(1, Math.max(0, curve(sample / 255))) * last);
  });
  const corners = 1 << inputs;
  const shares = new Float64Array(inputs);
  return (pixels: Uint8Array, at: number, values: Float64Array): void => {
    let base = 0;
    for (let n = 0; n < inputs; n++) {
      const place = places[n]?.[pixels[at + n] ?? 0] ?? 0;
      const low = Math.min((points[n] ?? 2) - 2, Math.floor(place));
      base += low * (strides[n] ?? 0);
      shares[n] = place - low;
    }
    let [a, b, c] = [0, 0, 0];
    for (let corner = 0; corner < corners; corner++) {
      let share = 1;
      let from = base;
      for (let n = 0; n < inputs; n++) {
        const part = shares[n] ?? 0;
        if (((corner >> n) & 1) === 0) {
          share *= 1 - part;
        } else {
          share *= part;
          from += strides[n] ?? 0;
        }
      }
      if (share === 0) continue;
      a += share * (grid[from] ?? 0);
      b += share * (grid[from + 1] ?? 0);
      c += share * (grid[from + 2] ?? 0);
    }
    values[0] = a;
    values[1] = b;
    values[2] = c;
  };
}

/** ICC.1:2022, table 12: 1.0 is 0x8000 of 0xffff. */
function encodedToXyz(values: Float64Array): void {
  for (let n = 0; n < 3; n++) values[n] = ((values[n] ?? 0) * 65535) / 32768;
}

/**
 * ICC.1:2022, table 11: L of 0 to 100, a and b of -128 to 127; then the inverse of CIE 15:2004, 8.2.1.1.
 *
 * Version 2 encodes 16 bits slightly differently (100 at 0xff00), a difference of 1 or 2 levels. Blink nevertheless
 * reads them like version 4's, and an avatar has to look like the photo did on the page.
 */
function labToXyz(values: Float64Array): void {
  const [l, a, b] = [(values[0] ?? 0) * 100, (values[1] ?? 0) * 255 - 128, (values[2] ?? 0) * 255 - 128];
  const fy = (l + 16) / 116;
  values[0] = white[0] * inverse(fy + a / 500);
  values[1] = white[1] * inverse(fy);
  values[2] = white[2] * inverse(fy - b / 200);
}

function inverse(f: number): number {
  return f > 6 / 29 ? f * f * f : (108 / 841) * (f - 4 / 29);
}
