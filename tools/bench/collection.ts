/**
 * Measures how long the local Rekognition's collection takes to search, to open and to add a face, with many faces in
 * it.
 *
 *   npm run --silent build && node build/tools/bench/collection.js [-- --faces 100000] [-- --json]
 *
 * The faces are synthetic, but distributed like those of real people. Half of the searches are for a face in the
 * collection, half for another.
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, statSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { CollectionStore } from "../../packages/local-cloud/services/rekognition/store";
import { distanceOf } from "../../packages/local-cloud/services/rekognition/faces/similarity";
import { lifelike, randomDirection } from "./lifelike-faces";
import { median, quantile } from "./quantile";

const box = { left: 0.25, top: 0.2, width: 0.5, height: 0.6 };

function milliseconds(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function run(): void {
  const { values } = parseArgs({
    options: { faces: { type: "string", default: "100000" }, json: { type: "boolean", default: false } },
  });
  const faces = Number(values.faces);
  if (!Number.isInteger(faces) || faces < 1) throw new Error(`--faces ${values.faces}: give a whole number from 1.`);
  const folder = mkdtempSync(join(tmpdir(), "bench-collection-"));
  try {
    const store = new CollectionStore(folder, ["students"]);
    const collection = store.get("students");
    if (collection === undefined) throw new Error("The store has lost its collection.");
    const added: number[] = [];
    for (let i = 0; i < faces; i++) {
      const embedding = lifelike(randomDirection());
      const face = { imageId: randomUUID(), externalImageId: `student-${i}:1`, box, confidence: 99, indexed: 0 };
      added.push(milliseconds(() => collection.add(face, embedding)));
    }
    store.close();

    const start = performance.now();
    const again = new CollectionStore(folder, []);
    const open = performance.now() - start;
    const reopened = again.get("students");
    if (reopened === undefined) throw new Error("The store that is opened again has no collection.");
    const known = [...reopened.after(0)].filter((_, i) => i % Math.ceil(faces / 50) === 0);
    const searches: number[] = [];
    const before = process.cpuUsage();
    for (let round = 0; round < 200; round++) {
      const face = known[round % known.length];
      const ownEmbedding = face && reopened.embeddingOf(face.faceId);
      const query = round % 2 === 0 || ownEmbedding === undefined ? lifelike(randomDirection()) : ownEmbedding;
      searches.push(milliseconds(() => reopened.near(query, distanceOf(95), 100, () => true)));
    }
    const used = process.cpuUsage(before);
    again.close();
    const megabytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0) / 1e6;
    const result = {
      faces,
      searchMedianMs: median(searches),
      search95Ms: quantile(searches, 0.95),
      searchCpuMs: (used.user + used.system) / 1000 / searches.length,
      addMedianMs: median(added),
      openMs: open,
      fileMegabytes: megabytes,
    };
    if (values.json) console.log(JSON.stringify(result));
    else {
      const rows: [string, string][] = [
        ["search, median", `${result.searchMedianMs.toFixed(1)} ms`],
        ["search, 95 %", `${result.search95Ms.toFixed(1)} ms`],
        ["search, mean CPU time", `${result.searchCpuMs.toFixed(1)} ms`],
        ["add a face, median", `${result.addMedianMs.toFixed(3)} ms`],
        ["open the collection", `${result.openMs.toFixed(0)} ms`],
        ["its file", `${result.fileMegabytes.toFixed(0)} MB`],
      ];
      console.log(`A collection of ${faces.toLocaleString("en")} faces, node ${process.version}`);
      for (const [name, value] of rows) console.log(`${name.padEnd(22)}${value.padStart(10)}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

run();
