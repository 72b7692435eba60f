import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { expect } from "chai";

import { failure } from "./harness";
import { describeObjects } from "./objects";

describeObjects("local S3: reads", (world) => {
  before(() => world().put("plain", "ten", "0123456789"));
  const get = (more: object) => world().client.send(new GetObjectCommand({ Bucket: "plain", Key: "ten", ...more }));

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
    const { client } = world();
    const missing = { Bucket: "plain", Key: "missing" };
    expect(await failure(client.send(new GetObjectCommand(missing)))).to.equal("NoSuchKey 404");
    expect(await failure(client.send(new HeadObjectCommand(missing)))).to.equal("NotFound 404");
    expect(await failure(client.send(new HeadBucketCommand({ Bucket: "missing" })))).to.equal("NotFound 404");
    expect(await failure(client.send(new DeleteObjectCommand(missing)))).to.equal("none");
  });

  describe("presigned URLs", () => {
    it("read and write objects", async () => {
      const { client } = world();
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
      const { cloud } = world();
      const answer = await fetch(`${cloud.gateway.url}/plain/ten?AWSAccessKeyId=local&Signature=x&Expires=1`);
      expect(answer.status).to.equal(400);
      expect(await answer.text()).to.contain("Please use AWS4-HMAC-SHA256");
    });
  });
});
