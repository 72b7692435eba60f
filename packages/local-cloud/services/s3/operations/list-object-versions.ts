import type { Version } from "../store";
import { walk } from "../store/listing";
import { invalidArgument } from "../wire/errors";
import { sendXml } from "../wire/exchange";
import type { XmlObject } from "../wire/xml";
import { commonPrefixes, contents, isoTime, listQuery, listHead, readListQuery } from "./list-query";
import type { Operation } from "./operation";

export const listObjectVersions: Operation = {
  name: "ListObjectVersions",
  query: ["versions", "key-marker", "version-id-marker", ...listQuery],
  perform(exchange) {
    const { core, bucket } = exchange;
    const query = readListQuery(exchange, "s3:ListBucketVersions");
    const keyMarker = exchange.query("key-marker") ?? "";
    const versionMarker = exchange.query("version-id-marker") ?? "";
    if (versionMarker !== "" && keyMarker === "") {
      throw invalidArgument(
        "version-id-marker",
        versionMarker,
        "A version-id marker cannot be specified without a key marker.",
      );
    }
    const page = walk(
      core.store.keys(bucket.name),
      { ...query, after: keyMarker },
      (key) => core.store.versions(bucket.name, key),
      (versions) => {
        const listed = versions.findIndex(({ versionId }) => versionId === versionMarker);
        return listed < 0 ? [] : versions.slice(listed + 1);
      },
    );
    const common = page.commonPrefixes.at(-1) === page.last;
    const entry = (version: Version): XmlObject => ({
      ...(version.deleteMarker
        ? { Key: query.encode(version.key), LastModified: isoTime(version) }
        : contents(version, query)),
      VersionId: version.versionId,
      IsLatest: core.store.versions(bucket.name, version.key)[0] === version,
      Owner: { ID: core.ownerId },
    });
    sendXml(exchange, "ListVersionsResult", {
      ...listHead(bucket, query),
      KeyMarker: query.encode(keyMarker),
      VersionIdMarker: versionMarker,
      NextKeyMarker: page.truncated ? query.encode(page.last) : undefined,
      NextVersionIdMarker: page.truncated && !common ? page.items.at(-1)?.versionId : undefined,
      IsTruncated: page.truncated,
      Version: page.items.filter(({ deleteMarker }) => !deleteMarker).map(entry),
      DeleteMarker: page.items.filter(({ deleteMarker }) => deleteMarker).map(entry),
      CommonPrefixes: commonPrefixes(page.commonPrefixes, query),
    });
  },
};
