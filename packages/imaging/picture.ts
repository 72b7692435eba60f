import { withEngine, type Engine, type EngineKind } from "./engine";
import { readImageHeader, type ImageHeader } from "./file/header";
import { decodeRegion } from "./formats";
import { encodeJpeg } from "./jpeg/encode";
import { storedRegion, turnOf } from "./region";
import { render } from "./render";

export interface PictureOptions {
  /**
   * Pixels: the longer side is reduced to this length, as long as the shorter side keeps {@link leastSide} pixels; a
   * photo that needs too much memory at this length is reduced further.
   */
  readonly longSide: number;
  /** JPEG quality, 1 to 100, on the scale of libjpeg. */
  readonly quality: number;
}

/** Pixels: Rekognition takes no shorter side. https://docs.aws.amazon.com/rekognition/latest/dg/limits.html */
const leastSide = 80;

/** Renders whole photos with one engine: the fastest available one, unless a kind is given. */
export function pictureMaker(kind?: EngineKind) {
  return async function renderPicture(photo: Uint8Array, { longSide, quality }: PictureOptions): Promise<Buffer> {
    const file = Buffer.from(photo.buffer, photo.byteOffset, photo.byteLength);
    const header = readImageHeader(file);
    const long = Math.max(header.width, header.height);
    const most = Math.max(1, Math.min(header.width, header.height) / leastSide);
    for (let ratio = Math.min(Math.max(1, long / longSide), most); ; ratio = Math.min(ratio * 2, most)) {
      try {
        return await withEngine(kind, (engine) => renderAt(engine, file, header, ratio, quality));
      } catch (error) {
        // A progressive photo of 48 megapixels fits at an eighth of its size, as which thumbnails are made of it too.
        if ((error as Error).name !== "IMAGE_TOO_LARGE" || ratio >= Math.min(8, most)) throw error;
      }
    }
  };
}

async function renderAt(
  engine: Engine,
  file: Buffer,
  header: ImageHeader,
  ratio: number,
  quality: number,
): Promise<Buffer> {
  const { width, height } = header;
  const mark = engine.used;
  const region = storedRegion({ left: 0, top: 0, width, height }, header);
  const decoded = await decodeRegion(engine, file, header, region, ratio);
  const [across, down] = [Math.round(width / ratio), Math.round(height / ratio)];
  const bitmap = render(engine, decoded, across, down, turnOf(header.orientation));
  engine.release(mark);
  return encodeJpeg(engine, bitmap, quality);
}
