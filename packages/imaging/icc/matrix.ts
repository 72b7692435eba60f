import type { Curve } from "./curve";
import { fromSrgb, multiply, srgbTones, toSrgb, xyzToSrgb } from "./srgb";

/** By primaries and tone curves: see {@link Kernel.convertColours}. */
export interface MatrixConversion {
  readonly kind: "matrix";
  readonly curves: Int32Array;
  readonly matrix: Int32Array;
  readonly tones: Uint8Array;
}

/**
 * The conversion by three tone curves and the XYZ (D50) of the primaries, as the columns of a 3 × 3 matrix.
 *
 * @returns undefined if it would change nothing because the primaries and curves are those of sRGB
 */
export function convertByMatrix(toXyz: readonly number[], curves: readonly Curve[]): MatrixConversion | undefined {
  return conversionOf(multiply(xyzToSrgb(), toXyz), curves);
}

/** The conversion of grey by its tone curve; undefined if it would change nothing. */
export function convertGrey(curve: Curve): MatrixConversion | undefined {
  return conversionOf([1, 0, 0, 0, 1, 0, 0, 0, 1], [curve, curve, curve]);
}

function conversionOf(matrix: readonly number[], curves: readonly Curve[]): MatrixConversion | undefined {
  if (!matrix.every(Number.isFinite) || isSrgb(matrix, curves)) return undefined;
  return {
    kind: "matrix",
    curves: Int32Array.from({ length: 768 }, (_, index) => {
      const light = curves[Math.floor(index / 256)]?.((index % 256) / 255) ?? 0;
      return Math.round(Math.min(1, Math.max(0, light)) * 65520);
    }),
    // No real profile exceeds this (ProPhoto has 2.03), and values above 2.66 would overflow the kernel's 32 bits.
    matrix: Int32Array.from(matrix, (value) => Math.round(Math.min(2.5, Math.max(-2.5, value)) * 4096)),
    tones: srgbTones(),
  };
}

/** Whether the conversion would change no sample by more than rounding does. */
function isSrgb(matrix: readonly number[], curves: readonly Curve[]): boolean {
  const identity = matrix.every((value, index) => Math.abs(value - (index % 4 === 0 ? 1 : 0)) < 0.005);
  const steps = Array.from({ length: 17 }, (_, n) => n / 16);
  return (
    identity && curves.every((curve) => steps.every((x) => Math.abs(toSrgb(curve(x)) - toSrgb(fromSrgb(x))) < 0.006))
  );
}
