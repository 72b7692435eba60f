import { expect } from "chai";
import fc from "fast-check";
import {
  httpApis,
  type DeclaredApi,
  type DeclaredRoute,
} from "../../../../../packages/local-cloud/services/apigateway";
import { matchRoute } from "../../../../../packages/local-cloud/services/apigateway/routes";
import { createThrottle } from "../../../../../packages/local-cloud/services/apigateway/throttle";
import { startGateway, type Gateway } from "../../../../../packages/local-cloud/gateway";
import { createAuthorizer, createCredentialStore } from "../../../../../packages/local-cloud/iam";

const identity = { partition: "aws", region: "ap-southeast-1", accountId: "000000000000" };
const functionArn = (name: string): string => `arn:aws:lambda:ap-southeast-1:000000000000:function:${name}`;
const executionArn = "arn:aws:execute-api:ap-southeast-1:000000000000:abc123";

function route(routeKey: string, name: string, more: Partial<DeclaredRoute> = {}): DeclaredRoute {
  return {
    routeKey,
    functionArn: functionArn(name),
    payloadFormatVersion: "2.0",
    timeout: 30_000,
    authorization: "NONE",
    ...more,
  };
}

const api: DeclaredApi = {
  id: "abc123",
  name: "uploads",
  executionArn,
  cors: {
    allowOrigins: ["http://site.test"],
    allowMethods: ["GET", "POST"],
    allowHeaders: ["content-type"],
    maxAge: 60,
  },
  routes: [
    route("POST /uploads", "echo"),
    route("GET /uploads/{uploadId}", "echo"),
    route("GET /answers/{kind}", "answers"),
    route("GET /fails", "fails"),
    route("GET /slow", "slow", { timeout: 100 }),
    route("GET /forbidden", "forbidden"),
    route("GET /limited", "echo"),
    route("GET /private", "echo", { authorization: "JWT" }),
  ],
  stages: [
    {
      name: "$default",
      variables: { colour: "blue" },
      routeThrottling: { "GET /limited": { rate: 0.001, burst: 2 } },
      accessLogFormat: '{"route":"$context.routeKey","status":"$context.status","error":"$context.error.message"}',
    },
    { name: "test", variables: {}, routeThrottling: {} },
  ],
};

