import type { IndexFacesCommandOutput, Rekognition } from "@aws-sdk/client-rekognition";

import {
  scriptedEngine,
  scriptFaces,
  type ScriptedFace,
} from "../../../../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { noFace } from "../../../../support/portraits";
import { allow, bucket, collection, collectionArn, role, startRekognition, type TestRekognition } from "./harness";

/** A Rekognition that is new for each test, and that reads from the photo's script who is on it. */
interface ScriptedWorld {
  readonly cloud: TestRekognition;
  /** The operator's client. */
  readonly rekognition: Rekognition;
  /** A photo with nobody on it. */
  readonly picture: Buffer;
  photoOf(...faces: ScriptedFace[]): { Bytes: Buffer };
  /** Keeps a photo of one person, whose name is the external image id unless another is given. */
  index(person: string, externalImageId?: string): Promise<IndexFacesCommandOutput>;
}

/** Describes the protocol, its limits and permissions, which need no face detection in pixels. */
export function describeRekognition(title: string, tests: (world: () => ScriptedWorld) => void): void {
  describe(title, () => {
    let picture: Buffer;
    let world: ScriptedWorld;
    before(async () => (picture = await noFace({ width: 320 })));
    beforeEach(async () => (world = await startWorld(picture)));
    afterEach(() => world.cloud.stop());

    tests(() => world);
  });
}

/** The face's position on its photo, as far as tests vary it. */
export const box = (left: number, width: number) => ({ left, top: 0.2, width, height: 0.3 });

async function startWorld(picture: Buffer): Promise<ScriptedWorld> {
  const cloud = await startRekognition({
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
  const rekognition = cloud.client();
  const photoOf = (...faces: ScriptedFace[]) => ({ Bytes: scriptFaces(picture, faces) });
  return {
    cloud,
    rekognition,
    picture,
    photoOf,
    index: (person, externalImageId = person) =>
      rekognition.indexFaces({
        CollectionId: collection,
        Image: photoOf({ person }),
        ExternalImageId: externalImageId,
        MaxFaces: 1,
      }),
  };
}
