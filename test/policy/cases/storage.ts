import { bucketArn, document, unknown, type Case, type Given } from "../harness";

const s3 = (name: string, props: Given[1] = {}): Given => [
  `aws:s3/${name[0]!.toLowerCase()}${name.slice(1)}:${name}`,
  props,
];
const tlsOnly = {
  Effect: "Deny",
  Principal: "*",
  Action: "s3:*",
  Resource: [bucketArn, `${bucketArn}/*`],
  Condition: { Bool: { "aws:SecureTransport": "false" } },
};
const everybodyReads = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `${bucketArn}/*` };
const closed = { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true };
const privateBucket = (policy: unknown, v2 = ""): Given[] => [
  s3(`Bucket${v2}`),
  s3("BucketPublicAccessBlock", closed),
  s3(`BucketServerSideEncryptionConfiguration${v2}`),
  s3("BucketPolicy", { policy }),
];
const website = [
  s3("Bucket"),
  s3("BucketWebsiteConfiguration"),
  s3("BucketPolicy", { policy: document(everybodyReads) }),
];
const openBucket = ["bucket-private", "bucket-tls-only", "bucket-encrypted"];

/** Buckets: their readers, TLS, and production's protection of their data. */
export const storage: readonly Case[] = [
  // Values that a preview does not know.
  { title: "a bucket whose policy is not known yet as refusing", resources: privateBucket(unknown), expected: [] },
  {
    title: "a bucket beside one whose policy is not known yet",
    resources: [
      ...privateBucket(unknown),
      ["aws:s3/bucketV2:BucketV2", {}],
      ["aws:sqs/queuePolicy:QueuePolicy", { policy: unknown }],
    ],
    expected: openBucket,
  },
  // Websites.
  { title: "a website that everybody may read as in order", resources: website, expected: [] },
  ...["BucketVersioning", "BucketNotification", "BucketLifecycleConfiguration"].map((type) => ({
    title: `a website with a ${type} as a bucket with data`,
    resources: [...website, s3(type)],
    expected: openBucket,
  })),
  // TLS.
  {
    title: "a bucket that refuses requests without TLS as in order",
    resources: privateBucket(document(tlsOnly)),
    expected: [],
  },
  {
    title: "a bucket that names everybody in the longer way as in order",
    resources: privateBucket(document({ ...tlsOnly, Principal: { AWS: "*" } })),
    expected: [],
  },
  ...[
    { Principal: { AWS: "arn:aws:iam::123456789012:role/x" } },
    { Action: "s3:GetObject" },
    { Resource: bucketArn },
    { Resource: `${bucketArn}/*` },
    { Condition: { ...tlsOnly.Condition, StringEquals: { "aws:SourceAccount": "123456789012" } } },
    { Condition: undefined },
  ].map((change) => ({
    title: `a bucket that refuses requests without TLS only for ${JSON.stringify(change)}`,
    resources: privateBucket(document({ ...tlsOnly, ...change })),
    expected: ["bucket-tls-only"],
  })),
  // The older types.
  { title: "a BucketV2 without settings", resources: [s3("BucketV2")], expected: openBucket },
  { title: "a BucketV2 with V2 settings as in order", resources: privateBucket(document(tlsOnly), "V2"), expected: [] },
  // Production.
  ...["prod", "production", "prod-eu"].map((stack) => ({
    title: `unprotected photos in ${stack}`,
    resources: [...privateBucket(document(tlsOnly)), s3("BucketVersioning")],
    expected: ["production-protected"],
    stack,
  })),
  {
    title: "product-demo as no production",
    resources: [...privateBucket(document(tlsOnly)), s3("BucketVersioning")],
    expected: [],
    stack: "product-demo",
  },
  {
    title: "a bucket without versions in prod as no data",
    resources: privateBucket(document(tlsOnly)),
    expected: [],
    stack: "prod",
  },
  // Values that are not a policy.
  {
    title: "the policy { of a bucket as broken",
    resources: privateBucket("{"),
    expected: ["bucket-website-read-only", "bucket-tls-only"],
  },
];