describe("HTTP APIs", () => {
  let gateway: Gateway;
  const lines: string[] = [];
  const requestId = "id";
  const functions = {
    async invoke(arn: string, payload: string) {
      const event = JSON.parse(payload) as { pathParameters?: { kind?: string } };
      const ok = (value: unknown) => ({ ok: true as const, payload: JSON.stringify(value), requestId });
      switch (arn.split(":").at(-1)) {
        case "fails":
          return { ok: false as const, error: { errorType: "Error", errorMessage: "secret detail" }, requestId };
        case "slow":
          return new Promise<never>(() => undefined);
        case "answers":
          return ok(
            {
              plain: { hello: "world" },
              text: "just text",
              full: {
                statusCode: 201,
                headers: { "X-Own": "1", "Access-Control-Allow-Origin": "*" },
                cookies: ["a=1", "b=2"],
                body: "made",
              },
              binary: {
                statusCode: 200,
                headers: { "content-type": "image/png" },
                body: "iVBORw==",
                isBase64Encoded: true,
              },
              broken: { statusCode: "soon" },
            }[event.pathParameters?.kind ?? ""],
          );
        default:
          return ok(event);
      }
    },
  };

  before(async () => {
    const permit = (name: string) => ({
      resource: functionArn(name),
      name,
      document: {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: "apigateway.amazonaws.com" },
            Action: "lambda:InvokeFunction",
            Resource: functionArn(name),
            Condition: { ArnLike: { "aws:SourceArn": `${executionArn}/*/*` } },
          },
        ],
      },
    });
    const authorizer = createAuthorizer({
      identity,
      roles: [],
      resourcePolicies: ["echo", "answers", "fails", "slow"].map(permit),
    });
    gateway = await startGateway({
      port: 0,
      identity,
      services: [],
      credentials: createCredentialStore({ identity, secret: "test" }),
      authorizer,
      routes: [httpApis({ identity, apis: [api], functions, authorizer, onLog: ({ text }) => lines.push(text) })],
    });
  });
  after(() => gateway.close());

  const call = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`${gateway.url}/_api/abc123${path}`, init);

  it("hands a request over in payload format 2.0", async () => {
    const response = await call("/uploads?a=1&a=2&b=x%20y", {
      method: "POST",
      headers: { "content-type": "application/json", cookie: "k=v; l=w", "x-twice": "1" },
      body: '{"studentId":"Đỗ"}',
    });
    const event = (await response.json()) as Record<string, unknown> & { requestContext: Record<string, unknown> };
    expect(event).to.deep.include({
      version: "2.0",
      routeKey: "POST /uploads",
      rawPath: "/uploads",
      rawQueryString: "a=1&a=2&b=x%20y",
      queryStringParameters: { a: "1,2", b: "x y" },
      cookies: ["k=v", "l=w"],
      stageVariables: { colour: "blue" },
      body: '{"studentId":"Đỗ"}',
      isBase64Encoded: false,
    });
    expect(event["headers"]).to.include({ "content-type": "application/json", "x-twice": "1" });
    expect(event.requestContext).to.deep.include({ apiId: "abc123", stage: "$default", routeKey: "POST /uploads" });
    expect(event.requestContext["http"]).to.include({ method: "POST", path: "/uploads" });
    expect(event.requestContext["time"]).to.match(/^\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} \+0000$/);
  });

  it("encodes a body that is no text", async () => {
    const body = new Uint8Array([0xff, 0x00, 0x80]);
    const event = (await (
      await call("/uploads", { method: "POST", headers: { "content-type": "image/png" }, body })
    ).json()) as object;
    expect(event).to.include({ body: "/wCA", isBase64Encoded: true });
  });

  it("gives path parameters decoded", async () => {
    const event = (await (await call("/uploads/a%2Bb%C4%91")).json()) as object;
    expect(event).to.deep.include({ routeKey: "GET /uploads/{uploadId}", pathParameters: { uploadId: "a+bđ" } });
  });

  it("answers with what the function says, or with its JSON", async () => {
    expect(await (await call("/answers/plain")).json()).to.deep.equal({ hello: "world" });
    expect(await (await call("/answers/text")).text()).to.equal("just text");
    const full = await call("/answers/full", { headers: { origin: "http://site.test" } });
    expect(full.status).to.equal(201);
    expect(full.headers.getSetCookie()).to.deep.equal(["a=1", "b=2"]);
    expect(full.headers.get("x-own")).to.equal("1");
    expect(full.headers.get("access-control-allow-origin")).to.equal(
      "http://site.test",
      "the API's word, not the function's",
    );
    const binary = await call("/answers/binary");
    expect(Buffer.from(await binary.arrayBuffer()).toString("hex")).to.equal("89504e47");
    expect((await call("/answers/broken")).status).to.equal(500);
  });

  it("hides a function's failure, and logs it", async () => {
    const response = await call("/fails");
    expect(response.status).to.equal(500);
    expect(await response.json()).to.deep.equal({ message: "Internal Server Error" });
    expect(lines.at(-1)).to.equal('{"route":"GET /fails","status":"500","error":"Error: secret detail"}');
  });

  it("gives up on a function that is too slow", async () => {
    expect((await call("/slow")).status).to.equal(503);
  });

  it("needs the function's permission", async () => {
    expect((await call("/forbidden")).status).to.equal(500);
    expect(lines.at(-1)).to.include("apigateway.amazonaws.com is not authorized to perform: lambda:InvokeFunction");
  });

  it("throttles a route by its own settings", async () => {
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await call("/limited")).status);
    expect(statuses).to.deep.equal([200, 200, 429]);
    expect((await call("/uploads/x")).status).to.equal(200);
  });

  it("lets the pages of its origins read, and no others", async () => {
    const preflight = (origin: string) =>
      call("/uploads", { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });
    const good = await preflight("http://site.test");
    expect(good.status).to.equal(204);
    expect(good.headers.get("access-control-allow-origin")).to.equal("http://site.test");
    expect(good.headers.get("access-control-allow-methods")).to.equal("GET,POST");
    expect(good.headers.get("access-control-max-age")).to.equal("60");
    expect((await preflight("http://other.test")).headers.get("access-control-allow-origin")).to.equal(null);
    const refused = await call("/nowhere", { headers: { origin: "http://site.test" } });
    expect(refused.status).to.equal(404);
    expect(refused.headers.get("access-control-allow-origin")).to.equal("http://site.test");
  });

  it("serves named stages below their name, and says what it does not serve", async () => {
    const event = (await (await call("/test/uploads/x")).json()) as { requestContext: { stage: string } };
    expect(event.requestContext.stage).to.equal("test");
    expect((await call("/private")).status).to.equal(501);
    expect((await fetch(`${gateway.url}/_api/other/uploads`)).status).to.equal(404);
  });

  it("refuses a body larger than API Gateway takes", async () => {
    const response = await call("/uploads", { method: "POST", body: Buffer.alloc(10 * 1024 * 1024 + 1) });
    expect(response.status).to.equal(413);
  });
});

describe("routes", () => {
  const keys = [
    "GET /pets/dog/1",
    "GET /pets/dog/{id}",
    "GET /pets/{proxy+}",
    "ANY /{proxy+}",
    "$default",
    "ANY /pets/dog/1",
  ];
  const declared = keys.map((key) => route(key, "f"));
  const keyFor = (method: string, path: string): string | undefined =>
    matchRoute(declared, method, path)?.route.routeKey;

  it("are chosen as AWS documents: full match, greedy, default", () => {
    expect(keyFor("GET", "/pets/dog/1")).to.equal("GET /pets/dog/1");
    expect(keyFor("GET", "/pets/dog/2")).to.equal("GET /pets/dog/{id}");
    expect(keyFor("GET", "/pets/cat/1")).to.equal("GET /pets/{proxy+}");
    expect(keyFor("POST", "/pets/dog/1")).to.equal("ANY /pets/dog/1");
    expect(keyFor("POST", "/test/5")).to.equal("ANY /{proxy+}");
    expect(keyFor("GET", "/")).to.equal("$default");
  });

  it("take any path, however it is written", () =>
    fc.assert(
      fc.property(fc.webPath(), fc.string(), (path, text) => {
        for (const sent of [path === "" ? "/" : path, `/${text}`]) expect(keyFor("GET", sent)).to.be.a("string");
      }),
    ));
});

describe("a throttle", () => {
  it("lets through a burst, then the rate", () => {
    let now = 0;
    const throttle = createThrottle({ rate: 10, burst: 3 }, () => now);
    expect([throttle(), throttle(), throttle(), throttle()]).to.deep.equal([true, true, true, false]);
    now += 100;
    expect([throttle(), throttle()]).to.deep.equal([true, false]);
    now += 60_000;
    expect(Array.from({ length: 5 }, throttle).filter(Boolean).length).to.equal(3);
  });
});
