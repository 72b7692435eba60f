import {
  DeleteObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import fc from "fast-check";

import { compareKeys, SortedKeys, walk } from "../../../../../packages/local-cloud/services/s3/store/listing";
import { urlEncode } from "../../../../../packages/local-cloud/services/s3/operations/list-query";
import { bucket, failure, startS3, type TestS3 } from "./harness";

const keys = [
  "a.jpg",
  "a/b/1.jpg",
  "a/b/2.jpg",
  "a/c.jpg",
  "b c+d%.jpg",
  "uploads/SV001/1.jpg",
  "uploads/SV002/1.jpg",
  "uploads/SV002/2.jpg",
  "ảnh/1.jpg",
  "\uffee.jpg",
  "😀.jpg",
];

describe("local S3: lists", () => {
  let cloud: TestS3;
  let client: S3Client;

  before(async () => {
    cloud = await startS3({ buckets: [bucket("list"), bucket("versions", { versioned: true }), bucket("empty")] });
    client = cloud.client();
    // Put in another order than they are listed in.
    for (const key of [...keys].reverse()) await cloud.s3.putObject("list", key, Buffer.from(key));
  });
  after(() => cloud.stop());

  const list = async (query: object) => {
    const page = await client.send(new ListObjectsV2Command({ Bucket: "list", ...query }));
    return {
      ...page,
      keys: page.Contents?.map(({ Key }) => Key),
      prefixes: page.CommonPrefixes?.map(({ Prefix }) => Prefix),
    };
  };

  it("are in the order of the keys' UTF-8 bytes", async () => {
    const page = await list({});
    expect(page.keys).to.deep.equal(keys);
    expect(page).to.include({ KeyCount: keys.length, IsTruncated: false, MaxKeys: 1000, Name: "list" });
    expect(page.Contents?.[0]).to.include({ Size: 5, StorageClass: "STANDARD" });
    expect(page.Contents?.[0]?.Owner).to.equal(undefined);
    const owned = await list({ FetchOwner: true });
    expect(owned.Contents?.[0]?.Owner?.ID).to.match(/^[0-9a-f]{64}$/);
  });

  it("roll keys up by prefix and delimiter", async () => {
    const top = await list({ Delimiter: "/" });
    expect(top.keys).to.deep.equal(["a.jpg", "b c+d%.jpg", "\uffee.jpg", "😀.jpg"]);
    expect(top.prefixes).to.deep.equal(["a/", "uploads/", "ảnh/"]);
    expect(top.KeyCount).to.equal(7);
    const below = await list({ Prefix: "a/", Delimiter: "/" });
    expect(below.keys).to.deep.equal(["a/c.jpg"]);
    expect(below.prefixes).to.deep.equal(["a/b/"]);
    expect((await list({ Prefix: "uploads/SV002" })).keys).to.deep.equal([
      "uploads/SV002/1.jpg",
      "uploads/SV002/2.jpg",
    ]);
    expect((await list({ Prefix: "nothing" })).KeyCount).to.equal(0);
  });

  it("go on page by page, with and without a delimiter", async () => {
    for (const Delimiter of [undefined, "/"]) {
      for (const pageSize of [1, 2, 3]) {
        const all: (string | undefined)[] = [];
        for await (const page of paginateListObjectsV2({ client, pageSize }, { Bucket: "list", Delimiter })) {
          expect(page.KeyCount).to.be.at.most(pageSize);
          all.push(
            ...(page.Contents ?? []).map(({ Key }) => Key),
            ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
          );
        }
        const whole = await list({ Delimiter });
        expect(all, `${Delimiter} ${pageSize}`).to.have.members([...(whole.keys ?? []), ...(whole.prefixes ?? [])]);
      }
    }
    expect((await list({ StartAfter: "uploads/SV001/1.jpg", MaxKeys: 1 })).keys).to.deep.equal(["uploads/SV002/1.jpg"]);
    expect((await list({ MaxKeys: 0 })).KeyCount).to.equal(0);
    expect(await failure(list({ ContinuationToken: "invented" }))).to.equal("InvalidArgument 400");
    expect(await failure(list({ MaxKeys: -1 }))).to.equal("InvalidArgument 400");
  });

  it("encode keys for those who ask", async () => {
    const page = await list({ EncodingType: "url", Prefix: "b c" });
    expect(page.keys).to.deep.equal(["b+c%2Bd%25.jpg"]);
    expect(page).to.include({ Prefix: "b+c", EncodingType: "url" });
    expect(urlEncode("test_file(3).png/~*")).to.equal("test_file%283%29.png/%7E*");
  });

  it("of the first version go on by markers", async () => {
    const first = await client.send(new ListObjectsCommand({ Bucket: "list", MaxKeys: 2, Delimiter: "/" }));
    expect(first).to.include({ IsTruncated: true, NextMarker: "a/" });
    expect(first.Contents?.[0]?.Owner?.ID).to.be.a("string");
    const second = await client.send(
      new ListObjectsCommand({ Bucket: "list", MaxKeys: 2, Delimiter: "/", Marker: first.NextMarker }),
    );
    expect(second.Contents?.map(({ Key }) => Key)).to.deep.equal(["b c+d%.jpg"]);
    expect(second.CommonPrefixes?.map(({ Prefix }) => Prefix)).to.deep.equal(["uploads/"]);
    const plain = await client.send(new ListObjectsCommand({ Bucket: "list", MaxKeys: 1, Marker: "a.jpg" }));
    expect(plain.Contents?.map(({ Key }) => Key)).to.deep.equal(["a/b/1.jpg"]);
    expect(plain.NextMarker).to.equal(undefined);
  });

  it("of versions show every version and marker, newest first, over pages", async () => {
    const made: string[] = [];
    for (const Key of ["a", "b/x"]) {
      for (let i = 0; i < 2; i++) {
        const { VersionId } = await client.send(new PutObjectCommand({ Bucket: "versions", Key, Body: `${i}` }));
        made.push(`${Key} ${VersionId}`);
      }
    }
    const { VersionId } = await client.send(new DeleteObjectCommand({ Bucket: "versions", Key: "a" }));
    const whole = await client.send(new ListObjectVersionsCommand({ Bucket: "versions" }));
    expect(whole.Versions?.map((version) => `${version.Key} ${version.VersionId}`)).to.deep.equal([
      made[1],
      made[0],
      made[3],
      made[2],
    ]);
    expect(whole.Versions?.map(({ IsLatest }) => IsLatest)).to.deep.equal([false, false, true, false]);
    expect(whole.DeleteMarkers?.[0]).to.include({ Key: "a", VersionId, IsLatest: true });

    const seen: string[] = [];
    let KeyMarker: string | undefined;
    let VersionIdMarker: string | undefined;
    do {
      const page = await client.send(
        new ListObjectVersionsCommand({ Bucket: "versions", MaxKeys: 1, KeyMarker, VersionIdMarker }),
      );
      for (const entry of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]) {
        seen.push(`${entry.Key} ${entry.VersionId}`);
      }
      KeyMarker = page.NextKeyMarker;
      VersionIdMarker = page.NextVersionIdMarker;
    } while (KeyMarker !== undefined);
    expect(seen).to.deep.equal([`a ${VersionId}`, made[1], made[0], made[3], made[2]]);

    const rolled = await client.send(new ListObjectVersionsCommand({ Bucket: "versions", Delimiter: "/" }));
    expect(rolled.CommonPrefixes).to.deep.equal([{ Prefix: "b/" }]);
    expect((await client.send(new ListObjectsV2Command({ Bucket: "versions" }))).Contents).to.have.length(1);
  });

  it("of an empty bucket are empty", async () => {
    const page = await client.send(new ListObjectsV2Command({ Bucket: "empty" }));
    expect(page).to.include({ KeyCount: 0, IsTruncated: false });
  });

  describe("as an algorithm", () => {
    const key = fc.string({ unit: fc.constantFrom("a", "b", "/", "é", "\uffee", "😀"), minLength: 1, maxLength: 6 });

    it("order keys as their bytes are ordered (property)", () => {
      const text = fc.string({ unit: "binary", maxLength: 8 });
      fc.assert(
        fc.property(text, text, (a, b) => {
          expect(Math.sign(compareKeys(a, b))).to.equal(Buffer.compare(Buffer.from(a), Buffer.from(b)));
        }),
        { numRuns: 1_000 },
      );
    });

    it("list in pages of any size what a plain filter finds, after any additions and deletions (property)", () => {
      const changes = fc.array(fc.tuple(key, fc.boolean()), { maxLength: 40 });
      const prefix = fc.constantFrom("", "a", "a/", "/", "é");
      fc.assert(
        fc.property(
          changes,
          prefix,
          fc.constantFrom("", "/", "b"),
          fc.integer({ min: 1, max: 5 }),
          (steps, from, delimiter, limit) => {
            const sorted = new SortedKeys();
            const plain = new Set<string>();
            for (const [name, add] of steps) {
              if (add) sorted.add(name);
              else sorted.delete(name);
              if (add) plain.add(name);
              else plain.delete(name);
              // Reading in between makes it keep its order from then on.
              [...sorted.from("", "")].slice(0, 1);
            }
            const expected = new Set<string>();
            for (const name of [...plain].sort(compareKeys).filter((candidate) => candidate.startsWith(from))) {
              const end = delimiter === "" ? -1 : name.indexOf(delimiter, from.length);
              expected.add(end < 0 ? name : name.slice(0, end + delimiter.length));
            }
            const seen: string[] = [];
            for (let after = "", more = true; more;) {
              const page = walk(sorted, { prefix: from, delimiter, after, limit }, (name) => [name]);
              expect(page.items.length + page.commonPrefixes.length).to.be.at.most(limit);
              seen.push(...[...page.items, ...page.commonPrefixes].sort(compareKeys));
              after = page.last;
              more = page.truncated;
            }
            expect(seen).to.deep.equal([...expected]);
          },
        ),
        { numRuns: 500 },
      );
    });
  });
});
