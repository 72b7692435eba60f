/**
 * Cold starts: from the start of a function's process to its first answer, with the deployed archives and layer, in the
 * local mode's function runtime.
 *
 *   npm run bench:cold -- [--seconds 80] [--json]
 *
 * A photo of 12 megapixels goes through the whole machine, every function in a newly started process of its own, one
 * after the other. The thumbnail step alternates with the same step on stock jimp and on sharp. The functions call the
 * local mode's services, so the times cover the process, the code, the SDK and the work.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import sharp from "sharp";
import type { Definition, State } from "../../packages/local-cloud/services/states";
import { pipelinesOf } from "../../packages/cli/target/pipeline";
import {
  scriptedEngine,
  scriptFaces,
  somebodyNew,
} from "../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import type { ArchiveNode, ProgramGraph, ResourceNode } from "../../packages/local-cloud/program/graph";
import { archiveHeads, archiveRows, measureArchives, reportTooLarge } from "./archives";
import { peerLayer } from "./imaging-peers";
import {
  benchGraph,
  printMachine,
  printTable,
  readMachine,
  startBench,
  type BenchCloud,
  type FunctionRun,
} from "./local-mode";
import { median, quantile } from "./quantile";
import { benchPhotos, readPhoto } from "./thumbnail-photos";

/** A process that is idle for this long is stopped. */
const idleMilliseconds = 60;

/** A face as large as in a phone's portrait: its thumbnail shows 1,400 of 3,024 pixels. */
const box = { left: 0.35, top: 0.3, width: 0.27, height: 0.2 };

/** The baseline of any function: one that does nothing, and one that only loads the SDK clients of most steps. */
const floors = {
  "nothing-at-all": "exports.handler = async () => null;",
  "sdk-clients-alone":
    'const { DynamoDB } = require("@aws-sdk/client-dynamodb"); const { S3 } = require("@aws-sdk/client-s3"); ' +
    "new DynamoDB(); new S3(); exports.handler = async () => null;",
};

function changed(graph: ProgramGraph, type: string, change: (node: ResourceNode) => ResourceNode): ProgramGraph {
  return { ...graph, resources: graph.resources.map((node) => (node.type === type ? change(node) : node)) };
}

function withDefinition(graph: ProgramGraph, change: (definition: Definition) => Definition): ProgramGraph {
  return changed(graph, "aws:sfn/stateMachine:StateMachine", (node) => {
    const definition = JSON.stringify(change(JSON.parse(String(node.inputs["definition"])) as Definition));
    return { ...node, inputs: { ...node.inputs, definition } };
  });
}

/**
 * The machine with the thumbnails made before the search for duplicates, not beside the indexing, so that no two
 * functions start at the same time; or only the machine up to that point.
 */
function oneByOne(graph: ProgramGraph, endsWithThumbnails: boolean): ProgramGraph {
  return withDefinition(graph, (definition) => {
    const { DetectFace: detect, Process: together } = definition.States;
    if (detect?.Type !== "Task" || together?.Type !== "Parallel") {
      throw new Error("The machine: DetectFace is no Task, or Process is no Parallel any more.");
    }
    const [thumbnails, ...others] = together.Branches;
    if (thumbnails === undefined) throw new Error("The machine: Process has no branches.");
    const handOn: State = { Type: "Pass", InputPath: "$.first[0]", End: true };
    // An unreachable state would be refused, so a condition that never holds leads to the omitted states.
    const goesOn = { Variable: "$.first[0].thumbnails", IsPresent: !endsWithThumbnails, Next: "CheckDuplicate" };
    const states: Record<string, State> = {
      ...definition.States,
      DetectFace: { ...detect, Next: "Thumbnails" },
      Thumbnails: { ...together, Branches: [thumbnails], ResultPath: "$.first", Next: "IsEnough" },
      IsEnough: { Type: "Choice", Choices: [goesOn], Default: "Accepted" },
      Process: { ...together, Branches: [{ StartAt: "HandOn", States: { HandOn: handOn } }, ...others] },
    };
    return { ...definition, States: states };
  });
}

function withPeer(graph: ProgramGraph, peer: "sharp" | "jimp"): ProgramGraph {
  const code: ArchiveNode = {
    $archive: "assets",
    assets: { "nodejs/node_modules/avatar-imaging/index.js": { $asset: "text", text: peerLayer(peer) } },
  };
  return changed(graph, "aws:lambda/layerVersion:LayerVersion", (node) => ({
    ...node,
    inputs: { ...node.inputs, code },
  }));
}

/** Further functions, with a step's role. */
function withFloors(graph: ProgramGraph): ProgramGraph {
  const model = graph.resources.find(({ type }) => type === "aws:lambda/function:Function");
  if (model === undefined) throw new Error("The program declares no function.");
  const more = Object.entries(floors).map(([name, text]): ResourceNode => {
    const code: ArchiveNode = { $archive: "assets", assets: { "__index.js": { $asset: "text", text } } };
    const names = { name, arn: `${String(model.outputs["arn"])}-${name}` };
    const inputs = { ...model.inputs, ...names, code };
    return { ...model, urn: `${model.urn}-${name}`, name, inputs, outputs: { ...model.outputs, ...names } };
  });
  return { ...graph, resources: [...graph.resources, ...more] };
}

type Samples = Map<string, FunctionRun[]>;

function keep(samples: Samples, runs: readonly FunctionRun[], only?: string): void {
  for (const run of runs) {
    if (run.init === undefined) throw new Error(`${run.label} was warm; the run is of no use.`);
    if (only !== undefined && run.label !== only) continue;
    const list = samples.get(run.label) ?? [];
    list.push(run);
    samples.set(run.label, list);
  }
}

