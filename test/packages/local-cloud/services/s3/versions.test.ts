import { DeleteObjectCommand, GetObjectCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";

import { failure } from "./harness";
import { describeObjects } from "./objects";

describeObjects("local S3: versions", (world) => {
  it("are kept, read, and hidden by a delete marker", async () => {
    const { client, put, read } = world();
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
    const { client, put } = world();
    await put("versioned", "w");
    const get = (VersionId: string) =>
      failure(client.send(new GetObjectCommand({ Bucket: "versioned", Key: "w", VersionId })));
    expect(await get("x".repeat(32))).to.equal("NoSuchVersion 404");
    expect(await get("../../etc/passwd")).to.equal("InvalidArgument 400");
  });

  it("of a bucket without versioning are all called null", async () => {
    const { cloud, client, put, read } = world();
    await put("plain", "n", "one");
    await put("plain", "n", "two");
    expect(await read("plain", "n", "null")).to.equal("two");
    await client.send(new DeleteObjectCommand({ Bucket: "plain", Key: "n", VersionId: "null" }));
    expect(cloud.s3.headObject("plain", "n")).to.equal(undefined);
  });
});
