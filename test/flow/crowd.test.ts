import { expect } from "chai";
import { createFaultInjector } from "../../local/cloud/faults";
import { scriptedEngine, scriptFaces } from "../../local/faces/scripted-engine";
import { brokenPromises, takeSnapshot, type PutPhoto } from "../chaos/invariants";
import { portrait } from "../photos";
import { startPipeline, type Pipeline } from "./harness";

/** How many uploads come at once; `CROWD=100` for a quick look. */
const crowd = Number(process.env["CROWD"] ?? 1000);
/**
 * Rekognition calls a second that are not refused. A crowd of 1,000 makes about 3,700, in bursts, as fast as the machine
 * is; for one too slow to come to so many a second, some are refused in any case.
 */
const callsPerSecond = 50;
const refusedAnyway = 0.2;
const mostMegabytes = 1024;

interface Planned {
  readonly student: string;
  readonly persons: readonly string[];
  readonly expected: string;
}

/** Of a hundred: 86 students of their own face, 4 pairs who share one, and 6 photos that are none of one person. */
function planOf(index: number): Planned {
  const [group, place] = [Math.floor(index / 100), index % 100];
  const student = `SV${String(index).padStart(4, "0")}`;
  if (place < 8) return { student, persons: [`twin ${group}.${place >> 1}`], expected: "one of two" };
  if (place < 10) return { student, persons: [], expected: "NO_FACE" };
  if (place < 12) return { student, persons: [`left ${index}`, `right ${index}`], expected: "MULTIPLE_FACES" };
  if (place < 14) return { student, persons: [`nobody ${index}`], expected: "FILE_CORRUPT" };
  return { student, persons: [`person ${index}`], expected: "accepted" };
}

describe("A crowd that uploads at once, with Rekognition throttled", function () {
  this.timeout(600_000);
  const faults = createFaultInjector();
  const plans = Array.from({ length: crowd }, (_, index) => planOf(index));
  let pipeline: Pipeline;
  let most = { service: 0, functions: 0 };
  let watch: NodeJS.Timeout;

  before(async () => {
    pipeline = await startPipeline({ engine: scriptedEngine(), faults, retryScale: 0.02 });
    watch = setInterval(() => {
      const functions = pipeline.cloud.functions.processes().reduce((sum, { memoryMB }) => sum + memoryMB, 0);
      const service = process.memoryUsage.rss() / 1024 / 1024;
      most = { service: Math.max(most.service, service), functions: Math.max(most.functions, functions) };
    }, 250);
  });
  after(async () => {
    clearInterval(watch);
    await pipeline.close();
  });

  it(`has each of ${crowd} photos end as it should, none lost and none told twice`, async () => {
    const photo = await portrait("A", { width: 200 });
    const cut = photo.subarray(0, photo.length >> 1);
    const throttle = { service: "rekognition", fault: { kind: "throttle" } };
    const rules = [
      { ...throttle, name: "rate", perSecond: callsPerSecond },
      { ...throttle, name: "anyway", probability: refusedAnyway },
    ];
    faults.use({ seed: 1, rules });
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1000;
    const photos = await Promise.all(
      plans.map(async ({ student, persons, expected }): Promise<PutPhoto> => {
        const isCut = expected === "FILE_CORRUPT";
        const key = `uploads/${student}/${isCut ? "broken" : "photo"}.jpg`;
        const faces = persons.map((person) => ({ person }));
        const versionId = await pipeline.upload(key, isCut ? cut : scriptFaces(photo, faces));
        return { key, versionId, student, persons };
      }),
    );
    const uploaded = seconds();
    await pipeline.cloud.idle();
    const ended = seconds();
    const refused = faults.log.length;
    const beyond = faults.log.filter(({ rule }) => rule === "rate").length;
    faults.clear();

    const { names } = pipeline;
    const snapshot = await takeSnapshot({ ...pipeline, ...names, collectionId: names.faceCollectionId });
    expect(brokenPromises(snapshot, photos, await pipeline.notices(), false)).to.deep.equal([]);
    expect(snapshot.uploads).to.have.length(crowd);
    expect(snapshot.originals).to.deep.equal([]);

    const endings = new Map(snapshot.uploads.map((row) => [row.studentId, row.reason ?? row.status]));
    const wrong = plans.filter(
      ({ student, expected }) => expected !== "one of two" && endings.get(student) !== expected,
    );
    expect(wrong.map((plan) => ({ ...plan, ending: endings.get(plan.student) }))).to.deep.equal([]);
    for (const { student, persons, expected } of plans) {
      if (expected !== "one of two") continue;
      const both = plans.filter((plan) => plan.persons[0] === persons[0]).map((plan) => endings.get(plan.student));
      expect(both.sort(), student).to.deep.equal(["DUPLICATE_FACE", "accepted"]);
    }
    expect(refused).to.be.greaterThan(0);

    const counts: Record<string, number> = {};
    for (const ending of endings.values()) counts[ending] = (counts[ending] ?? 0) + 1;
    console.log(
      `      ${crowd} uploads stored in ${uploaded.toFixed(1)} s, ended in ${ended.toFixed(1)} s; ` +
        `${refused} Rekognition calls throttled, ${beyond} of them beyond ${callsPerSecond} a second; ` +
        `${Object.entries(counts)
          .map(([ending, count]) => `${count} ${ending}`)
          .join(", ")}`,
    );
  });

  it("takes bounded memory", () => {
    console.log(
      `      at most ${most.service.toFixed(0)} MB in the service's process (with this test's own), ` +
        `${most.functions.toFixed(0)} MB in the functions'`,
    );
    expect(most.service).to.be.within(1, mostMegabytes);
  });
});
