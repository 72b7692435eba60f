/**
 * Real photos for tests, made on the fly from the group photos that ship in `@vladmandic/face-api` (MIT): each
 * person's portrait is one fixed crop of them. No image lies in this repository.
 */
import { dirname, join } from "node:path";
import sharp, { type Sharp } from "sharp";

/** Eight different people; no two of them are alike to the face network (all pairs below 90 % similarity). */
export type Person = "A" | "B" | "C" | "D" | "E" | "F" | "G" | "H";

interface Crop {
  /** `demo/sample{source}.jpg`, each 1,920 px wide. */
  readonly source: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Chosen by eye: one face each, near frontal, a margin around the hair, nobody else's face in the frame. */
const crops: Readonly<Record<Person, Crop>> = {
  A: { source: 3, left: 445, top: 250, width: 480, height: 600 },
  B: { source: 3, left: 1370, top: 200, width: 460, height: 575 },
  C: { source: 6, left: 140, top: 400, width: 440, height: 550 },
  D: { source: 6, left: 530, top: 250, width: 460, height: 575 },
  E: { source: 6, left: 1390, top: 190, width: 420, height: 525 },
  F: { source: 5, left: 660, top: 20, width: 410, height: 410 },
  G: { source: 3, left: 950, top: 130, width: 480, height: 600 },
  H: { source: 6, left: 1075, top: 225, width: 400, height: 500 },
};

export const people = Object.keys(crops) as readonly Person[];

/** EXIF orientations: 1 upright, 3 upside down, 6 and 8 a phone held upright; 2, 4, 5 and 7 are mirrored too. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

export interface PortraitOptions {
  /** Default `jpeg`. */
  readonly format?: "jpeg" | "png";
  /** Width of the upright picture in pixels; default 640, where every face is over 200 px. */
  readonly width?: number;
  /** JPEG quality, default 90. */
  readonly quality?: number;
  readonly progressive?: boolean;
  /** Left and right swapped in the pixels. */
  readonly mirrored?: boolean;
  /** A tighter, slightly shifted crop, like another frame of the same moment. */
  readonly recrop?: boolean;
  /** Pixels stored turned, with the EXIF tag that turns them upright again. */
  readonly rotatedExif?: Orientation;
  /** Degrees clockwise, in the pixels and without a tag: a photo lying on its side. */
  readonly sideways?: 90 | 180 | 270;
  /** Factor on the light: 0.15 is a face in the dark, brightness below 10. */
  readonly light?: number;
  /** Gaussian blur in pixels of the finished picture: at 12 the sharpness of B, C, D and H is below 10. */
  readonly blur?: number;
  /** Writes a GPS position and a camera name into the EXIF data. */
  readonly withLocation?: boolean;
}

/** A photo of one person with one clear, near frontal face. Real pixels, a few hundred KB at most. */
export async function portrait(person: Person, options: PortraitOptions = {}): Promise<Buffer> {
  const crop = options.recrop ? tighter(crops[person]) : crops[person];
  const width = options.width ?? 640;
  const height = Math.round((width * crop.height) / crop.width);
  let picture = sharp(source(crop.source))
    .extract({ left: crop.left, top: crop.top, width: crop.width, height: crop.height })
    .resize(width, height);
  if (options.mirrored) picture = picture.flop();
  if (options.light !== undefined) picture = picture.linear(options.light, 0);
  if (options.blur !== undefined) picture = picture.blur(options.blur);
  if (options.sideways !== undefined) picture = sharp(await picture.png().toBuffer()).rotate(options.sideways);
  return finish(picture, options);
}

/** A phone's portrait: `megapixels` large and, by default, stored on its side (EXIF 6). */
export async function portraitLarge(
  person: Person,
  megapixels: number,
  options: Omit<PortraitOptions, "width"> = {},
): Promise<Buffer> {
  const { width, height } = crops[person];
  const wide = Math.round(Math.sqrt((megapixels * 1e6 * width) / height));
  return portrait(person, { rotatedExif: 6, ...options, width: wide });
}

