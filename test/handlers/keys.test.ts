import { expect } from "chai";
import fc from "fast-check";
import {
  deriveUploadId,
  externalImageId,
  isStudentId,
  isUploadId,
  makeUploadId,
  parseExternalImageId,
  parseUploadKey,
  uploadKey,
} from "../../handlers/lib/keys";

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
    const at = new Date("2026-03-01T00:00:00Z");
    const id = deriveUploadId("b", "k", "v", at);
    expect(isUploadId(id)).to.equal(true);
    expect(deriveUploadId("b", "k", "v", at)).to.equal(id);
    for (const other of [
      deriveUploadId("b2", "k", "v", at),
      deriveUploadId("b", "kv", "", at),
      deriveUploadId("b", "k", "v2", at),
    ]) {
      expect(other).to.not.equal(id);
    }
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
