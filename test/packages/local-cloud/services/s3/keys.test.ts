import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

import { CopyObjectCommand, DeleteObjectCommand, DeleteObjectsCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import fc from "fast-check";

import { failure } from "./harness";
import { describeObjects } from "./objects";

const keysThatBreakThings = [
  "a b.jpg",
  "a+b.jpg",
  "a%b.jpg",
  "a%20b.jpg",
  "a%2Fb.jpg",
  "//double//slash/",
  "/leading",
  "trailing/",
  "ảnh thẻ – Nguyễn Thị Ánh.jpg",
  "e\u0301 is not é",
  "😀/\u{10ffff}",
  "?versionId=1&uploads#hash",
  "a&b=c;d,e:f@g!h*i'j(k)l~m$n",
  'quote"<tag>&amp;',
  "back\\slash",
  "a/../b",
  "./a/.",
  "..",
  "%2e%2e/a",
  "bell\u0007 tab\t line\n return\r",
  "__proto__",
  "constructor",
  "x".repeat(1024),
];

describeObjects("local S3: keys", (world) => {
  it("takes every key, however odd, through put, get, head, copy, list and delete", async () => {
    const { cloud, client, put, read } = world();
    for (const Key of keysThatBreakThings) {
      await put("plain", Key);
      expect(await read("plain", Key), Key).to.equal(Key);
      await client.send(new HeadObjectCommand({ Bucket: "plain", Key }));
      const CopySource = `plain/${encodeURIComponent(Key)}`;
      await client.send(new CopyObjectCommand({ Bucket: "versioned", Key, CopySource }));
      expect(await read("versioned", Key), Key).to.equal(Key);
      expect(cloud.s3.listObjects("plain", { prefix: Key })[0]?.key, Key).to.equal(Key);
    }
    const Objects = keysThatBreakThings.map((Key) => ({ Key }));
    const { Deleted } = await client.send(new DeleteObjectsCommand({ Bucket: "plain", Delete: { Objects } }));
    expect(Deleted?.map(({ Key }) => Key)).to.deep.equal(keysThatBreakThings);
    for (const Key of keysThatBreakThings) expect(cloud.s3.headObject("plain", Key), Key).to.equal(undefined);
    await client.send(new DeleteObjectCommand({ Bucket: "versioned", Key: "a+b.jpg" }));
    expect(cloud.s3.headObject("versioned", "a+b.jpg")).to.equal(undefined);
  });

  it("takes any key that is UTF-8 (property)", async () => {
    const { cloud, client, put } = world();
    const key = fc.string({ unit: "binary", minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(key, async (Key) => {
        await put("plain", Key, "x");
        expect(cloud.s3.headObject("plain", Key)?.size).to.equal(1);
        await client.send(new DeleteObjectsCommand({ Bucket: "plain", Delete: { Objects: [{ Key }] } }));
        expect(cloud.s3.headObject("plain", Key)).to.equal(undefined);
      }),
      { numRuns: 100 },
    );
  });

  it("names no file by a key", () => {
    const { cloud } = world();
    const names = readdirSync(join(cloud.storage, "data"), { recursive: true }).map(String);
    expect(names.length).to.be.greaterThan(0);
    for (const name of names) expect(name).to.match(/^[0-9a-f]{2}([/\\][0-9a-f-]{36})?$/);
  });

  it("refuses a key above 1,024 bytes and an encoding that is no UTF-8", async () => {
    const { cloud, put } = world();
    expect(await failure(put("plain", "é".repeat(513)))).to.equal("KeyTooLongError 400");
    const status = await statusOf(cloud.gateway.url, "GET /plain/%ff HTTP/1.1");
    expect(status).to.equal(400);
  });
});

/** The status of the answer to a request that no client would send. */
async function statusOf(url: string, line: string): Promise<number> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write([line, `host: ${hostname}:${port}`, "connection: close", "", ""].join("\r\n"));
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return Number(text.split(" ")[1]);
}
