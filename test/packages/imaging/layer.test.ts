import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import sharp from "sharp";
import { createThumbnails } from "../../../packages/imaging/index";
import { realPhoto } from "./images";

/** Tests run from the repository's root. */
const home = join(process.cwd(), "lib/layer/nodejs/node_modules/avatar-imaging");

describe("the layer of the steps that read photos", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "imaging-layer-"));
    // By itself: without any file beside it in the repository.
    copyFileSync(join(home, "index.js"), join(folder, "index.js"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("is one file of less than 150 KB, gzipped, and one that only checks files, of less than 10", () => {
    expect(readdirSync(home, { recursive: true })).to.have.members([
      "file",
      "file/check.js",
      "index.js",
      "package.json",
    ]);
    const size = (file: string) => gzipSync(readFileSync(join(home, file))).length;
    expect(size("index.js")).to.be.below(150 * 1024);
    expect(size("file/check.js")).to.be.below(10 * 1024);
  });

  it("makes by itself the same bytes as its source, also where there is no WebAssembly", async () => {
    const photo = await sharp(realPhoto(2)).resize(160, 120).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const options = { square: { left: 10, top: 20, size: 90 }, sizes: [64, 16], quality: 85, maxPixels: 1e6 };
    const expected = (await createThumbnails(photo, options)).map(({ jpeg }) => jpeg.toString("base64"));
    writeFileSync(join(folder, "photo.jpg"), photo);
    const script = `
      const photo = require("node:fs").readFileSync("photo.jpg");
      require("./index.js").createThumbnails(photo, ${JSON.stringify(options)}).then((thumbnails) => {
        const files = thumbnails.map(({ jpeg }) => jpeg.toString("base64"));
        console.log(JSON.stringify({ files, wasm: typeof WebAssembly }));
      });`;
    // Without its compilers V8 has no WebAssembly either.
    for (const [flags, wasm] of [
      [[], "object"],
      [["--jitless"], "undefined"],
    ] as const) {
      const printed = execFileSync(process.execPath, [...flags, "-e", script], {
        cwd: folder,
        stdio: "pipe",
      }).toString();
      expect(JSON.parse(printed)).to.deep.equal({ files: expected, wasm });
    }
  });
});
