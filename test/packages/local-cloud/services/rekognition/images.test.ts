import { expect } from "chai";
import { scriptFaces } from "../../../../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { tiny } from "../../../../support/portraits";
import { failureOf } from "../../../../support/errors";
import { bucket } from "./harness";
import { box, describeRekognition } from "./scripted";

describeRekognition("local Rekognition: images", (world) => {
  describe("DetectFaces", () => {
    it("gives box, confidence, five landmarks, pose and quality, the largest face first", async () => {
      const { rekognition, photoOf } = world();
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
      const { rekognition, photoOf } = world();
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
      const { rekognition, picture } = world();
      expect((await rekognition.detectFaces({ Image: { Bytes: picture } })).FaceDetails).to.deep.equal([]);
    });
  });

  it("reads an object of S3 and the version that is named", async () => {
    const { cloud, rekognition, picture } = world();
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
    const { cloud, picture } = world();
    await cloud.s3.putObject(bucket, "private/an.jpg", picture);
    const detector = cloud.client("detector");
    const of = (Name: string, Bucket = bucket) => detector.detectFaces({ Image: { S3Object: { Bucket, Name } } });
    for (const answer of [of("uploads/missing.jpg"), of("private/an.jpg"), of("uploads/an.jpg", "no-such-bucket")]) {
      const { name, status, message } = await failureOf(answer);
      expect({ name, status }).to.deep.equal({ name: "InvalidS3ObjectException", status: 400 });
      expect(message).to.match(
        /^Unable to get object metadata from S3\. Check object key, region and\/or access permissions\./,
      );
    }
    expect((await failureOf(of("private/an.jpg"))).message).to.contain("s3:GetObject");
  });

  it("refuses what is no JPEG or PNG by its bytes", async () => {
    const { rekognition } = world();
    const gif = Buffer.from("GIF89a, and then some bytes that are no image");
    const { name } = await failureOf(rekognition.detectFaces({ Image: { Bytes: gif } }));
    expect(name).to.equal("InvalidImageFormatException");
  });

  it("refuses a side under 80 pixels", async () => {
    const { rekognition } = world();
    const { name, message } = await failureOf(rekognition.detectFaces({ Image: { Bytes: await tiny() } }));
    expect(name).to.equal("InvalidParameterException");
    expect(message).to.contain("64×80");
  });

  it("takes 5 MB of bytes and 15 MB in S3, and not a byte more", async () => {
    const { cloud, rekognition, picture } = world();
    const mebibyte = 1024 * 1024;
    const large = Buffer.concat([picture, Buffer.alloc(15 * mebibyte)]);
    const inline = (bytes: number) => rekognition.detectFaces({ Image: { Bytes: large.subarray(0, bytes) } });
    const stored = async (bytes: number) => {
      await cloud.s3.putObject(bucket, "uploads/large.jpg", large.subarray(0, bytes));
      return rekognition.detectFaces({ Image: { S3Object: { Bucket: bucket, Name: "uploads/large.jpg" } } });
    };
    expect((await inline(5 * mebibyte)).FaceDetails).to.deep.equal([]);
    expect((await failureOf(inline(5 * mebibyte + 1))).name).to.equal("ValidationException");
    expect((await stored(15 * mebibyte)).FaceDetails).to.deep.equal([]);
    expect((await failureOf(stored(15 * mebibyte + 1))).name).to.equal("ImageTooLargeException");
  });

  it("wants either bytes or an object", async () => {
    const { rekognition, picture } = world();
    for (const Image of [{}, { Bytes: picture, S3Object: { Bucket: bucket, Name: "uploads/an.jpg" } }]) {
      expect((await failureOf(rekognition.detectFaces({ Image }))).name).to.equal("InvalidParameterException");
    }
  });
});
