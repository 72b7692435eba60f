import { expect } from "chai";
import fc from "fast-check";
import {
  externalImageId,
  issuedAt,
  isNewer,
  isUploadId,
  makeUploadId,
  parseExternalImageId,
  parseUploadKey,
  replacingAt,
  uploadKey,
} from "../../../handlers/contract/keys";
import { isStudentId } from "../../../handlers/contract/students";

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

  it("sort by time, and tell it", () => {
    fc.assert(
      fc.property(times, times, tenBytes, tenBytes, (a, b, x, y) => {
        fc.pre(a !== b);
        expect(makeUploadId(a, x) < makeUploadId(b, y)).to.equal(a < b);
        expect(issuedAt(makeUploadId(a, x)).getTime()).to.equal(a);
      }),
    );
  });

  it("know the newer of two, as far as their times tell", () => {
    const [early, late] = ["2026-03-01T08:00:00.100Z", "2026-03-01T08:00:00.900Z"];
    expect(isNewer(late, early)).to.equal(true);
    expect(isNewer(early, late)).to.equal(false);
    const copy = "2026-03-01T08:00:00Z";
    for (const other of [early, late, copy]) {
      expect(isNewer(copy, other) || isNewer(other, copy), "within one second neither is newer").to.equal(false);
    }
    expect(isNewer("2026-03-01T08:00:01.000Z", copy)).to.equal(true);
    expect(isNewer(copy, "2026-03-01T07:59:59.999Z")).to.equal(true);
  });

  it("keep an avatar from being replaced by an older upload, whatever came between the two", () => {
    const second = fc.constantFrom("2026-03-01T08:00:00", "2026-03-01T08:00:01");
    const fraction = fc.constantFrom("Z", ".300Z", ".500Z", ".700Z");
    const upload = fc.tuple(second, fraction).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(upload, { minLength: 1, maxLength: 6 }), ([first = "", ...uploads]) => {
        let avatar = first;
        const accepted = [first];
        for (const uploadedAt of uploads) {
          if (isNewer(avatar, uploadedAt)) continue;
          avatar = replacingAt(uploadedAt, avatar);
          accepted.push(uploadedAt);
        }
        for (const uploadedAt of accepted) expect(isNewer(uploadedAt, avatar), uploadedAt).to.equal(false);
      }),
      { numRuns: 2000 },
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
