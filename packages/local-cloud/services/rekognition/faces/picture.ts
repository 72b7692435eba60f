/** Pixels: 8-bit RGB, row by row, no alpha. */
export interface Picture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Maps a point of the new picture to the old one: x' = a·x − b·y + dx, y' = b·x + a·y + dy. */
export interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly dx: number;
  readonly dy: number;
}

export function applySimilarity({ a, b, dx, dy }: Similarity, { x, y }: Point): Point {
  return { x: a * x - b * y + dx, y: b * x + a * y + dy };
}

/** The picture with each pixel the mean of those it covers: no aliasing, however much smaller it gets. */
export function shrink(picture: Picture, width: number, height: number): Picture {
  if (width >= picture.width && height >= picture.height) return picture;
  const across = new Float32Array(width * picture.height * 3);
  const columns = coverage(picture.width, width);
  for (let y = 0; y < picture.height; y++) {
    const row = y * picture.width * 3;
    for (let x = 0; x < width; x++) {
      const { first, weights } = columns[x]!;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let k = 0, at = row + first * 3; k < weights.length; k++, at += 3) {
        const weight = weights[k]!;
        red += weight * picture.data[at]!;
        green += weight * picture.data[at + 1]!;
        blue += weight * picture.data[at + 2]!;
      }
      const to = (y * width + x) * 3;
      across[to] = red;
      across[to + 1] = green;
      across[to + 2] = blue;
    }
  }
  const data = new Uint8Array(width * height * 3);
  const sums = new Float32Array(width * 3);
  coverage(picture.height, height).forEach(({ first, weights }, y) => {
    sums.fill(0);
    weights.forEach((weight, k) => {
      const row = (first + k) * width * 3;
      for (let i = 0; i < sums.length; i++) sums[i]! += weight * across[row + i]!;
    });
    for (let i = 0; i < sums.length; i++) data[y * width * 3 + i] = sums[i]! + 0.5;
  });
  return { data, width, height };
}

/** For each of `count` cells laid over `length` pixels: the first pixel it touches, and each one's share of it. */
function coverage(length: number, count: number): { first: number; weights: Float32Array }[] {
  const size = length / count;
  return Array.from({ length: count }, (_, cell) => {
    const from = cell * size;
    const to = Math.min(length, from + size);
    const first = Math.floor(from);
    const weights = new Float32Array(Math.max(1, Math.ceil(to - 1e-6) - first));
    weights.forEach((_weight, k) => {
      weights[k] = (Math.min(to, first + k + 1) - Math.max(from, first + k)) / (to - from);
    });
    return { first, weights };
  });
}

/**
 * A picture of `width` × `height` whose pixels are looked up through `map`, bilinearly, with several samples a pixel if
 * the source is finer; `fill` outside of it.
 */
export function warp(source: Picture, map: Similarity, width: number, height: number, fill = 0): Picture {
  const data = new Uint8Array(width * height * 3);
  const samples = Math.min(8, Math.max(1, Math.ceil(Math.hypot(map.a, map.b) - 0.25)));
  const share = 1 / (samples * samples);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let sample = 0; sample < samples * samples; sample++) {
        const u = x + ((sample % samples) + 0.5) / samples;
        const v = y + (Math.floor(sample / samples) + 0.5) / samples;
        const sx = map.a * u - map.b * v + map.dx - 0.5;
        const sy = map.b * u + map.a * v + map.dy - 0.5;
        const x0 = Math.floor(sx);
        const y0 = Math.floor(sy);
        for (let corner = 0; corner < 4; corner++) {
          const px = x0 + (corner & 1);
          const py = y0 + (corner >> 1);
          const weight = ((corner & 1) === 1 ? sx - x0 : 1 - sx + x0) * (corner >> 1 === 1 ? sy - y0 : 1 - sy + y0);
          if (px < 0 || py < 0 || px >= source.width || py >= source.height) {
            red += weight * fill;
            green += weight * fill;
            blue += weight * fill;
            continue;
          }
          const at = (py * source.width + px) * 3;
          red += weight * source.data[at]!;
          green += weight * source.data[at + 1]!;
          blue += weight * source.data[at + 2]!;
        }
      }
      const to = (y * width + x) * 3;
      data[to] = red * share + 0.5;
      data[to + 1] = green * share + 0.5;
      data[to + 2] = blue * share + 0.5;
    }
  }
  return { data, width, height };
}

/** Quarter turns clockwise. */
export type Turns = 0 | 1 | 2 | 3;

export function turn(picture: Picture, turns: Turns): Picture {
  if (turns === 0) return picture;
  const { width, height, data } = picture;
  const [outWidth, outHeight] = turns === 2 ? [width, height] : [height, width];
  const out = new Uint8Array(data.length);
  let from = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, from += 3) {
      const [u, v] =
        turns === 1 ? [height - 1 - y, x] : turns === 2 ? [width - 1 - x, height - 1 - y] : [y, width - 1 - x];
      const to = (v * outWidth + u) * 3;
      out[to] = data[from]!;
      out[to + 1] = data[from + 1]!;
      out[to + 2] = data[from + 2]!;
    }
  }
  return { data: out, width: outWidth, height: outHeight };
}

/** Maps a point of a turned picture to its place before; `width` and `height` are those before the turn. */
export function turnBack({ x, y }: Point, turns: Turns, width: number, height: number): Point {
  if (turns === 1) return { x: y, y: height - x };
  if (turns === 2) return { x: width - x, y: height - y };
  if (turns === 3) return { x: width - y, y: x };
  return { x, y };
}

/** Luma of BT.601, 0 to 255, of the pixel at `at`. */
export function lumaAt(data: Uint8Array, at: number): number {
  return 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
}
