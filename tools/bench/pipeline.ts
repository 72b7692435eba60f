/**
 * Measures the whole pipeline in the local mode: the time of a photo, step by step, and its throughput in photos per
 * minute, with 0, 1,000 and 100,000 faces in the collection.
 *
 *   npm run bench:pipeline -- [--photos 60] [--seconds 60] [--faces 0,1000,100000] [--no-networks] [--json]
 *
 * 1. One photo at a time, with the real face networks: the waiting time of a first-time user.
 * 2. One at a time, with Rekognition answering after half a second as on AWS: the functions' billed time
 *    (`stepMilliseconds`, for `npm run bench:cost -- --durations FILE`).
 * 3. Several at a time, with faces scripted in the photos, so that the pipeline itself is measured: so many photos for
 *    each size of the collection, or as many as the seconds allow.
 */
import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { parseArgs } from "node:util";
import { createFaultInjector } from "../../packages/local-cloud/faults";
import { CollectionStore } from "../../packages/local-cloud/services/rekognition/store";
import { networkEngine } from "../../packages/local-cloud/services/rekognition/faces/network-engine";
import { scriptFaces } from "../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import type { ProgramGraph } from "../../packages/local-cloud/program/graph";
import { lifelike, lifelikeEngine, randomDirection } from "./lifelike-faces";
import {
  benchGraph,
  functionLabels,
  printMachine,
  printTable,
  readMachine,
  startBench,
  type BenchCloud,
  type PhotoRun,
} from "./local-mode";
import { functionProcessorTimes } from "./processor-time";
import { median, quantile } from "./quantile";
import { benchPhotos, readPhoto } from "./thumbnail-photos";

/** Uploads in progress at a time: a few more than can be processed, so that nothing is ever idle. */
const concurrency = 8;
/** Rekognition's usual time, as in cost.ts. */
const rekognitionMilliseconds = 500;

/** Photos of one person each, cut from the group photos that come with the face networks. */
async function portraits(): Promise<Buffer[]> {
  const demo = join(dirname(require.resolve("@vladmandic/face-api/package.json")), "demo");
  const crops = [
    { source: 3, left: 445, top: 250, width: 480, height: 600 },
    { source: 3, left: 1370, top: 200, width: 460, height: 575 },
    { source: 6, left: 140, top: 400, width: 440, height: 550 },
    { source: 6, left: 530, top: 250, width: 460, height: 575 },
    { source: 6, left: 1390, top: 190, width: 420, height: 525 },
    { source: 3, left: 950, top: 130, width: 480, height: 600 },
  ];
  return Promise.all(
    crops.map(({ source, ...crop }) =>
      // Like a phone's: 12 megapixels would only take longer to generate.
      sharp(join(demo, `sample${source}.jpg`))
        .extract(crop)
        .resize(1600)
        .jpeg({ quality: 90 })
        .toBuffer(),
    ),
  );
}

interface Latency {
  /** Milliseconds from before the upload to the execution's end. */
  readonly median: number;
  readonly most: number;
  /** The first photo, with every function starting cold. */
  readonly first: number;
  /** Medians of the functions, in milliseconds. */
  readonly steps: Readonly<Record<string, number>>;
}

function latencyOf(first: PhotoRun | undefined, warm: readonly PhotoRun[]): Latency {
  if (first === undefined) throw new Error("No photo was processed.");
  const totals = warm.map(({ milliseconds }) => milliseconds);
  return { median: median(totals), most: quantile(totals, 1), first: first.milliseconds, steps: stepMedians(warm) };
}

function stepMedians(runs: readonly PhotoRun[]): Record<string, number> {
  const names = [...new Set(runs.flatMap(({ steps }) => Object.keys(steps)))];
  return Object.fromEntries(names.map((name) => [name, median(runs.flatMap(({ steps }) => steps[name] ?? []))]));
}

/** Real faces, real networks. The last portraits are measured once everything is warm. */
async function withNetworks(graph: ProgramGraph): Promise<Latency> {
  const engine = networkEngine();
  const bench = await startBench({ graph, engine });
  try {
    await engine.ready();
    const runs: PhotoRun[] = [];
    for (const [at, photo] of (await portraits()).entries()) {
      runs.push(await bench.photo(`uploads/student-${at}/photo.jpg`, photo, "Accepted"));
    }
    const [first, ...warm] = runs;
    return latencyOf(first, warm);
  } finally {
    await bench.close();
    await engine.close();
  }
}

/** The functions' times at the real Rekognition's pace, including those of a refusal. */
async function asOnAws(graph: ProgramGraph, photo: Buffer): Promise<Latency> {
  const faults = createFaultInjector();
  const delay = { service: "rekognition", fault: { kind: "delay", milliseconds: rekognitionMilliseconds } };
  faults.use({ seed: 1, rules: [delay] });
  const bench = await startBench({ graph, engine: lifelikeEngine(), faults, maxProcesses: 1 });
  try {
    const accepted: PhotoRun[] = [];
    const refused: PhotoRun[] = [];
    for (let at = 0; at < 6; at++) {
      accepted.push(
        await bench.photo(`uploads/student-${at}/photo.jpg`, portraitOf(photo, `person ${at}`), "Accepted"),
      );
      if (at < 4) refused.push(await bench.photo(`uploads/nobody-${at}/photo.jpg`, photo, "Rejected"));
    }
    const [first, ...warm] = accepted;
    const latency = latencyOf(first, warm);
    const { Undo = NaN, NotifyFailure = NaN } = stepMedians(refused.slice(1));
    return { ...latency, steps: { ...latency.steps, Undo, NotifyFailure } };
  } finally {
    await bench.close();
  }
}

const portraitOf = (photo: Buffer, person: string): Buffer => scriptFaces(photo, [{ person }]);

