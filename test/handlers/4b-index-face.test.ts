import { expect } from "chai";
import type { Sleep } from "../../handlers/runtime/clients";
import { namedError } from "../../handlers/runtime/errors";
import { indexFace, type IndexFaceClients } from "../../handlers/4b-index-face/handler";
import type { Box, Face, Photo } from "../../handlers/contract/flow-data";
import { errorOf, nameOf, nameOfError } from "../support/errors";
import { type Call, noSleep, recorded, unused } from "../support/recorded";
import { aClaimedRow, aMatch, aPhoto, aPlainFormat, now, uploadIdAt } from "../support/rows";
import { avatarTable, collectionId, startTables, type Tables, uploadTable } from "../support/with-tables";

const settings = { uploadTable, avatarTable, collectionId, duplicateSimilarity: 95 };
const mine = aPhoto({ studentId: "SV001", uploadId: uploadIdAt(10) });
const theirs = (second: number): Photo =>
  aPhoto({ studentId: "SV002", uploadId: uploadIdAt(second), executionArn: "theirs" });

const face: Face = { box: { left: 0.3, top: 0.2, width: 0.4, height: 0.5 }, confidence: 99 };
const indexed = (FaceId: string, { left, top, width, height }: Box = face.box) => ({
  Face: { FaceId, BoundingBox: { Left: left, Top: top, Width: width, Height: height } },
});

