import { expect } from "chai";
import fc from "fast-check";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { jpegFormat, pngFormat } from "../../../packages/imaging/formats";
import { readProfile } from "../../../packages/imaging/icc";
import { compare, realPhoto, rgbOf } from "./images";
import { chunk } from "./png-writer";

/** A matrix profile of the given primaries (XYZ under D50) and gamma; one of grey when there are none. */
function profileOf(primaries: readonly (readonly number[])[], gamma: number): Buffer {
  const xyz = (values: readonly number[]): Buffer => {
    const tag = Buffer.alloc(20);
    tag.write("XYZ ", 0, "latin1");
    values.forEach((value, n) => tag.writeInt32BE(Math.round(value * 65536), 8 + n * 4));
    return tag;
  };
  const curve = Buffer.alloc(16);
  curve.write("curv", 0, "latin1");
  curve.writeUInt32BE(1, 8);
  curve.writeUInt16BE(Math.round(gamma * 256), 12);
  const white = xyz([0.9642, 1, 0.8249]);
  const letters = primaries.length === 0 ? ["k"] : ["r", "g", "b"];
  const tags: readonly (readonly [string, Buffer])[] = [
    ["wtpt", white],
    ...primaries.map((primary, n) => [`${letters[n]}XYZ`, xyz(primary)] as const),
    ...letters.map((letter) => [`${letter}TRC`, curve] as const),
  ];
  const head = Buffer.alloc(132 + tags.length * 12);
  let at = head.length;
  tags.forEach(([name, tag], n) => {
    head.write(name, 132 + n * 12, "latin1");
    head.writeUInt32BE(at, 136 + n * 12);
    head.writeUInt32BE(tag.length, 140 + n * 12);
    at += tag.length;
  });
  head.writeUInt32BE(at, 0);
  head.writeUInt32BE(0x02400000, 8);
  head.write(`mntr${primaries.length === 0 ? "GRAY" : "RGB "}XYZ `, 12, "latin1");
  head.write("acsp", 36, "latin1");
  [0.9642, 1, 0.8249].forEach((value, n) => head.writeInt32BE(Math.round(value * 65536), 68 + n * 4));
  head.writeUInt32BE(tags.length, 128);
  return Buffer.concat([head, ...tags.map(([, tag]) => tag)]);
}

/** Adobe RGB (1998), section 4.3: its primaries adapted to D50, and gamma 563/256. */
const adobeRgb = profileOf(
  [
    [0.60974, 0.31111, 0.01947],
    [0.20528, 0.62567, 0.06087],
    [0.14919, 0.06322, 0.74457],
  ],
  563 / 256,
);

/** ROMM RGB (ProPhoto), the widest there is: its matrix to sRGB has a coefficient above 2. */
const proPhoto = profileOf(
  [
    [0.7977, 0.288, 0],
    [0.1352, 0.7119, 0],
    [0.0313, 0.0001, 0.8249],
  ],
  1.8,
);

/** Puts a profile into a JPEG, in parts of at most `size` bytes. */
function withProfile(jpeg: Buffer, profile: Buffer, size = 60000): Buffer {
  const parts: Buffer[] = [];
  const count = Math.ceil(profile.length / size);
  for (let n = 0; n < count; n++) {
    const payload = Buffer.concat([
      Buffer.from("ICC_PROFILE\0", "latin1"),
      Buffer.from([n + 1, count]),
      profile.subarray(n * size, (n + 1) * size),
    ]);
    const head = Buffer.from([0xff, 0xe2, 0, 0]);
    head.writeUInt16BE(payload.length + 2, 2);
    parts.push(head, payload);
  }
  return Buffer.concat([jpeg.subarray(0, 2), ...parts, jpeg.subarray(2)]);
}

