import { expect } from "chai";
import fc from "fast-check";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { jpegFormat, pngFormat } from "../../../packages/imaging/formats";
import { readProfile } from "../../../packages/imaging/icc/profile";
import { compare, pattern, realPhoto, rgbOf } from "./images";
import { writeJpeg } from "./jpeg-writer";
import { chunk } from "./png-writer";
import { inkProfileOf, profileOf, tableKinds, tableProfileOf, withoutProfile, withProfile } from "./profiles";

/** Adobe RGB (1998), section 4.3: its primaries adapted to D50, and gamma 563/256. */
const adobePrimaries = [
  [0.60974, 0.31111, 0.01947],
  [0.20528, 0.62567, 0.06087],
  [0.14919, 0.06322, 0.74457],
];
const adobeRgb = profileOf(adobePrimaries, 563 / 256);

/** ROMM RGB (ProPhoto), the widest colour space: its matrix to sRGB has a coefficient above 2. */
const proPhoto = profileOf(
  [
    [0.7977, 0.288, 0],
    [0.1352, 0.7119, 0],
    [0.0313, 0.0001, 0.8249],
  ],
  1.8,
);

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

  for (const kind of tableKinds) {
    it(`brings photos to sRGB by a profile's tables, ${kind}, also where there is a matrix that says otherwise`, async () => {
      const jpeg = await sharp(realPhoto(4))
        .resize(120, 90)
        .jpeg({ quality: 95, chromaSubsampling: "4:4:4" })
        .toBuffer();
      const byMatrix = rgbOf(await jpegFormat().decode(withProfile(jpeg, adobeRgb)));
      // With another matrix beside it, which must be ignored.
      for (const besides of [undefined, [...adobePrimaries].reverse()]) {
        const file = withProfile(jpeg, tableProfileOf(kind, adobePrimaries, 563 / 256, besides));
        const ours = rgbOf(await jpegFormat().decode(file));
        // 8 bits of Lab are coarse.
        expect(compare(ours, byMatrix).mean).to.be.below(kind === "mft1 Lab" ? 1.2 : 0.7);
        const lcms = await sharp(file).toColourspace("srgb").raw().toBuffer();
        // Blink and lcms differ in the way they read version 2's Lab of 16 bits; in the others, everybody agrees.
        expect(compare(ours, lcms).mean).to.be.below(kind === "mft2 Lab" ? 2 : 0.9);
      }
    });
  }

  it("brings CMYK and YCCK photos to sRGB by the tables of their profile", async () => {
    const components = [0, 1, 2, 1].map((channel) => ({ h: 1, v: 1, sample: pattern(channel) }));
    const srgbPrimaries = [
      [0.43607, 0.22249, 0.01392],
      [0.38515, 0.71687, 0.09708],
      [0.14307, 0.06061, 0.7141],
    ];
    for (const adobe of [undefined, 0, 2]) {
      const file = writeJpeg({ width: 50, height: 40, components, ...(adobe === undefined ? {} : { adobe }) });
      const light = rgbOf(await jpegFormat().decode(file));
      const toned = light.map((one) => {
        const linear = one / 255;
        return Math.round((linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055) * 255);
      });
      const ours = rgbOf(await jpegFormat().decode(withProfile(file, inkProfileOf(srgbPrimaries))));
      expect(compare(ours, toned).mean, `Adobe ${adobe}`).to.be.below(0.7);
      expect(compare(ours, light).mean, "the profile matters").to.be.above(20);
    }
  });

  it("brings a printer's CMYK back to about what was printed", async () => {
    const photo = sharp(realPhoto(4)).resize(120, 90);
    const original = await photo.clone().removeAlpha().raw().toBuffer();
    const file = await photo.withIccProfile("cmyk").jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer();
    const ours = compare(rgbOf(await jpegFormat().decode(file)), original).mean;
    const plain = compare(rgbOf(await jpegFormat().decode(withoutProfile(file))), original).mean;
    expect(ours).to.be.below(11);
    expect(plain - ours, "the profile matters").to.be.above(2);
  });

  it("ignores a profile whose elements are not what their tags say", async () => {
    const bare = await sharp(realPhoto(4)).resize(60, 40).jpeg().toBuffer();
    const plain = await jpegFormat().decode(bare);
    const tables = tableProfileOf("mft2 Lab", adobePrimaries, 2);
    for (const [profile, name, offset] of [
      [adobeRgb, "rXYZ", 44],
      [adobeRgb, "rXYZ", 1],
      [adobeRgb, "gTRC", -60],
      [adobeRgb, "bXYZ", 100_000],
      [tables, "A2B0", 4],
      [tables, "A2B0", 2000],
    ] as const) {
      const damaged = Buffer.from(profile);
      const tag = damaged.indexOf(name) + 4;
      damaged.writeUInt32BE(damaged.readUInt32BE(tag) + offset, tag);
      const shown = await jpegFormat().decode(withProfile(bare, damaged));
      expect(shown.data.equals(plain.data), `${name} moved by ${offset}`).to.equal(true);
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
        if (conversion?.kind === "matrix") {
          expect([...conversion.matrix].every((value) => Math.abs(value) <= 10240)).to.equal(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
