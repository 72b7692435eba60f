/** From a photo's colours to sRGB: see {@link Kernel.convertColours}. */
export interface ColourConversion {
  readonly curves: Int32Array;
  readonly matrix: Int32Array;
  readonly tones: Uint8Array;
}

/** Columns are the XYZ (D50) of the sRGB primaries, as every sRGB profile has them. */
const srgbToXyz = [0.43607, 0.38515, 0.14307, 0.22249, 0.71687, 0.06061, 0.01392, 0.09708, 0.7141];

/**
 * The conversion that an ICC profile asks for, when it is one of primaries and tone curves, such as Display P3, Adobe
 * RGB and sRGB itself, or of grey and a tone curve, such as Photoshop's Dot Gain 20%.
 *
 * @param channels colour components of the photo: only 1, grey, and 3 are converted
 * @returns undefined when nothing is to convert: the profile is sRGB, of another kind or another number of channels
 *   than the photo, or damaged. Viewers take such photos as sRGB.
 */
export function readProfile(profile: Buffer, channels: number): ColourConversion | undefined {
  try {
    // Not a profile, or for other photos than this.
    if (profile.toString("latin1", 36, 40) !== "acsp") return undefined;
    const space = profile.toString("latin1", 16, 20);
    if (space === "RGB " && channels === 3) return convertFromRgb(profile);
    return space === "GRAY" && channels === 1 ? convertFromGrey(profile) : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Reads beyond the end throw RangeError, as Buffer's do. */
function convertFromRgb(profile: Buffer): ColourConversion | undefined {
  const tags = readTags(profile);
  // Profiles that have tables as well mean those to be used; they are for printers and scanners.
  if (tags.has("A2B0")) return undefined;
  const primaries = ["rXYZ", "gXYZ", "bXYZ"].map((name) => tags.get(name));
  const tones = ["rTRC", "gTRC", "bTRC"].map((name) => tags.get(name));
  const xyz = primaries.map((at) =>
    at === undefined ? [] : [8, 12, 16].map((n) => profile.readInt32BE(at + n) / 65536),
  );
  if (xyz.some((column) => column.length === 0)) return undefined;
  const toXyz = [0, 1, 2].flatMap((row) => xyz.map((column) => column[row] ?? 0));
  return conversionOf(
    multiply(invert(srgbToXyz), toXyz),
    tones.map((at) => (at === undefined ? undefined : readCurve(profile, at))),
  );
}

function convertFromGrey(profile: Buffer): ColourConversion | undefined {
  const at = readTags(profile).get("kTRC");
  const curve = at === undefined ? undefined : readCurve(profile, at);
  return conversionOf([1, 0, 0, 0, 1, 0, 0, 0, 1], [curve, curve, curve]);
}

type Curve = (x: number) => number;

function conversionOf(matrix: readonly number[], curves: readonly (Curve | undefined)[]): ColourConversion | undefined {
  if (!matrix.every(Number.isFinite) || curves.includes(undefined)) return undefined;
  const known = curves as Curve[];
  if (isSrgb(matrix, known)) return undefined;
  return {
    curves: Int32Array.from({ length: 768 }, (_, index) => {
      const light = known[Math.floor(index / 256)]?.((index % 256) / 255) ?? 0;
      return Math.round(Math.min(1, Math.max(0, light)) * 65520);
    }),
    // No real profile goes beyond (ProPhoto has 2.03), and above 2.66 the kernel's 32 bits would not suffice.
    matrix: Int32Array.from(matrix, (value) => Math.round(Math.min(2.5, Math.max(-2.5, value)) * 4096)),
    tones: Uint8Array.from({ length: 4096 }, (_, index) => Math.round(toSrgb(index / 4095) * 255)),
  };
}

function readTags(profile: Buffer): Map<string, number> {
  const count = Math.min(100, profile.readUInt32BE(128));
  const tags = new Map<string, number>();
  for (let n = 0; n < count; n++) {
    const at = 132 + n * 12;
    tags.set(profile.toString("latin1", at, at + 4), profile.readUInt32BE(at + 4));
  }
  return tags;
}

/** A tone curve, sample to linear light, both 0 to 1; undefined for a kind that ICC does not have. */
function readCurve(profile: Buffer, at: number): Curve | undefined {
  const kind = profile.toString("latin1", at, at + 4);
  if (kind === "curv") {
    const count = profile.readUInt32BE(at + 8);
    if (count === 0) return (x) => x;
    if (count === 1) {
      const gamma = profile.readUInt16BE(at + 12) / 256;
      return (x) => x ** gamma;
    }
    if (count > 65536) return undefined;
    const table = Array.from({ length: count }, (_, n) => profile.readUInt16BE(at + 12 + n * 2) / 65535);
    return (x) => {
      const place = x * (count - 1);
      const low = Math.min(count - 2, Math.floor(place));
      const below = table[low] ?? 0;
      return below + ((table[low + 1] ?? 0) - below) * (place - low);
    };
  }
  if (kind !== "para") return undefined;
  const form = profile.readUInt16BE(at + 8);
  const size = [1, 3, 4, 5, 7][form];
  if (size === undefined) return undefined;
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = Array.from(
    { length: size },
    (_, n) => profile.readInt32BE(at + 12 + n * 4) / 65536,
  );
  const power = (x: number): number => Math.max(0, a * x + b) ** g;
  if (form === 0) return (x) => x ** g;
  if (form === 1) return (x) => (x >= -b / a ? power(x) : 0);
  if (form === 2) return (x) => (x >= -b / a ? power(x) + c : c);
  if (form === 3) return (x) => (x >= d ? power(x) : c * x);
  return (x) => (x >= d ? power(x) + e : c * x + f);
}

function toSrgb(light: number): number {
  return light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
}

function fromSrgb(sample: number): number {
  return sample <= 0.04045 ? sample / 12.92 : ((sample + 0.055) / 1.055) ** 2.4;
}

/** Whether the conversion would change no sample by more than rounding does. */
function isSrgb(matrix: readonly number[], curves: readonly Curve[]): boolean {
  const identity = matrix.every((value, index) => Math.abs(value - (index % 4 === 0 ? 1 : 0)) < 0.005);
  const steps = Array.from({ length: 17 }, (_, n) => n / 16);
  return (
    identity && curves.every((curve) => steps.every((x) => Math.abs(toSrgb(curve(x)) - toSrgb(fromSrgb(x))) < 0.006))
  );
}

/** Product of two 3 × 3 matrices, row by row. */
function multiply(m: readonly number[], n: readonly number[]): number[] {
  return Array.from({ length: 9 }, (_, index) => {
    const row = index - (index % 3);
    const column = index % 3;
    return [0, 1, 2].reduce((sum, k) => sum + (m[row + k] ?? 0) * (n[k * 3 + column] ?? 0), 0);
  });
}

function invert(m: readonly number[]): number[] {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = m;
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return [
    e * i - f * h,
    c * h - b * i,
    b * f - c * e,
    f * g - d * i,
    a * i - c * g,
    c * d - a * f,
    d * h - e * g,
    b * g - a * h,
    a * e - b * d,
  ].map((cofactor) => cofactor / determinant);
}
