import { createHash, randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";

import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetBucketAclCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type ChecksumAlgorithm,
  type S3Client,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { expect } from "chai";
import fc from "fast-check";

import { bucket, failure, startS3, until, type TestS3 } from "./harness";

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

describe("local S3: objects", () => {
  let cloud: TestS3;
  let client: S3Client;

  before(async () => {
    cloud = await startS3({ buckets: [bucket("plain"), bucket("versioned", { versioned: true })] });
    client = cloud.client();
  });
  after(() => cloud.stop());

  const put = (Bucket: string, Key: string, Body: string | Uint8Array = Key) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body }));
  const read = async (Bucket: string, Key: string, VersionId?: string) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, VersionId }));
    return Body?.transformToString();
  };

  it("gives back what was put, with its headers and metadata", async () => {
    const Body = randomBytes(300_000);
    const md5 = createHash("md5").update(Body).digest("hex");
    const input = {
      Bucket: "plain",
      Key: "photo.jpg",
      ContentType: "image/jpeg",
      CacheControl: "max-age=60",
      ContentDisposition: "inline",
      ContentLanguage: "vi",
      Metadata: { student: "SV001" },
      ServerSideEncryption: "AES256",
    } as const;
    const written = await client.send(new PutObjectCommand({ ...input, Body }));
    expect(written.ETag).to.equal(`"${md5}"`);
    expect(written.ServerSideEncryption).to.equal("AES256");
    expect(written.VersionId).to.equal(undefined);

    const got = await client.send(new GetObjectCommand({ Bucket: "plain", Key: "photo.jpg" }));
    expect(got).to.deep.include({
      ETag: `"${md5}"`,
      ContentLength: 300_000,
      ContentType: "image/jpeg",
      CacheControl: "max-age=60",
      ContentDisposition: "inline",
      ContentLanguage: "vi",
      Metadata: { student: "SV001" },
      AcceptRanges: "bytes",
    });
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).to.deep.equal(Body);

    const head = await client.send(new HeadObjectCommand({ Bucket: "plain", Key: "photo.jpg" }));
    expect(head).to.deep.include({ ETag: `"${md5}"`, ContentLength: 300_000, Metadata: { student: "SV001" } });
    expect(head.LastModified).to.deep.equal(got.LastModified);
  });

  it("takes every key, however odd, through put, get, head, copy, list and delete", async () => {
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
    const names = readdirSync(join(cloud.storage, "data"), { recursive: true }).map(String);
    expect(names.length).to.be.greaterThan(0);
    for (const name of names) expect(name).to.match(/^[0-9a-f]{2}([/\\][0-9a-f-]{36})?$/);
  });

  it("refuses a key above 1,024 bytes and an encoding that is no UTF-8", async () => {
    expect(await failure(put("plain", "é".repeat(513)))).to.equal("KeyTooLongError 400");
    const { status } = await rawRequest("GET /plain/%ff HTTP/1.1", []);
    expect(status).to.equal(400);
  });

  describe("bodies", () => {
    for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as ChecksumAlgorithm[]) {
      it(`verifies and keeps a ${algorithm}, in a header and in a trailer`, async () => {
        const Body = randomBytes(100_001);
        for (const [Key, body] of [
          ["in-header", Body],
          ["in-trailer", Readable.from([Body.subarray(0, 70_000), Body.subarray(70_000)])],
        ] as const) {
          await client.send(
            new PutObjectCommand({
              Bucket: "plain",
              Key,
              Body: body,
              ContentLength: Body.length,
              ChecksumAlgorithm: algorithm,
            }),
          );
          const got = await client.send(new GetObjectCommand({ Bucket: "plain", Key, ChecksumMode: "ENABLED" }));
          const sum = `Checksum${algorithm}` as "ChecksumCRC32";
          expect(got[sum], Key).to.be.a("string");
          // Reading to the end makes the client check the sum as well.
          expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(Body), Key).to.equal(true);
          expect(got.ContentEncoding).to.equal(undefined);
        }
      });
    }

    it("refuses a body that is not what its checksum or MD5 promises, and keeps nothing of it", async () => {
      const wrong = (more: object) =>
        failure(client.send(new PutObjectCommand({ Bucket: "plain", Key: "wrong", Body: "body", ...more })));
      expect(await wrong({ ChecksumCRC32: "AAAAAA==" })).to.equal("BadDigest 400");
      expect(await wrong({ ChecksumSHA256: Buffer.alloc(32).toString("base64") })).to.equal("BadDigest 400");
      expect(await wrong({ ContentMD5: Buffer.alloc(16).toString("base64") })).to.equal("BadDigest 400");
      expect(await wrong({ ContentMD5: "short" })).to.equal("InvalidDigest 400");
      expect(cloud.s3.headObject("plain", "wrong")).to.equal(undefined);
      expect(readdirSync(join(cloud.storage, "incoming"))).to.deep.equal([]);
    });

    it("answers a client whose large body it refuses", async () => {
      const Body = Buffer.alloc(20_000_000);
      const request = client.send(new PutObjectCommand({ Bucket: "no-such-bucket", Key: "x", Body }));
      expect(await failure(request)).to.equal("NoSuchBucket 404");
    });

    it("keeps nothing when the client breaks off", async () => {
      const url = await getSignedUrl(client, new PutObjectCommand({ Bucket: "plain", Key: "broken-off" }));
      const { hostname, port, pathname, search } = new URL(url);
      const socket = connect(Number(port), hostname);
      socket.write(
        `PUT ${pathname}${search} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-length: 1000\r\n\r\nhalf`,
      );
      const incoming = join(cloud.storage, "incoming");
      await until(() => readdirSync(incoming).length > 0);
      socket.destroy();
      await until(() => readdirSync(incoming).length === 0);
      expect(cloud.s3.headObject("plain", "broken-off")).to.equal(undefined);
    });

    it("refuses what would be a false success", async () => {
      const asked = (more: object) =>
        failure(client.send(new PutObjectCommand({ Bucket: "plain", Key: "x", Body: "x", ...more })));
      expect(await asked({ ACL: "public-read" })).to.equal("AccessControlListNotSupported 400");
      expect(await asked({ ServerSideEncryption: "aws:kms" })).to.equal("NotImplemented 501");
      expect(await asked({ StorageClass: "GLACIER" })).to.equal("NotImplemented 501");
      expect(await asked({ WebsiteRedirectLocation: "/y" })).to.equal("NotImplemented 501");
      expect(await asked({ ObjectLockMode: "GOVERNANCE" })).to.equal("NotImplemented 501");
      expect(await asked({ ExpectedBucketOwner: "111111111111" })).to.equal("AccessDenied 403");
      expect(await asked({ Metadata: { long: "x".repeat(2048) } })).to.equal("MetadataTooLarge 400");
    });
  });

  describe("reads", () => {
    before(() => put("plain", "ten", "0123456789"));
    const get = (more: object) => client.send(new GetObjectCommand({ Bucket: "plain", Key: "ten", ...more }));

    it("answers byte ranges", async () => {
      const range = async (Range: string) => {
        const { Body, ContentRange, $metadata } = await get({ Range });
        return [$metadata.httpStatusCode, ContentRange, await Body?.transformToString()];
      };
      expect(await range("bytes=2-4")).to.deep.equal([206, "bytes 2-4/10", "234"]);
      expect(await range("bytes=7-")).to.deep.equal([206, "bytes 7-9/10", "789"]);
      expect(await range("bytes=-3")).to.deep.equal([206, "bytes 7-9/10", "789"]);
      expect(await range("bytes=5-99")).to.deep.equal([206, "bytes 5-9/10", "56789"]);
      expect(await range("bytes=nonsense")).to.deep.equal([200, undefined, "0123456789"]);
      expect(await failure(get({ Range: "bytes=10-" }))).to.equal("InvalidRange 416");
    });

    it("answers conditional reads", async () => {
      const { ETag, LastModified } = await get({});
      const later = new Date((LastModified?.getTime() ?? 0) + 5_000);
      const earlier = new Date((LastModified?.getTime() ?? 0) - 5_000);
      expect(await failure(get({ IfMatch: ETag }))).to.equal("none");
      expect(await failure(get({ IfMatch: '"other"' }))).to.equal("PreconditionFailed 412");
      expect(await failure(get({ IfNoneMatch: ETag }))).to.match(/ 304$/);
      expect(await failure(get({ IfModifiedSince: later }))).to.match(/ 304$/);
      expect(await failure(get({ IfUnmodifiedSince: earlier }))).to.equal("PreconditionFailed 412");
      expect(await failure(get({ IfMatch: ETag, IfUnmodifiedSince: earlier }))).to.equal("none");
    });

    it("lets a signer override the headers of the answer", async () => {
      const { ContentType, ContentDisposition } = await get({
        ResponseContentType: "text/csv",
        ResponseContentDisposition: 'attachment; filename="ảnh.csv"',
      });
      expect(ContentType).to.equal("text/csv");
      expect(Buffer.from(ContentDisposition ?? "", "latin1").toString()).to.equal('attachment; filename="ảnh.csv"');
    });

    it("tells what is not there", async () => {
      const missing = { Bucket: "plain", Key: "missing" };
      expect(await failure(client.send(new GetObjectCommand(missing)))).to.equal("NoSuchKey 404");
      expect(await failure(client.send(new HeadObjectCommand(missing)))).to.equal("NotFound 404");
      expect(await failure(client.send(new HeadBucketCommand({ Bucket: "missing" })))).to.equal("NotFound 404");
      expect(await failure(client.send(new DeleteObjectCommand(missing)))).to.equal("none");
    });
  });

  describe("presigned URLs", () => {
    it("read and write objects", async () => {
      const Key = "by url/ảnh +%.txt";
      const upload = await getSignedUrl(
        client,
        new PutObjectCommand({ Bucket: "plain", Key, ContentType: "text/plain", Metadata: { by: "url" } }),
      );
      const put = await fetch(upload, { method: "PUT", body: "hello", headers: { "content-type": "text/plain" } });
      expect(put.status, await put.text()).to.equal(200);
      const got = await fetch(await getSignedUrl(client, new GetObjectCommand({ Bucket: "plain", Key })));
      expect(await got.text()).to.equal("hello");
      expect(got.headers.get("content-type")).to.equal("text/plain");
      expect(got.headers.get("x-amz-meta-by")).to.equal("url");
    });

    it("of the old signature are refused with advice", async () => {
      const answer = await fetch(`${cloud.gateway.url}/plain/ten?AWSAccessKeyId=local&Signature=x&Expires=1`);
      expect(answer.status).to.equal(400);
      expect(await answer.text()).to.contain("Please use AWS4-HMAC-SHA256");
    });
  });

  describe("versions", () => {
    it("are kept, read, and hidden by a delete marker", async () => {
      const Bucket = "versioned";
      const Key = "v";
      const first = await put(Bucket, Key, "first");
      const second = await put(Bucket, Key, "second");
      expect(first.VersionId)
        .to.match(/^[\w.]{32}$/)
        .and.not.equal(second.VersionId);
      expect(await read(Bucket, Key)).to.equal("second");
      expect(await read(Bucket, Key, first.VersionId)).to.equal("first");

      const deleted = await client.send(new DeleteObjectCommand({ Bucket, Key }));
      expect(deleted.DeleteMarker).to.equal(true);
      const marker = deleted.VersionId;
      const gone = await client.send(new GetObjectCommand({ Bucket, Key })).catch((error: unknown) => error);
      expect(gone).to.include({ name: "NoSuchKey" });
      const named = client.send(new GetObjectCommand({ Bucket, Key, VersionId: marker }));
      expect(await failure(named)).to.equal("MethodNotAllowed 405");
      expect(await read(Bucket, Key, second.VersionId)).to.equal("second");

      const undone = await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId: marker }));
      expect(undone).to.include({ DeleteMarker: true, VersionId: marker });
      expect(await read(Bucket, Key)).to.equal("second");

      await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId: second.VersionId }));
      expect(await read(Bucket, Key)).to.equal("first");
      const again = client.send(new DeleteObjectCommand({ Bucket, Key, VersionId: second.VersionId }));
      expect(await failure(again)).to.equal("none");
    });

    it("that do not exist are NoSuchVersion, and malformed ids InvalidArgument", async () => {
      await put("versioned", "w");
      const get = (VersionId: string) =>
        failure(client.send(new GetObjectCommand({ Bucket: "versioned", Key: "w", VersionId })));
      expect(await get("x".repeat(32))).to.equal("NoSuchVersion 404");
      expect(await get("../../etc/passwd")).to.equal("InvalidArgument 400");
    });

    it("of a bucket without versioning are all called null", async () => {
      await put("plain", "n", "one");
      await put("plain", "n", "two");
      expect(await read("plain", "n", "null")).to.equal("two");
      await client.send(new DeleteObjectCommand({ Bucket: "plain", Key: "n", VersionId: "null" }));
      expect(cloud.s3.headObject("plain", "n")).to.equal(undefined);
    });
  });

  describe("conditional writes", () => {
    it("create only what is missing, and replace only what is known", async () => {
      const write = (more: object) =>
        client.send(new PutObjectCommand({ Bucket: "plain", Key: "c", Body: "c", ...more }));
      const { ETag } = await write({ IfNoneMatch: "*" });
      expect(await failure(write({ IfNoneMatch: "*" }))).to.equal("PreconditionFailed 412");
      expect(await failure(write({ IfMatch: '"other"' }))).to.equal("PreconditionFailed 412");
      expect(await failure(write({ IfMatch: ETag }))).to.equal("none");
      const remove = (IfMatch: string) =>
        failure(client.send(new DeleteObjectCommand({ Bucket: "plain", Key: "c", IfMatch })));
      expect(await remove('"other"')).to.equal("PreconditionFailed 412");
      expect(await remove(ETag ?? "")).to.equal("none");
      expect(await failure(write({ IfMatch: ETag }))).to.equal("NoSuchKey 404");
    });

    it("let exactly one of many simultaneous writers win", async () => {
      const writers = Array.from({ length: 10 }, (_, i) =>
        failure(client.send(new PutObjectCommand({ Bucket: "plain", Key: "race", Body: `${i}`, IfNoneMatch: "*" }))),
      );
      const outcomes = await Promise.all(writers);
      expect(outcomes.filter((outcome) => outcome === "none")).to.have.length(1);
    });
  });

  describe("copies", () => {
    it("carry attributes along, or replace them", async () => {
      await client.send(
        new PutObjectCommand({
          Bucket: "plain",
          Key: "from",
          Body: "data",
          ContentType: "text/css",
          Metadata: { a: "1" },
          Tagging: "t=1",
        }),
      );
      const copy = (Key: string, more: object) =>
        client.send(new CopyObjectCommand({ Bucket: "plain", Key, CopySource: "plain/from", ...more }));
      const { CopyObjectResult } = await copy("to", {});
      expect(CopyObjectResult?.ETag).to.equal(`"${createHash("md5").update("data").digest("hex")}"`);
      const kept = await client.send(new HeadObjectCommand({ Bucket: "plain", Key: "to" }));
      expect(kept).to.deep.include({ ContentType: "text/css", Metadata: { a: "1" }, TagCount: 1 });
      await copy("to", { MetadataDirective: "REPLACE", ContentType: "text/html", Metadata: { b: "2" } });
      const replaced = await client.send(new HeadObjectCommand({ Bucket: "plain", Key: "to" }));
      expect(replaced).to.deep.include({ ContentType: "text/html", Metadata: { b: "2" } });
      expect(await failure(copy("from", {}))).to.equal("InvalidRequest 400");
      expect(await failure(copy("to", { CopySourceIfMatch: '"other"' }))).to.equal("PreconditionFailed 412");
      expect(await failure(copy("to", { CopySource: "plain/missing" }))).to.equal("NoSuchKey 404");
    });

    it("restore an older version", async () => {
      const { VersionId } = await put("versioned", "r", "old");
      await put("versioned", "r", "new");
      const restored = await client.send(
        new CopyObjectCommand({
          Bucket: "versioned",
          Key: "r",
          CopySource: `versioned/r?versionId=${VersionId ?? ""}`,
        }),
      );
      expect(restored.CopySourceVersionId).to.equal(VersionId);
      expect(await read("versioned", "r")).to.equal("old");
    });
  });

  it("deletes many at once, quietly or not, by version or ETag", async () => {
    const { VersionId, ETag } = await put("versioned", "m1");
    await put("versioned", "m2");
    const remove = (Objects: object[], Quiet = false) =>
      client.send(
        new DeleteObjectsCommand({ Bucket: "versioned", Delete: { Objects: Objects as { Key: string }[], Quiet } }),
      );
    const answer = await remove([
      { Key: "m1", VersionId },
      { Key: "m2" },
      { Key: "never" },
      { Key: "m2", ETag: "other" },
    ]);
    expect(answer.Deleted).to.have.length(3);
    expect(answer.Deleted?.[0]).to.deep.equal({ Key: "m1", VersionId });
    expect(answer.Deleted?.[1]).to.include({ Key: "m2", DeleteMarker: true });
    // The object is behind a marker by then, so there is nothing that the ETag could match.
    expect(answer.Errors?.[0]).to.include({ Key: "m2", Code: "NoSuchKey" });
    expect((await remove([{ Key: "m2" }], true)).Deleted).to.equal(undefined);
    expect(ETag).to.be.a("string");
    const without = await fetch(`${cloud.gateway.url}/versioned?delete`, { method: "POST", body: "<Delete/>" });
    expect(without.status).to.equal(400);
  });

  it("keeps tags", async () => {
    const at = { Bucket: "plain", Key: "tagged" };
    await client.send(
      new PutObjectCommand({ ...at, Body: "x", Tagging: `class=10A&${encodeURIComponent("năm")}=2026` }),
    );
    const { TagSet } = await client.send(new GetObjectTaggingCommand(at));
    expect(TagSet).to.deep.equal([
      { Key: "class", Value: "10A" },
      { Key: "năm", Value: "2026" },
    ]);
    await client.send(new PutObjectTaggingCommand({ ...at, Tagging: { TagSet: [{ Key: "a", Value: "<1>" }] } }));
    expect((await client.send(new GetObjectTaggingCommand(at))).TagSet).to.deep.equal([{ Key: "a", Value: "<1>" }]);
    await client.send(new DeleteObjectTaggingCommand(at));
    expect((await client.send(new GetObjectTaggingCommand(at))).TagSet).to.deep.equal([]);
    const twice = {
      TagSet: [
        { Key: "a", Value: "1" },
        { Key: "a", Value: "2" },
      ],
    };
    expect(await failure(client.send(new PutObjectTaggingCommand({ ...at, Tagging: twice })))).to.equal(
      "InvalidTag 400",
    );
  });

  it("tells of its buckets", async () => {
    const { Buckets } = await client.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).to.deep.equal(["plain", "versioned"]);
    const head = await client.send(new HeadBucketCommand({ Bucket: "plain" }));
    expect(head.BucketRegion).to.equal("ap-southeast-1");
    const location = await client.send(new GetBucketLocationCommand({ Bucket: "plain" }));
    expect(location.LocationConstraint).to.equal("ap-southeast-1");
    const versioning = (Bucket: string) => client.send(new GetBucketVersioningCommand({ Bucket }));
    expect((await versioning("versioned")).Status).to.equal("Enabled");
    expect((await versioning("plain")).Status).to.equal(undefined);
  });

  it("names what it does not serve", async () => {
    const error = await client.send(new GetBucketAclCommand({ Bucket: "plain" })).catch((reason: unknown) => reason);
    expect(error).to.include({ name: "NotImplemented", message: "The local S3 does not serve GetBucketAcl." });
  });

  async function rawRequest(line: string, headers: string[]) {
    const { hostname, port } = new URL(cloud.gateway.url);
    const socket = connect(Number(port), hostname);
    socket.write([line, `host: ${hostname}:${port}`, "connection: close", ...headers, "", ""].join("\r\n"));
    let text = "";
    for await (const chunk of socket) text += String(chunk);
    return { status: Number(text.split(" ")[1]), text };
  }
});
