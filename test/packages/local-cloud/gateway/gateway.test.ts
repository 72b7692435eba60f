import { expect } from "chai";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { Readable } from "node:stream";

import { DescribeTableCommand, DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

import { startGateway, type Route } from "../../../../packages/local-cloud/gateway";
import { jsonService } from "../../../../packages/local-cloud/gateway/json-service";
import { errorOf } from "../../../support/errors";
import { identity, recordingS3, roleAllowing, startCloud, type Seen, type TestCloud } from "./helpers";

const reader = roleAllowing("reader", ["s3:GetObject"], ["arn:aws:s3:::photos/*"]);

describe("the gateway", () => {
  const seen: Seen[] = [];
  const reported: unknown[] = [];
  let cloud: TestCloud;
  let s3: S3Client;

  before(async () => {
    const echo = jsonService({
      members: "operations",
      name: "dynamodb",
      targetPrefix: "DynamoDB_20120810",
      operations: {
        ListTables: () => ({ TableNames: ["t"] }),
        DescribeTable: () => Promise.reject(new TypeError("a bug")),
      },
    });
    cloud = await startCloud({
      services: [recordingS3(seen), echo],
      roles: [reader],
      routes: [
        { prefix: "/_page", handle: (request, response) => void response.end(`page ${request.url}`) },
        { prefix: "/_broken", handle: () => Promise.reject(new Error("broken")) },
      ],
      onError: (error) => reported.push(error),
    });
    s3 = new S3Client(cloud.client());
  });
  after(() => cloud.gateway.close());
  beforeEach(() => {
    seen.length = 0;
    reported.length = 0;
  });

  it("finds the service by the credential scope and names the caller", async () => {
    await s3.send(new GetObjectCommand({ Bucket: "photos", Key: "a.jpg" }));
    const tables = await new DynamoDBClient(cloud.client()).send(new ListTablesCommand({}));
    expect(seen).to.deep.equal([
      { method: "GET", path: "/photos/a.jpg", caller: "arn:aws:iam::000000000000:user/operator", body: "" },
    ]);
    expect(tables.TableNames).to.deep.equal(["t"]);
  });

  it("takes another region than its own", async () => {
    const abroad = new S3Client({ ...cloud.client(), region: "eu-west-3" });
    await abroad.send(new GetObjectCommand({ Bucket: "photos", Key: "a.jpg" }));
    expect(seen).to.have.length(1);
  });

  for (const key of [
    "a b.jpg",
    "a+b.jpg",
    "a%2Bb%20.jpg",
    "ảnh thẻ của Đặng.jpg",
    "x(1)'!*~.jpg",
    "a//b/c.jpg",
    "a=b&c?.jpg",
  ]) {
    it(`verifies the signature of a key such as ${key}`, async () => {
      await s3.send(new GetObjectCommand({ Bucket: "photos", Key: key }));
      await fetch(await getSignedUrl(s3, new GetObjectCommand({ Bucket: "photos", Key: key })));
      expect(seen.map(({ caller }) => caller.split("/")[1])).to.deep.equal(["operator", "operator"]);
    });
  }

  it("gives a role's calls its assumed-role ARN and holds them to its policy", async () => {
    const client = new S3Client(cloud.client(reader.arn));
    await client.send(new GetObjectCommand({ Bucket: "photos", Key: "a.jpg" }));
    expect(seen[0]?.caller).to.equal("arn:aws:sts::000000000000:assumed-role/reader/test-function");
    const error = await errorOf(client.send(new GetObjectCommand({ Bucket: "other", Key: "a.jpg" })));
    expect(error.name).to.equal("AccessDenied");
    expect(error.message).to.equal(
      "User: arn:aws:sts::000000000000:assumed-role/reader/test-function is not authorized to perform: s3:GetObject " +
        'on resource: "arn:aws:s3:::other/a.jpg" because no identity-based policy allows the s3:GetObject action',
    );
  });

  it("passes a signed body on, streamed or hashed", async () => {
    await s3.send(new PutObjectCommand({ Bucket: "photos", Key: "a", Body: "hashed", ChecksumAlgorithm: "SHA256" }));
    const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket: "photos", Key: "b" }));
    await fetch(url, { method: "PUT", body: "unsigned" });
    expect(seen.map(({ body }) => body)).to.deep.equal(["hashed", "unsigned"]);
  });

  it("passes a body on that is signed chunk by chunk, framing and all", async () => {
    const Body = Readable.from([Buffer.from("streamed")]);
    const put = new PutObjectCommand({
      Bucket: "photos",
      Key: "a",
      Body,
      ContentLength: 8,
      ChecksumAlgorithm: "CRC32",
    });
    await s3.send(put);
    expect(seen[0]?.body).to.match(/^8\r\nstreamed\r\n0\r\nx-amz-checksum-crc32:/);
    expect(seen[0]?.caller).to.include("operator");
  });

  it("refuses a body that is not the one signed", async () => {
    const client = new S3Client(cloud.client());
    client.middlewareStack.add(
      (next) => (args) => {
        (args.request as { body: string }).body = "forged";
        return next(args);
      },
      { step: "deserialize", priority: "low" },
    );
    const error = await errorOf(client.send(new PutObjectCommand({ Bucket: "photos", Key: "a", Body: "honest" })));
    expect(error.name).to.equal("XAmzContentSHA256Mismatch");
    expect(seen).to.deep.equal([]);
  });

  describe("refuses, in the service's own protocol,", () => {
    const forged = { accessKeyId: "local", secretAccessKey: "guessed" };
    const unknown = { accessKeyId: "AKIAUNKNOWN", secretAccessKey: "guessed" };

    it("a wrong secret", async () => {
      const get = new GetObjectCommand({ Bucket: "photos", Key: "a" });
      const fromS3 = await errorOf(new S3Client({ ...cloud.client(), credentials: forged }).send(get));
      const dynamodb = new DynamoDBClient({ ...cloud.client(), credentials: forged });
      const fromJson = await errorOf(dynamodb.send(new ListTablesCommand({})));
      expect([fromS3.name, fromS3.$metadata?.httpStatusCode]).to.deep.equal(["SignatureDoesNotMatch", 403]);
      expect([fromJson.name, fromJson.$metadata?.httpStatusCode]).to.deep.equal(["InvalidSignatureException", 400]);
    });

    it("an unknown access key", async () => {
      const get = new GetObjectCommand({ Bucket: "photos", Key: "a" });
      const fromS3 = await errorOf(new S3Client({ ...cloud.client(), credentials: unknown }).send(get));
      const dynamodb = new DynamoDBClient({ ...cloud.client(), credentials: unknown });
      const fromJson = await errorOf(dynamodb.send(new ListTablesCommand({})));
      expect([fromS3.name, fromJson.name]).to.deep.equal(["InvalidAccessKeyId", "UnrecognizedClientException"]);
    });

    it("a role's key without its session token", async () => {
      const { accessKeyId, secretAccessKey } = cloud.client(reader.arn).credentials;
      const client = new S3Client({ ...cloud.client(), credentials: { accessKeyId, secretAccessKey } });
      const error = await errorOf(client.send(new GetObjectCommand({ Bucket: "photos", Key: "a" })));
      expect(error.name).to.equal("InvalidAccessKeyId");
    });

    it("an expired session", async () => {
      const expired = cloud.credentials.issue({ roleArn: reader.arn, sessionName: "f", expiresAt: new Date(1) });
      const get = new GetObjectCommand({ Bucket: "photos", Key: "a" });
      const fromS3 = await errorOf(new S3Client({ ...cloud.client(), credentials: expired }).send(get));
      const dynamodb = new DynamoDBClient({ ...cloud.client(), credentials: expired });
      const fromJson = await errorOf(dynamodb.send(new ListTablesCommand({})));
      expect([fromS3.name, fromJson.name]).to.deep.equal(["ExpiredToken", "ExpiredTokenException"]);
    });

    it("a clock that is off", async () => {
      const late = new S3Client({ ...cloud.client(), systemClockOffset: -20 * 60_000 });
      const error = await errorOf(late.send(new GetObjectCommand({ Bucket: "photos", Key: "a" })));
      expect(error.name).to.equal("RequestTimeTooSkewed");
    });

    it("a presigned URL past its expiry, one not yet valid and one that was altered", async () => {
      const get = new GetObjectCommand({ Bucket: "photos", Key: "a" });
      const past = await getSignedUrl(s3, get, { expiresIn: 60, signingDate: new Date(Date.now() - 61_000) });
      const future = await getSignedUrl(s3, get, { signingDate: new Date(Date.now() + 3_600_000) });
      const altered = (await getSignedUrl(s3, get)).replace("/photos/a", "/photos/b");
      const answers = await Promise.all([past, future, altered].map(async (url) => (await fetch(url)).text()));
      expect(answers[0]).to.include("<Code>AccessDenied</Code><Message>Request has expired</Message>");
      expect(answers[1]).to.include("Request is not valid yet.");
      expect(answers[2]).to.include("SignatureDoesNotMatch");
      expect(seen).to.deep.equal([]);
    });

    it("a malformed authorization header", async () => {
      const answer = await fetch(`${cloud.gateway.url}/photos/a`, {
        headers: { authorization: "AWS4-HMAC-SHA256 nonsense" },
      });
      expect(answer.status).to.equal(400);
      expect(await answer.text())
        .to.include("AuthorizationHeaderMalformed")
        .and.to.include("is malformed: ");
    });

    it("an unsigned call of a JSON service", async () => {
      const headers = { "x-amz-target": "DynamoDB_20120810.ListTables", "content-type": "application/x-amz-json-1.0" };
      const answer = await fetch(cloud.gateway.url, { method: "POST", headers, body: "{}" });
      expect(await answer.json()).to.have.property("__type", "MissingAuthenticationTokenException");
    });

    it("a service that the local cloud does not have, by name", async () => {
      const sns = new SNSClient(cloud.client());
      const error = await errorOf(sns.send(new PublishCommand({ TopicArn: "arn:aws:sns:x:1:t", Message: "m" })));
      expect([error.name, error.$metadata?.httpStatusCode]).to.deep.equal(["NotImplemented", 501]);
      expect(error.message).to.equal('The local cloud does not serve "sns". It serves s3, dynamodb.');
    });
  });

  it("reports a fault of a service's own, and answers with it in the service's protocol", async () => {
    const error = await errorOf(new DynamoDBClient(cloud.client()).send(new DescribeTableCommand({ TableName: "t" })));
    expect([error.name, error.$metadata?.httpStatusCode]).to.deep.equal(["InternalFailure", 500]);
    expect(reported.map(String)).to.deep.equal(["TypeError: a bug"]);
  });

  it("hands unsigned requests and preflights to S3 as anonymous", async () => {
    const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket: "photos", Key: "a" }));
    await fetch(`${cloud.gateway.url}/photos/public.jpg`);
    await fetch(url, { method: "OPTIONS" });
    expect(seen.map(({ method, caller }) => `${method} ${caller}`)).to.deep.equal([
      "GET anonymous",
      "OPTIONS anonymous",
    ]);
  });

  it("serves routes by prefix, whole path segments only, and says what it is at its root", async () => {
    const text = async (path: string) => (await fetch(cloud.gateway.url + path)).text();
    expect(await text("/_page")).to.equal("page /_page");
    expect(await text("/_page/a?b=1")).to.equal("page /_page/a?b=1");
    expect(await text("/_pages")).to.equal("content");
    expect(await text("/")).to.include("account 000000000000, region ap-southeast-1");
    expect((await fetch(`${cloud.gateway.url}/_broken`)).status).to.equal(500);
  });

  it("answers HEAD at its root as it answers GET, without the body", async () => {
    const [got, head] = await Promise.all([fetch(cloud.gateway.url), fetch(cloud.gateway.url, { method: "HEAD" })]);
    expect(head.status).to.equal(200);
    for (const name of ["content-type", "content-length"]) {
      expect(head.headers.get(name)).to.equal(got.headers.get(name));
    }
    expect([await head.text(), (await got.text()).length > 0]).to.deep.equal(["", true]);
  });

  it("does not take the start of a path for a host", async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const options = { host: "127.0.0.1", port: cloud.gateway.port, path: "//elsewhere.example/photos" };
      httpRequest(options, (response) => resolve(response.resume().statusCode))
        .on("error", reject)
        .end();
    });
    expect(status).to.equal(200);
    expect(seen[0]?.path).to.equal("//elsewhere.example/photos");
  });

  it("does not answer to a foreign host name", async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const options = { host: "127.0.0.1", port: cloud.gateway.port, headers: { host: "evil.example" } };
      httpRequest(options, (response) => resolve(response.resume().statusCode))
        .on("error", reject)
        .end();
    });
    expect(status).to.equal(421);
  });

  it("names the port, the rule and the fix when the port is taken", async () => {
    const { port } = cloud.gateway;
    const { credentials } = cloud;
    const authorizer = { authorize: () => undefined };
    const error = await errorOf(startGateway({ port, identity, services: [], credentials, authorizer }));
    expect(error.message).to.equal(
      `Port ${port} of 127.0.0.1 is in use by another program, and a port serves one program at a time. ` +
        `Stop that one, or choose another.`,
    );
  });
});