describe("colour profiles", () => {
  it("brings Display P3 photos to sRGB as lcms does", async () => {
    const photo = sharp(realPhoto(1)).resize(120, 90).modulate({ saturation: 2 }).withIccProfile("p3");
    const jpeg = await photo.clone().jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer();
    const png = await photo.clone().png().toBuffer();
    for (const [file, format] of [
      [jpeg, jpegFormat()],
      [png, pngFormat()],
    ] as const) {
      const expected = await sharp(file).toColourspace("srgb").removeAlpha().raw().toBuffer();
      const plain = await sharp(file, { ignoreIcc: true }).removeAlpha().raw().toBuffer();
      const ours = rgbOf(await format.decode(file));
      expect(compare(ours, expected).mean).to.be.below(0.6);
      expect(compare(plain, expected).mean, "the profile matters").to.be.above(2);
    }
  });

  it("brings Adobe RGB photos to sRGB as lcms does, from a profile in several parts", async () => {
    const jpeg = await sharp(realPhoto(4)).resize(120, 90).jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer();
    const file = withProfile(jpeg, adobeRgb, 100);
    const expected = await sharp(file).toColourspace("srgb").raw().toBuffer();
    const ours = rgbOf(await jpegFormat().decode(file));
    expect(compare(ours, expected).mean).to.be.below(0.8);
    expect(compare(rgbOf(await jpegFormat().decode(jpeg)), expected).mean, "the profile matters").to.be.above(2);
  });

  it("brings ProPhoto to sRGB as lcms does", async () => {
    const jpeg = await sharp(realPhoto(4)).resize(120, 90).jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer();
    const file = withProfile(jpeg, proPhoto);
    const expected = await sharp(file).toColourspace("srgb").raw().toBuffer();
    expect(compare(rgbOf(await jpegFormat().decode(file)), expected).mean).to.be.below(0.8);
  });

  it("brings grey photos of another tone curve to sRGB's, as lcms does", async () => {
    const photo = sharp(realPhoto(4)).resize(120, 90).toColourspace("b-w");
    const profile = profileOf([], 1.75);
    const jpeg = withProfile(await photo.clone().jpeg({ quality: 95 }).toBuffer(), profile);
    const iccp = chunk("iCCP", Buffer.concat([Buffer.from("grey\0\0", "latin1"), deflateSync(profile)]));
    const bare = await photo.clone().png().toBuffer();
    const png = Buffer.concat([bare.subarray(0, 33), iccp, bare.subarray(33)]);
    for (const [file, format] of [
      [jpeg, jpegFormat()],
      [png, pngFormat()],
    ] as const) {
      const expected = await sharp(file).toColourspace("srgb").raw().toBuffer();
      const plain = await sharp(file, { ignoreIcc: true }).toColourspace("srgb").raw().toBuffer();
      expect(compare(rgbOf(await format.decode(file)), expected).mean).to.be.below(0.8);
      expect(compare(plain, expected).mean, "the profile matters").to.be.above(2);
    }
  });

  it("takes no profile that is made for another number of channels", async () => {
    const photo = sharp(realPhoto(4)).resize(60, 40);
    const colour = await photo.clone().jpeg().toBuffer();
    const grey = await photo.clone().toColourspace("b-w").jpeg().toBuffer();
    for (const [bare, profile] of [
      [colour, profileOf([], 1)],
      [grey, adobeRgb],
    ] as const) {
      const named = await jpegFormat().decode(withProfile(bare, profile));
      expect(named.data.equals((await jpegFormat().decode(bare)).data)).to.equal(true);
    }
  });

  it("leaves sRGB photos alone, with or without a profile", async () => {
    const photo = sharp(realPhoto(1)).resize(60, 40);
    const bare = await jpegFormat().decode(await photo.clone().jpeg().toBuffer());
    const named = await jpegFormat().decode(await photo.clone().withIccProfile("srgb").jpeg().toBuffer());
    expect(compare(rgbOf(named), rgbOf(bare)).most).to.equal(0);
  });

  it("takes photos with a damaged profile for sRGB, or converts them, but never fails", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 8 }), fc.nat(), (changes, end) => {
        const damaged = Buffer.from(adobeRgb);
        for (const [at, value] of changes) damaged[at % damaged.length] = value;
        const conversion = readProfile(damaged.subarray(0, end % 5 === 0 ? end % damaged.length : undefined), 3);
        // Three products with 16 bits each stay within 32.
        if (conversion) expect([...conversion.matrix].every((value) => Math.abs(value) <= 10240)).to.equal(true);
      }),
      { numRuns: 1000 },
    );
  });
});
