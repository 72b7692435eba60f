import { createHmac } from "node:crypto";
import { request as httpRequest } from "node:http";

import type { S3Client } from "@aws-sdk/client-s3";
import { createPresignedPost, type PresignedPostOptions } from "@aws-sdk/s3-presigned-post";
import { expect } from "chai";
import fc from "fast-check";

import { checkPolicy } from "../../../../../packages/local-cloud/services/s3/operations/post-policy";
import { signingKey } from "../../../../../packages/local-cloud/sigv4";
import { allow, bucket, identity, role, startS3, type TestS3 } from "./harness";

const Bucket = "photos";

describe("local S3: browser forms", () => {
  let cloud: TestS3;
  let client: S3Client;
  let clock = () => new Date();

  before(async () => {
    cloud = await startS3({
      buckets: [bucket(Bucket, { versioned: true, eventBridge: true, publicAccessBlocked: true }), bucket("open")],
      roles: [role("issuer", allow("s3:PutObject", `arn:aws:s3:::${Bucket}/uploads/*`)), role("reader")],
      policies: {
        open: {
          Version: "2012-10-17",
          Statement: [{ ...allow("s3:PutObject", "arn:aws:s3:::open/*"), Principal: "*" }],
        },
      },
      now: () => clock(),
    });
    client = cloud.client("issuer");
  });
  after(() => cloud.stop());
  afterEach(() => (clock = () => new Date()));

  const presign = (options: Partial<PresignedPostOptions> = {}, by = client) =>
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- the presigner's own type of it
    createPresignedPost(by, { Bucket, Key: "uploads/SV001/a.jpg", ...options });

  /** Sends fields and file as a browser does. */
  async function send(
    { url, fields }: { url: string; fields: Record<string, string> },
    file: Blob | string = "photo",
    fileName = "photo.jpg",
  ) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", typeof file === "string" ? new Blob([file], { type: "image/gif" }) : file, fileName);
    const answer = await fetch(url, { method: "POST", body: form, redirect: "manual" });
    const text = await answer.text();
    const inside = (name: string) => new RegExp(`<${name}>(.*?)</${name}>`).exec(text)?.[1];
    return { status: answer.status, headers: answer.headers, text, code: inside("Code"), message: inside("Message") };
  }

  it("upload what their policy describes", async () => {
    const post = await presign({
      Conditions: [
        ["content-length-range", 1, 100],
        ["eq", "$Content-Type", "image/jpeg"],
        ["starts-with", "$x-amz-meta-name", ""],
      ],
      Fields: { "Content-Type": "image/jpeg", "x-amz-meta-name": "Ánh" },
    });
    const answer = await send(post);
    expect(answer.status, answer.text).to.equal(204);
    expect(answer.headers.get("etag")).to.match(/^"[0-9a-f]{32}"$/);
    const info = cloud.s3.headObject(Bucket, "uploads/SV001/a.jpg");
    expect(info).to.include({ size: 5, contentType: "image/jpeg" });
    expect(info?.versionId).to.equal(answer.headers.get("x-amz-version-id"));
    expect(Buffer.from(info?.metadata.name ?? "", "latin1").toString()).to.equal("Ánh");
    expect(cloud.events.at(-1)?.detail).to.include({ reason: "POST Object", requester: identity.accountId });
  });

  it("answer as they ask: 204, 200, 201 with XML, or a redirect", async () => {
    const status = async (value: string) => {
      const Fields = { success_action_status: value };
      return send(await presign({ Fields, Key: "uploads/SV001/a b&.jpg" }));
    };
    expect((await status("200")).status).to.equal(200);
    expect((await status("204")).status).to.equal(204);
    expect((await status("999")).status).to.equal(204);
    const created = await status("201");
    expect(created.status).to.equal(201);
    expect(created.text).to.contain("<Key>uploads/SV001/a b&amp;.jpg</Key>").and.contain(`<Bucket>${Bucket}</Bucket>`);
    expect(created.text).to.contain(`<Location>${cloud.gateway.url}/${Bucket}/uploads/SV001/a%20b%26.jpg</Location>`);
    const redirect = await send(
      await presign({ Fields: { success_action_redirect: "https://school.example/done?x=1" } }),
    );
    expect(redirect.status).to.equal(303);
    expect(redirect.headers.get("location")).to.match(
      /^https:\/\/school\.example\/done\?x=1&bucket=photos&key=uploads%2FSV001/,
    );
  });

  it("put the file's name where ${filename} stands", async () => {
    for (const name of ["ảnh thẻ.jpg", "C:\\Users\\me\\ảnh thẻ.jpg", "../../../ảnh thẻ.jpg"]) {
      const answer = await send(await presign({ Key: "uploads/SV002/${filename}" }), "x", name);
      expect(answer.status, answer.text).to.equal(204);
      expect(cloud.s3.headObject(Bucket, "uploads/SV002/ảnh thẻ.jpg")?.size).to.equal(1);
      cloud.s3.deleteObject(Bucket, "uploads/SV002/ảnh thẻ.jpg");
    }
    await send(await presign({ Key: "uploads/SV002/${filename}" }), "x", "$&$1.jpg");
    expect(cloud.s3.headObject(Bucket, "uploads/SV002/$&$1.jpg")?.size).to.equal(1);
  });

  it("are refused when a field breaks a condition, is missing, is not covered, or comes twice", async () => {
    const Conditions: PresignedPostOptions["Conditions"] = [
      ["starts-with", "$Content-Type", "image/"],
      { "x-amz-meta-a": "1" },
    ];
    const good = { "Content-Type": "image/png", "x-amz-meta-a": "1" };
    const post = await presign({ Conditions });
    const change = (more: Record<string, string>) =>
      send({ url: post.url, fields: { ...good, ...post.fields, ...more } });
    expect((await change({})).status).to.equal(204);
    const refused = async (more: Record<string, string>) => {
      const { status, code, message } = await change(more);
      return `${status} ${code}: ${message}`;
    };
    expect(await refused({ "Content-Type": "text/html" })).to.equal(
      "403 AccessDenied: Invalid according to Policy: Policy Condition failed: [&quot;starts-with&quot;,&quot;$Content-Type&quot;,&quot;image/&quot;]",
    );
    expect(await refused({ "x-amz-meta-a": "2" })).to.match(/^403 AccessDenied: .*condition failed/i);
    expect(await refused({ key: "uploads/SV666/a.jpg" })).to.match(/^403 AccessDenied: .*condition failed/i);
    expect(await refused({ "x-amz-meta-b": "2" })).to.equal(
      "403 AccessDenied: Invalid according to Policy: Extra input fields: x-amz-meta-b",
    );
    expect(await refused({ "x-ignore-b": "2" })).to.match(/^204/);
    expect(await refused({ bucket: "open" })).to.match(/^403 AccessDenied/);
    expect(await refused({ KEY: "uploads/SV001/a.jpg" })).to.match(/^400 InvalidArgument: .*twice/);
    const without = { "Content-Type": "image/png", ...post.fields };
    const missing = await send({ url: post.url, fields: without });
    expect(missing.code).to.equal("AccessDenied");
  });

  it("are refused in another bucket than the signed one", async () => {
    const post = await presign();
    const elsewhere = await send({ ...post, url: `${cloud.gateway.url}/open` });
    expect(elsewhere.code).to.equal("AccessDenied");
  });

  it("are refused when the file is too large or too small, whatever its size", async () => {
    const post = await presign({ Conditions: [["content-length-range", 2, 10]] });
    expect((await send(post, "x")).code).to.equal("EntityTooSmall");
    expect((await send(post, "12345678901")).code).to.equal("EntityTooLarge");
    expect((await send(post, new Blob([new Uint8Array(30_000_000)]))).code).to.equal("EntityTooLarge");
    expect((await send(post, "1234567890")).status).to.equal(204);
  });

  it("are refused after they expire", async () => {
    const post = await presign({ Expires: 60 });
    clock = () => new Date(Date.now() + 61_000);
    const answer = await send(post);
    expect(`${answer.status} ${answer.message}`).to.equal("403 Invalid according to Policy: Policy expired.");
  });

  it("are refused when policy or signature were changed, or the key or its token is unknown", async () => {
    const post = await presign();
    const change = async (fields: Record<string, string>) =>
      (await send({ ...post, fields: { ...post.fields, ...fields } })).code;
    const longer = Buffer.from(
      Buffer.from(post.fields.Policy ?? "", "base64")
        .toString()
        .replace("SV001", "SV002"),
    ).toString("base64");
    expect(await change({ Policy: longer })).to.equal("SignatureDoesNotMatch");
    expect(await change({ "X-Amz-Signature": "0".repeat(64) })).to.equal("SignatureDoesNotMatch");
    expect(await change({ "X-Amz-Signature": "nonsense" })).to.equal("SignatureDoesNotMatch");
    expect(await change({ "X-Amz-Security-Token": "forged" })).to.equal("InvalidAccessKeyId");
    const credential = post.fields["X-Amz-Credential"] ?? "";
    expect(await change({ "X-Amz-Credential": credential.replace(/^[^/]+/, "AKIDUNKNOWN") })).to.equal(
      "InvalidAccessKeyId",
    );
    expect(await change({ "X-Amz-Credential": credential.replace("/s3/", "/sns/") })).to.equal("InvalidArgument");
    expect(await change({ "X-Amz-Algorithm": "none" })).to.equal("InvalidArgument");
  });

  it("may do what their signer may, and nothing else", async () => {
    const outside = await send(await presign({ Key: "avatars/SV001/a.jpg" }));
    expect(outside.status).to.equal(403);
    expect(outside.message).to.contain("assumed-role/issuer/test is not authorized to perform: s3:PutObject");
    const reader = await send(await presign({}, cloud.client("reader")));
    expect(reader.code).to.equal("AccessDenied");
  });

  it("without a policy are nobody's: the bucket has to be open to everyone", async () => {
    expect((await send({ url: `${cloud.gateway.url}/open`, fields: { key: "x" } })).status).to.equal(204);
    expect((await send({ url: `${cloud.gateway.url}/${Bucket}`, fields: { key: "x" } })).code).to.equal("AccessDenied");
  });

  it("are refused when malformed", async () => {
    const post = await presign();
    const url = new URL(post.url);
    const raw = (body: string | Buffer, type = "multipart/form-data; boundary=b") =>
      new Promise<string>((resolve, reject) => {
        const request = httpRequest(
          url,
          { method: "POST", headers: { "content-type": type, "content-length": Buffer.byteLength(body) } },
          (response) => {
            let text = "";
            response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
            response.on("end", () => resolve(`${response.statusCode} ${/<Code>(.*?)</.exec(text)?.[1]}`));
          },
        );
        request.on("error", reject);
        request.end(body);
      });
    const field = (name: string, value: string, more = "") =>
      `--b\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
    const fields = Object.entries(post.fields)
      .map(([name, value]) => field(name, value))
      .join("");
    expect(await raw("", "multipart/form-data")).to.equal("400 MalformedPOSTRequest");
    expect(await raw("nonsense")).to.equal("400 MalformedPOSTRequest");
    expect(await raw(`${fields}--b--\r\n`)).to.equal("400 InvalidArgument");
    expect(await raw(`${field("key", "k")}${field("other", "x", '; filename="x"')}--b--\r\n`)).to.equal(
      "400 InvalidArgument",
    );
    expect(await raw(`${fields}${field("file", "cut off", '; filename="x"').slice(0, -4)}`)).to.equal(
      "400 MalformedPOSTRequest",
    );
    expect(await raw(`${field("key", "x".repeat(30_000))}${fields}`)).to.equal("400 MaxPostPreDataLengthExceededError");
    expect(
      await raw(`${fields}${field("file", "fine", '; filename="x"')}${field("late", "ignored")}--b--\r\n`),
    ).to.match(/^204/);
  });

  describe("have policies", () => {
    const now = new Date("2026-01-01T00:00:00Z");
    const later = "2026-01-01T00:01:00Z";
    const encode = (policy: unknown) => Buffer.from(JSON.stringify(policy)).toString("base64");
    const check = (policy: unknown, fields: Record<string, string>) =>
      checkPolicy(encode(policy), new Map(Object.entries(fields)), "b", now);

    it("that have to be well-formed", () => {
      for (const policy of [
        null,
        [],
        { conditions: [] },
        { expiration: "tomorrow", conditions: [] },
        { expiration: later },
        { expiration: later, conditions: [["ends-with", "$key", "x"]] },
        { expiration: later, conditions: [["eq", "key", "x"]] },
        { expiration: later, conditions: [["eq", "$key"]] },
        { expiration: later, conditions: [{ key: "a", acl: "b" }] },
        { expiration: later, conditions: [{ key: 1 }] },
        { expiration: later, conditions: [["content-length-range", "a", 1]] },
        { expiration: later, conditions: [], other: 1 },
      ]) {
        expect(() => check(policy, {}), JSON.stringify(policy)).to.throw(/^Invalid Policy/);
      }
      expect(() => checkPolicy("%%%", new Map(), "b", now)).to.throw(/^Invalid Policy/);
    });

    it("that let through exactly the fields that meet every condition and are all covered (property)", () => {
      const name = fc.constantFrom("key", "content-type", "acl", "x-amz-meta-a");
      const value = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 3 });
      const condition = fc.oneof(
        fc.tuple(fc.constant("eq" as const), name, value),
        fc.tuple(fc.constant("starts-with" as const), name, value),
      );
      fc.assert(
        fc.property(fc.array(condition, { maxLength: 4 }), fc.dictionary(name, value), (conditions, fields) => {
          const given = Object.entries(fields);
          const met = conditions.every(([kind, field, expected]) => {
            const actual = fields[field] ?? "";
            return kind === "eq" ? actual === expected : actual.startsWith(expected);
          });
          const covered = given.every(([field]) => conditions.some(([, named]) => named === field));
          const policy = {
            expiration: later,
            conditions: conditions.map(([kind, field, expected]) => [kind, `$${field}`, expected]),
          };
          const judge = () => check(policy, fields);
          if (met && covered) expect(judge()).to.deep.equal({ min: 0, max: Number.MAX_SAFE_INTEGER });
          else expect(judge).to.throw(/^Invalid according to Policy/);
        }),
        { numRuns: 1_000 },
      );
    });

    it("whose every size range counts, and whose content types may be a list", () => {
      const range = check(
        {
          expiration: later,
          conditions: [
            ["content-length-range", 1, 10],
            ["content-length-range", 5, 20],
          ],
        },
        {},
      );
      expect(range).to.deep.equal({ min: 5, max: 10 });
      const images = { expiration: later, conditions: [["starts-with", "$Content-Type", "image/"]] };
      expect(() => check(images, { "content-type": "image/png, image/jpeg" })).not.to.throw();
      expect(() => check(images, { "content-type": "image/png, text/html" })).to.throw(/Condition failed/);
    });
  });

  it("verify the signature of the API reference's example", () => {
    // "Example: browser-based upload using HTTP POST": the policy there and the signature that it gives.
    const policy =
      "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9";
    const key = signingKey("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", {
      scopeDate: "20151229",
      region: "us-east-1",
      service: "s3",
    });
    expect(createHmac("sha256", key).update(policy).digest("hex")).to.equal(
      "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e",
    );
    const fields = {
      key: "user/user1/photo.jpg",
      acl: "public-read",
      success_action_redirect: "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html",
      "content-type": "image/jpeg",
      "x-amz-meta-uuid": "14365123651274",
      "x-amz-server-side-encryption": "AES256",
      "x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request",
      "x-amz-algorithm": "AWS4-HMAC-SHA256",
      "x-amz-date": "20151229T000000Z",
      "x-amz-meta-tag": "",
      policy,
    };
    const judge = (more: object) =>
      checkPolicy(
        policy,
        new Map(Object.entries({ ...fields, ...more })),
        "sigv4examplebucket",
        new Date("2015-12-30T00:00:00Z"),
      );
    expect(() => judge({})).not.to.throw();
    expect(() => judge({ key: "user/user2/photo.jpg" })).to.throw(/Condition failed/);
  });
});
