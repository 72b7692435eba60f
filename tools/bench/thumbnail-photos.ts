import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";

/** A photo to measure with, and the parts of it to show. */
export interface BenchPhoto {
  readonly name: string;
  readonly path: string;
  /** Upright pixels. */
  readonly width: number;
  readonly height: number;
}

const cache = join(tmpdir(), "avatar-pipeline-bench");
const demo = join(dirname(require.resolve("@vladmandic/face-api/package.json")), "demo");

/** The usual sizes of phone photos, in landscape as sensors store them; EXIF orientation 6 turns them upright. */
const sides: Readonly<Record<string, readonly [number, number]>> = {
  "1.2 MP": [1280, 960],
  "12 MP": [4032, 3024],
  "24 MP": [5712, 4284],
  "48 MP": [8064, 6048],
};

/** Stored photos as [megapixels, kind]. */
const wanted: readonly (readonly [string, "baseline" | "progressive" | "png"])[] = [
  ["1.2 MP", "baseline"],
  ["12 MP", "baseline"],
  ["24 MP", "baseline"],
  ["48 MP", "baseline"],
  ["12 MP", "progressive"],
  ["48 MP", "progressive"],
  ["12 MP", "png"],
];

/**
 * Makes the photos once: real photos enlarged and tiled, with a sensor's noise, at quality 90 and 4:2:0.
 *
 * @param only keep those whose name contains this
 */
export async function benchPhotos(only = ""): Promise<BenchPhoto[]> {
  mkdirSync(cache, { recursive: true });
  const photos: BenchPhoto[] = [];
  for (const [megapixels, kind] of wanted) {
    const name = `${megapixels} ${kind}`;
    if (!name.includes(only)) continue;
    const [width = 0, height = 0] = sides[megapixels] ?? [];
    const path = join(cache, `${megapixels.replace(" ", "")}-${kind}.${kind === "png" ? "png" : "jpg"}`);
    if (!existsSync(path)) {
      writeFileSync(`${path}.part`, await makePhoto(width, height, kind));
      renameSync(`${path}.part`, path);
    }
    // PNG is used as stored.
    photos.push(kind === "png" ? { name, path, width, height } : { name, path, width: height, height: width });
  }
  return photos;
}

async function makePhoto(width: number, height: number, kind: string): Promise<Buffer> {
  const tiles = width > 2000 ? 2 : 1;
  const [tileWidth, tileHeight] = [width / tiles, height / tiles];
  const inputs = [];
  for (let tile = 0; tile < tiles * tiles; tile++) {
    const input = await sharp(join(demo, `sample${tile + 1}.jpg`))
      .resize(tileWidth, tileHeight, { fit: "cover" })
      .png({ compressionLevel: 0 })
      .toBuffer();
    inputs.push({ input, left: (tile % tiles) * tileWidth, top: Math.floor(tile / tiles) * tileHeight });
  }
  const plain = await sharp({ create: { width, height, channels: 3, background: "grey" } })
    .composite(inputs)
    .removeAlpha()
    .raw()
    .toBuffer();
  addNoise(plain);
  const image = sharp(plain, { raw: { width, height, channels: 3 } });
  if (kind === "png") return image.png({ compressionLevel: 6, adaptiveFiltering: true }).toBuffer();
  return image
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 90, chromaSubsampling: "4:2:0", progressive: kind === "progressive" })
    .toBuffer();
}

/**
 * The grain and fine detail that an enlarged photo lacks, about 5 grey levels in the mean square, always the same: a
 * file of 12 MP then has about 4 MB, like a phone's.
 */
function addNoise(samples: Buffer): void {
  let state = 12345;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return ((state >>> 24) & 15) + ((state >>> 16) & 15) - 15;
  };
  for (let at = 0; at + 2 < samples.length; at += 3) {
    const grey = next();
    for (let n = 0; n < 3; n++) {
      const value = (samples[at + n] ?? 0) + grey + (next() >> 2);
      samples[at + n] = Math.min(255, Math.max(0, value));
    }
  }
}

export const readPhoto = (photo: BenchPhoto): Buffer => readFileSync(photo.path);

/** The whole short side, or the face box of a phone's portrait (1,360 pixels of 12 MP). */
export function squareOf({ width, height }: BenchPhoto, crop: "cover" | "face") {
  const short = Math.min(width, height);
  const size = crop === "cover" ? short : Math.round((short * 1360) / 3024);
  return { left: (width - size) >> 1, top: crop === "cover" ? (height - size) >> 1 : (height - size) >> 2, size };
}
