import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import sharp from "sharp";
import { kernelModule } from "../../../packages/imaging/kernel-module.generated";
import { thumbnailer } from "../../../packages/imaging/thumbnails";
import { realPhoto } from "./images";

/** Tests run from the repository's root; the compiler's source is not part of their build. */
const source = join(process.cwd(), "packages/imaging");

describe("the kernel", () => {
  it("is compiled from the source that stands beside it", async () => {
    const builder = pathToFileURL(join(source, "kernel/build.mjs")).href;
    const { compileKernel, generatedText } = (await import(builder)) as {
      compileKernel: () => Promise<Buffer>;
      generatedText: (binary: Buffer) => string;
    };
    const binary = await compileKernel();
    expect(binary.equals(Buffer.from(kernelModule, "base64")), "run: npm run generate").to.equal(true);
    expect(readFileSync(join(source, "kernel-module.generated.ts"), "utf8")).to.equal(generatedText(binary));
  });

  it("gives the same bytes as its plain counterpart", async () => {
    const photo = sharp(realPhoto(6)).resize(500, 400);
    const files = await Promise.all([
      photo.clone().withMetadata({ orientation: 6 }).jpeg({ quality: 91 }).toBuffer(),
      photo.clone().jpeg({ quality: 70, chromaSubsampling: "4:4:4" }).withIccProfile("p3").toBuffer(),
      photo.clone().withMetadata({ orientation: 7 }).jpeg({ progressive: true }).toBuffer(),
      photo.clone().greyscale().jpeg().toBuffer(),
      photo.clone().png().toBuffer(),
      photo.clone().ensureAlpha(0.5).png({ palette: true }).toBuffer(),
    ]);
    const options = { sizes: [20, 77, 160], quality: 88, maxPixels: 1e6 };
    for (const [index, file] of files.entries()) {
      for (const square of [
        { left: 0, top: 0, size: 400 },
        { left: 133, top: 111, size: 150 },
      ]) {
        const [fast, plain] = await Promise.all(
          (["wasm", "plain"] as const).map((kind) => thumbnailer(kind)(file, { ...options, square })),
        );
        for (const [at, { jpeg }] of (fast ?? []).entries()) {
          expect(jpeg.equals(plain?.[at]?.jpeg ?? Buffer.alloc(0)), `file ${index}`).to.equal(true);
        }
      }
    }
  });

  it("keeps photos that are processed at the same time apart", async () => {
    const files = await Promise.all(
      [1, 2, 3, 4].flatMap((number) => {
        const photo = sharp(realPhoto(number)).resize(300, 250);
        return [photo.clone().png().toBuffer(), photo.clone().jpeg().toBuffer()];
      }),
    );
    const options = { square: { left: 50, top: 20, size: 200 }, sizes: [100], quality: 90, maxPixels: 1e6 };
    for (const kind of ["wasm", "plain"] as const) {
      const alone: string[] = [];
      for (const file of files) alone.push((await thumbnailer(kind)(file, options))[0]?.jpeg.toString("hex") ?? "");
      const together = await Promise.all(files.map((file) => thumbnailer(kind)(file, options)));
      expect(together.map(([thumbnail]) => thumbnail?.jpeg.toString("hex"))).to.deep.equal(alone);
    }
  });
});
