import type { StoredObject } from "../store";
import { readTags } from "../wire/attributes";
import { collect, openBody } from "../wire/body";
import { s3Error } from "../wire/errors";
import { sendEmpty, sendXml, versionHeader, type Exchange } from "../wire/exchange";
import { fromXml } from "../wire/xml";
import { findReadable } from "./get-object";
import { bodyHeaders, refuseElements, type Operation } from "./operation";

export const getObjectTagging: Operation = {
  name: "GetObjectTagging",
  query: ["tagging", "versionId"],
  perform(exchange) {
    const object = findReadable(exchange, { current: "s3:GetObjectTagging", version: "s3:GetObjectVersionTagging" });
    const Tag = Object.entries(object.tags).map(([Key, Value]) => ({ Key, Value }));
    sendXml(exchange, "Tagging", { TagSet: { Tag } }, { "x-amz-version-id": versionHeader(object.versionId) });
  },
};

/** The maximum size of the XML of ten tags, in bytes. */
const maxTagging = 64 * 1024;

export const putObjectTagging: Operation = {
  name: "PutObjectTagging",
  query: ["tagging", "versionId"],
  headers: bodyHeaders,
  async perform(exchange) {
    const object = findReadable(exchange, { current: "s3:PutObjectTagging", version: "s3:PutObjectVersionTagging" });
    const body = openBody(exchange.request, exchange.header, exchange.core.options);
    const document = fromXml(await collect(body, maxTagging), "Tagging");
    const [set] = document.all("TagSet");
    if (!set) throw s3Error("MalformedXML");
    refuseElements(putObjectTagging, document, ["TagSet"]);
    refuseElements(putObjectTagging, set, ["Tag"]);
    const tags = readTags(
      set.all("Tag").map((tag) => {
        refuseElements(putObjectTagging, tag, ["Key", "Value"]);
        return [tag.child("Key") ?? "", tag.child("Value") ?? ""];
      }),
    );
    replaceTags(exchange, object, tags, 200);
  },
};

export const deleteObjectTagging: Operation = {
  name: "DeleteObjectTagging",
  query: ["tagging", "versionId"],
  perform(exchange) {
    const object = findReadable(exchange, {
      current: "s3:DeleteObjectTagging",
      version: "s3:DeleteObjectVersionTagging",
    });
    replaceTags(exchange, object, {}, 204);
  },
};

function replaceTags(exchange: Exchange, object: StoredObject, tags: Record<string, string>, status: number): void {
  const { core, bucket, key } = exchange;
  core.store.commit({ do: "tag", bucket: bucket.name, key, versionId: object.versionId, tags });
  sendEmpty(exchange, status, { "x-amz-version-id": versionHeader(object.versionId) });
}
