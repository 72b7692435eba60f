/** The columns are the XYZ (D50) of the sRGB primaries, the same in every sRGB profile. */
const srgbToXyz = [0.43607, 0.38515, 0.14307, 0.22249, 0.71687, 0.06061, 0.01392, 0.09708, 0.7141];

/** 3 × 3, row by row: linear light of sRGB from the XYZ (D50) of a profile's connection space. */
export function xyzToSrgb(): readonly number[] {
  return invert(srgbToXyz);
}

/** 4,096 sRGB samples, 0 to 255, by linear light. */
export function srgbTones(): Uint8Array {
  return Uint8Array.from({ length: 4096 }, (_, index) => Math.round(toSrgb(index / 4095) * 255));
}

export function toSrgb(light: number): number {
  return light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
}

export function fromSrgb(sample: number): number {
  return sample <= 0.04045 ? sample / 12.92 : ((sample + 0.055) / 1.055) ** 2.4;
}

/** Product of two 3 × 3 matrices, row by row. */
export function multiply(m: readonly number[], n: readonly number[]): number[] {
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
