import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { readAsset } from "../../program/assets";
import { isAsset, type ProgramGraph } from "../../program/graph";
import { nodesOf, type Node } from "../../program/nodes";
import { readBuckets } from "./graph";
import type { S3Service } from "./index";

export const objectTypes = ["aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObject:BucketObject"] as const;

/** Headers that an object declares, by the input that gives them. */
const objectHeaders = {
  contentType: "content-type",
  cacheControl: "cache-control",
  contentDisposition: "content-disposition",
  contentEncoding: "content-encoding",
  contentLanguage: "content-language",
} as const;

/**
 * Brings the objects that the program declares into their buckets: objects that changed since the last run are stored
 * anew, objects that are no longer declared are deleted.
 *
 * @param record the file that keeps the previous declarations
 */
export async function publishObjects(graph: ProgramGraph, s3: S3Service, record: string): Promise<void> {
  const before = readRecord(record);
  const now: Record<string, string> = {};
  for (const node of nodesOf(graph, ...objectTypes)) {
    const bucket = node.required("bucket");
    const key = node.required("key");
    const body = bodyOf(node);
    const headers = Object.fromEntries(
      Object.entries(objectHeaders).flatMap(([input, header]) => {
        const value = node.text(input);
        return value === undefined ? [] : [[header, value]];
      }),
    );
    const digest = createHash("sha256").update(JSON.stringify(headers)).update(body).digest("hex");
    now[`${bucket}/${key}`] = digest;
    if (before[`${bucket}/${key}`] === digest && s3.headObject(bucket, key)) continue;
    await s3.putObject(bucket, key, body, { headers });
  }
  const buckets = new Set(readBuckets(graph).map(({ name }) => name));
  for (const path of Object.keys(before)) {
    const [bucket = "", ...key] = path.split("/");
    if (!(path in now) && buckets.has(bucket)) s3.deleteObject(bucket, key.join("/"));
  }
  writeFileSync(record, JSON.stringify(now, undefined, 2));
}

function bodyOf(node: Node): Buffer {
  const source = node.inputs["source"];
  if (isAsset(source)) return readAsset(source, `The object ${node.name}`);
  const base64 = node.text("contentBase64");
  if (base64 !== undefined) return Buffer.from(base64, "base64");
  return Buffer.from(node.text("content") ?? "");
}

function readRecord(file: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
  } catch {
    // The first run, or an interrupted one: everything is stored anew.
    return {};
  }
}
