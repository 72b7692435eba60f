import { expect } from "chai";

import type { Rekognition } from "@aws-sdk/client-rekognition";

import { scriptedEngine, scriptFaces, type ScriptedFace } from "../../../local/faces/scripted-engine";
import { noFace, tiny } from "../../photos";
import {
  allow,
  bucket,
  collection,
  collectionArn,
  failure,
  role,
  startRekognition,
  type TestRekognition,
} from "./harness";

/** The protocol, limits and permissions; who is on a photo is told by the photo. */
describe("local Rekognition", () => {
  let cloud: TestRekognition;
  let rekognition: Rekognition;
  let picture: Buffer;

  const photoOf = (...faces: ScriptedFace[]): { Bytes: Buffer } => ({ Bytes: scriptFaces(picture, faces) });
  const index = async (person: string, externalImageId = person) =>
    rekognition.indexFaces({
      CollectionId: collection,
      Image: photoOf({ person }),
      ExternalImageId: externalImageId,
      MaxFaces: 1,
    });
  const box = (left: number, width: number) => ({ left, top: 0.2, width, height: 0.3 });

  before(async () => {
    picture = await noFace({ width: 320 });
  });

  beforeEach(async () => {
    cloud = await startRekognition({
      engine: scriptedEngine(),
      roles: [
        role(
          "detector",
          allow("rekognition:DetectFaces", "*"),
          allow("s3:GetObject", `arn:aws:s3:::${bucket}/uploads/*`),
        ),
        role("indexer", allow(["rekognition:IndexFaces", "rekognition:SearchFaces"], collectionArn)),
        role("nobody"),
      ],
    });
    rekognition = cloud.client();
  });

  afterEach(() => cloud.stop());

  describe("DetectFaces", () => {
    it("gives box, confidence, five landmarks, pose and quality, the largest face first", async () => {
      const { FaceDetails: faces = [] } = await rekognition.detectFaces({
        Image: photoOf(
          { person: "An", box: box(0.1, 0.2) },
          { person: "Binh", box: box(0.5, 0.4), pose: { roll: 3, yaw: -12, pitch: 7 } },
        ),
      });
      expect(faces).to.have.length(2);
      expect(faces[0]?.BoundingBox).to.deep.equal({ Left: 0.5, Top: 0.2, Width: 0.4, Height: 0.3 });
      expect(faces[0]?.Pose).to.deep.equal({ Roll: 3, Yaw: -12, Pitch: 7 });
      expect(faces[0]?.Quality).to.deep.equal({ Brightness: 70, Sharpness: 95 });
      expect(faces[0]?.Confidence).to.be.within(99, 100);
      expect(faces[0]?.Landmarks?.map(({ Type }) => Type)).to.deep.equal([
        "eyeLeft",
        "eyeRight",
        "mouthLeft",
        "mouthRight",
        "nose",
      ]);
      expect(faces[0]).to.not.have.any.keys("Sunglasses", "FaceOccluded", "AgeRange");
    });

    it("adds sunglasses when asked for them or for all, and never what it does not measure", async () => {
      const image = photoOf({ person: "An", sunglasses: { value: true, confidence: 97 } });
      for (const attributes of [["SUNGLASSES"], ["ALL"], ["DEFAULT", "SUNGLASSES", "FACE_OCCLUDED"]] as const) {
        const { FaceDetails: faces = [] } = await rekognition.detectFaces({
          Image: image,
          Attributes: [...attributes],
        });
        expect(faces[0]?.Sunglasses).to.deep.equal({ Value: true, Confidence: 97 });
        expect(faces[0]).to.not.have.any.keys("FaceOccluded", "EyesOpen", "AgeRange", "Emotions");
      }
    });

    it("finds nobody in a photo without faces", async () => {
      expect((await rekognition.detectFaces({ Image: { Bytes: picture } })).FaceDetails).to.deep.equal([]);
    });
  });

  describe("images", () => {
    it("reads an object of S3 and the version that is named", async () => {
      const key = "uploads/an/1.jpg";
      const first = await cloud.s3.putObject(bucket, key, scriptFaces(picture, [{ person: "An" }]));
      await cloud.s3.putObject(bucket, key, picture);
      const detect = async (Version?: string) => {
        const S3Object = { Bucket: bucket, Name: key, ...(Version === undefined ? {} : { Version }) };
        return (await rekognition.detectFaces({ Image: { S3Object } })).FaceDetails?.length;
      };
      expect(await detect()).to.equal(0);
      expect(await detect(first.versionId)).to.equal(1);
    });

    it("refuses an object that is missing or may not be read, as AWS does", async () => {
      await cloud.s3.putObject(bucket, "private/an.jpg", picture);
      const detector = cloud.client("detector");
      const of = (Name: string, Bucket = bucket) => detector.detectFaces({ Image: { S3Object: { Bucket, Name } } });
      for (const answer of [of("uploads/missing.jpg"), of("private/an.jpg"), of("uploads/an.jpg", "no-such-bucket")]) {
        const { name, status, message } = await failure(answer);
        expect({ name, status }).to.deep.equal({ name: "InvalidS3ObjectException", status: 400 });
        expect(message).to.match(
          /^Unable to get object metadata from S3\. Check object key, region and\/or access permissions\./,
        );
      }
      expect((await failure(of("private/an.jpg"))).message).to.contain("s3:GetObject");
    });

    it("refuses what is no JPEG or PNG by its bytes", async () => {
      const gif = Buffer.from("GIF89a, and then some bytes that are no image");
      const { name } = await failure(rekognition.detectFaces({ Image: { Bytes: gif } }));
      expect(name).to.equal("InvalidImageFormatException");
    });

    it("refuses a side under 80 pixels", async () => {
      const { name, message } = await failure(rekognition.detectFaces({ Image: { Bytes: await tiny() } }));
      expect(name).to.equal("InvalidParameterException");
      expect(message).to.contain("64×80");
    });

    it("takes 5 MB of bytes and 15 MB in S3, and not a byte more", async () => {
      const mebibyte = 1024 * 1024;
      const large = Buffer.concat([picture, Buffer.alloc(15 * mebibyte)]);
      const inline = (bytes: number) => rekognition.detectFaces({ Image: { Bytes: large.subarray(0, bytes) } });
      const stored = async (bytes: number) => {
        await cloud.s3.putObject(bucket, "uploads/large.jpg", large.subarray(0, bytes));
        return rekognition.detectFaces({ Image: { S3Object: { Bucket: bucket, Name: "uploads/large.jpg" } } });
      };
      expect((await inline(5 * mebibyte)).FaceDetails).to.deep.equal([]);
      expect((await failure(inline(5 * mebibyte + 1))).name).to.equal("ValidationException");
      expect((await stored(15 * mebibyte)).FaceDetails).to.deep.equal([]);
      expect((await failure(stored(15 * mebibyte + 1))).name).to.equal("ImageTooLargeException");
    });

    it("wants either bytes or an object", async () => {
      for (const Image of [{}, { Bytes: picture, S3Object: { Bucket: bucket, Name: "uploads/an.jpg" } }]) {
        expect((await failure(rekognition.detectFaces({ Image }))).name).to.equal("InvalidParameterException");
      }
    });
  });

  describe("IndexFaces", () => {
    it("keeps a face under its external image id", async () => {
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
      const answers = await Promise.all([index("An", "an:1"), index("An", "an:1"), index("An", "an:1")]);
      const ids = new Set(answers.map(({ FaceRecords: records }) => records?.[0]?.Face?.FaceId));
      expect(ids.size).to.equal(1);
      await index("An", "an:2");
      expect((await rekognition.describeCollection({ CollectionId: collection })).FaceCount).to.equal(2);
    });

    it("gives a face that was deleted a new id when it comes again", async () => {
      const first = (await index("An")).FaceRecords?.[0]?.Face?.FaceId;
      await rekognition.deleteFaces({ CollectionId: collection, FaceIds: [first ?? ""] });
      expect((await index("An")).FaceRecords?.[0]?.Face?.FaceId)
        .to.be.a("string")
        .and.not.equal(first);
    });

    it("takes the largest faces and says which it left out and why", async () => {
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

    it("leaves out no face for its quality when the filter is off", async () => {
      const { FaceRecords: records } = await rekognition.indexFaces({
        CollectionId: collection,
        Image: photoOf({ person: "An", confidence: 60, pose: { roll: 0, yaw: 85, pitch: 0 } }),
        QualityFilter: "NONE",
      });
      expect(records).to.have.length(1);
    });

    it("refuses external ids with characters outside the rule", async () => {
      for (const id of ["An Nguyễn", "a/b", "", "x".repeat(256)]) {
        expect((await failure(index("An", id))).name).to.equal("ValidationException");
      }
      expect((await index("An", "an.b_c-d:1")).FaceRecords).to.have.length(1);
    });
  });

  describe("searches", () => {
    it("finds the same person by image, the most alike first, and nobody else", async () => {
      await Promise.all(["An", "Binh", "Chi"].map((person) => index(person)));
      await index("An", "an:2");
      const answer = await rekognition.searchFacesByImage({
        CollectionId: collection,
        Image: photoOf({ person: "An", box: box(0.1, 0.3) }),
        FaceMatchThreshold: 95,
      });
      const owners = answer.FaceMatches?.map(({ Face: face }) => face?.ExternalImageId);
      expect(owners).to.have.members(["An", "an:2"]);
      expect(answer.FaceMatches?.every(({ Similarity: similarity = 0 }) => similarity >= 99)).to.equal(true);
      expect(answer.SearchedFaceBoundingBox?.Width).to.equal(0.3);
      expect(answer.SearchedFaceConfidence).to.be.within(99, 100);
    });

    it("searches for the largest face of several", async () => {
      await Promise.all(["An", "Binh"].map((person) => index(person)));
      const { FaceMatches: matches } = await rekognition.searchFacesByImage({
        CollectionId: collection,
        Image: photoOf({ person: "An", box: box(0, 0.2) }, { person: "Binh", box: box(0.3, 0.5) }),
      });
      expect(matches?.map(({ Face: face }) => face?.ExternalImageId)).to.deep.equal(["Binh"]);
    });

    it("refuses an image without a face", async () => {
      const answer = rekognition.searchFacesByImage({ CollectionId: collection, Image: { Bytes: picture } });
      expect(await failure(answer)).to.deep.equal({
        name: "InvalidParameterException",
        status: 400,
        message: "There are no faces in the image. Should be at least 1.",
      });
    });

    it("finds the others of a face by its id, never the face itself", async () => {
      const own = (await index("An", "an:1")).FaceRecords?.[0]?.Face?.FaceId ?? "";
      await index("An", "an:2");
      await index("Binh");
      const search = (settings: object) =>
        rekognition.searchFaces({ CollectionId: collection, FaceId: own, ...settings });
      const { FaceMatches: matches, SearchedFaceId: searched } = await search({});
      expect(searched).to.equal(own);
      expect(matches?.map(({ Face: face }) => face?.ExternalImageId)).to.deep.equal(["an:2"]);
      const all = await search({ FaceMatchThreshold: 0 });
      expect(all.FaceMatches?.map(({ Face: face }) => face?.ExternalImageId)).to.deep.equal(["an:2", "Binh"]);
      expect((await search({ FaceMatchThreshold: 0, MaxFaces: 1 })).FaceMatches).to.have.length(1);
    });

    it("refuses a face id that is not in the collection", async () => {
      const unknown = "11111111-2222-3333-4444-555555555555";
      const { name, message } = await failure(rekognition.searchFaces({ CollectionId: collection, FaceId: unknown }));
      expect({ name, message }).to.deep.equal({
        name: "InvalidParameterException",
        message: "faceId was not found in the collection.",
      });
    });

    it("refuses limits outside their ranges", async () => {
      const FaceId = "11111111-2222-3333-4444-555555555555";
      for (const wrong of [
        { FaceMatchThreshold: 101 },
        { FaceMatchThreshold: -1 },
        { MaxFaces: 0 },
        { MaxFaces: 4097 },
      ]) {
        const answer = rekognition.searchFaces({ CollectionId: collection, FaceId, ...wrong });
        expect((await failure(answer)).name, JSON.stringify(wrong)).to.equal("ValidationException");
      }
    });
  });

  it("hides faces from searches that are younger than the lag it is given", async () => {
    const slow = await startRekognition({
      engine: scriptedEngine(),
      searchLag: (operation) => (operation === "SearchFaces" ? 60_000 : 0),
    });
    try {
      const client = slow.client();
      const add = async (id: string) => {
        const Image = photoOf({ person: "An" });
        return (await client.indexFaces({ CollectionId: collection, Image, ExternalImageId: id })).FaceRecords?.[0]
          ?.Face;
      };
      const own = await add("an:1");
      await add("an:2");
      const byId = await client.searchFaces({ CollectionId: collection, FaceId: own?.FaceId });
      const byImage = await client.searchFacesByImage({ CollectionId: collection, Image: photoOf({ person: "An" }) });
      expect(byId.FaceMatches).to.deep.equal([]);
      expect(byImage.FaceMatches).to.have.length(2);
    } finally {
      await slow.stop();
    }
  });

  describe("ListFaces and DeleteFaces", () => {
    it("lists page by page without repeating or missing a face, while faces go and come", async () => {
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
      await index("An");
      await index("Binh");
      const list = (MaxResults: number) => rekognition.listFaces({ CollectionId: collection, MaxResults });
      expect((await list(2)).NextToken).to.equal(undefined);
      expect((await list(1)).NextToken).to.be.a("string");
      const token = rekognition.listFaces({ CollectionId: collection, NextToken: "nonsense" });
      expect((await failure(token)).name).to.equal("InvalidPaginationTokenException");
      expect((await failure(list(4097))).name).to.equal("ValidationException");
    });

    it("deletes what is there and names what is not", async () => {
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
      for (const FaceIds of [[], ["not-a-face-id"]]) {
        const answer = rekognition.deleteFaces({ CollectionId: collection, FaceIds });
        expect((await failure(answer)).name).to.equal("ValidationException");
      }
    });
  });

  describe("collections", () => {
    it("has the declared ones, makes and removes others", async () => {
      const made = await rekognition.createCollection({ CollectionId: "alumni" });
      expect(made.CollectionArn).to.equal(collectionArn.replace(collection, "alumni"));
      expect((await rekognition.listCollections({})).CollectionIds).to.deep.equal(["alumni", collection]);
      const again = rekognition.createCollection({ CollectionId: "alumni" });
      expect((await failure(again)).name).to.equal("ResourceAlreadyExistsException");
      await rekognition.deleteCollection({ CollectionId: "alumni" });
      const gone = rekognition.describeCollection({ CollectionId: "alumni" });
      expect((await failure(gone)).name).to.equal("ResourceNotFoundException");
    });

    it("describes a collection", async () => {
      await index("An");
      const described = await rekognition.describeCollection({ CollectionId: collection });
      expect(described.FaceCount).to.equal(1);
      expect(described.CollectionARN).to.equal(collectionArn);
      expect(described.CreationTimestamp).to.be.an.instanceOf(Date);
    });

    it("lists page by page", async () => {
      await rekognition.createCollection({ CollectionId: "alumni" });
      const first = await rekognition.listCollections({ MaxResults: 1 });
      const second = await rekognition.listCollections({ MaxResults: 1, NextToken: first.NextToken });
      expect([first.CollectionIds, second.CollectionIds]).to.deep.equal([["alumni"], [collection]]);
      expect(second.NextToken).to.equal(undefined);
    });

    it("answers every operation on an unknown one with its name", async () => {
      const CollectionId = "nowhere";
      const Image = photoOf({ person: "An" });
      const FaceId = "11111111-2222-3333-4444-555555555555";
      const answers = [
        rekognition.indexFaces({ CollectionId, Image }),
        rekognition.searchFacesByImage({ CollectionId, Image }),
        rekognition.searchFaces({ CollectionId, FaceId }),
        rekognition.listFaces({ CollectionId }),
        rekognition.deleteFaces({ CollectionId, FaceIds: [FaceId] }),
        rekognition.describeCollection({ CollectionId }),
        rekognition.deleteCollection({ CollectionId }),
      ];
      for (const answer of answers) {
        expect(await failure(answer)).to.deep.equal({
          name: "ResourceNotFoundException",
          status: 400,
          message: "The collection id: nowhere does not exist",
        });
      }
    });
  });

  describe("permissions", () => {
    it("lets a role do what its policy allows, on the collection that it names", async () => {
      const indexer = cloud.client("indexer");
      const image = photoOf({ person: "An" });
      const { FaceRecords: records } = await indexer.indexFaces({ CollectionId: collection, Image: image });
      expect(records).to.have.length(1);
      const elsewhere = indexer.indexFaces({ CollectionId: "alumni", Image: image });
      expect((await failure(elsewhere)).name).to.equal("AccessDeniedException");
    });

    it("refuses every operation without its grant, naming caller, action and resource", async () => {
      const nobody = cloud.client("nobody");
      const Image = photoOf({ person: "An" });
      const CollectionId = collection;
      const FaceId = "11111111-2222-3333-4444-555555555555";
      const answers: Record<string, Promise<unknown>> = {
        DetectFaces: nobody.detectFaces({ Image }),
        IndexFaces: nobody.indexFaces({ CollectionId, Image }),
        SearchFacesByImage: nobody.searchFacesByImage({ CollectionId, Image }),
        SearchFaces: nobody.searchFaces({ CollectionId, FaceId }),
        ListFaces: nobody.listFaces({ CollectionId }),
        DeleteFaces: nobody.deleteFaces({ CollectionId, FaceIds: [FaceId] }),
        DescribeCollection: nobody.describeCollection({ CollectionId }),
        CreateCollection: nobody.createCollection({ CollectionId }),
        DeleteCollection: nobody.deleteCollection({ CollectionId }),
        ListCollections: nobody.listCollections({}),
      };
      for (const [operation, answer] of Object.entries(answers)) {
        const { name, status, message } = await failure(answer);
        expect({ name, status }, operation).to.deep.equal({ name: "AccessDeniedException", status: 400 });
        expect(message).to.contain(`rekognition:${operation}`);
        expect(message).to.contain("nobody");
      }
    });
  });

  it("answers what it does not serve with the operation's name", async () => {
    const { name, status, message } = await failure(rekognition.detectLabels({ Image: { Bytes: picture } }));
    expect({ name, status }).to.deep.equal({ name: "NotImplemented", status: 501 });
    expect(message).to.contain("DetectLabels");
  });
});
