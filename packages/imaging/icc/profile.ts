import { readCurve, type Curve } from "./curve";
import { readLut } from "./lut";
import { convertByMatrix, convertGrey, type MatrixConversion } from "./matrix";
import { convertByTable, type TableConversion } from "./table";

/** The conversion from a photo's colours to sRGB. */
export type ColourConversion = MatrixConversion | TableConversion;

/** The number of components, by data colour space. */
const components: Readonly<Record<string, number>> = { GRAY: 1, "RGB ": 3, CMYK: 4 };

/**
 * The conversion that an ICC profile defines: by its tables (A2B0) if it has any, as the perceptual intent requires
 * (ICC.1:2022, 8.10), otherwise by primaries and tone curves, such as Display P3 and Adobe RGB, or a tone curve of
 * grey.
 *
 * @param channels colour components of the photo: 1, 3 or 4
 * @returns undefined when there is nothing to convert: the profile is sRGB, has another number of components than the
 * photo,
 *   or is damaged, that is, its elements do not match its tags. Viewers treat such photos as sRGB.
 */
export function readProfile(profile: Buffer, channels: number): ColourConversion | undefined {
  try {
    if (profile.toString("latin1", 36, 40) !== "acsp") return undefined;
    if (components[profile.toString("latin1", 16, 20)] !== channels) return undefined;
    const tags = readTags(profile);
    const tables = tags.get("A2B0") ?? (tags.has("rXYZ") || tags.has("kTRC") ? undefined : tags.get("A2B1"));
    if (tables !== undefined) return convertByTables(profile, tables, channels);
    if (channels === 3) return convertByPrimaries(profile, tags);
    const curve = channels === 1 ? curveOf(profile, tags.get("kTRC")) : undefined;
    return curve && convertGrey(curve);
  } catch (error) {
    // Reads beyond the end throw a RangeError, as Buffer's do.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function convertByTables(profile: Buffer, at: number, channels: number): TableConversion | undefined {
  const space = profile.toString("latin1", 20, 24);
  const lut = space === "Lab " || space === "XYZ " ? readLut(profile, at, channels) : undefined;
  return lut && convertByTable(lut, space === "Lab ");
}

function convertByPrimaries(profile: Buffer, tags: ReadonlyMap<string, number>): MatrixConversion | undefined {
  const primaries: number[][] = [];
  const curves: Curve[] = [];
  for (const letter of ["r", "g", "b"]) {
    const at = tags.get(`${letter}XYZ`);
    const curve = curveOf(profile, tags.get(`${letter}TRC`));
    if (at === undefined || curve === undefined || profile.toString("latin1", at, at + 4) !== "XYZ ") return undefined;
    primaries.push([8, 12, 16].map((n) => profile.readInt32BE(at + n) / 65536));
    curves.push(curve);
  }
  const toXyz = [0, 1, 2].flatMap((row) => primaries.map((column) => column[row] ?? 0));
  return convertByMatrix(toXyz, curves);
}

function curveOf(profile: Buffer, at: number | undefined): Curve | undefined {
  return at === undefined ? undefined : readCurve(profile, at)?.curve;
}

/** The start of the elements: ICC.1:2022, 7.3. */
function readTags(profile: Buffer): ReadonlyMap<string, number> {
  const count = Math.min(100, profile.readUInt32BE(128));
  const tags = new Map<string, number>();
  for (let n = 0; n < count; n++) {
    const at = 132 + n * 12;
    tags.set(profile.toString("latin1", at, at + 4), profile.readUInt32BE(at + 4));
  }
  return tags;
}
