import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect } from "chai";
import sharp from "sharp";

import type {
  DetectedFace,
  FaceEngine,
} from "../../../../../../packages/local-cloud/services/rekognition/faces/engine";
import {
  missingNetworks,
  networkEngine,
} from "../../../../../../packages/local-cloud/services/rekognition/faces/network-engine";
import { similarityOf } from "../../../../../../packages/local-cloud/services/rekognition/faces/similarity";
import * as photos from "../../../../../support/portraits";
import { asError, nameOf } from "../../../../../support/errors";

/** The real networks on real faces: each test costs a detection or a few, a quarter of a second each on a quiet core. */
describe("face engine with networks", function () {
  this.timeout(120_000);
  let engine: FaceEngine;
  before(async () => {
    engine = networkEngine();
    await engine.ready();
  });
  after(() => engine.close());

  const only = async (photo: Buffer): Promise<DetectedFace> => {
    const faces = await engine.detect(photo);
    expect(faces).to.have.length(1);
    return faces[0]!;
  };
  const similarity = async (one: DetectedFace, other: DetectedFace): Promise<number> => {
    const [a, b] = await Promise.all([one.embedding(), other.embedding()]);
    return similarityOf(Math.hypot(...a.map((value, i) => value - b[i]!)));
  };

  describe("on the test portraits", () => {
    const faces = new Map<photos.Person, DetectedFace>();
    before(async () => {
      for (const person of photos.people) faces.set(person, await only(await photos.portrait(person)));
    });

    it("finds one clear, near frontal, sharp face over 200 pixels in each", async () => {
      for (const [person, { box, confidence, pose, quality, sunglasses }] of faces) {
        const { width, height } = await sharp(await photos.portrait(person)).metadata();
        expect(Math.min(box.width * width, box.height * height), person).to.be.greaterThan(200);
        expect(confidence, person).to.be.within(99, 100);
        expect(quality.sharpness, person).to.be.greaterThan(60);
        expect(quality.brightness, person).to.be.within(30, 80);
        expect(Math.abs(pose.roll), person).to.be.lessThan(20);
        expect(Math.abs(pose.yaw), person).to.be.lessThan(35);
        expect(Math.abs(pose.pitch), person).to.be.lessThan(25);
        expect(sunglasses.value, person).to.equal(false);
      }
    });

    it("takes no two people for one", async () => {
      for (const [person, face] of faces) {
        for (const [other, otherFace] of faces) {
          if (person < other) expect(await similarity(face, otherFace), person + other).to.be.lessThan(90);
        }
      }
    });

    it("knows each again mirrored, cropped tighter, smaller and compressed harder", async () => {
      for (const [person, face] of faces) {
        const variant = { mirrored: true, recrop: true, width: 500, quality: 60 };
        const again = await only(await photos.portrait(person, variant));
        expect(await similarity(face, again), person).to.be.greaterThan(95);
      }
    });

    it("sees a JPEG or PNG as its EXIF orientation turns it", async () => {
      const upright = faces.get("C")!;
      for (const [rotatedExif, format] of [
        [3, "jpeg"],
        [5, "jpeg"],
        [6, "jpeg"],
        [6, "png"],
      ] as const) {
        const { box } = await only(await photos.portrait("C", { rotatedExif, format }));
        for (const side of ["left", "top", "width", "height"] as const) {
          expect(box[side]).to.be.closeTo(upright.box[side], 0.03);
        }
      }
    });

    it("finds a face that lies on its side or upside down, and tells its roll", async () => {
      const upright = faces.get("H")!;
      for (const sideways of [90, 180, 270] as const) {
        const face = await only(await photos.portrait("H", { sideways }));
        const turned = ((face.pose.roll - upright.pose.roll + 720) % 360) - sideways;
        expect(Math.abs(turned), `${sideways}°`).to.be.lessThan(10);
        expect(await similarity(upright, face), `${sideways}°`).to.be.greaterThan(95);
        const eye = face.landmarks.find(({ type }) => type === "eyeLeft")!;
        const { x, y } = upright.landmarks.find(({ type }) => type === "eyeLeft")!;
        const expected = sideways === 90 ? [1 - y, x] : sideways === 180 ? [1 - x, 1 - y] : [y, 1 - x];
        expect(Math.hypot(eye.x - expected[0]!, eye.y - expected[1]!), `${sideways}°`).to.be.lessThan(0.04);
      }
    });

    it("finds a face that fills the picture to its edges", async () => {
      const { box } = faces.get("A")!;
      const { data, info } = await sharp(await photos.portrait("A")).toBuffer({ resolveWithObject: true });
      const tight = await sharp(data)
        .extract({
          left: Math.round(box.left * info.width),
          top: Math.round(box.top * info.height),
          width: Math.round(box.width * info.width),
          height: Math.round(box.height * info.height),
        })
        .jpeg()
        .toBuffer();
      expect(await similarity(faces.get("A")!, await only(tight))).to.be.greaterThan(95);
    });

    it("sees dark glasses", async () => {
      for (const person of ["A", "C"] as const) {
        const { sunglasses } = await only(await photos.sunglasses(person));
        expect(sunglasses.value, person).to.equal(true);
        expect(sunglasses.confidence, person).to.be.within(90, 100);
      }
    });

    it("finds a face in the dark and one out of focus, and says that they are", async () => {
      expect((await only(await photos.portrait("D", { light: 0.15 }))).quality.brightness).to.be.lessThan(15);
      expect((await only(await photos.portrait("B", { blur: 12 }))).quality.sharpness).to.be.lessThan(10);
    });

    it("does the same for a photo of twelve million pixels", async () => {
      const face = await only(await photos.portraitLarge("E", 12));
      expect(await similarity(faces.get("E")!, face)).to.be.greaterThan(99);
    });
  });

  it("finds all faces of a group, the largest first", async () => {
    const faces = await engine.detect(await photos.group());
    const areas = faces.map(({ box }) => box.width * box.height);
    expect(areas).to.have.length(5);
    expect(areas).to.deep.equal([...areas].sort((one, other) => other - one));
    expect(await engine.detect(await photos.couple("A", "D"))).to.have.length(2);
  });

  it("finds nobody where nobody is", async () => {
    expect(await engine.detect(await photos.noFace({ format: "png" }))).to.deep.equal([]);
  });

  it("gives Rekognition's thirty landmarks, each once and where it belongs", async () => {
    const { landmarks } = await only(await photos.portrait("H"));
    const at = Object.fromEntries(landmarks.map(({ type, x, y }) => [type, { x, y }]));
    expect(Object.keys(at)).to.have.length(30);
    const inOrder = (axis: "x" | "y", ...types: string[]) =>
      types.reduce((before, type) => {
        expect(at[type]![axis], `${type} after ${before}`).to.be.greaterThan(at[before]![axis]);
        return type;
      });
    inOrder(
      "x",
      "upperJawlineLeft",
      "leftEyeLeft",
      "leftPupil",
      "leftEyeRight",
      "nose",
      "rightEyeLeft",
      "eyeRight",
      "rightEyeRight",
      "upperJawlineRight",
    );
    inOrder("y", "leftEyeBrowUp", "leftEyeUp", "leftEyeDown", "nose", "mouthUp", "mouthDown", "chinBottom");
    inOrder("x", "mouthLeft", "mouthUp", "mouthRight");
  });

  it("refuses what it cannot decode by name, and goes on", async () => {
    const failure = (photo: Buffer) => engine.detect(photo).catch(nameOf);
    expect(await failure(Buffer.from("GIF89a"))).to.equal("UnreadableImage");
    expect(await failure(await photos.truncated())).to.equal("UnreadableImage");
    const header = Buffer.from("ffd8ffc0000b08fa00fa0001011100ffd9", "hex");
    expect(await failure(header)).to.equal("ImageTooManyPixels");
    await only(await photos.portrait("A"));
  });

  it("does the same photo's work once, whoever asks", async () => {
    const photo = await photos.portrait("B", { quality: 71 });
    const [one, other] = await Promise.all([engine.detect(photo), engine.detect(Buffer.from(photo))]);
    expect(one).to.equal(other);
    expect(await one[0]!.embedding()).to.equal(await other[0]!.embedding());
  });

  it("turns photos away when too many wait, answers the others, and rejects what is left when it is closed", async () => {
    const small = networkEngine({ waiting: 2 });
    const answers = await Promise.all(
      [1, 2, 3].map(async (quality) => {
        const photo = await photos.portrait("A", { width: 100, quality });
        return { photo, quality };
      }),
    );
    const outcomes = answers.map(({ photo }) => small.detect(photo).then((faces) => faces.length, nameOf));
    expect(await outcomes[2]).to.equal("EngineBusy");
    await small.close();
    expect(await Promise.all(outcomes.slice(0, 2))).to.deep.equal(["EngineClosed", "EngineClosed"]);
    expect(await small.detect(answers[0]!.photo).catch(nameOf)).to.equal("EngineClosed");
  });

  it("ends the thread of idle networks, and starts it again for the next photo", async () => {
    const resting = networkEngine({ idleMilliseconds: 1 });
    const untilRested = async (): Promise<void> => {
      while (resting.isRunning()) await new Promise((done) => setTimeout(done, 10));
    };
    try {
      for (const quality of [70, 80]) {
        const photo = await photos.portrait("A", { width: 300, quality });
        const [face] = await resting.detect(photo);
        await untilRested();
        expect(await face?.embedding()).to.have.length(128);
        await untilRested();
      }
      await resting.ready();
      expect(resting.isRunning()).to.equal(true);
    } finally {
      await resting.close();
    }
  });

  it("names the packages to install when they are missing, at the first call and not before", async () => {
    const bare = networkEngine({ missing: () => missingNetworks((name) => name !== "@vladmandic/face-api") });
    const told = await bare.detect(Buffer.alloc(1)).catch(asError);
    expect(told).to.include({
      code: "FACES_NOT_INSTALLED",
      message:
        "The local Rekognition has no face networks: @vladmandic/face-api cannot be found. Install " +
        "@vladmandic/face-api, @tensorflow/tfjs, @tensorflow/tfjs-backend-wasm (@tensorflow/tfjs may be an alias of " +
        "@tensorflow/tfjs-core), or give another face engine.",
    });
    expect(await bare.ready().catch((error: unknown) => error)).to.equal(told);
    await bare.close();
    expect(missingNetworks()).to.equal(undefined);
  });

  it("prints nothing, opens no connection, and lets the process end when it is idle", async () => {
    const [preload, script] = ["no-network.js", "idle-child.js"].map((name) => join(__dirname, name)) as [
      string,
      string,
    ];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--require", preload, script]);
    expect(stderr).to.equal("");
    expect(stdout).to.equal("1 face\n");
  });
});
