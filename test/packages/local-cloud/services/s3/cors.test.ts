import { PutObjectCommand } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { expect } from "chai";

import { bucket, startS3, type TestS3 } from "./harness";

const origin = "https://avatar.school.example";

describe("local S3: pages of other origins", () => {
  let cloud: TestS3;

  before(async () => {
    cloud = await startS3({
      buckets: [
        bucket("photos", {
          cors: [
            {
              allowedOrigins: [origin, "https://*.dev.example"],
              allowedMethods: ["POST", "PUT"],
              allowedHeaders: ["content-*", "X-Amz-Meta-Name"],
              exposeHeaders: ["ETag", "x-amz-version-id"],
              maxAgeSeconds: 300,
            },
            { allowedOrigins: ["*"], allowedMethods: ["GET"] },
          ],
        }),
        bucket("closed"),
      ],
    });
  });
  after(() => cloud.stop());

  const preflight = async (path: string, headers: Record<string, string>) => {
    const answer = await fetch(`${cloud.gateway.url}${path}`, { method: "OPTIONS", headers });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };

  it("are let in by a preflight as the rules allow", async () => {
    const answer = await preflight("/photos", {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "Content-Type, x-amz-meta-name",
    });
    expect(answer.status, answer.text).to.equal(200);
    expect(answer.headers.get("access-control-allow-origin")).to.equal(origin);
    expect(answer.headers.get("access-control-allow-methods")).to.equal("POST, PUT");
    expect(answer.headers.get("access-control-allow-headers")).to.equal("content-type, x-amz-meta-name");
    expect(answer.headers.get("access-control-expose-headers")).to.equal("ETag, x-amz-version-id");
    expect(answer.headers.get("access-control-max-age")).to.equal("300");
    expect(answer.headers.get("access-control-allow-credentials")).to.equal("true");
    expect(answer.headers.get("vary")).to.contain("Origin");
    const wildcard = { origin: "https://x.dev.example", "access-control-request-method": "PUT" };
    expect((await preflight("/photos/any/key", wildcard)).status).to.equal(200);
    const anyone = await preflight("/photos/x", {
      origin: "https://else.example",
      "access-control-request-method": "GET",
    });
    expect(anyone.headers.get("access-control-allow-origin")).to.equal("*");
    expect(anyone.headers.get("access-control-allow-credentials")).to.equal(null);
  });

  it("are turned away by a preflight for anything else", async () => {
    const refused = async (path: string, headers: Record<string, string>) => {
      const { status, text, headers: sent } = await preflight(path, headers);
      expect(sent.get("access-control-allow-origin")).to.equal(null);
      return `${status} ${/<Code>(.*?)</.exec(text)?.[1]}`;
    };
    const method = { "access-control-request-method": "POST" };
    expect(await refused("/photos", { origin: "https://evil.example", ...method })).to.equal("403 AccessForbidden");
    expect(await refused("/photos", { origin: `${origin}.evil.example`, ...method })).to.equal("403 AccessForbidden");
    expect(await refused("/photos", { origin, "access-control-request-method": "DELETE" })).to.equal(
      "403 AccessForbidden",
    );
    const header = { ...method, "access-control-request-headers": "authorization" };
    expect(await refused("/photos", { origin, ...header })).to.equal("403 AccessForbidden");
    expect(await refused("/closed", { origin, ...method })).to.equal("403 AccessForbidden");
    expect(await refused("/photos", method)).to.equal("400 BadRequest");
    expect(await refused("/nowhere", { origin, ...method })).to.equal("404 NoSuchBucket");
  });

  it("can read answers, and errors just as well", async () => {
    const client = cloud.client();
    const url = await getSignedUrl(client, new PutObjectCommand({ Bucket: "photos", Key: "a" }));
    const headers = { origin };
    const put = await fetch(url, { method: "PUT", body: "x", headers });
    expect(put.status).to.equal(200);
    expect(put.headers.get("access-control-allow-origin")).to.equal(origin);

    const forged = await fetch(`${url.slice(0, -1)}0`, { method: "PUT", body: "x", headers });
    expect(forged.headers.get("access-control-allow-origin")).to.equal(origin);

    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- the presigner's own type of it
    const post = await createPresignedPost(client, {
      Bucket: "photos",
      Key: "b",
      Conditions: [["content-length-range", 1, 2]],
    });
    const form = new FormData();
    for (const [name, value] of Object.entries(post.fields)) form.append(name, value);
    form.append("file", new Blob(["too long"]), "b");
    const refused = await fetch(post.url, { method: "POST", body: form, headers });
    expect(await refused.text()).to.contain("EntityTooLarge");
    expect(refused.headers.get("access-control-allow-origin")).to.equal(origin);

    const stranger = await fetch(url, { method: "PUT", body: "x", headers: { origin: "https://evil.example" } });
    expect(stranger.headers.get("access-control-allow-origin")).to.equal(null);
  });
});
