/** A curve of a profile, which maps 0 to 1 onto 0 to 1. */
export type Curve = (x: number) => number;

/**
 * Reads a curve: ICC.1:2022, 10.6 (`curv`) and 10.18 (`para`).
 *
 * @returns the curve and its length in bytes; undefined if ICC does not define its type
 * @throws RangeError if the profile ends before the curve
 */
export function readCurve(profile: Buffer, at: number): { readonly curve: Curve; readonly size: number } | undefined {
  const type = profile.toString("latin1", at, at + 4);
  if (type === "curv") {
    const count = profile.readUInt32BE(at + 8);
    if (count > 65536) return undefined;
    return { curve: sampled(profile, at + 12, count), size: 12 + count * 2 };
  }
  if (type !== "para") return undefined;
  const form = profile.readUInt16BE(at + 8);
  const count = [1, 3, 4, 5, 7][form];
  if (count === undefined) return undefined;
  const numbers = Array.from({ length: count }, (_, n) => profile.readInt32BE(at + 12 + n * 4) / 65536);
  return { curve: parametric(form, numbers), size: 12 + count * 4 };
}

function sampled(profile: Buffer, at: number, count: number): Curve {
  if (count === 0) return (x) => x;
  if (count === 1) {
    const gamma = profile.readUInt16BE(at) / 256;
    return (x) => x ** gamma;
  }
  return interpolated(Float64Array.from({ length: count }, (_, n) => profile.readUInt16BE(at + n * 2) / 65535));
}

/** The curve through values at equal distances, at least two. */
export function interpolated(values: Float64Array): Curve {
  const last = values.length - 1;
  return (x) => {
    const place = Math.min(1, Math.max(0, x)) * last;
    const low = Math.min(last - 1, Math.floor(place));
    const below = values[low] ?? 0;
    return below + ((values[low + 1] ?? 0) - below) * (place - low);
  };
}

/** ICC.1:2022, table 68. */
function parametric(form: number, numbers: readonly number[]): Curve {
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = numbers;
  const power = (x: number): number => Math.max(0, a * x + b) ** g;
  if (form === 0) return (x) => x ** g;
  if (form === 1) return (x) => (x >= -b / a ? power(x) : 0);
  if (form === 2) return (x) => (x >= -b / a ? power(x) + c : c);
  if (form === 3) return (x) => (x >= d ? power(x) : c * x);
  return (x) => (x >= d ? power(x) + e : c * x + f);
}