describe("IndexFace", () => {
  let tables: Tables;
  before(async () => (tables = await startTables()));
  after(() => tables.close());
  beforeEach(async () => {
    await tables.clear();
    await tables.putUpload(aClaimedRow(mine));
  });

  const index = (
    matches: unknown[],
    answers: { unindexed?: string[]; box?: Box; onSearch?: () => Promise<void> } = {},
    calls: Call[] = [],
    sleep: Sleep = noSleep,
  ) => {
    const rekognition = recorded<IndexFaceClients["rekognition"]>(
      {
        indexFaces: () =>
          answers.unindexed === undefined
            ? { FaceRecords: [indexed("my-face", answers.box)] }
            : { FaceRecords: [], UnindexedFaces: [{ Reasons: answers.unindexed }] },
        searchFaces: async () => {
          await answers.onSearch?.();
          return { FaceMatches: matches };
        },
      },
      calls,
    );
    return indexFace(settings, { dynamodb: tables.dynamodb, rekognition, ...unused, now: () => now, sleep })({
      photo: mine,
      format: aPlainFormat,
      face,
    });
  };
  const row = async (uploadId: string) => (await tables.upload(uploadId)) ?? {};

  it("indexes one face under the upload's name, records it, searches and confirms", async () => {
    const calls: Call[] = [];
    expect(await index([], {}, calls)).to.deep.equal({ faceId: "my-face" });
    expect(calls.map(({ operation }) => operation)).to.deep.equal(["indexFaces", "searchFaces"]);
    expect(calls[0]?.input).to.deep.include({
      ExternalImageId: `SV001:${mine.uploadId}`,
      MaxFaces: 1,
      QualityFilter: "AUTO",
    });
    expect(await row(mine.uploadId)).to.deep.include({ face_id: { S: "my-face" }, confirmed: { BOOL: true } });
  });

  const others: readonly (readonly [what: string, box: Box])[] = [
    ["beside it", { left: 0.75, top: 0.2, width: 0.2, height: 0.3 }],
    ["small inside of its box", { left: 0.45, top: 0.4, width: 0.1, height: 0.1 }],
    ["behind it, half covered", { left: 0.5, top: 0.2, width: 0.4, height: 0.5 }],
    ["nowhere", { left: 0, top: 0, width: 0, height: 0 }],
  ];
  for (const [what, box] of others) {
    it(`refuses if Rekognition indexed another face than the judged one: ${what}`, async () => {
      const calls: Call[] = [];
      expect((await errorOf(index([], { box }, calls))).name).to.equal("MULTIPLE_FACES");
      // Undo finds the face by this.
      expect(await row(mine.uploadId)).to.deep.include({ face_id: { S: "my-face" } });
      expect(await row(mine.uploadId)).not.to.have.property("confirmed");
      expect(calls.map(({ operation }) => operation)).to.deep.equal(["indexFaces"]);
    });
  }

  it("takes a box that differs a little for the same face's", async () => {
    const box = { left: 0.32, top: 0.18, width: 0.38, height: 0.53 };
    expect(await index([], { box })).to.deep.equal({ faceId: "my-face" });
  });

  it("waits for its own face, which Rekognition may not know for some hundred milliseconds", async () => {
    const waits: number[] = [];
    let left = 3;
    const unknown = namedError("InvalidParameterException", "faceId was not found in the collection.");
    const onSearch = () => (left-- > 0 ? Promise.reject(unknown) : Promise.resolve());
    const wait = (milliseconds: number) => Promise.resolve(void waits.push(milliseconds));
    expect(await index([], { onSearch }, [], wait)).to.deep.equal({ faceId: "my-face" });
    expect(waits).to.deep.equal([200, 500, 1000]);
    expect(await row(mine.uploadId)).to.deep.include({ confirmed: { BOOL: true } });
  });

  it("leaves it to the machine's patience if its face stays unknown, and to nobody what else is wrong", async () => {
    const failing = (error: Error) => ({ onSearch: () => Promise.reject(error) });
    const unknown = namedError("InvalidParameterException", "faceId was not found in the collection.");
    const calls: Call[] = [];
    expect((await errorOf(index([], failing(unknown), calls))).name).to.equal("Unavailable");
    expect(calls.filter(({ operation }) => operation === "searchFaces")).to.have.length(5);
    expect(await row(mine.uploadId)).not.to.have.property("confirmed");
    const other = namedError("InvalidParameterException", "Request has invalid parameters");
    expect((await errorOf(index([], failing(other)))).name).to.equal("InvalidParameterException");
  });

  it("forgets the face of an earlier attempt before it indexes: it may get another one", async () => {
    await tables.putUpload(aClaimedRow(mine, { face_id: { S: "face-of-the-first-attempt" } }));
    const rekognition = recorded<IndexFaceClients["rekognition"]>({
      indexFaces: async () => {
        expect(await row(mine.uploadId)).to.not.have.property("face_id");
        throw new Error("the function dies here");
      },
    });
    const handle = indexFace(settings, {
      dynamodb: tables.dynamodb,
      rekognition,
      ...unused,
      now: () => now,
      sleep: noSleep,
    });
    expect((await errorOf(handle({ photo: mine, format: aPlainFormat, face }))).message).to.equal(
      "the function dies here",
    );
  });

  for (const status of ["rejected", "failed", "accepted"]) {
    it(`does nothing any more, as a straggler, once its upload was ${status}`, async () => {
      await tables.putUpload(aClaimedRow(mine, { status: { S: status } }));
      const calls: Call[] = [];
      expect((await errorOf(index([], {}, calls))).name).to.equal("ClaimLost");
      expect(calls).to.deep.equal([]);
    });
  }

  it("has marked its beginning and recorded the face before it searches", async () => {
    await index([], {
      onSearch: async () => {
        const seen = await row(mine.uploadId);
        expect(seen["steps"]?.M).to.have.property("IndexFace");
        expect(seen["face_id"]?.S).to.equal("my-face");
        expect(seen).to.not.have.property("confirmed");
      },
    });
  });

  it("stays against a later rival that is on its way, and makes it yield", async () => {
    await tables.putUpload(aClaimedRow(theirs(11)));
    await index([aMatch(theirs(11))]);
    expect((await row(theirs(11).uploadId))["yielded_to"]?.S).to.equal(mine.uploadId);
    expect((await row(mine.uploadId))["confirmed"]?.BOOL).to.equal(true);
  });

  it("yields to an earlier rival that is on its way", async () => {
    await tables.putUpload(aClaimedRow(theirs(9)));
    expect((await errorOf(index([aMatch(theirs(9))]))).name).to.equal("DUPLICATE_FACE");
    expect(await row(mine.uploadId)).to.not.have.property("confirmed");
  });

  it("makes a rival yield whose row is later, though its id is derived and so the lower one", async () => {
    const second = aPhoto({ studentId: "SV002", uploadId: `${"0".repeat(10)}${uploadIdAt(5).slice(10)}` });
    const madeAt = (second: number) => ({ created_at: { S: new Date(now.getTime() + second * 1000).toISOString() } });
    await tables.putUpload(aClaimedRow(mine, madeAt(0)));
    await tables.putUpload(aClaimedRow(second, madeAt(1)));
    expect(await index([aMatch(second)])).to.deep.equal({ faceId: "my-face" });
    expect((await row(second.uploadId))["yielded_to"]?.S).to.equal(mine.uploadId);
  });

  it("makes no later rival yield when it loses to an earlier one itself", async () => {
    const own = aPhoto({ studentId: "SV003", uploadId: uploadIdAt(12), executionArn: "third" });
    await tables.putUpload(aClaimedRow(theirs(9)));
    await tables.putUpload(aClaimedRow(own));
    expect((await errorOf(index([aMatch(own), aMatch(theirs(9))]))).name).to.equal("DUPLICATE_FACE");
    expect(await row(own.uploadId)).to.not.have.property("yielded_to");
  });

  it("records the rival that it yields to, found by its own search or not", async () => {
    const match = async () => {
      const {
        matched_student: student,
        matched_upload: upload,
        matched_similarity: percent,
      } = await row(mine.uploadId);
      return [student?.S, upload?.S, percent?.N];
    };
    await tables.putUpload(aClaimedRow(theirs(9)));
    await errorOf(index([{ ...aMatch(theirs(9)), Similarity: 98.5 }]));
    expect(await match()).to.deep.equal(["SV002", theirs(9).uploadId, "98.5"]);
    await tables.putUpload(aClaimedRow(mine, { yielded_to: { S: theirs(9).uploadId } }));
    expect(await nameOfError(index([]))).to.equal("DUPLICATE_FACE");
    expect(await match()).to.deep.equal(["SV002", theirs(9).uploadId, undefined]);
  });

  it("yields to a later rival that is confirmed already", async () => {
    await tables.putUpload(aClaimedRow(theirs(11), { confirmed: { BOOL: true } }));
    expect((await errorOf(index([aMatch(theirs(11))]))).name).to.equal("DUPLICATE_FACE");
  });

  it("yields to a rival that confirms between the look and the write", async () => {
    await tables.putUpload(aClaimedRow(theirs(11)));
    let reads = 0;
    const dynamodb = new Proxy(tables.dynamodb, {
      get: (target, name) => {
        if (name === "getItem") {
          return async (input: never) => {
            const answer = await target.getItem(input);
            reads += 1;
            if (reads === 3) await tables.putUpload(aClaimedRow(theirs(11), { confirmed: { BOOL: true } }));
            return answer;
          };
        }
        const value = target[name as keyof typeof target] as unknown;
        return typeof value === "function" ? (value as () => unknown).bind(target) : value;
      },
    });
    const rekognition = recorded<IndexFaceClients["rekognition"]>({
      indexFaces: () => ({ FaceRecords: [indexed("my-face")] }),
      searchFaces: () => ({ FaceMatches: [aMatch(theirs(11))] }),
    });
    const handle = indexFace(settings, { dynamodb, rekognition, ...unused, now: () => now, sleep: noSleep });
    expect((await errorOf(handle({ photo: mine, format: aPlainFormat, face }))).name).to.equal("DUPLICATE_FACE");
  });

  it("yields when a rival that it never saw has made it yield", async () => {
    await tables.putUpload(aClaimedRow(mine, { yielded_to: { S: uploadIdAt(3) } }));
    expect((await errorOf(index([]))).name).to.equal("DUPLICATE_FACE");
  });

  it("stays, once confirmed, when it is run again: the earlier rival that it sees has lost and is on its way out", async () => {
    await tables.putUpload(aClaimedRow(mine, { confirmed: { BOOL: true }, face_id: { S: "my-face" } }));
    await tables.putUpload(aClaimedRow(theirs(5)));
    expect(await index([aMatch(theirs(5))])).to.deep.equal({ faceId: "my-face" });
    expect(await row(theirs(5).uploadId)).to.not.have.property("yielded_to");
  });

  it("is not turned away by the leftover of an upload that ended", async () => {
    await tables.putUpload(aClaimedRow(theirs(5), { status: { S: "failed" } }));
    expect(await index([aMatch(theirs(5))])).to.deep.equal({ faceId: "my-face" });
  });

  it("ends with exactly one of two rivals, whoever sees whom", async () => {
    for (const [iSeeThem, theySeeMe] of [
      [true, true],
      [true, false],
      [false, true],
    ] as const) {
      await tables.clear();
      const rival = theirs(11);
      await tables.putUpload(aClaimedRow(mine));
      await tables.putUpload(aClaimedRow(rival));
      const run = (photo: Photo, matches: unknown[]) => {
        const rekognition = recorded<IndexFaceClients["rekognition"]>({
          indexFaces: () => ({ FaceRecords: [indexed(`face-of-${photo.uploadId}`)] }),
          searchFaces: () => ({ FaceMatches: matches }),
        });
        const handle = indexFace(settings, {
          dynamodb: tables.dynamodb,
          rekognition,
          ...unused,
          now: () => now,
          sleep: noSleep,
        });
        return handle({ photo, format: aPlainFormat, face }).then(() => "stays", nameOf);
      };
      const outcomes = await Promise.all([
        run(mine, iSeeThem ? [aMatch(rival)] : []),
        run(rival, theySeeMe ? [aMatch(mine)] : []),
      ]);
      expect(
        outcomes.filter((outcome) => outcome === "stays"),
        JSON.stringify(outcomes),
      ).to.have.length(1);
    }
  });

  const unindexed: readonly (readonly [string[], string])[] = [
    [["EXTREME_POSE"], "FACE_TURNED_AWAY"],
    [["LOW_SHARPNESS", "LOW_BRIGHTNESS"], "FACE_TOO_DARK"],
    [["SMALL_BOUNDING_BOX"], "FACE_TOO_SMALL"],
    [["LOW_CONFIDENCE"], "NO_FACE"],
    [["SOMETHING_NEW"], "NO_FACE"],
  ];
  for (const [given, expected] of unindexed) {
    it(`says ${expected} where Rekognition says ${given.join(" and ")}`, async () => {
      expect((await errorOf(index([], { unindexed: given }))).name).to.equal(expected);
    });
  }
});
