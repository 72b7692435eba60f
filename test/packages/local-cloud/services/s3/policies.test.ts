import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";

import { allow, bucket, failure, role, startS3, type TestS3 } from "./harness";

const photos = "arn:aws:s3:::photos";
const site = "arn:aws:s3:::site";

describe("local S3: who may do what", () => {
  let cloud: TestS3;
  let versionId: string;

  before(async () => {
    const publicRead = { ...allow("s3:GetObject", `${site}/*`), Sid: "PublicRead", Principal: "*" };
    const tlsOnly = {
      Effect: "Deny",
      Principal: "*",
      Action: "s3:*",
      Resource: [photos, `${photos}/*`],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    };
    const noSecrets = { Effect: "Deny", Principal: "*", Action: "s3:GetObject", Resource: `${photos}/secret/*` };
    const policy = (...Statement: object[]) => ({ Version: "2012-10-17", Statement });
    cloud = await startS3({
      buckets: [
        bucket("photos", { versioned: true, publicAccessBlocked: true }),
        bucket("site"),
        bucket("blocked", { publicAccessBlocked: true }),
      ],
      roles: [
        role("reader", allow("s3:GetObject", `${photos}/*`)),
        role("lister", allow(["s3:GetObject", "s3:ListBucket"], [photos, `${photos}/*`])),
        role("writer", allow("s3:PutObject", `${photos}/uploads/*`)),
        role("deleter", allow("s3:DeleteObject", `${photos}/*`)),
        role("version-deleter", allow("s3:DeleteObjectVersion", `${photos}/*`)),
        role("version-reader", allow(["s3:GetObjectVersion", "s3:ListBucketVersions"], [photos, `${photos}/*`])),
        role(
          "part-lister",
          allow("s3:ListBucket", photos, { Condition: { StringLike: { "s3:prefix": "uploads/*" } } }),
        ),
        role("copier", allow("s3:GetObject", `${photos}/*`), allow("s3:PutObject", `${site}/*`)),
      ],
      policies: {
        photos: policy(tlsOnly, noSecrets),
        site: policy(publicRead),
        blocked: policy({ ...publicRead, Resource: "arn:aws:s3:::blocked/*" }),
      },
    });
    versionId = (await cloud.s3.putObject("photos", "uploads/a.jpg", Buffer.from("a"))).versionId;
    await cloud.s3.putObject("photos", "secret/a.jpg", Buffer.from("a"));
    await cloud.s3.putObject("site", "index.html", Buffer.from("<p>"), { headers: { "content-type": "text/html" } });
    await cloud.s3.putObject("blocked", "index.html", Buffer.from("<p>"));
  });
  after(() => cloud.stop());

  const Bucket = "photos";
  const Key = "uploads/a.jpg";
  const get = (as: string, more: object = {}) =>
    failure(cloud.client(as).send(new GetObjectCommand({ Bucket, Key, ...more })));

  it("asks for s3:GetObject, or s3:GetObjectVersion when a version is named", async () => {
    expect(await get("reader")).to.equal("none");
    expect(await get("reader", { VersionId: versionId })).to.equal("AccessDenied 403");
    expect(await get("version-reader", { VersionId: versionId })).to.equal("none");
    expect(await get("version-reader")).to.equal("AccessDenied 403");
    expect(await get("writer")).to.equal("AccessDenied 403");
  });

  it("hides whether a key is missing from those who may not list", async () => {
    expect(await get("reader", { Key: "missing" })).to.equal("AccessDenied 403");
    expect(await get("lister", { Key: "missing" })).to.equal("NoSuchKey 404");
    const head = (as: string) => failure(cloud.client(as).send(new HeadObjectCommand({ Bucket, Key: "missing" })));
    expect(await head("reader")).to.match(/ 403$/);
    expect(await head("lister")).to.equal("NotFound 404");
  });

  it("asks for s3:PutObject on the very key", async () => {
    const put = (key: string, more: object = {}) =>
      failure(cloud.client("writer").send(new PutObjectCommand({ Bucket, Key: key, Body: "x", ...more })));
    expect(await put("uploads/b.jpg")).to.equal("none");
    expect(await put("avatars/b.jpg")).to.equal("AccessDenied 403");
    expect(await put("uploads/b.jpg", { Tagging: "a=1" }), "tags need a right of their own").to.equal(
      "AccessDenied 403",
    );
  });

  it("asks for s3:DeleteObject for a marker and s3:DeleteObjectVersion for good, also key by key", async () => {
    const remove = (as: string, more: object = {}) =>
      failure(cloud.client(as).send(new DeleteObjectCommand({ Bucket, Key: "none", ...more })));
    expect(await remove("deleter")).to.equal("none");
    expect(await remove("deleter", { VersionId: versionId })).to.equal("AccessDenied 403");
    expect(await remove("version-deleter", { VersionId: versionId })).to.equal("none");
    expect(await remove("version-deleter")).to.equal("AccessDenied 403");
    const Objects = [{ Key: "none" }, { Key: "none", VersionId: versionId }];
    const many = await cloud.client("deleter").send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(many.Deleted).to.have.length(1);
    expect(many.Errors?.[0]).to.include({ Code: "AccessDenied", VersionId: versionId });
  });

  it("asks for s3:ListBucket with the prefix, and s3:ListBucketVersions", async () => {
    const list = (as: string, Prefix?: string) =>
      failure(cloud.client(as).send(new ListObjectsV2Command({ Bucket, Prefix })));
    expect(await list("part-lister", "uploads/SV001/")).to.equal("none");
    expect(await list("part-lister", "avatars/")).to.equal("AccessDenied 403");
    expect(await list("part-lister")).to.equal("AccessDenied 403");
    expect(await list("reader")).to.equal("AccessDenied 403");
    const versions = (as: string) => failure(cloud.client(as).send(new ListObjectVersionsCommand({ Bucket })));
    expect(await versions("version-reader")).to.equal("none");
    expect(await versions("lister")).to.equal("AccessDenied 403");
    expect(await failure(cloud.client("lister").send(new ListBucketsCommand({})))).to.equal("AccessDenied 403");
  });

  it("asks for both ends of a copy", async () => {
    const copy = (as: string, target: string) =>
      failure(
        cloud.client(as).send(new CopyObjectCommand({ Bucket: target, Key: "copy", CopySource: `photos/${Key}` })),
      );
    expect(await copy("copier", "site")).to.equal("none");
    expect(await copy("copier", "photos")).to.equal("AccessDenied 403");
    expect(await copy("writer", "photos")).to.equal("AccessDenied 403");
  });

  it("says who was refused what, in AWS's words", async () => {
    const error = await cloud
      .client("writer")
      .send(new GetObjectCommand({ Bucket, Key }))
      .catch((reason: unknown) => reason);
    expect((error as Error).message).to.equal(
      "User: arn:aws:sts::000000000000:assumed-role/writer/test is not authorized to perform: s3:GetObject on resource: " +
        '"arn:aws:s3:::photos/uploads/a.jpg" because no identity-based policy allows the s3:GetObject action',
    );
  });

  it("takes the loopback port for secure transport, and other denials of a bucket's policy as they are", async () => {
    expect(await get("reader")).to.equal("none");
    expect(await get("reader", { Key: "secret/a.jpg" })).to.equal("AccessDenied 403");
  });

  it("lets nobody in but where a bucket's policy is open to everyone", async () => {
    const status = async (path: string, init?: RequestInit) =>
      (await fetch(`${cloud.gateway.url}${path}`, init)).status;
    expect(await status("/site/index.html")).to.equal(200);
    expect(await status("/site/missing.html")).to.equal(403);
    expect(await status("/site?list-type=2")).to.equal(403);
    expect(await status("/site/x", { method: "PUT", body: "x" })).to.equal(403);
    expect(await status("/site/index.html?response-content-type=text/plain")).to.equal(400);
    expect(await status("/photos/uploads/a.jpg")).to.equal(403);
    expect(await status("/blocked/index.html"), "public access is blocked").to.equal(403);
    expect(await status("/nowhere/index.html")).to.equal(404);
  });
});
