import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";

import { expect } from "chai";

import { s3Service } from "../../../../../packages/local-cloud/services/s3";
import type { CloudEvent } from "../../../../../packages/local-cloud/gateway/service";
import { identity } from "./harness";
import { buckets, type Told } from "./kill-child";

/** Runs the child until it has sent so many reports, then kills it at once. */
async function runAndKill(storage: string, messages: number): Promise<Told[]> {
  const child = fork(join(__dirname, "kill-child.js"), [storage]);
  const told: Told[] = [];
  child.on("message", (message: Told) => {
    told.push(message);
    if (told.length === messages) child.kill("SIGKILL");
  });
  // "close" comes after the last message that the child sent.
  await once(child, "close");
  return told;
}

function open(storage: string, events: CloudEvent[]) {
  const s3 = s3Service({
    identity,
    storage,
    buckets,
    credentials: () => undefined,
    authorizeAs: () => undefined,
    emit: (event) => void events.push(event),
  });
  s3.start();
  return s3;
}

interface Seen {
  readonly type: string;
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
  readonly sequencer: string;
}

function seen(event: CloudEvent): Seen {
  const detail = event.detail as { bucket: { name: string }; object: { key: string; etag: string; sequencer: string } };
  return { type: event["detail-type"], bucket: detail.bucket.name, ...detail.object };
}

describe("local S3: after kill -9", () => {
  let storage: string;
  before(() => (storage = mkdtempSync(join(tmpdir(), "local-s3-kill-"))));
  after(() => rmSync(storage, { recursive: true, force: true }));

  it("has all that it said is done, whole, with its event emitted or still to come, and no leftovers", async () => {
    const events: Seen[] = [];
    for (const messages of [1, 2, 3, 7, 50, 120, 301, 500]) {
      const told = await runAndKill(storage, messages);
      const left: CloudEvent[] = [];
      const s3 = open(storage, left);
      events.push(...told.flatMap((one) => ("emitted" in one ? [seen(one.emitted)] : [])), ...left.map(seen));

      /** A key's fate after an object of it was made: the child may have got further than it could report. */
      const laterThan = (made: Seen) =>
        events.some(
          ({ bucket, key, sequencer }) => bucket === made.bucket && key === made.key && sequencer > made.sequencer,
        );
      for (const one of told) {
        if ("emitted" in one) continue;
        const name = "put" in one ? one.put : one.removed;
        const made = events.find(
          (event) => event.type === "Object Created" && event.bucket === name && event.etag === one.md5,
        );
        expect(made, `no event told of ${name} ${one.key}`).not.to.equal(undefined);
        const there = s3.headObject(name, one.key, one.versionId)?.etag === one.md5;
        if ("removed" in one) expect(there, `${name} ${one.key} is back`).to.equal(false);
        else if (!there) expect(made && laterThan(made), `${name} ${one.key} is lost`).to.equal(true);
      }
      for (const { name } of buckets) {
        for (const { key, etag } of s3.listObjects(name)) {
          const found = await s3.getObject(name, key);
          const bytes = found ? await buffer(found.body) : Buffer.alloc(0);
          expect(createHash("md5").update(bytes).digest("hex"), `${name} ${key}`).to.equal(etag);
          expect(
            events.some((event) => event.bucket === name && event.etag === etag),
            `no event told of ${key}`,
          ).to.equal(true);
        }
      }
      await s3.close();

      const again: CloudEvent[] = [];
      await open(storage, again).close();
      expect(again, "acknowledged events stay so").to.deep.equal([]);
      expect(readdirSync(join(storage, "incoming"))).to.deep.equal([]);
    }
    expect(events.length).to.be.greaterThan(100);
  });
});
