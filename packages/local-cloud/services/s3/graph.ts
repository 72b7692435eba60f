import { keyFinder, type DeclaredResourcePolicy, type EncryptedResource } from "../../iam";
import type { ProgramGraph } from "../../program/graph";
import { blocksOf, nodesOf, numberOf, policyOf, textOf, textsOf, type Block, type Node } from "../../program/nodes";
import type { CorsRule, DeclaredBucket } from "./options";

/** Pulumi has two names for buckets. */
export const bucketTypes = ["aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"] as const;
const corsType = "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration";
const encryptionType = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
const notificationType = "aws:s3/bucketNotification:BucketNotification";
const policyType = "aws:s3/bucketPolicy:BucketPolicy";
const publicAccessType = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock";
const versioningType = "aws:s3/bucketVersioning:BucketVersioning";
const websiteType = "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration";

/** Types that belong to a bucket. */
export const bucketSettings = [
  corsType,
  encryptionType,
  notificationType,
  policyType,
  publicAccessType,
  versioningType,
  websiteType,
] as const;

/** The declared buckets, each with the settings that other resources add to it. */
export function readBuckets(graph: ProgramGraph): readonly DeclaredBucket[] {
  const settings = (type: string) => {
    const nodes = nodesOf(graph, type);
    return (bucket: string): Node | undefined => nodes.find((node) => node.text("bucket") === bucket);
  };
  const versioning = settings(versioningType);
  const cors = settings(corsType);
  const access = settings(publicAccessType);
  const website = settings(websiteType);
  const notification = settings(notificationType);
  return nodesOf(graph, ...bucketTypes).map((node) => {
    const name = node.required("bucket");
    const site = website(name);
    const block = access(name);
    const indexDocument = textOf(site?.block("indexDocument")?.["suffix"]);
    const errorDocument = textOf(site?.block("errorDocument")?.["key"]);
    return {
      name,
      versioned: versioning(name)?.block("versioningConfiguration")?.["status"] === "Enabled",
      cors: (cors(name)?.blocks("corsRules") ?? []).map(corsRule),
      // New buckets block public access unless the program disables it.
      publicAccessBlocked: block ? block.flag("blockPublicPolicy") || block.flag("restrictPublicBuckets") : true,
      eventBridge: notification(name)?.flag("eventbridge") ?? false,
      website: indexDocument === undefined ? undefined : { indexDocument, errorDocument },
    };
  });
}

function corsRule(block: Block): CorsRule {
  return {
    allowedOrigins: textsOf(block["allowedOrigins"]),
    allowedMethods: textsOf(block["allowedMethods"]),
    allowedHeaders: textsOf(block["allowedHeaders"]),
    exposeHeaders: textsOf(block["exposeHeaders"]),
    maxAgeSeconds: numberOf(block["maxAgeSeconds"]),
  };
}

export function readBucketPolicies(graph: ProgramGraph): readonly DeclaredResourcePolicy[] {
  return nodesOf(graph, policyType).map((node) =>
    policyOf(node, `arn:${graph.partition}:s3:::${node.required("bucket")}`),
  );
}

const keyNeeds = {
  "s3:GetObject": ["kms:Decrypt"],
  "s3:GetObjectVersion": ["kms:Decrypt"],
  "s3:PutObject": ["kms:GenerateDataKey"],
};

/**
 * Buckets whose standard encryption has a customer's key. An object counts as encrypted with its bucket's key of today:
 * requests that name another key are refused here.
 */
export function readEncryptedBuckets(graph: ProgramGraph): readonly EncryptedResource[] {
  const keyOf = keyFinder(graph);
  const configurations = nodesOf(graph, encryptionType);
  return nodesOf(graph, ...bucketTypes).flatMap((bucket) => {
    const name = bucket.required("bucket");
    const rules = configurations.find((node) => node.text("bucket") === name)?.blocks("rules") ?? [];
    const [standard] = blocksOf(rules[0]?.["applyServerSideEncryptionByDefault"]);
    const keyArn = keyOf(textOf(standard?.["kmsMasterKeyId"]));
    return keyArn === undefined ? [] : [{ resource: `arn:${graph.partition}:s3:::${name}`, keyArn, needs: keyNeeds }];
  });
}
