/**
 * Thumbnails of 256 pixels: ours against sharp and stock jimp, side by side in one run.
 *
 *   npm run bench:thumbnail -- [--rounds 15] [--only "12 MP"] [--no-jimp] [--no-quality] [--json FILE]
 *
 * Warm: medians of rounds in which the contestants alternate. First call and peak memory: medians of five fresh
 * processes each, which contain nothing but the library and the file. Quality: see thumbnail-quality.ts.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { median } from "./quantile";
import { loadContestant, type Contestant, type Square } from "./thumbnail-contestants";
import { benchPhotos, readPhoto, squareOf, type BenchPhoto } from "./thumbnail-photos";
import { compareQuality } from "./thumbnail-quality";

const side = 256;

interface Figures {
  /** Milliseconds on the clock, and of processor time over all threads. */
  readonly wall: number;
  readonly cpu: number;
  readonly firstCall: number;
  readonly peakMegabytes: number;
}

interface Row {
  readonly photo: string;
  readonly megabytes: number;
  readonly crop: string;
  readonly contestants: Record<string, Figures>;
  readonly quality: Awaited<ReturnType<typeof compareQuality>> | undefined;
}

interface Times {
  readonly wall: number[];
  readonly cpu: number[];
}

async function time(contestant: Contestant, photo: Buffer, square: Square, times: Times): Promise<void> {
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  await contestant(photo, square, side);
  times.wall.push(Number(process.hrtime.bigint() - start) / 1e6);
  const { user, system } = process.cpuUsage(cpu);
  times.cpu.push((user + system) / 1000);
}

/** Rounds with every contestant; jimp runs in only a tenth of them, since it would take all day. */
async function measureWarm(photo: Buffer, square: Square, names: readonly string[], rounds: number) {
  const contestants = new Map(names.map((name) => [name, loadContestant(name)]));
  const times = new Map(names.map((name): [string, Times] => [name, { wall: [], cpu: [] }]));
  for (let round = -2; round < rounds; round++) {
    for (const [name, contestant] of contestants) {
      if (name === "jimp" && round !== 0) continue;
      const warming: Times = { wall: [], cpu: [] };
      await time(contestant, photo, square, round < 0 ? warming : (times.get(name) ?? warming));
    }
  }
  return times;
}

function measureFirst(name: string, photo: BenchPhoto, { left, top, size }: Square, processes: number) {
  const runs = Array.from({ length: processes }, () => {
    const args = [join(__dirname, "thumbnail-child.js"), name, photo.path, ...[left, top, size, side].map(String)];
    return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as Record<string, number>;
  });
  return {
    firstCall: median(runs.map(({ milliseconds = NaN }) => milliseconds)),
    peakMegabytes: median(runs.map(({ peakMegabytes = NaN }) => peakMegabytes)),
  };
}

function print(rows: readonly Row[], names: readonly string[]): void {
  const cell = (value: number | undefined, digits = 0): string => (value === undefined ? "–" : value.toFixed(digits));
  const columns = names.flatMap((name) => [`${name} ms`, "cpu", "first", "MB"]);
  console.log(`| photo | crop | ${columns.join(" | ")} | ours/sharp | cpu | PSNR ours | sharp | SSIM ours | sharp |`);
  console.log(`|---|---|${columns.map(() => "---|").join("")}---|---|---|---|---|---|`);
  for (const { photo, crop, contestants, quality } of rows) {
    const figures = names.flatMap((name) => {
      const { wall, cpu, firstCall, peakMegabytes } = contestants[name] ?? {};
      return [cell(wall, 1), cell(cpu, 1), cell(firstCall), cell(peakMegabytes)];
    });
    const { ours, sharp } = contestants;
    const ratio = (field: "wall" | "cpu"): string => cell(ours && sharp ? ours[field] / sharp[field] : undefined, 2);
    const marks = [quality?.ours.psnr, quality?.sharp.psnr].map((value) => cell(value, 1));
    const similarities = [quality?.ours.ssim, quality?.sharp.ssim].map((value) => cell(value, 4));
    console.log(`| ${[photo, crop, ...figures, ratio("wall"), ratio("cpu"), ...marks, ...similarities].join(" | ")} |`);
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "15" },
      only: { type: "string", default: "" },
      processes: { type: "string", default: "5" },
      jimp: { type: "boolean", default: true },
      quality: { type: "boolean", default: true },
      json: { type: "string" },
    },
    allowNegative: true,
  });
  const names = values.jimp ? ["ours", "sharp", "jimp"] : ["ours", "sharp"];
  const rows: Row[] = [];
  for (const photo of await benchPhotos(values.only)) {
    const bytes = readPhoto(photo);
    for (const crop of ["cover", "face"] as const) {
      const square = squareOf(photo, crop);
      // jimp takes the same time for every crop, and gigabytes for the largest photos.
      const running = names.filter((name) => name !== "jimp" || (crop === "cover" && !/24|48/.test(photo.name)));
      const times = await measureWarm(bytes, square, running, Number(values.rounds));
      const contestants: Record<string, Figures> = {};
      for (const [name, { wall, cpu }] of times) {
        const first = measureFirst(name, photo, square, name === "jimp" ? 1 : Number(values.processes));
        contestants[name] = { wall: median(wall), cpu: median(cpu), ...first };
      }
      const quality = values.quality ? await compareQuality(bytes, square, side) : undefined;
      rows.push({ photo: photo.name, megabytes: bytes.length / 1e6, crop, contestants, quality });
      console.error(`${photo.name} ${crop}: done`);
    }
  }
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  console.log(
    `${machine.cpu ?? "unknown processor"}, ${machine.cores} cores, Node ${machine.node}; ${side} px, medians\n`,
  );
  print(rows, names);
  const json = JSON.stringify({ machine, side, rounds: Number(values.rounds), rows }, undefined, 2);
  if (values.json) writeFileSync(values.json, json + "\n");
  else console.log(`\n${json}`);
}

void main();
