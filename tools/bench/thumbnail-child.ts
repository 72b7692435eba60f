/**
 * A fresh process that makes one thumbnail: `node thumbnail-child.js CONTESTANT PHOTO LEFT TOP SIZE SIDE`. Prints the
 * milliseconds from before loading the library until the thumbnail is done, and the process's peak memory.
 */
import { readFileSync } from "node:fs";
import { loadContestant } from "./thumbnail-contestants";

/** On Linux from the kernel's own record: getrusage's value includes the process that started this one. */
function peakKilobytes(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}

async function main(): Promise<void> {
  const [name = "", path = "", ...numbers] = process.argv.slice(2);
  const [left = 0, top = 0, size = 0, side = 0] = numbers.map(Number);
  const photo = readFileSync(path);
  const start = process.hrtime.bigint();
  const contestant = loadContestant(name);
  const jpeg = await contestant(photo, { left, top, size }, side);
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
  const peakMegabytes = peakKilobytes() / 1024;
  process.stdout.write(JSON.stringify({ milliseconds, peakMegabytes, bytes: jpeg.length }));
}

void main();
