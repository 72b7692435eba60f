import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { isAsset, type ProgramGraph } from "../../program/graph";
import type { DeclaredTable } from "../dynamodb";
import { readAsset } from "../lambda";
import type { CorsRule, DeclaredBucket, S3Service } from ".";
import { blocksOf, nodesOf, numberOf, textOf, textsOf, type Node } from "../../program/nodes";

/** The declared buckets, each with the settings that other resources give it. */
export function readBuckets(graph: ProgramGraph): readonly DeclaredBucket[] {
  const settings = (type: string) => {
    const nodes = nodesOf(graph, `aws:s3/${type}`);
    return (bucket: string): Node | undefined => nodes.find((node) => node.text("bucket") === bucket);
  };
  const versioning = settings("bucketVersioning:BucketVersioning");
  const cors = settings("bucketCorsConfiguration:BucketCorsConfiguration");
  const access = settings("bucketPublicAccessBlock:BucketPublicAccessBlock");
  const website = settings("bucketWebsiteConfiguration:BucketWebsiteConfiguration");
  const notification = settings("bucketNotification:BucketNotification");
  return nodesOf(graph, "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2").map((node) => {
    const name = node.required("bucket");
    const site = website(name);
    const block = access(name);
    const indexDocument = textOf(site?.block("indexDocument")?.["suffix"]);
    const errorDocument = textOf(site?.block("errorDocument")?.["key"]);
    return {
      name,
      versioned: versioning(name)?.block("versioningConfiguration")?.["status"] === "Enabled",
      cors: (cors(name)?.blocks("corsRules") ?? []).map(corsRule),
      // New buckets block public access unless the program says otherwise.
      publicAccessBlocked: block ? block.flag("blockPublicPolicy") || block.flag("restrictPublicBuckets") : true,
      eventBridge: notification(name)?.flag("eventbridge") ?? false,
      ...(indexDocument === undefined
        ? {}
        : { website: { indexDocument, ...(errorDocument === undefined ? {} : { errorDocument }) } }),
    };
  });
}

function corsRule(block: Readonly<Record<string, unknown>>): CorsRule {
  const maxAgeSeconds = numberOf(block["maxAgeSeconds"]);
  return {
    allowedOrigins: textsOf(block["allowedOrigins"]),
    allowedMethods: textsOf(block["allowedMethods"]),
    allowedHeaders: textsOf(block["allowedHeaders"]),
    exposeHeaders: textsOf(block["exposeHeaders"]),
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
  };
}

/** Headers that an object declares, by the input that gives them. */
const OBJECT_HEADERS = {
  contentType: "content-type",
  cacheControl: "cache-control",
  contentDisposition: "content-disposition",
  contentEncoding: "content-encoding",
  contentLanguage: "content-language",
} as const;

/**
 * Brings the objects that the program declares into their buckets: those that changed since the last run are stored
 * anew, those that it no longer declares are deleted.
 *
 * @param record the file that keeps what was declared
 */
export async function publishObjects(graph: ProgramGraph, s3: S3Service, record: string): Promise<void> {
  const before = readRecord(record);
  const now: Record<string, string> = {};
  for (const node of nodesOf(graph, "aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObject:BucketObject")) {
    const bucket = node.required("bucket");
    const key = node.required("key");
    const body = bodyOf(node);
    const headers = Object.fromEntries(
      Object.entries(OBJECT_HEADERS).flatMap(([input, header]) => {
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
    // The first run, or one that was cut short: everything is stored anew.
    return {};
  }
}

export function readTables(graph: ProgramGraph): readonly DeclaredTable[] {
  return nodesOf(graph, "aws:dynamodb/table:Table").map((node) => {
    const rangeKey = node.text("rangeKey");
    const ttl = node.block("ttl");
    const ttlAttribute = ttl?.["enabled"] === false ? undefined : textOf(ttl?.["attributeName"]);
    const projection = (block: Readonly<Record<string, unknown>>) => ({
      name: String(block["name"]),
      projectionType: (textOf(block["projectionType"]) ?? "ALL") as "ALL" | "KEYS_ONLY" | "INCLUDE",
      ...(block["nonKeyAttributes"] === undefined ? {} : { nonKeyAttributes: textsOf(block["nonKeyAttributes"]) }),
      ...(block["rangeKey"] === undefined ? {} : { rangeKey: String(block["rangeKey"]) }),
    });
    return {
      name: node.required("name"),
      attributes: node.blocks("attributes").map((block) => ({
        name: String(block["name"]),
        type: String(block["type"]) as "S" | "N" | "B",
      })),
      hashKey: node.required("hashKey"),
      ...(rangeKey === undefined ? {} : { rangeKey }),
      globalSecondaryIndexes: node
        .blocks("globalSecondaryIndexes")
        .map((block) => ({ ...projection(block), hashKey: globalHashKey(block) })),
      localSecondaryIndexes: node.blocks("localSecondaryIndexes").map(projection),
      ...(ttlAttribute === undefined ? {} : { ttlAttribute }),
    };
  });
}

/** Newer providers write `keySchemas` in place of `hashKey`. */
function globalHashKey(block: Readonly<Record<string, unknown>>): string {
  const schema = blocksOf(block["keySchemas"]).find(({ keyType }) => keyType === "HASH");
  return String(block["hashKey"] ?? schema?.["attributeName"]);
}
