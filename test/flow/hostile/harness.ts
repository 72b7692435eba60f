import { expect } from "chai";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReasonCode } from "../../../handlers/contract/reasons";
import type { UploadRow } from "../../../handlers/stores/uploads";
import {
  scriptedEngine,
  scriptFaces,
  somebodyNew,
} from "../../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { brokenPromises, takeSnapshot, type PutPhoto } from "../../chaos/invariants";
import { portrait } from "../../support/portraits";
import { startPipeline, type Pipeline } from "../../support/with-cloud";

/** The allowed outcomes of a photo; a list if several are right. Never `failed`: that is a fault of the pipeline. */
export type Ending = "accepted" | ReasonCode;

export interface HostileFile {
  readonly name: string;
  readonly file: Buffer;
  readonly expected: Ending | readonly Ending[];
  readonly extension?: "jpg" | "png";
  readonly contentType?: string;
  /** The position of the file's scripted face, as a share of the upright picture. */
  readonly box?: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

export const endingOf = (row: UploadRow | undefined): string =>
  row?.status === "rejected" ? (row.reason ?? "rejected") : `${row?.status}${row?.reason ? ` ${row.reason}` : ""}`;

export const rowOf = (rows: readonly UploadRow[], photo: PutPhoto) =>
  rows.find((row) => row.objectKey === photo.key && row.versionId === photo.versionId);

/** Shared by the tests of one file: a pipeline, and everything that was sent to it. */
export interface HostileWorld {
  readonly data: string;
  readonly pipeline: Pipeline;
  /** An ordinary photo. */
  readonly small: Buffer;
  /** Uploads as another person each time; an upload that nothing else depends on need not be accepted. */
  send(key: string, file: Buffer, options?: Pick<HostileFile, "box" | "contentType">): Promise<PutPhoto>;
}

/** Describes harmful uploads, and checks, once all have ended, that they did no harm. */
export function describeHostile(title: string, tests: (world: () => HostileWorld) => void): void {
  describe(title, () => {
    let world: HostileWorld;
    const photos: PutPhoto[] = [];
    before(async () => (world = await startWorld(photos)));
    after(async () => {
      await world.pipeline.close();
      rmSync(world.data, { recursive: true, force: true });
    });

    tests(() => world);

    it("leave, when all have ended, an ordinary student's way open, every promise kept, and no file behind", async () => {
      const { pipeline, send, small, data } = world;
      const photo = await send("uploads/SV001/a.jpg", small);
      await pipeline.cloud.idle();
      expect(endingOf(rowOf(await pipeline.uploads(), photo))).to.equal("accepted");
      const { names } = pipeline;
      const snapshot = await takeSnapshot({ ...pipeline, ...names, collectionId: names.faceCollectionId });
      const notices = await pipeline.notices();
      expect(brokenPromises(snapshot, photos, notices, false)).to.deep.equal([]);
      expect(readdirSync(join(data, "tmp"))).to.deep.equal([]);
    });

    it("never took more memory than a function declares", async () => {
      await world.pipeline.close();
      const most = new Map<string, { used: number; declared: number }>();
      let reports = 0;
      for (const name of readdirSync(join(world.data, "logs"))) {
        const text = readFileSync(join(world.data, "logs", name), "utf8");
        expect(text, name).not.to.match(/is above the declared|Sandbox\.Timedout|Task timed out|signal: killed/);
        for (const [, declared, used] of text.matchAll(/Memory Size: (\d+) MB\tMax Memory Used: (\d+) MB/g)) {
          reports++;
          const so = most.get(name)?.used ?? 0;
          most.set(name, { used: Math.max(so, Number(used)), declared: Number(declared) });
        }
      }
      expect(reports).to.be.greaterThan(20);
      for (const [name, { used, declared }] of most) expect(used, name).to.be.within(1, declared);
      const figures = [...most].map(
        ([name, { used, declared }]) => `${name.split("-").slice(1, -1).join("-")} ${used}/${declared}`,
      );
      console.log(`      most memory of ${reports} calls, MB: ${figures.join(", ")}`);
    });
  });
}

async function startWorld(photos: PutPhoto[]): Promise<HostileWorld> {
  const data = mkdtempSync(join(tmpdir(), "hostile-"));
  const pipeline = await startPipeline({
    engine: scriptedEngine(somebodyNew()),
    retryScale: 0.001,
    waitScale: 0.01,
    data,
  });
  return {
    data,
    pipeline,
    small: await portrait("A", { width: 240 }),
    async send(key, file, { box, contentType } = {}) {
      const person = `person ${photos.length + 1}`;
      const { VersionId: versionId = "" } = await pipeline.s3.putObject({
        Bucket: pipeline.names.photoBucket,
        Key: key,
        Body: scriptFaces(file, [{ person, ...(box ? { box } : {}) }]),
        ...(contentType === undefined ? {} : { ContentType: contentType }),
      });
      const student = /^uploads\/([^/]*)\//.exec(key)?.[1] ?? "";
      const photo = { key, versionId, student, persons: [person], isBroken: /broken/.test(key) };
      photos.push(photo);
      return photo;
    },
  };
}
