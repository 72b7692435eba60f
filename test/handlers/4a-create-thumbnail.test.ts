import { expect } from "chai";
import fc from "fast-check";
import { cropSquare } from "../../handlers/4a-create-thumbnail/crop";
import { createThumbnail, type CreateThumbnailClients } from "../../handlers/4a-create-thumbnail/handler";
import { type Call, recorded } from "../support/recorded";
import { aClaimedRow, aFace, aFormat, aPhoto, now } from "../support/rows";
import { startTables, type Tables, uploadTable } from "../support/with-tables";

describe("The crop square", () => {
  it("is centred on the face, a little raised, with the margin on every side", () => {
    const square = cropSquare({ left: 0.4, top: 0.4, width: 0.1, height: 0.2 }, { width: 1000, height: 1000 }, 0.35);
    expect(square).to.deep.equal({ left: 280, top: 314, size: 340 });
  });

  it("is moved in where the photo ends", () => {
    const photo = { width: 1000, height: 1000 };
    expect(cropSquare({ left: -0.05, top: -0.05, width: 0.2, height: 0.2 }, photo, 0.5)).to.include({
      left: 0,
      top: 0,
    });
    const corner = cropSquare({ left: 0.85, top: 0.85, width: 0.2, height: 0.2 }, photo, 0.5);
    expect(corner).to.deep.equal({ left: 600, top: 600, size: 400 });
  });

  it("never leaves the photo, for any box in any photo", () => {
    const ratio = fc.double({ min: -0.5, max: 1.5, noNaN: true });
    const share = fc.double({ min: 0, max: 2, noNaN: true });
    const side = fc.integer({ min: 1, max: 10_000 });
    fc.assert(
      fc.property(ratio, ratio, share, share, side, side, share, (left, top, width, height, w, h, margin) => {
        const square = cropSquare({ left, top, width, height }, { width: w, height: h }, margin);
        expect(square.size).to.be.within(1, Math.min(w, h));
        expect(square.left).to.be.within(0, w - square.size);
        expect(square.top).to.be.within(0, h - square.size);
        for (const value of Object.values(square)) expect(Number.isInteger(value)).to.equal(true);
      }),
    );
  });
});

describe("CreateThumbnail", () => {
  let tables: Tables;
  before(async () => (tables = await startTables()));
  after(() => tables.close());

  it("stores one private JPEG a size under the upload's own folder", async () => {
    const photo = aPhoto();
    await tables.putUpload(aClaimedRow(photo));
    const calls: Call[] = [];
    const s3 = recorded<CreateThumbnailClients["s3"]>(
      {
        getObject: () => ({ Body: { transformToByteArray: () => Promise.resolve(new Uint8Array([1, 2, 3])) } }),
        putObject: () => ({}),
      },
      calls,
    );
    const imaging = recorded<CreateThumbnailClients["imaging"]>({
      createThumbnails: () => [64, 256].map((size) => ({ size, jpeg: Buffer.from(`jpeg ${size}`) })),
    });
    const handle = createThumbnail(
      { uploadTable, thumbnail: { sizes: [64, 256], quality: 85, margin: 0.35 }, maxPixels: 50_000_000 },
      { dynamodb: tables.dynamodb, s3, imaging, now: () => now },
    );
    const folder = `avatars/SV001/${photo.uploadId}`;
    expect(await handle({ photo, format: aFormat, face: aFace })).to.deep.equal({
      thumbnails: { "64": `${folder}/64.jpg`, "256": `${folder}/256.jpg` },
    });
    expect(calls.map(({ operation }) => operation)).to.deep.equal(["getObject", "putObject", "putObject"]);
    expect(calls[2]?.input).to.deep.equal({
      Bucket: "photos",
      Key: `${folder}/256.jpg`,
      Body: Buffer.from("jpeg 256"),
      ContentType: "image/jpeg",
      CacheControl: "private, max-age=14400, immutable",
    });
  });
});