/** Two people side by side: two clear faces of about the same size. */
export async function couple(left: Person = "A", right: Person = "D"): Promise<Buffer> {
  const [one, other] = await Promise.all(
    [left, right].map(async (person) =>
      sharp(await portrait(person))
        .resize(640, 800, { fit: "cover" })
        .toBuffer(),
    ),
  );
  return blank(1280, 800)
    .composite([
      { input: one, left: 0, top: 0 },
      { input: other, left: 640, top: 0 },
    ])
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** Five people on a staircase, as photographed. */
export async function group(): Promise<Buffer> {
  return sharp(source(5)).jpeg({ quality: 90 }).toBuffer();
}

/** A picture with nobody in it: a gradient sky, hills and a house. */
export async function noFace(options: { format?: "jpeg" | "png"; width?: number } = {}): Promise<Buffer> {
  const scene = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 480">
    <defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
      <stop offset="0" stop-color="#2563eb"/><stop offset="1" stop-color="#fde68a"/></linearGradient></defs>
    <rect width="640" height="480" fill="url(#sky)"/>
    <path d="M0 400 Q160 260 320 380 T640 340 V480 H0Z" fill="#166534"/>
    <rect x="380" y="300" width="120" height="110" fill="#9a3412"/>
    <path d="M370 300 L440 240 L510 300Z" fill="#431407"/>
    <rect x="425" y="350" width="30" height="60" fill="#fef3c7"/></svg>`;
  const picture = sharp(Buffer.from(scene), { density: 144 })
    .resize(options.width ?? 640)
    .flatten();
  return finish(picture, options);
}

/** A portrait of 64 × 80 px: below Rekognition's least side of 80 px. */
export async function tiny(person: Person = "A"): Promise<Buffer> {
  return portrait(person, { width: 64 });
}

/** A 1,920 × 1,080 px picture whose only face is about 30 px wide. */
export async function farAway(person: Person = "A"): Promise<Buffer> {
  const small = await portrait(person, { width: 72, format: "png" });
  return sharp(await noFace({ width: 1920, format: "png" }))
    .resize(1920, 1080, { fit: "cover" })
    .composite([{ input: small, left: 700, top: 300 }])
    .jpeg({ quality: 92 })
    .toBuffer();
}

/** A woman in profile, looking away from the camera. */
export async function profile(): Promise<Buffer> {
  return finish(sharp(source(2)).extract({ left: 220, top: 20, width: 440, height: 550 }).resize(640), {});
}

/** The positions of the eyes in the portraits that can wear sunglasses, in a picture 640 px wide. */
const eyes = {
  A: [242, 239, 365, 242],
  C: [268, 300, 411, 285],
  H: [243, 323, 402, 326],
} as const;

/** A portrait with dark, slightly see-through glasses drawn over the eyes. */
export async function sunglasses(person: keyof typeof eyes = "A"): Promise<Buffer> {
  const [leftX, leftY, rightX, rightY] = eyes[person];
  const apart = Math.hypot(rightX - leftX, rightY - leftY);
  const lens = (x: number, y: number): string =>
    `<ellipse cx="${x}" cy="${y + apart * 0.06}" rx="${apart * 0.4}" ry="${apart * 0.31}" fill="#0a0a0c" fill-opacity="0.94"/>`;
  const glasses = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="800">
    ${lens(leftX, leftY)}${lens(rightX, rightY)}
    <line x1="${leftX}" y1="${leftY}" x2="${rightX}" y2="${rightY}" stroke="#111" stroke-width="${apart * 0.07}"/></svg>`;
  return finish(sharp(await portrait(person)).composite([{ input: Buffer.from(glasses) }]), {});
}

/** A portrait's file that ends in the middle of its data. */
export async function truncated(person: Person = "A"): Promise<Buffer> {
  const whole = await portrait(person);
  return whole.subarray(0, Math.floor(whole.length / 3));
}

function source(number: number): string {
  return join(dirname(require.resolve("@vladmandic/face-api/package.json")), "demo", `sample${number}.jpg`);
}

function tighter(crop: Crop): Crop {
  const width = Math.round(crop.width * 0.86);
  const height = Math.round(crop.height * 0.86);
  const left = crop.left + Math.round((crop.width - width) * 0.6);
  return { source: crop.source, left, top: crop.top + Math.round((crop.height - height) * 0.3), width, height };
}

function blank(width: number, height: number): Sharp {
  return sharp({ create: { width, height, channels: 3, background: "#808080" } });
}

async function finish(picture: Sharp, options: PortraitOptions): Promise<Buffer> {
  const orientation = options.rotatedExif ?? 1;
  const stored = orientation === 1 ? picture : sharp(await lieDown(await picture.png().toBuffer(), orientation));
  const tagged = options.withLocation
    ? stored.withExif({
        IFD0: { Make: "Test", Model: "Phone" },
        IFD3: {
          GPSLatitudeRef: "N",
          GPSLatitude: "10/1 46/1 0/1",
          GPSLongitudeRef: "E",
          GPSLongitude: "106/1 41/1 0/1",
        },
      })
    : stored;
  const oriented = orientation === 1 ? tagged : tagged.withMetadata({ orientation });
  return options.format === "png"
    ? oriented.png().toBuffer()
    : oriented.jpeg({ quality: options.quality ?? 90, progressive: options.progressive ?? false }).toBuffer();
}

/** Turns upright pixels into a camera's stored pixels for `orientation`: the inverse of a viewer's turn. */
async function lieDown(upright: Buffer, orientation: Orientation): Promise<Buffer> {
  const mirrored = [2, 4, 5, 7].includes(orientation);
  const clockwise = { 1: 0, 2: 0, 3: 180, 4: 180, 5: 90, 6: 270, 7: 270, 8: 90 }[orientation];
  const turned = await sharp(upright).rotate(clockwise).png().toBuffer();
  return mirrored ? sharp(turned).flop().png().toBuffer() : turned;
}
