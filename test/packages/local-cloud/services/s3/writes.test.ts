import { createHash } from "node:crypto";

import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";

import { failure } from "./harness";
import { describeObjects } from "./objects";

describeObjects("local S3: writes", (world) => {
  describe("conditional writes", () => {
    it("create only what is missing, and replace only what is known", async () => {
      const { client } = world();
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
      const { client } = world();
      const writers = Array.from({ length: 10 }, (_, i) =>
        failure(client.send(new PutObjectCommand({ Bucket: "plain", Key: "race", Body: `${i}`, IfNoneMatch: "*" }))),
      );
      const outcomes = await Promise.all(writers);
      expect(outcomes.filter((outcome) => outcome === "none")).to.have.length(1);
    });
  });

  describe("copies", () => {
    it("carry attributes along, or replace them", async () => {
      const { client } = world();
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
      const { client, put, read } = world();
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
    const { cloud, client, put } = world();
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
    const { client } = world();
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
});
