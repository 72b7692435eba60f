import { expect } from "chai";
import { failureOf } from "../../../../support/errors";
import type { ScriptedFace } from "../../../../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { collection } from "./harness";
import { box, describeRekognition } from "./scripted";

describeRekognition("local Rekognition: faces", (world) => {
  describe("IndexFaces", () => {
    it("keeps a face under its external image id", async () => {
      const { index } = world();
      const {
        FaceRecords: records = [],
        UnindexedFaces: unindexed,
        FaceModelVersion: version,
      } = await index("An", "an:1");
      const face = records[0]?.Face;
      expect(records).to.have.length(1);
      expect(unindexed).to.deep.equal([]);
      expect(version).to.equal("7.0");
      expect(face?.FaceId).to.match(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(face?.ImageId).to.match(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(face?.ExternalImageId).to.equal("an:1");
      expect(face?.BoundingBox).to.deep.equal({ Left: 0.25, Top: 0.2, Width: 0.5, Height: 0.6 });
      expect(records[0]?.FaceDetail?.Quality?.Sharpness).to.equal(95);
    });

    it("keeps the same image with the same external id once, however often and at once it is sent", async () => {
      const { rekognition, index } = world();
      const answers = await Promise.all([index("An", "an:1"), index("An", "an:1"), index("An", "an:1")]);
      const ids = new Set(answers.map(({ FaceRecords: records }) => records?.[0]?.Face?.FaceId));
      expect(ids.size).to.equal(1);
      await index("An", "an:2");
      expect((await rekognition.describeCollection({ CollectionId: collection })).FaceCount).to.equal(2);
    });

    it("gives a face that was deleted a new id when it comes again", async () => {
      const { rekognition, index } = world();
      const first = (await index("An")).FaceRecords?.[0]?.Face?.FaceId;
      await rekognition.deleteFaces({ CollectionId: collection, FaceIds: [first ?? ""] });
      expect((await index("An")).FaceRecords?.[0]?.Face?.FaceId)
        .to.be.a("string")
        .and.not.equal(first);
    });

    it("takes the largest faces and says which it left out and why", async () => {
      const { rekognition, photoOf } = world();
      const { FaceRecords: records = [], UnindexedFaces: unindexed = [] } = await rekognition.indexFaces({
        CollectionId: collection,
        Image: photoOf(
          { person: "small", box: box(0.1, 0.2) },
          { person: "large", box: box(0.5, 0.4) },
          { person: "dark", box: box(0.3, 0.3), quality: { brightness: 4, sharpness: 3 } },
        ),
        MaxFaces: 1,
      });
      expect(records.map(({ Face: face }) => face?.BoundingBox?.Width)).to.deep.equal([0.4]);
      expect(unindexed.map(({ Reasons: reasons }) => reasons)).to.deep.equal([
        ["LOW_BRIGHTNESS", "LOW_SHARPNESS"],
        ["EXCEEDS_MAX_FACES"],
      ]);
    });

    it("keeps the faces of the best quality, not the largest, and of equal ones the largest", async () => {
      const { rekognition, photoOf } = world();
      const indexed = async (...faces: readonly ScriptedFace[]) => {
        const { FaceRecords: records } = await rekognition.indexFaces({
          CollectionId: collection,
          Image: photoOf(...faces),
          MaxFaces: 1,
        });
        return records?.map(({ Face: face }) => face?.BoundingBox?.Width);
      };
      const dull = { quality: { brightness: 50, sharpness: 50 } };
      const large = { person: "large", box: box(0.5, 0.4) };
      const small = { person: "small", box: box(0.1, 0.2) };
      expect(await indexed({ ...large, ...dull }, small)).to.deep.equal([0.2]);
      expect(await indexed(small, large)).to.deep.equal([0.4]);
    });

    it("leaves out no face for its quality when the filter is off", async () => {
      const { rekognition, photoOf } = world();
      const { FaceRecords: records } = await rekognition.indexFaces({
        CollectionId: collection,
        Image: photoOf({ person: "An", confidence: 60, pose: { roll: 0, yaw: 85, pitch: 0 } }),
        QualityFilter: "NONE",
      });
      expect(records).to.have.length(1);
    });

    it("refuses external ids with characters outside the rule", async () => {
      const { index } = world();
      for (const id of ["An Nguyễn", "a/b", "", "x".repeat(256)]) {
        expect((await failureOf(index("An", id))).name).to.equal("ValidationException");
      }
      expect((await index("An", "an.b_c-d:1")).FaceRecords).to.have.length(1);
    });
  });

  describe("ListFaces and DeleteFaces", () => {
    it("lists page by page without repeating or missing a face, while faces go and come", async () => {
      const { rekognition, index } = world();
      for (let i = 0; i < 7; i++) await index(`student-${i}`);
      const seen: string[] = [];
      let token: string | undefined;
      do {
        const page = await rekognition.listFaces({
          CollectionId: collection,
          MaxResults: 3,
          ...(token === undefined ? {} : { NextToken: token }),
        });
        const faces = page.Faces ?? [];
        seen.push(...faces.map((face) => face.ExternalImageId ?? ""));
        token = page.NextToken;
        if (seen.length === 3) {
          await rekognition.deleteFaces({ CollectionId: collection, FaceIds: [faces[2]?.FaceId ?? ""] });
          await index("student-7");
        }
      } while (token !== undefined);
      expect(seen).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7].map((i) => `student-${i}`));
    });

    it("gives no token after the last page, full or not", async () => {
      const { rekognition, index } = world();
      await index("An");
      await index("Binh");
      const list = (MaxResults: number) => rekognition.listFaces({ CollectionId: collection, MaxResults });
      expect((await list(2)).NextToken).to.equal(undefined);
      expect((await list(1)).NextToken).to.be.a("string");
      const token = rekognition.listFaces({ CollectionId: collection, NextToken: "nonsense" });
      expect((await failureOf(token)).name).to.equal("InvalidPaginationTokenException");
      expect((await failureOf(list(4097))).name).to.equal("ValidationException");
    });

    it("deletes what is there and names what is not", async () => {
      const { rekognition, index } = world();
      const own = (await index("An")).FaceRecords?.[0]?.Face?.FaceId ?? "";
      await index("Binh");
      const unknown = "11111111-2222-3333-4444-555555555555";
      const answer = await rekognition.deleteFaces({ CollectionId: collection, FaceIds: [own, unknown] });
      expect(answer.DeletedFaces).to.deep.equal([own]);
      expect(answer.UnsuccessfulFaceDeletions).to.deep.equal([{ FaceId: unknown, Reasons: ["FACE_NOT_FOUND"] }]);
      const { Faces: left } = await rekognition.listFaces({ CollectionId: collection });
      expect(left?.map((face) => face.ExternalImageId)).to.deep.equal(["Binh"]);
    });

    it("refuses no ids and ids that are none", async () => {
      const { rekognition } = world();
      for (const FaceIds of [[], ["not-a-face-id"]]) {
        const answer = rekognition.deleteFaces({ CollectionId: collection, FaceIds });
        expect((await failureOf(answer)).name).to.equal("ValidationException");
      }
    });
  });
});
