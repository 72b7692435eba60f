import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "chai";

import type { CloudEvent } from "../../../../../packages/local-cloud/gateway/service";
import { bucket, failure, startS3, until, type TestS3 } from "./harness";

const Bucket = "photos";
const buckets = [
  bucket(Bucket, { versioned: true, eventBridge: true }),
  bucket("plain", { eventBridge: true }),
  bucket("silent"),
];

function objectOf(event: CloudEvent | undefined) {
  return event?.detail.object as Record<string, string | number>;
}

describe("local S3: events", () => {
  let cloud: TestS3;
  let client: S3Client;

  before(async () => {
    cloud = await startS3({ buckets, now: () => new Date("2026-03-01T08:30:15.700Z") });
    client = cloud.client();
  });
  after(() => cloud.stop());
  beforeEach(() => void (cloud.events.length = 0));

  it("have EventBridge's own shape", async () => {
    const Key = "uploads/SV001/ảnh + 1.jpg";
    const { VersionId, ETag, $metadata } = await client.send(new PutObjectCommand({ Bucket, Key, Body: "photo" }));
    const [event] = cloud.events;
    expect(event?.id).to.match(/^[0-9a-f-]{36}$/);
    expect(objectOf(event).sequencer).to.match(/^[0-9A-F]{16}$/);
    expect(event).to.deep.equal({
      version: "0",
      id: event?.id,
      "detail-type": "Object Created",
      source: "aws.s3",
      account: "000000000000",
      time: "2026-03-01T08:30:15Z",
      region: "ap-southeast-1",
      resources: ["arn:aws:s3:::photos"],
      detail: {
        version: "0",
        bucket: { name: Bucket },
        object: {
          key: Key,
          size: 5,
          etag: ETag?.replaceAll('"', ""),
          "version-id": VersionId,
          sequencer: objectOf(event).sequencer,
        },
        "request-id": $metadata.requestId,
        requester: "000000000000",
        "source-ip-address": "127.0.0.1",
        reason: "PutObject",
      },
    });
  });

  it("tell of copies, and of deletions with their kind", async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "a" }));
    const copy = await client.send(new CopyObjectCommand({ Bucket, Key: "b", CopySource: `${Bucket}/a` }));
    const marker = await client.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    await client.send(new DeleteObjectCommand({ Bucket, Key: "b", VersionId: copy.VersionId }));
    const told = cloud.events.map(({ "detail-type": type, detail }) => [type, detail.reason, detail["deletion-type"]]);
    expect(told).to.deep.equal([
      ["Object Created", "PutObject", undefined],
      ["Object Created", "CopyObject", undefined],
      ["Object Deleted", "DeleteObject", "Delete Marker Created"],
      ["Object Deleted", "DeleteObject", "Permanently Deleted"],
    ]);
    expect(objectOf(cloud.events[2])["version-id"]).to.equal(marker.VersionId);
    expect(objectOf(cloud.events[3])["version-id"]).to.equal(copy.VersionId);
    expect(objectOf(cloud.events[3])).not.to.have.property("size");
    const sequence = cloud.events.map((event) => objectOf(event).sequencer);
    expect(sequence).to.deep.equal([...sequence].sort());
  });

  it("have no version where the bucket has none, and are not made for what was not there", async () => {
    await client.send(new PutObjectCommand({ Bucket: "plain", Key: "a", Body: "a" }));
    const Objects = [{ Key: "a" }, { Key: "never" }];
    await client.send(new DeleteObjectsCommand({ Bucket: "plain", Delete: { Objects } }));
    expect(cloud.events.map((event) => event["detail-type"])).to.deep.equal(["Object Created", "Object Deleted"]);
    for (const event of cloud.events) expect(objectOf(event)).not.to.have.property("version-id");
  });

  it("are not made by failures, nor by buckets that do not notify", async () => {
    await client.send(new PutObjectCommand({ Bucket: "silent", Key: "a", Body: "a" }));
    await client.send(new DeleteObjectCommand({ Bucket: "silent", Key: "a" }));
    const wrong = new PutObjectCommand({ Bucket, Key: "x", Body: "x", ChecksumCRC32: "AAAAAA==" });
    expect(await failure(client.send(wrong))).to.equal("BadDigest 400");
    expect(cloud.events).to.deep.equal([]);
  });

  describe("in the outbox", () => {
    const opened: TestS3[] = [];
    const start = async (options: Partial<Parameters<typeof startS3>[0]>) => {
      const other = await startS3({ buckets, ...options });
      opened.push(other);
      return other;
    };
    let storage: string;
    before(() => (storage = mkdtempSync(join(tmpdir(), "local-s3-outbox-"))));
    after(() => rmSync(storage, { recursive: true, force: true }));
    // Also after a failure: an open port would keep the whole run from ending.
    afterEach(() => Promise.all(opened.splice(0).map((other) => other.stop())));

    it("come after the object is there for everybody to read", async () => {
      let seen: Promise<string> | undefined;
      const eager = await start({
        emit: ({ detail }) => {
          const { key } = detail.object as { key: string };
          seen = failure(eager.client().send(new HeadObjectCommand({ Bucket, Key: key })));
          expect(readFileSync(join(eager.storage, "journal.jsonl"), "utf8")).to.contain(`"key":"${key}"`);
        },
      });
      await eager.client().send(new PutObjectCommand({ Bucket, Key: "now", Body: "x" }));
      expect(await seen).to.equal("none");
    });

    it("come again, with the same id, until they are taken", async () => {
      const attempts: string[] = [];
      const flaky = await start({
        emit: ({ id }) => {
          attempts.push(id);
          if (attempts.length === 1) throw new Error("not now");
        },
      });
      await flaky.client().send(new PutObjectCommand({ Bucket, Key: "a", Body: "a" }));
      await until(() => attempts.length === 2);
      expect(attempts[0]).to.equal(attempts[1]);
    });

    it("outlive the process when they were not taken, and only then", async () => {
      const first: CloudEvent[] = [];
      const never = await start({
        storage,
        emit: (event) => {
          first.push(event);
          return objectOf(event).key === "taken" ? Promise.resolve() : new Promise(() => undefined);
        },
      });
      await never.client().send(new PutObjectCommand({ Bucket, Key: "taken", Body: "a" }));
      await never.client().send(new PutObjectCommand({ Bucket, Key: "left", Body: "a" }));
      await never.stop();

      const second: CloudEvent[] = [];
      const next = await start({ storage, emit: (event) => void second.push(event) });
      expect(second, "nothing before the consumer is ready").to.deep.equal([]);
      next.s3.start();
      expect(second).to.deep.equal(first.filter((event) => objectOf(event).key === "left"));
      await next.stop();

      const third: CloudEvent[] = [];
      const last = await start({ storage, emit: (event) => void third.push(event) });
      last.s3.start();
      expect(third).to.deep.equal([]);
    });
  });
});