interface Throughput {
  readonly faces: number;
  readonly photosPerMinute: number;
  /** Milliseconds of the processor for a photo, of the local cloud and of the functions. */
  readonly processorMs: number;
  readonly latency: Latency;
}

/**
 * The size of each batch; the sizes of the collection alternate, so that a busy minute of the machine affects them all.
 */
const batch = 20;

async function throughput(
  graph: ProgramGraph,
  photo: Buffer,
  sizes: readonly number[],
  photos: number,
  seconds: number,
): Promise<readonly Throughput[]> {
  const collection = String(graph.stackOutputs["faceCollectionId"]);
  const contenders: Contender[] = [];
  try {
    for (const faces of sizes) {
      const prepare = (folder: string): void => fill(join(folder, "faces"), collection, faces);
      // No process ends before its processor time is read.
      const bench = await startBench({ graph, engine: lifelikeEngine(), prepare, idleMilliseconds: 3_600_000 });
      contenders.push({ faces, bench, first: undefined, runs: [], minutes: 0, processor: 0 });
    }
    for (const each of contenders) {
      each.first = await send(each.bench, photo, "first");
      // Every function in as many processes as there may be.
      await sendAll(each.bench, photo, "warm", 2 * concurrency);
    }
    const until = Date.now() + seconds * 1000;
    for (let sent = 0; sent < photos && (sent === 0 || Date.now() < until); sent += batch) {
      for (const each of contenders) {
        const [started, before] = [Date.now(), processorTime()];
        each.runs.push(...(await sendAll(each.bench, photo, `student-${sent}`, Math.min(batch, photos - sent))));
        each.minutes += (Date.now() - started) / 60_000;
        each.processor += processorTime() - before;
      }
    }
  } finally {
    for (const { bench } of contenders) await bench.close();
  }
  return contenders.map(({ faces, first, runs, minutes, processor }) => ({
    faces,
    photosPerMinute: runs.length / minutes,
    processorMs: processor / runs.length,
    latency: latencyOf(first, runs),
  }));
}

interface Contender {
  readonly faces: number;
  readonly bench: BenchCloud;
  first: PhotoRun | undefined;
  readonly runs: PhotoRun[];
  minutes: number;
  processor: number;
}

function fill(folder: string, id: string, faces: number): void {
  const store = new CollectionStore(folder, [id]);
  const box = { left: 0.25, top: 0.2, width: 0.5, height: 0.6 };
  for (let at = 0; at < faces; at++) {
    const externalImageId = `earlier-${at}:1`;
    const face = { imageId: randomUUID(), externalImageId, box, confidence: 99, indexed: 0 };
    store.get(id)?.add(face, lifelike(randomDirection()));
  }
  store.close();
}

const send = (bench: BenchCloud, photo: Buffer, student: string): Promise<PhotoRun> =>
  bench.photo(`uploads/${student}/photo.jpg`, portraitOf(photo, student), "Accepted");

async function sendAll(bench: BenchCloud, photo: Buffer, name: string, count: number): Promise<PhotoRun[]> {
  const runs: PhotoRun[] = [];
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < count) runs.push(await send(bench, photo, `${name}-${next++}`));
  };
  await Promise.all(Array.from({ length: concurrency }, sender));
  return runs;
}

/** Milliseconds of this process, which is the cloud, and of the functions' processes. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return functionProcessorTimes().reduce((sum, { milliseconds }) => sum + milliseconds, (user + system) / 1000);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      photos: { type: "string", default: "60" },
      seconds: { type: "string", default: "60" },
      faces: { type: "string", default: "0,1000,100000" },
      networks: { type: "boolean", default: true },
      json: { type: "boolean", default: false },
    },
    allowNegative: true,
  });
  const machine = readMachine();
  const graph = await benchGraph();
  const [small] = await benchPhotos("1.2 MP");
  if (small === undefined) throw new Error("thumbnail-photos.ts makes no photo of 1.2 MP any more.");
  const photo = readPhoto(small);
  const networks = values.networks ? await withNetworks(graph) : undefined;
  const aws = await asOnAws(graph, photo);
  const sizes = values.faces.split(",").map(Number);
  const growth = await throughput(graph, photo, sizes, Number(values.photos), Number(values.seconds));
  if (values.json) {
    console.log(JSON.stringify({ machine, stepMilliseconds: aws.steps, networks, aws, growth }));
    return;
  }
  printMachine(machine);
  const columns: [name: string, latency: Latency][] = [
    ...(networks === undefined ? [] : [["face networks", networks] as [string, Latency]]),
    [`Rekognition in ${rekognitionMilliseconds} ms`, aws],
    ...growth.map(({ faces, latency }): [string, Latency] => [`${faces.toLocaleString("en")} faces`, latency]),
  ];
  console.log("\nMilliseconds, medians: one photo at a time; then with so many faces, 8 at a time\n");
  const row = (name: string, value: (latency: Latency) => number) => [name, ...columns.map(([, each]) => value(each))];
  printTable(
    ["", ...columns.map(([name]) => name)],
    [
      row("upload to end", (latency) => latency.median),
      row("the slowest", (latency) => latency.most),
      row("the first, cold", (latency) => latency.first),
      ...[...functionLabels(graph).keys()]
        .filter((step) => step in aws.steps)
        .map((step) => row(step, ({ steps }) => steps[step] ?? NaN)),
    ],
  );
  console.log(`\n${concurrency} photos at a time\n`);
  printTable(
    ["faces in the collection", "photos a minute", "processor ms a photo"],
    growth.map(({ faces, photosPerMinute, processorMs }) => [faces.toLocaleString("en"), photosPerMinute, processorMs]),
  );
}

void main();
