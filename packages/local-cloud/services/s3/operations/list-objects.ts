import { walk, type Walk } from "../store/listing";
import { currentObject, sendXml, type Exchange } from "../wire/exchange";
import { commonPrefixes, contents, listQuery, listHead, readListQuery, readToken, toToken } from "./list-query";
import type { Operation } from "./operation";

export const listObjectsV2: Operation = {
  name: "ListObjectsV2",
  query: ["list-type", "continuation-token", "fetch-owner", "start-after", ...listQuery],
  perform(exchange) {
    const { core, bucket } = exchange;
    const query = readListQuery(exchange, "s3:ListBucket");
    const token = exchange.query("continuation-token");
    const startAfter = exchange.query("start-after");
    const after = token === undefined ? (startAfter ?? "") : readToken(token);
    const page = walkObjects(exchange, { ...query, after });
    const owner = exchange.query("fetch-owner") === "true" ? { Owner: { ID: core.ownerId } } : {};
    sendXml(exchange, "ListBucketResult", {
      ...listHead(bucket, query),
      KeyCount: page.items.length + page.commonPrefixes.length,
      IsTruncated: page.truncated,
      ContinuationToken: token,
      NextContinuationToken: page.truncated ? toToken(page.last) : undefined,
      StartAfter: startAfter === undefined ? undefined : query.encode(startAfter),
      Contents: page.items.map((object) => ({ ...contents(object, query), ...owner })),
      CommonPrefixes: commonPrefixes(page.commonPrefixes, query),
    });
  },
};

export const listObjects: Operation = {
  name: "ListObjects",
  query: ["marker", ...listQuery],
  perform(exchange) {
    const { core, bucket } = exchange;
    const query = readListQuery(exchange, "s3:ListBucket");
    const marker = exchange.query("marker") ?? "";
    const page = walkObjects(exchange, { ...query, after: marker });
    // Without a delimiter clients continue from the last key; S3 names the next marker only if that is not enough.
    const next = page.truncated && query.delimiter !== "" ? query.encode(page.last) : undefined;
    sendXml(exchange, "ListBucketResult", {
      ...listHead(bucket, query),
      Marker: query.encode(marker),
      NextMarker: next,
      IsTruncated: page.truncated,
      Contents: page.items.map((object) => ({ ...contents(object, query), Owner: { ID: core.ownerId } })),
      CommonPrefixes: commonPrefixes(page.commonPrefixes, query),
    });
  },
};

function walkObjects({ core, bucket }: Exchange, query: Walk) {
  return walk(core.store.keys(bucket.name), query, (key) => {
    const object = currentObject(core, bucket.name, key);
    return object ? [object] : [];
  });
}