describe("closing the gateway", () => {
  it("finishes the request under way, ends live pages and idle connections, then closes the services", async () => {
    const order: string[] = [];
    const [entered, held] = [signal(), signal()];
    const slow = jsonService({
      members: "operations",
      name: "dynamodb",
      targetPrefix: "DynamoDB_20120810",
      operations: {
        async ListTables() {
          entered.send();
          await held.came;
          order.push("answered");
          return { TableNames: ["t"] };
        },
      },
      close: () => Promise.resolve(void order.push("service closed")),
    });
    const live: Route = {
      prefix: "/_live",
      handle: (_request, response) =>
        void response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n"),
    };
    const cloud = await startCloud({ services: [slow], routes: [live] });
    const page = await fetch(`${cloud.gateway.url}/_live`);
    const idle = connect(cloud.gateway.port, "127.0.0.1");
    await once(idle, "connect");
    const listing = new DynamoDBClient(cloud.client()).send(new ListTablesCommand({}));
    await entered.came;

    const closing = cloud.gateway.close(60_000);
    held.send();
    await closing;

    expect(order).to.deep.equal(["answered", "service closed"]);
    expect(await page.text()).to.equal("data: 1\n\n");
    expect((await listing).TableNames).to.deep.equal(["t"]);
    expect((await errorOf(fetch(cloud.gateway.url))).message).to.equal("fetch failed");
  });
});

function signal() {
  let send: () => void = () => undefined;
  const came = new Promise<void>((resolve) => (send = resolve));
  return { send: () => send(), came };
}
