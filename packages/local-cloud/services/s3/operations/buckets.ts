import { invalidArgument } from "../wire/errors";
import { authorizeBucket, readCount, sendEmpty, sendXml } from "../wire/exchange";
import { readToken, toToken } from "./list-query";
import type { Operation, ServiceOperation } from "./operation";

/** Reads of buckets. The program declares them, so nothing here changes one. */

const maxBuckets = 10_000;

export const listBuckets: ServiceOperation = {
  name: "ListBuckets",
  query: ["bucket-region", "continuation-token", "max-buckets", "prefix"],
  performOnService(exchange) {
    const { core, request, query } = exchange;
    request.authorize("s3:ListAllMyBuckets", core.arn("*"));
    const limit = readCount(exchange, "max-buckets", maxBuckets, maxBuckets);
    if (limit === 0) {
      throw invalidArgument("max-buckets", "0", "Argument max-buckets must be an integer between 1 and 10000");
    }
    const token = query("continuation-token");
    const after = token === undefined ? "" : readToken(token);
    const region = core.options.identity.region;
    const prefix = query("prefix");
    const listed = [...core.buckets.keys()]
      .sort()
      .filter((name) => name > after && name.startsWith(prefix ?? "") && (query("bucket-region") ?? region) === region);
    const page = listed.slice(0, limit);
    sendXml(exchange, "ListAllMyBucketsResult", {
      Owner: { ID: core.ownerId },
      Buckets: {
        Bucket: page.map((Name) => ({ Name, CreationDate: core.opened.toISOString(), BucketRegion: region })),
      },
      Prefix: prefix,
      ContinuationToken: page.length < listed.length ? toToken(page.at(-1) ?? "") : undefined,
    });
  },
};

export const headBucket: Operation = {
  name: "HeadBucket",
  perform(exchange) {
    authorizeBucket(exchange, "s3:ListBucket");
    sendEmpty(exchange, 200, { "x-amz-bucket-region": exchange.core.options.identity.region });
  },
};

export const getBucketLocation: Operation = {
  name: "GetBucketLocation",
  query: ["location"],
  perform(exchange) {
    authorizeBucket(exchange, "s3:GetBucketLocation");
    const { region } = exchange.core.options.identity;
    // The oldest region has no name here.
    sendXml(exchange, "LocationConstraint", region === "us-east-1" ? "" : region);
  },
};

export const getBucketVersioning: Operation = {
  name: "GetBucketVersioning",
  query: ["versioning"],
  perform(exchange) {
    authorizeBucket(exchange, "s3:GetBucketVersioning");
    sendXml(exchange, "VersioningConfiguration", exchange.bucket.versioned ? { Status: "Enabled" } : {});
  },
};
