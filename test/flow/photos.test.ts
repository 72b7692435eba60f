import { expect } from "chai";
import sharp from "sharp";
import { isUploadId } from "../../handlers/contract/keys";
import { reasons } from "../../handlers/contract/reasons";
import { networkEngine } from "../../packages/local-cloud/services/rekognition/faces/network-engine";
import { couple, farAway, group, noFace, portrait, sunglasses, tiny, truncated } from "../support/portraits";
import { startPipeline, type Pipeline } from "../support/with-cloud";

/** Real photos through the real program: serialized functions, the machine, the rule, the policies, the networks. */
describe("A photo's way through the whole pipeline", () => {
  let pipeline: Pipeline;
  const engine = networkEngine();
  before(async () => {
    pipeline = await startPipeline({ engine });
  });
  after(async () => {
    await pipeline.close();
    await engine.close();
  });

  const facesInCollection = async () =>
    (await pipeline.rekognition.listFaces({ CollectionId: pipeline.names.faceCollectionId })).Faces ?? [];

  it("ends in one avatar: thumbnails, a row, a face, a mail, and no original", async () => {
    const before = Date.now();
    const photo = await portrait("A", { format: "jpeg", rotatedExif: 6 });
    const upload = await pipeline.process("uploads/SV001/lan.jpg", photo);
    expect(upload).to.include({ status: "accepted", studentId: "SV001", step: "NotifySuccess" });
    expect(isUploadId(upload.uploadId)).to.equal(true);

    const [avatar] = (await pipeline.avatars()).filter(({ studentId }) => studentId === "SV001");
    expect(avatar).to.include({ uploadId: upload.uploadId, format: "jpeg", bytes: photo.length });
    expect(Date.parse(avatar?.processedAt ?? "")).to.be.within(before, Date.now());
    const folder = `avatars/SV001/${upload.uploadId}`;
    const keys = ["256", "512", "64"].map((size) => `${folder}/${size}.jpg`);
    expect(Object.values(avatar?.thumbnails ?? {}).sort()).to.deep.equal(keys);
    expect((await pipeline.keys("avatars/SV001/", true)).sort()).to.deep.equal(keys);
    for (const key of keys) {
      const object = await pipeline.s3.getObject({ Bucket: pipeline.names.photoBucket, Key: key });
      const bytes = Buffer.from((await object.Body?.transformToByteArray()) ?? []);
      const size = Number(/(\d+)\.jpg$/.exec(key)?.[1]);
      const metadata = await sharp(bytes).metadata();
      expect(metadata).to.include({ format: "jpeg", width: size, height: size, chromaSubsampling: "4:2:0" });
      expect(metadata).to.not.have.any.keys("exif", "icc", "xmp", "iptc", "orientation");
      // Upright and face-centred: a face is found, and its centre is near the picture's.
      if (size < 256) continue;
      const [face] = await engine.detect(bytes);
      expect(face?.confidence).to.be.greaterThan(90);
      const middle = (face?.box.left ?? 0) + (face?.box.width ?? 0) / 2;
      expect(middle).to.be.within(0.4, 0.6);
      expect(Math.abs(face?.pose.roll ?? 90)).to.be.lessThan(30);
    }
    const faces = await facesInCollection();
    expect(faces.map(({ FaceId, ExternalImageId }) => [FaceId, ExternalImageId])).to.deep.equal([
      [avatar?.faceId, `SV001:${upload.uploadId}`],
    ]);
    expect(await pipeline.keys("uploads/", true)).to.deep.equal([]);
    const notices = (await pipeline.notices()).filter(({ uploadId }) => uploadId === upload.uploadId);
    expect(notices.map(({ type }) => type)).to.deep.equal(["avatar.accepted"]);
  });

  it("refuses another student with the same face, whatever was done to the photo", async () => {
    const again = await portrait("A", { format: "png", mirrored: true });
    const upload = await pipeline.process("uploads/SV002/mine.png", again);
    expect(upload).to.include({ status: "rejected", reason: "DUPLICATE_FACE", step: "CheckDuplicate" });
    expect(await pipeline.keys("uploads/SV002/", true)).to.deep.equal([]);
    expect((await facesInCollection()).length).to.equal(1);
    const [notice] = (await pipeline.notices()).filter(({ uploadId }) => uploadId === upload.uploadId);
    expect(notice?.text).to.include(reasons.DUPLICATE_FACE.title.vi).and.include(reasons.DUPLICATE_FACE.title.en);
    expect(notice?.text, "says what the school can do").to.include("see the student");
    expect(notice?.text, "never says whose face it is").to.not.include("SV001");
    expect(notice?.text).to.not.match(/[{}]/);
  });

  it("replaces a student's own avatar, and leaves nothing of the old one", async () => {
    const [before] = (await pipeline.avatars()).filter(({ studentId }) => studentId === "SV001");
    const upload = await pipeline.process("uploads/SV001/newer.jpg", await portrait("A", { quality: 70 }));
    expect(upload.status).to.equal("accepted");
    const [after] = (await pipeline.avatars()).filter(({ studentId }) => studentId === "SV001");
    expect(after?.uploadId).to.equal(upload.uploadId).and.not.equal(before?.uploadId);
    expect(after?.replaces).to.deep.equal([]);
    expect((await facesInCollection()).map(({ FaceId }) => FaceId)).to.deep.equal([after?.faceId]);
    const keys = await pipeline.keys("avatars/SV001/", true);
    expect(keys.every((key) => key.includes(upload.uploadId))).to.equal(true);
  });

  const refusals: readonly (readonly [what: string, reason: string, file: string, make: () => Promise<Buffer>])[] = [
    ["a photo without a face", "NO_FACE", "a.jpg", () => noFace()],
    ["a photo of two", "MULTIPLE_FACES", "b.jpg", () => couple()],
    ["a photo of a group", "MULTIPLE_FACES", "c.jpg", () => group()],
    ["a face far away", "FACE_TOO_SMALL", "d.jpg", () => farAway("E")],
    ["sunglasses", "SUNGLASSES", "e.jpg", () => sunglasses()],
    ["a tiny photo", "IMAGE_TOO_SMALL", "f.jpg", () => tiny()],
    ["a photo that was cut off", "FILE_CORRUPT", "g.jpg", () => truncated()],
    ["a PNG named .jpg", "FORMAT_MISMATCH", "h.jpg", () => portrait("B", { format: "png" })],
    ["a GIF named .jpg", "FORMAT_MISMATCH", "i.jpg", () => Promise.resolve(Buffer.from("GIF89a\x01\0\x01\0\0\0\0;"))],
    ["a GIF", "FORMAT_NOT_SUPPORTED", "j.gif", () => Promise.resolve(Buffer.from("GIF89a\x01\0\x01\0\0\0\0;"))],
    ["an empty file", "FILE_CORRUPT", "k.jpg", () => Promise.resolve(Buffer.alloc(0))],
    ["text", "FORMAT_MISMATCH", "l.png", () => Promise.resolve(Buffer.from("hello"))],
  ];
  for (const [what, reason, file, make] of refusals) {
    it(`refuses ${what} as ${reason}, keeps nothing of it and says so once`, async () => {
      const upload = await pipeline.process(`uploads/SV100/${file}`, await make());
      expect(upload).to.include({ status: "rejected", reason });
      expect(await pipeline.keys("uploads/SV100/", true)).to.deep.equal([]);
      expect(await pipeline.keys("avatars/SV100/", true)).to.deep.equal([]);
      const notices = (await pipeline.notices()).filter(({ uploadId }) => uploadId === upload.uploadId);
      expect(notices.map(({ type }) => type)).to.deep.equal(["avatar.rejected"]);
      expect(notices[0]?.text).to.include(reasons[reason as keyof typeof reasons].title.vi);
    });
  }

  it("takes keys with spaces, +, % and Vietnamese letters", async () => {
    const names = ["ảnh thẻ của tôi.jpg", "a+b.jpg", "100%25.jpg", "Nguyễn Thị Á (2).JPG", "q?a=b&c#d.jpg"];
    const photo = await portrait("B");
    for (const name of names) {
      const upload = await pipeline.process(`uploads/SV003/${name}`, photo);
      expect(upload, name).to.include({ status: "accepted", objectKey: `uploads/SV003/${name}` });
    }
    expect(await pipeline.keys("uploads/SV003/", true)).to.deep.equal([]);
    expect((await pipeline.avatars()).filter(({ studentId }) => studentId === "SV003")).to.have.length(1);
  });

  it("does not start for objects elsewhere in the bucket", async () => {
    const before = (await pipeline.uploads()).length;
    await pipeline.upload("other/SV001/x.jpg", await portrait("C"));
    await pipeline.cloud.idle();
    expect(await pipeline.uploads()).to.have.length(before);
  });

  it("fails with a notice to mend, and keeps the photo, for a key that names no student", async () => {
    await pipeline.upload("uploads/photo.jpg", await portrait("C"));
    await pipeline.cloud.idle();
    const failed = (await pipeline.uploads()).find(({ objectKey }) => objectKey === "uploads/photo.jpg");
    expect(failed).to.include({ status: "failed", reason: "INTERNAL", step: "ReceivePhoto" });
    expect(await pipeline.keys("uploads/photo.jpg")).to.deep.equal(["uploads/photo.jpg"]);
    const notices = (await pipeline.notices()).filter(({ uploadId }) => uploadId === failed?.uploadId);
    expect(notices.map(({ type }) => type)).to.deep.equal(["avatar.failed"]);
  });

  it("reads the upload again as it was left, with nothing to reconcile", async () => {
    const report = await pipeline.invoke<{ findings: { kind: string }[] }>(pipeline.names.reconcileFunctionName, {
      searchFaces: true,
    });
    expect(report.findings).to.deep.equal([]);
  });
});
