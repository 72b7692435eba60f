import { createHash, randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type CompletedPart,
  type S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "chai";

import { bucket, failure, startS3, until, type TestS3 } from "./harness";

const MiB = 1024 * 1024;
const Bucket = "photos";

describe("local S3: multipart uploads", () => {
  let cloud: TestS3;
  let client: S3Client;
  const data = randomBytes(11 * MiB);
  const pieces = [data.subarray(0, 5 * MiB), data.subarray(5 * MiB, 10 * MiB), data.subarray(10 * MiB)];

  before(async () => {
    cloud = await startS3({ buckets: [bucket(Bucket, { versioned: true, eventBridge: true })] });
    client = cloud.client();
  });
  after(() => cloud.stop());

  const begin = async (Key: string, more: object = {}) =>
    (await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))).UploadId ?? "";
  const part = async (Key: string, UploadId: string, PartNumber: number, Body: Buffer, more: object = {}) => {
    const { ETag, ...sums } = await client.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ...more }),
    );
    return { PartNumber, ETag, ChecksumCRC32: sums.ChecksumCRC32, ChecksumCRC64NVME: sums.ChecksumCRC64NVME };
  };
  const complete = (Key: string, UploadId: string, Parts: CompletedPart[], more: object = {}) =>
    client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }));
  const blobs = () =>
    readdirSync(join(cloud.storage, "data"), { recursive: true })
      .map(String)
      .filter((name) => name.length > 2);

  it("become one object of its parts, in the order of their numbers", async () => {
    const Key = "whole +%.bin";
    const UploadId = await begin(Key, { ContentType: "image/png", Metadata: { a: "1" } });
    const third = await part(Key, UploadId, 30, pieces[2] ?? data);
    await part(Key, UploadId, 10, Buffer.from("replaced"));
    const first = await part(Key, UploadId, 10, pieces[0] ?? data);
    const second = await part(Key, UploadId, 20, pieces[1] ?? data);

    const listed = await client.send(new ListPartsCommand({ Bucket, Key, UploadId, MaxParts: 2 }));
    expect(listed.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).to.deep.equal([
      [10, 5 * MiB],
      [20, 5 * MiB],
    ]);
    expect(listed).to.include({ IsTruncated: true, NextPartNumberMarker: "20" });
    const rest = await client.send(new ListPartsCommand({ Bucket, Key, UploadId, PartNumberMarker: "20" }));
    expect(rest.Parts?.map(({ PartNumber }) => PartNumber)).to.deep.equal([30]);

    const done = await complete(Key, UploadId, [first, second, third]);
    const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest();
    const etag = `"${md5(Buffer.concat(pieces.map(md5))).toString("hex")}-3"`;
    expect(done.ETag).to.equal(etag);
    expect(done.VersionId).to.match(/^[\w.]{32}$/);
    const got = await client.send(new GetObjectCommand({ Bucket, Key }));
    expect(got).to.deep.include({
      ETag: etag,
      ContentType: "image/png",
      Metadata: { a: "1" },
      ContentLength: data.length,
    });
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(data)).to.equal(true);

    const second20 = await client.send(new GetObjectCommand({ Bucket, Key, PartNumber: 2 }));
    expect(second20).to.include({ PartsCount: 3, ContentLength: 5 * MiB });
    expect(Buffer.from((await second20.Body?.transformToByteArray()) ?? []).equals(pieces[1] ?? data)).to.equal(true);
    expect(await failure(client.send(new HeadObjectCommand({ Bucket, Key, PartNumber: 4 })))).to.match(/ 416$/);

    expect(cloud.events.map(({ detail }) => detail.reason)).to.deep.equal(["CompleteMultipartUpload"]);
    expect(cloud.events[0]?.detail.object).to.include({ key: Key, size: data.length, etag: etag.replaceAll('"', "") });
    await until(() => blobs().length === 1);
  });

  it("carry checksums of their parts, or of the whole", async () => {
    const Key = "sums";
    const composite = await begin(Key, { ChecksumAlgorithm: "CRC32" });
    const parts = [await part(Key, composite, 1, pieces[0] ?? data), await part(Key, composite, 2, pieces[2] ?? data)];
    const done = await complete(Key, composite, parts);
    expect(done.ChecksumCRC32).to.match(/-2$/);
    expect(done.ChecksumType).to.equal("COMPOSITE");

    const full = await begin(Key, { ChecksumAlgorithm: "CRC64NVME", ChecksumType: "FULL_OBJECT" });
    const more = { ChecksumAlgorithm: "CRC64NVME" };
    const again = [
      await part(Key, full, 1, pieces[0] ?? data, more),
      await part(Key, full, 2, pieces[2] ?? data, more),
    ];
    const wrong = complete(Key, full, again, { ChecksumCRC64NVME: "AAAAAAAAAAA=", ChecksumType: "FULL_OBJECT" });
    expect(await failure(wrong)).to.equal("BadDigest 400");
    expect(await failure(complete(Key, full, again, { MpuObjectSize: 1 }))).to.equal("InvalidRequest 400");
    await complete(Key, full, again);
    const whole = Buffer.concat([pieces[0] ?? data, pieces[2] ?? data]);
    await client.send(new PutObjectCommand({ Bucket, Key: "single", Body: whole, ChecksumAlgorithm: "CRC64NVME" }));
    const head = (name: string) => client.send(new HeadObjectCommand({ Bucket, Key: name, ChecksumMode: "ENABLED" }));
    expect((await head(Key)).ChecksumCRC64NVME)
      .to.equal((await head("single")).ChecksumCRC64NVME)
      .and.be.a("string");
  });

  it("are refused when parts are missing, wrong, out of order or too small", async () => {
    const Key = "refused";
    const UploadId = await begin(Key);
    const one = await part(Key, UploadId, 1, pieces[0] ?? data);
    const two = await part(Key, UploadId, 2, Buffer.from("small"));
    const three = await part(Key, UploadId, 3, Buffer.from("small"));
    expect(await failure(complete(Key, UploadId, [one, { PartNumber: 9, ETag: one.ETag }]))).to.equal(
      "InvalidPart 400",
    );
    expect(await failure(complete(Key, UploadId, [{ ...one, ETag: '"other"' }]))).to.equal("InvalidPart 400");
    expect(await failure(complete(Key, UploadId, [two, one]))).to.equal("InvalidPartOrder 400");
    expect(await failure(complete(Key, UploadId, [one, two, three]))).to.equal("EntityTooSmall 400");
    expect(await failure(complete(Key, UploadId, []))).to.equal("MalformedXML 400");
    expect(await failure(part(Key, UploadId, 10_001, Buffer.from("x")))).to.equal("InvalidArgument 400");
    expect(await failure(part(Key, "no-such-upload", 1, Buffer.from("x")))).to.equal("NoSuchUpload 404");
    expect(await failure(part("other-key", UploadId, 1, Buffer.from("x")))).to.equal("NoSuchUpload 404");
    expect(await failure(complete(Key, UploadId, [one, two]))).to.equal("none");
  });

  it("may be completed again with the same parts: the answer is the same, and nothing is made twice", async () => {
    const Key = "repeated.bin";
    const UploadId = await begin(Key);
    const only = await part(Key, UploadId, 1, Buffer.from("once"));
    const created = () => cloud.events.filter(({ detail }) => (detail["object"] as { key: string }).key === Key).length;
    const answers = await Promise.all([complete(Key, UploadId, [only]), complete(Key, UploadId, [only])]);
    answers.push(await complete(Key, UploadId, [only]));
    const made = answers.map(({ ETag, VersionId }) => ({ ETag, VersionId }));
    expect(made).to.deep.equal([made[0], made[0], made[0]]);
    await until(() => created() > 0);
    expect(created()).to.equal(1);
    expect(await failure(complete(Key, UploadId, [{ ...only, ETag: '"other"' }]))).to.equal("NoSuchUpload 404");
    expect(await failure(complete("other.bin", UploadId, [only]))).to.equal("NoSuchUpload 404");
  });

  it("are listed until they end, by key and beginning, page by page", async () => {
    const ids: string[] = [];
    for (const key of ["list/b", "list/a", "list/b", "list/sub/c"]) ids.push(await begin(key));
    const [firstB = "", a = "", secondB = "", c = ""] = ids;
    const list = async (more: object) => {
      const page = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: "list/", ...more }));
      return { ...page, ids: (page.Uploads ?? []).map((upload) => upload.UploadId) };
    };
    expect((await list({})).ids).to.deep.equal([a, firstB, secondB, c]);
    const page = await list({ MaxUploads: 2 });
    expect(page.ids).to.deep.equal([a, firstB]);
    expect(page.IsTruncated).to.equal(true);
    const next = await list({ KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker });
    expect(next.ids).to.deep.equal([secondB, c]);
    const grouped = await list({ Delimiter: "/" });
    expect(grouped.CommonPrefixes).to.deep.equal([{ Prefix: "list/sub/" }]);
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key: "list/b", UploadId: firstB }));
    expect((await list({})).ids).to.deep.equal([a, secondB, c]);
  });

  it("tell what they are made of: attributes, parts and their checksums", async () => {
    const Key = "attributes.bin";
    const UploadId = await begin(Key, { ChecksumAlgorithm: "CRC32" });
    const parts = [
      await part(Key, UploadId, 1, pieces[0] ?? data, { ChecksumAlgorithm: "CRC32" }),
      await part(Key, UploadId, 2, Buffer.from("end"), { ChecksumAlgorithm: "CRC32" }),
    ];
    const { ETag, ChecksumCRC32 } = await complete(Key, UploadId, parts);
    const ask = (more: object) =>
      client.send(new GetObjectAttributesCommand({ Bucket, Key, ObjectAttributes: [], ...more }));
    const all = await ask({ ObjectAttributes: ["ETag", "Checksum", "ObjectParts", "ObjectSize", "StorageClass"] });
    expect(all.ETag).to.equal(ETag?.replaceAll('"', ""));
    expect(all.Checksum).to.deep.equal({ ChecksumCRC32, ChecksumType: "COMPOSITE" });
    expect(all.ObjectSize).to.equal(5 * MiB + 3);
    expect(all.ObjectParts?.TotalPartsCount).to.equal(2);
    expect(all.ObjectParts?.Parts?.map((one) => [one.Size, one.ChecksumCRC32])).to.deep.equal([
      [5 * MiB, parts[0]?.ChecksumCRC32],
      [3, parts[1]?.ChecksumCRC32],
    ]);
    const second = await ask({ ObjectAttributes: ["ObjectParts"], PartNumberMarker: "1", MaxParts: 1 });
    expect(second.ObjectParts?.Parts?.map(({ PartNumber }) => PartNumber)).to.deep.equal([2]);
    expect(second.ETag).to.equal(undefined);
    expect(await failure(ask({ ObjectAttributes: ["Colour"] }))).to.equal("InvalidArgument 400");
  });

  it("refuse a checksum of the whole that they were not begun with", async () => {
    const Key = "sums.bin";
    const UploadId = await begin(Key, { ChecksumAlgorithm: "CRC32" });
    const only = await part(Key, UploadId, 1, Buffer.from("x"), { ChecksumAlgorithm: "CRC32" });
    for (const wrong of [{ ChecksumType: "FULL_OBJECT" }, { ChecksumSHA256: "A".repeat(43) + "=" }]) {
      expect(await failure(complete(Key, UploadId, [only], wrong))).to.equal("InvalidRequest 400");
    }
    const foreign = { ...only, ChecksumSHA1: "A".repeat(27) + "=" };
    expect(await failure(complete(Key, UploadId, [foreign]))).to.equal("InvalidPart 400");
    await complete(Key, UploadId, [only]);
  });

  it("copy a range only if all of it is there", async () => {
    const Key = "ranges.bin";
    await client.send(new PutObjectCommand({ Bucket, Key: "five", Body: "12345" }));
    const UploadId = await begin(Key);
    const copy = (CopySourceRange: string) =>
      failure(
        client.send(
          new UploadPartCopyCommand({
            Bucket,
            Key,
            UploadId,
            PartNumber: 1,
            CopySource: `${Bucket}/five`,
            CopySourceRange,
          }),
        ),
      );
    for (const range of ["bytes=0-5", "bytes=5-9", "bytes=0-", "bytes=-2", "bytes=3-1", "0-2"]) {
      expect(await copy(range), range).to.equal("InvalidArgument 400");
    }
    expect(await copy("bytes=0-4")).to.equal("none");
  });

  it("leave nothing when aborted", async () => {
    const UploadId = await begin("aborted");
    const before = new Set(blobs());
    await part("aborted", UploadId, 1, Buffer.from("x"));
    const made = blobs().filter((name) => !before.has(name));
    expect(made).to.have.length(1);
    const abort = () => client.send(new AbortMultipartUploadCommand({ Bucket, Key: "aborted", UploadId }));
    await abort();
    await until(() => !blobs().some((name) => made.includes(name)));
    expect(await failure(abort())).to.equal("NoSuchUpload 404");
    expect(cloud.s3.headObject(Bucket, "aborted")).to.equal(undefined);
  });

  it("take parts from other objects, whole or a range of them", async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: "source", Body: data }));
    const UploadId = await begin("copied");
    const copy = async (PartNumber: number, CopySourceRange?: string) => {
      const command = new UploadPartCopyCommand({
        Bucket,
        Key: "copied",
        UploadId,
        PartNumber,
        CopySource: `${Bucket}/source`,
        CopySourceRange,
      });
      return { PartNumber, ETag: (await client.send(command)).CopyPartResult?.ETag };
    };
    const parts = [await copy(1), await copy(2, "bytes=0-9")];
    await complete("copied", UploadId, parts);
    expect(cloud.s3.headObject(Bucket, "copied")?.size).to.equal(data.length + 10);
  });

  it("are there again after a restart", async () => {
    const UploadId = await begin("resumed");
    const one = await part("resumed", UploadId, 1, pieces[0] ?? data);
    const buckets = [bucket(Bucket, { versioned: true })];
    await cloud.gateway.close();
    const next = await startS3({ buckets, storage: cloud.storage });
    client = next.client();
    try {
      const two = await part("resumed", UploadId, 2, Buffer.from("end"));
      await complete("resumed", UploadId, [one, two]);
    } finally {
      await next.stop();
    }
    expect(next.s3.headObject(Bucket, "resumed")?.size).to.equal(5 * MiB + 3);
  });
});
