import { expect } from "chai";
import { createHash } from "node:crypto";
import { checkBytes, checkFormat, type CheckFormatClients } from "../../handlers/1-check-format/handler";
import * as photoFiles from "../../packages/imaging/file/check";
import { errorOf, nameOfError, nameOfThrown } from "../support/errors";
import { type Call, recorded } from "../support/recorded";
import { aClaimedRow, aPhoto, now } from "../support/rows";
import { startTables, type Tables, uploadTable } from "../support/with-tables";
import { jpegFile, pngFile } from "../support/image-bytes";

const limits = { maxBytes: 1_000_000, maxPixels: 50_000_000, minSide: 160 };

describe("CheckFormat", () => {
  let tables: Tables;
  before(async () => (tables = await startTables()));
  after(() => tables.close());
  beforeEach(() => tables.clear());

  async function check(file: Buffer, { key = "uploads/SV001/x.jpg", bytes = file.length } = {}) {
    const photo = aPhoto({ key, bytes });
    await tables.putUpload(aClaimedRow(photo));
    const calls: Call[] = [];
    const s3 = recorded<CheckFormatClients["s3"]>(
      { getObject: () => ({ Body: { transformToByteArray: () => Promise.resolve(file) } }) },
      calls,
    );
    const handle = checkFormat({ uploadTable, limits }, { dynamodb: tables.dynamodb, s3, photoFiles, now: () => now });
    return { result: handle({ photo }), calls };
  }
  const nameOf = async (file: Buffer, options = {}) => nameOfError((await check(file, options)).result);

  it("passes a JPEG and tells its upright size and its hash", async () => {
    const file = jpegFile({ width: 400, height: 300 });
    const { result, calls } = await check(file);
    expect(await result).to.deep.equal({
      format: "jpeg",
      width: 400,
      height: 300,
      sha256: createHash("sha256").update(file).digest("hex"),
      isPlain: false,
    });
    expect(calls).to.deep.equal([
      { operation: "getObject", input: { Bucket: "photos", Key: "uploads/SV001/x.jpg", VersionId: "v1" } },
    ]);
    const row = await tables.upload(aPhoto().uploadId);
    expect(row?.["step"]?.S).to.equal("CheckFormat");
    expect(row?.["steps"]?.M?.["CheckFormat"]?.S).to.equal(now.toISOString());
  });

  for (const key of ["a.png", "a.PNG", "tên có dấu.png", "a.jpg.png"]) {
    it(`passes a PNG named ${key}`, async () => {
      const { result } = await check(pngFile(), { key: `uploads/SV001/${key}` });
      expect(await result).to.include({ format: "png", width: 400, height: 300 });
    });
  }

  for (const orientation of [5, 6, 7, 8]) {
    it(`turns width and height for EXIF orientation ${orientation}, in either byte order`, async () => {
      for (const littleEndian of [true, false]) {
        const { result } = await check(jpegFile({ orientation, littleEndian }));
        expect(await result).to.include({ width: 300, height: 400 });
      }
    });
  }

  for (const key of ["a.gif", "a.heic", "a", "a.jpg.exe", ".jpg.", "jpg"]) {
    it(`refuses the name ${key} without reading the file`, async () => {
      const { result, calls } = await check(jpegFile(), { key: `uploads/SV001/${key}` });
      expect((await errorOf(result)).name).to.equal("FORMAT_NOT_SUPPORTED");
      expect(calls).to.have.length(0);
    });
  }

  it("refuses a file that is too large without reading it, and an empty one", async () => {
    const { result, calls } = await check(jpegFile(), { bytes: limits.maxBytes + 1 });
    const error = await errorOf(result);
    expect(error.name).to.equal("FILE_TOO_LARGE");
    expect(error.message).to.include("1000001").and.include("1000000");
    expect(calls).to.have.length(0);
    expect(await nameOf(Buffer.alloc(0))).to.equal("FILE_CORRUPT");
  });

  const others: readonly (readonly [string, Buffer])[] = [
    ["a GIF", Buffer.from("GIF89a0123456789")],
    ["a PNG", pngFile()],
    ["a WebP", Buffer.from("RIFF\0\0\0\0WEBPVP8 ")],
    ["a HEIC", Buffer.from("\0\0\0\x18ftypheic\0\0\0\0")],
    ["text", Buffer.from("this is no photo at all")],
    ["two bytes", Buffer.from([0xff, 0xd8])],
  ];
  for (const [what, file] of others) {
    it(`refuses ${what} named .jpg`, async () => expect(await nameOf(file)).to.equal("FORMAT_MISMATCH"));
  }

  it("refuses every file that was cut off, wherever it was cut", () => {
    for (const [named, file, end] of [
      ["jpeg", jpegFile({ orientation: 6 }), 0],
      // The last four bytes are the checksum of an empty chunk, which no decoder needs.
      ["png", pngFile(), 4],
    ] as const) {
      for (let length = 12; length < file.length - end; length += 1) {
        expect(() => checkBytes(photoFiles, file.subarray(0, length), named, limits), `${named} of ${length} bytes`)
          .to.throw()
          .with.property("name", "FILE_CORRUPT");
      }
    }
  });

  it("refuses a PNG of which one bit was changed, in any chunk that its pixels need", () => {
    const file = pngFile();
    const end = file.indexOf("IEND") - 4;
    // Beyond the signature, which would make it another kind of file.
    for (let at = 8; at < end; at += 1) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      expect(() => checkBytes(photoFiles, changed, "png", limits), `byte ${at}`)
        .to.throw()
        .with.property("name", "FILE_CORRUPT");
    }
  });

  const nameFor = (file: Buffer, named: "jpeg" | "png") =>
    nameOfThrown(() => {
      checkBytes(photoFiles, file, named, limits);
    });

  it("refuses too few and too many pixels by the header alone", () => {
    expect(nameFor(jpegFile({ width: 159, height: 4000 }), "jpeg")).to.equal("IMAGE_TOO_SMALL");
    expect(nameFor(jpegFile({ width: 160, height: 160 }), "jpeg")).to.equal("no error");
    expect(nameFor(jpegFile({ width: 65_500, height: 65_500 }), "jpeg")).to.equal("IMAGE_TOO_LARGE");
    expect(nameFor(pngFile({ width: 30_000, height: 30_000 }), "png")).to.equal("IMAGE_TOO_LARGE");
    expect(nameFor(pngFile({ width: 0, height: 30_000 }), "png")).to.equal("FILE_CORRUPT");
    expect(nameFor(jpegFile({ scans: 64 }), "jpeg")).to.equal("no error");
    expect(nameFor(jpegFile({ scans: 65 }), "jpeg")).to.equal("FILE_CORRUPT");
  });

  it("refuses what the thumbnail step could not decode, before Rekognition is asked", () => {
    const changed = (at: number, value: number) => {
      const file = jpegFile();
      file[file.indexOf(Buffer.from([0xff, 0xc0])) + at] = value;
      return nameFor(file, "jpeg");
    };
    const [kind, bits, components] = [1, 4, 9];
    for (const supported of [0xc0, 0xc1]) expect(changed(kind, supported)).to.equal("no error");
    for (const other of [0xc3, 0xc5, 0xc7, 0xc9, 0xca, 0xcf]) {
      expect(changed(kind, other), other.toString(16)).to.equal("FORMAT_NOT_SUPPORTED");
    }
    expect(changed(bits, 12)).to.equal("FORMAT_NOT_SUPPORTED");
    for (const count of [1, 3]) expect(changed(components, count)).to.equal("no error");
    for (const count of [0, 2, 5]) expect(changed(components, count)).to.equal("FORMAT_NOT_SUPPORTED");
    expect(nameFor(pngFile({ width: 7000, height: 7000, interlaced: true }), "png")).to.equal("no error");
    expect(nameFor(pngFile({ width: 7100, height: 7100, interlaced: true }), "png")).to.equal("IMAGE_TOO_LARGE");
  });

  it("lets what follows the end of a photo be, as the second picture of a phone's HDR photo", () => {
    const file = Buffer.concat([jpegFile(), jpegFile()]);
    expect(checkBytes(photoFiles, file, "jpeg", limits)).to.deep.equal({ width: 400, height: 300 });
  });

  it("throws ClaimLost when the upload belongs to another execution by now", async () => {
    const photo = aPhoto();
    await tables.putUpload(aClaimedRow({ ...photo, executionArn: "another" }));
    const s3 = recorded<CheckFormatClients["s3"]>({});
    const handle = checkFormat({ uploadTable, limits }, { dynamodb: tables.dynamodb, s3, photoFiles, now: () => now });
    expect((await errorOf(handle({ photo }))).name).to.equal("ClaimLost");
  });
});
