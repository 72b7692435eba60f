import { expect } from "chai";
import fc from "fast-check";
import {
  derivedId,
  externalImageId,
  isNewerUpload,
  isStudentId,
  isUploadId,
  makeUploadId,
  parseExternalImageId,
  parseUploadKey,
  uploadKey,
} from "../../handlers/lib/keys";
import { anEvent } from "./harness";

const studentIds = fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/).filter((id) => id !== "." && id !== "..");
const tenBytes = fc.uint8Array({ minLength: 10, maxLength: 10 });
const times = fc.integer({ min: 0, max: 2 ** 48 - 1 });

describe("The keys and ids", () => {
  it("read back what was written into an upload's key", () => {
    fc.assert(
      fc.property(
        studentIds,
        times,
        tenBytes,
        fc.constantFrom("jpg", "jpeg", "png"),
        (studentId, time, bytes, extension) => {
          const uploadId = makeUploadId(time, bytes);
          expect(isUploadId(uploadId)).to.equal(true);
          expect(parseUploadKey(uploadKey(studentId, uploadId, extension))).to.deep.equal({
            studentId,
            extension,
            issuedId: uploadId,
          });
        },
      ),
    );
  });

  it("read any key without throwing, and never give a student an id that breaks the rule", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (rest) => {
        const key = parseUploadKey(`uploads/${rest}`);
        if (key !== undefined) expect(isStudentId(key.studentId)).to.equal(true);
      }),
    );
  });

  for (const bad of ["", ".", "..", "a/b", "SV 001", "Nguyễn", "x".repeat(65), "a\n"]) {
    it(`do not take ${JSON.stringify(bad.slice(0, 10))} for a studentId`, () =>
      expect(isStudentId(bad)).to.equal(false));
  }

  it("sort by time", () => {
    fc.assert(
      fc.property(times, times, tenBytes, tenBytes, (a, b, x, y) => {
        fc.pre(a !== b);
        expect(makeUploadId(a, x) < makeUploadId(b, y)).to.equal(a < b);
      }),
    );
  });

  it("derive the same id for the same version, and another one for another", () => {
    const event = anEvent("uploads/SV001/a.jpg");
    const id = derivedId(event);
    expect(isUploadId(id)).to.equal(true);
    expect(derivedId(anEvent("uploads/SV001/a.jpg"))).to.equal(id);
    const others = [
      anEvent("uploads/SV001/b.jpg"),
      anEvent("uploads/SV001/a.jpg", { "version-id": "v2" }),
      { ...event, detail: { ...event.detail, bucket: { name: "other" } } },
    ];
    for (const other of others) expect(derivedId(other)).to.not.equal(id);
    expect(isNewerUpload(derivedId({ ...event, time: "2026-03-01T08:00:00Z" }), id)).to.equal(true);
    expect(isNewerUpload(derivedId(anEvent("uploads/SV001/b.jpg")), id), "within one second neither is newer").to.equal(
      false,
    );
  });

  it("name a face so that Rekognition takes it and the name can be read back", () => {
    fc.assert(
      fc.property(studentIds, times, tenBytes, (studentId, time, bytes) => {
        const uploadId = makeUploadId(time, bytes);
        const name = externalImageId(studentId, uploadId);
        expect(name).to.match(/^[a-zA-Z0-9_.\-:]{1,255}$/);
        expect(parseExternalImageId(name)).to.deep.equal({ studentId, uploadId });
      }),
    );
    for (const foreign of ["", ":", "SV001", "SV001:short", `:${"0".repeat(26)}`]) {
      expect(parseExternalImageId(foreign)).to.equal(undefined);
    }
  });
});
