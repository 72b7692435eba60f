import { createHash, randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";

import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type ChecksumAlgorithm } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { expect } from "chai";

import { failure, until } from "./harness";
import { describeObjects } from "./objects";

describeObjects("local S3: bodies", (world) => {
  it("gives back what was put, with its headers and metadata", async () => {
    const { client } = world();
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

  for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as ChecksumAlgorithm[]) {
    it(`verifies and keeps a ${algorithm}, in a header and in a trailer`, async () => {
      const { client } = world();
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
    const { cloud, client } = world();
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
    const { client } = world();
    const Body = Buffer.alloc(20_000_000);
    const request = client.send(new PutObjectCommand({ Bucket: "no-such-bucket", Key: "x", Body }));
    expect(await failure(request)).to.equal("NoSuchBucket 404");
  });

  it("keeps nothing when the client breaks off", async () => {
    const { cloud, client } = world();
    const url = await getSignedUrl(client, new PutObjectCommand({ Bucket: "plain", Key: "broken-off" }));
    const { hostname, port, pathname, search } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(`PUT ${pathname}${search} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-length: 1000\r\n\r\nhalf`);
    const incoming = join(cloud.storage, "incoming");
    await until(() => readdirSync(incoming).length > 0);
    socket.destroy();
    await until(() => readdirSync(incoming).length === 0);
    expect(cloud.s3.headObject("plain", "broken-off")).to.equal(undefined);
  });

  it("refuses what would be a false success", async () => {
    const { client } = world();
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
