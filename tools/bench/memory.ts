/**
 * Measures each function's needs: its process's peak memory, and its processor time, from which its duration in a
 * Lambda function of some size follows.
 *
 *   npm run bench:memory -- [--rounds 4] [--json]
 *
 * Every kind of photo goes through the whole machine several times, one at a time, in warm processes, so that memory
 * retained from one photo to the next counts as well.
 */
import sharp from "sharp";
import { parseArgs } from "node:util";
import {
  scriptedEngine,
  scriptFaces,
  somebodyNew,
} from "../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import {
  benchGraph,
  functionLabels,
  printMachine,
  printTable,
  readMachine,
  startBench,
  type FunctionRun,
} from "./local-mode";
import { median } from "./quantile";
import { prices } from "./prices";
import { benchPhotos, readPhoto } from "./thumbnail-photos";

/** Lambda gives one processor to a function of this many MB, and a share in proportion to a smaller one. */
const wholeProcessor = 1769;
const sizes = [128, 256, 512, 1024, wholeProcessor];

/** The photo that durations are reported for: the most common phone photo. */
const usual = "12 MP baseline";
/** With the margin around its box, 1,400 of 3,024 pixels. */
const box = { left: 0.35, top: 0.3, width: 0.27, height: 0.2 };

interface Photo {
  readonly name: string;
  readonly bytes: Buffer;
}

/** The photos of bench:thumbnail that Rekognition would read, and a PNG of the largest size in bytes that it reads. */
async function photosToTry(): Promise<Photo[]> {
  const photos = await benchPhotos();
  const jpegs = photos.filter(({ path }) => path.endsWith(".jpg")).map((photo) => readPhotoOf(photo.name, photo));
  const large = photos.find(({ path }) => path.endsWith(".png"));
  if (large === undefined) return jpegs;
  const bytes = await sharp(large.path).resize(2800).png({ compressionLevel: 6, adaptiveFiltering: true }).toBuffer();
  return [...jpegs, { name: `${(bytes.length / 1e6).toFixed(0)} MB PNG`, bytes }];
}

const readPhotoOf = (name: string, photo: Parameters<typeof readPhoto>[0]): Photo => ({
  name,
  bytes: readPhoto(photo),
});

interface Run extends FunctionRun {
  readonly photo: string;
}

async function collect(rounds: number): Promise<readonly Run[]> {
  const engine = scriptedEngine(somebodyNew(box));
  const bench = await startBench({ graph: await benchGraph(), engine, maxProcesses: 1 });
  const runs: Run[] = [];
  try {
    const photos = await photosToTry();
    // Plain, so that the script, which is empty, reaches the engine.
    const grey = sharp({ create: { width: 1280, height: 960, channels: 3, background: "#888" } });
    const nobody = scriptFaces(await grey.jpeg().toBuffer(), []);
    for (let round = 0; round < rounds; round++) {
      for (const { name, bytes } of photos) {
        const student = `${name.replace(/\W/g, "-")}-${round}`;
        const file = name.includes("PNG") ? "photo.png" : "photo.jpg";
        const whole = scriptFaces(bytes, [{ person: student, box }]);
        const accepted = await bench.photo(`uploads/${student}/${file}`, whole, "Accepted");
        runs.push(...accepted.runs.map((run) => ({ ...run, photo: name })));
      }
      const refused = await bench.photo(`uploads/nobody-${round}/photo.jpg`, nobody, "Rejected");
      const only = refused.runs.filter(({ label }) => label === "Undo" || label === "NotifyFailure");
      runs.push(...only.map((run) => ({ ...run, photo: usual })));
    }
  } finally {
    await bench.close();
  }
  return runs;
}

interface Need {
  readonly step: string;
  readonly memorySize: number;
  readonly peakMegabytes: number;
  /** Milliseconds of the processor: a new process with its first photo, a later one, and the most expensive photo. */
  readonly coldMs: number;
  readonly warmMs: number;
  readonly mostMs: number;
  readonly mostPhoto: string;
}

const processorOf = (runs: readonly FunctionRun[]): number => median(runs.map(({ processor = NaN }) => processor));

function needOf(step: string, memorySize: number, runs: readonly Run[]): Need {
  const [cold, warm] = [runs.filter(({ init }) => init !== undefined), runs.filter(({ init }) => init === undefined)];
  const photos = [...new Set(warm.map(({ photo }) => photo))];
  const times = photos.map((photo) => [photo, processorOf(warm.filter((run) => run.photo === photo))] as const);
  const [mostPhoto, mostMs] = times.reduce((most, each) => (each[1] > most[1] ? each : most), ["", -1]);
  return {
    step,
    memorySize,
    peakMegabytes: Math.max(...runs.map(({ peakMegabytes }) => peakMegabytes)),
    coldMs: processorOf(cold),
    warmMs: processorOf(warm.filter(({ photo }) => photo === usual)),
    mostMs,
    mostPhoto,
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: "string", default: "4" }, json: { type: "boolean", default: false } },
  });
  const machine = readMachine();
  const labels = functionLabels(await benchGraph());
  const runs = await collect(Number(values.rounds));
  const needs = [...labels].flatMap(([label, { memorySize }]) => {
    const own = runs.filter((run) => run.label === label);
    return own.length === 0 ? [] : [needOf(label, memorySize, own)];
  });
  if (values.json) {
    console.log(JSON.stringify({ machine, needs }));
    return;
  }
  printMachine(machine);
  console.log(`\nMemory, and processor time in milliseconds; warm: a photo of ${usual}\n`);
  printTable(
    ["function", "MB declared", "MB held at most", "cold", "warm", "most", "by"],
    needs.map(({ step, memorySize, peakMegabytes, coldMs, warmMs, mostMs, mostPhoto }) => {
      return [step, memorySize, peakMegabytes, coldMs, warmMs, mostMs, mostPhoto];
    }),
  );
  const at = (milliseconds: number, size: number) => (milliseconds * wholeProcessor) / size;
  console.log("\nWhat that takes in a function of some size, in milliseconds: warm (most), without any waiting\n");
  printTable(
    ["function", ...sizes.map((size) => `${size} MB`)],
    needs.map(({ step, warmMs, mostMs }) => [
      step,
      ...sizes.map((size) => `${at(warmMs, size).toFixed(0)} (${at(mostMs, size).toFixed(0)})`),
    ]),
  );
  const second = prices.gbSecond * 1e6;
  console.log(
    `\nProcessor time costs the same in every size; a second of waiting costs ${second.toFixed(1)} dollars a million ` +
      `times and GB: ${sizes.map((size) => `${((second * size) / 1024).toFixed(2)} at ${size} MB`).join(", ")}.`,
  );
}

void main();
