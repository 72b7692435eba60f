/**
 * A cloud in a process of its own, to be killed: uploads the given number of objects at once, reports it, and continues
 * to work.
 *
 *   node killed-process.js GRAPH_FILE DATA COUNT
 */
import { S3 } from "@aws-sdk/client-s3";
import { readFileSync } from "node:fs";
import { startCloud } from "../../../packages/local-cloud";
import type { ProgramGraph } from "../../../packages/local-cloud/program/graph";
import { blindEngine } from "./sample-program";

async function main(): Promise<void> {
  const [graphFile = "", data = "", count = ""] = process.argv.slice(2);
  const graph = JSON.parse(readFileSync(graphFile, "utf8")) as ProgramGraph;
  const cloud = await startCloud({ graph, port: 0, data, engine: blindEngine });
  const s3 = new S3(cloud.clientConfig);
  const { bucket: Bucket = "" } = graph.stackOutputs["names"] as { bucket?: string };
  await Promise.all(
    Array.from({ length: Number(count) }, (_, i) => s3.putObject({ Bucket, Key: `in/${i}`, Body: String(i) })),
  );
  process.send?.("uploaded");
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