/** The students' page's first two requests. */
async function askForUpload({ cloud }: BenchCloud): Promise<void> {
  const address = `${pipelinesOf(cloud.graph)[0].apiUrl}/uploads`;
  const body = { studentId: "page", fileName: "photo.jpg", contentType: "image/jpeg", bytes: 1_000_000 };
  const headers = { "content-type": "application/json" };
  const issued = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  if (issued.status !== 201) throw new Error(`POST ${address} answered ${issued.status}: ${await issued.text()}`);
  const { uploadId } = (await issued.json()) as { uploadId: string };
  const status = await fetch(`${address}/${uploadId}`);
  if (!status.ok) throw new Error(`GET ${address}/${uploadId} answered ${status.status}: ${await status.text()}`);
}

/** Waits until the last photo's processes have ended. */
async function untilCold({ cloud }: BenchCloud): Promise<void> {
  await cloud.idle();
  while (cloud.functions.processes().length > 0) await sleep(20);
}

const together = ({ init = NaN, duration }: FunctionRun): number => init + duration;

function figures(runs: readonly FunctionRun[]) {
  const totals = runs.map(together);
  return {
    samples: runs.length,
    initMs: median(runs.map(({ init = NaN }) => init)),
    firstAnswerMs: median(runs.map(({ duration }) => duration)),
    togetherMs: median(totals),
    leastMs: quantile(totals, 0),
    mostMs: quantile(totals, 1),
    processorMs: median(runs.map(({ processor = NaN }) => processor)),
    peakMegabytes: Math.max(...runs.map(({ peakMegabytes }) => peakMegabytes)),
  };
}

async function measure(graph: ProgramGraph, seconds: number) {
  const [photo] = await benchPhotos("12 MP baseline");
  if (photo === undefined) throw new Error("thumbnail-photos.ts makes no photo of 12 MP any more.");
  const bytes = readPhoto(photo);
  const engine = scriptedEngine(somebodyNew(box));
  // Plain, so that the script, which is empty, reaches the engine.
  const grey = sharp({ create: { width: 1280, height: 960, channels: 3, background: "#888" } });
  const nobody = scriptFaces(await grey.jpeg().toBuffer(), []);
  const open: BenchCloud[] = [];
  const start = async (program: ProgramGraph): Promise<BenchCloud> => {
    const bench = await startBench({ graph: program, engine, idleMilliseconds });
    open.push(bench);
    return bench;
  };
  const samples: Samples = new Map();
  const peers: Samples = new Map();
  try {
    const clouds = {
      ours: await start(oneByOne(withFloors(graph), false)),
      sharp: await start(oneByOne(withPeer(graph, "sharp"), true)),
      jimp: await start(oneByOne(withPeer(graph, "jimp"), true)),
    };
    const until = Date.now() + seconds * 1000;
    for (let round = 0; round === 0 || Date.now() < until; round++) {
      const student = `cold-${round}`;
      const portrait = scriptFaces(bytes, [{ person: student, box }]);
      for (const [name, bench] of Object.entries(clouds)) {
        // The slowest contestant by far needs only a few rounds.
        if (name === "jimp" && round % 3 !== 0) continue;
        const { runs } = await bench.photo(`uploads/${student}/photo.jpg`, portrait, "Accepted");
        if (name === "ours") keep(samples, runs);
        else {
          keep(
            peers,
            runs.map((run) => ({ ...run, label: `${run.label} ${name}` })),
            `CreateThumbnail ${name}`,
          );
        }
        await untilCold(bench);
      }
      const { ours } = clouds;
      const refused = await ours.photo(`uploads/${student}-nobody/photo.jpg`, nobody, "Rejected");
      keep(
        samples,
        refused.runs.filter(({ label }) => label === "Undo" || label === "NotifyFailure"),
      );
      await untilCold(ours);
      keep(samples, await ours.during(() => askForUpload(ours)));
      for (const name of Object.keys(floors)) {
        keep(samples, await ours.during(() => ours.cloud.functions.invoke(name, "{}")));
      }
      await untilCold(ours);
    }
  } finally {
    for (const bench of open) await bench.close();
  }
  const thumbnail = samples.get("CreateThumbnail") ?? [];
  peers.set("CreateThumbnail ours", thumbnail);
  const summary = (from: Samples) => Object.fromEntries([...from].map(([label, runs]) => [label, figures(runs)]));
  return { photo: photo.name, steps: summary(samples), thumbnail: summary(peers) };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { seconds: { type: "string", default: "80" }, json: { type: "boolean", default: false } },
  });
  const machine = readMachine();
  const graph = await benchGraph();
  const archives = measureArchives(graph);
  const { photo, steps, thumbnail } = await measure(graph, Number(values.seconds));
  if (values.json) {
    console.log(JSON.stringify({ machine, photo, archives, steps, thumbnail }));
  } else {
    printMachine(machine);
    console.log("\nWhat is deployed, in bytes\n");
    printTable(archiveHeads, archiveRows(archives));
    const heads = ["runs", "load", "first answer", "together", "least", "most", "processor", "peak MB"];
    const rows = (table: Record<string, ReturnType<typeof figures>>) =>
      Object.entries(table).map(([label, row]) => [label, ...Object.values(row)]);
    console.log(`\nFrom the start of a process to its first answer, ${photo}, medians in milliseconds\n`);
    printTable(["function", ...heads], rows(steps));
    console.log("\nThe thumbnail step, by the library in its layer\n");
    printTable(["library", ...heads], rows(thumbnail));
  }
  reportTooLarge(archives);
}

void main();
