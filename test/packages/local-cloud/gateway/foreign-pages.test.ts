/**
 * Another web page that the user of this machine visits, in a real browser. Its signatures are valid ones, as if the
 * operator's credentials were known to it: the origin alone must be enough to refuse it.
 */
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { S3 } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { expect } from "chai";
import { createHash, createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { startCloud, type Cloud } from "../../../../packages/local-cloud";
import { consoleRoute } from "../../../../packages/local-cloud/console";
import { evaluateProgram } from "../../../../packages/local-cloud/program/evaluate";
import { scopeText, signingKey, uriEncode } from "../../../../packages/local-cloud/sigv4";
import { newContext, startBrowser } from "../../../support/browser";
import { sampleProject } from "../program/sample";
import { blindEngine as engine, sampleProgram } from "../sample-program";

type Keys = Cloud["clientConfig"]["credentials"];

const guessed: Keys = { accessKeyId: "local", secretAccessKey: "local" };

/** An object that reports, in its title, the address of the document that ran its script. */
const html = "<!doctype html><title>inert</title><script>document.title = `ran at ${location.origin}`</script>";

describe("a web page of another origin", function () {
  let browser: Browser;
  let server: Server;
  let cloud: Cloud;
  let data: string;
  let names: Record<"bucket" | "table" | "machine", string>;
  let functionName: string;
  let context: BrowserContext | undefined;
  let page: Page;

  before(async () => {
    const graph = await evaluateProgram({ program: join(sampleProject({ "index.ts": sampleProgram }), "index.ts") });
    names = graph.stackOutputs["names"] as typeof names;
    functionName = graph.resources.find(({ type }) => type === "aws:lambda/function:Function")?.id ?? "";
    data = mkdtempSync(join(tmpdir(), "foreign-pages-"));
    cloud = await startCloud({ graph, port: 0, data, engine, routes: (parts) => [consoleRoute(parts)] });
    server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>another page</title>");
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    browser = await startBrowser();
  });
  after(async () => {
    await browser.close();
    server.close();
    await cloud.close();
    rmSync(data, { recursive: true });
  });

  /** The address of a request that is signed in its query, as a page's plain POST can send it. */
  function presigned(
    service: string,
    method: string,
    path: string,
    keys: Keys = cloud.clientConfig.credentials,
  ): string {
    const stamp = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
    const scope = { scopeDate: stamp.slice(0, 8), region: cloud.graph.region, service };
    const { host } = new URL(cloud.url);
    const query = Object.entries({
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD",
      "X-Amz-Credential": `${keys.accessKeyId}/${scopeText(scope)}`,
      "X-Amz-Date": stamp,
      "X-Amz-Expires": "900",
      "X-Amz-SignedHeaders": "host",
    })
      .map(([name, value]) => `${name}=${uriEncode(value)}`)
      .join("&");
    const canonical = [method, path, query, `host:${host}`, "", "host", "UNSIGNED-PAYLOAD"].join("\n");
    const digest = createHash("sha256").update(canonical).digest("hex");
    const text = ["AWS4-HMAC-SHA256", stamp, scopeText(scope), digest].join("\n");
    const signature = createHmac("sha256", signingKey(keys.secretAccessKey, scope)).update(text).digest("hex");
    return `${cloud.url}${path}?${query}&X-Amz-Signature=${signature}`;
  }

  const invocation = (keys?: Keys) =>
    presigned("lambda", "POST", `/2015-03-31/functions/${functionName}/invocations`, keys);
  const calledWith = async () => {
    await cloud.idle();
    const { Items = [] } = await new DynamoDB(cloud.clientConfig).scan({ TableName: names.table });
    return Items.flatMap(({ id }) => id?.S ?? []).filter((key) => key.startsWith("called"));
  };
  const keysOf = async () => {
    const { Contents = [] } = await new S3(cloud.clientConfig).listObjectsV2({ Bucket: names.bucket, Prefix: "x/" });
    return Contents.map(({ Key }) => Key);
  };
  const form = (key: string, credentials: Keys = cloud.clientConfig.credentials) =>
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- the presigner's own type of it
    createPresignedPost(new S3({ ...cloud.clientConfig, credentials }), {
      Bucket: names.bucket,
      Key: key,
      Fields: { "content-type": "text/html" },
    });

  /** Submits a form as a page does, with one file if the form is `multipart/form-data`. */
  async function submit(action: string, enctype: string, fields: Readonly<Record<string, string>>): Promise<void> {
    const answered = page.waitForResponse((response) => response.url() === action);
    await page.evaluate(
      ({ action: to, enctype: type, fields: given, file: content }) => {
        const sent = document.createElement("form");
        Object.assign(sent, { method: "post", action: to, enctype: type });
        for (const [name, value] of Object.entries(given)) {
          sent.append(Object.assign(document.createElement("input"), { name, value }));
        }
        if (type === "multipart/form-data") {
          const file = Object.assign(document.createElement("input"), { type: "file", name: "file" });
          const chosen = new DataTransfer();
          chosen.items.add(new File([content], "x.html", { type: "text/html" }));
          file.files = chosen.files;
          sent.append(file);
        }
        document.body.append(sent);
        sent.submit();
      },
      { action, enctype, fields, file: html },
    );
    await answered;
    await page.waitForLoadState();
  }

  // A name of another site, and an address that differs from the cloud's own by its port alone.
  for (const host of ["another.localhost", "127.0.0.1"]) {
    describe(`at http://${host} with another port`, () => {
      const home = () => `http://${host}:${(server.address() as AddressInfo).port}/`;
      const openPage = async () => {
        await context?.close();
        context = await newContext(browser);
        page = await context.newPage();
        await page.goto(home());
      };
      beforeEach(openPage);

      /** Sends a request that needs no preflight, and waits for its end, whatever it is. */
      const sendBlind = (url: string, method: string, body?: string) =>
        page.evaluate(
          async ([to, verb, text]) => {
            const sent = text === undefined ? {} : { body: new Blob([text], { type: "text/plain" }) };
            await fetch(to, { method: verb, mode: "no-cors", ...sent }).catch(() => undefined);
          },
          [url, method, body] as const,
        );

      it("cannot store an object with a form", async () => {
        const { url, fields } = await form(`x/form-${host}`);
        await submit(url, "multipart/form-data", fields);
        expect(await keysOf()).to.deep.equal([]);
      });

      it("cannot call a function with a form or a blind request", async () => {
        const key = `called from ${host}`;
        for (const enctype of ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]) {
          await openPage();
          // Of a `text/plain` form, name and value make up a JSON text.
          await submit(invocation(), enctype, { [`{"key":"${key}","rest":"`]: '"}' });
        }
        await openPage();
        await sendBlind(invocation(), "POST", JSON.stringify({ key }));
        expect(await calledWith()).to.deep.equal([]);
      });

      it("cannot read an object, nor show one", async () => {
        await new S3(cloud.clientConfig).putObject({
          Bucket: names.bucket,
          Key: "in/a.html",
          Body: html,
          ContentType: "text/html",
        });
        const url = presigned("s3", "GET", `/${names.bucket}/in/a.html`);
        const answered = page.waitForResponse((response) => response.url() === url);
        await page.evaluate((to) => location.assign(to), url);
        expect((await answered).status()).to.equal(403);
        await page.waitForLoadState();
        expect(await page.title()).not.to.include("ran at");
      });

      it("cannot call an API that does not name its origin, nor read the console", async () => {
        const api = `${String(cloud.graph.stackOutputs["apiUrl"])}/write`;
        for (const url of [api, `${cloud.url}/_console/logs`, `${cloud.url}/`]) {
          const [response] = await Promise.all([page.waitForResponse(url), sendBlind(url, "GET")]);
          expect(response.status(), url).to.equal(403);
        }
      });

      it("can lead to the console and to the website, as any link may", async () => {
        for (const path of ["/_console/", "/"]) {
          await openPage();
          const [response] = await Promise.all([
            page.waitForResponse((answer) => answer.request().isNavigationRequest() && answer.status() === 200),
            page.evaluate((to) => location.assign(to), cloud.url + path),
          ]);
          expect(response.url(), path).to.satisfy((url: string) => url.startsWith(cloud.url));
        }
      });
    });
  }

  it("does not know the operator's credentials", async () => {
    const { url, fields } = await form("x/guessed", guessed);
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    body.append("file", new Blob([html]), "x.html");
    expect((await fetch(url, { method: "POST", body })).status).to.equal(403);
    const called = await fetch(invocation(guessed), { method: "POST", body: '{"key":"called by guess"}' });
    expect(called.status).to.equal(400);
    expect([await keysOf(), await calledWith()]).to.deep.equal([[], []]);
  });

  it("is not a page of the cloud that was opened under another of the machine's names", async () => {
    await context?.close();
    context = await newContext(browser);
    page = await context.newPage();
    const { port } = new URL(cloud.url);
    await page.goto(`http://localhost:${port}/_console/executions?page=2`);
    expect(page.url()).to.equal(`${cloud.url}/_console/executions?page=2`);
    const answered = await page.evaluate(async (to) => (await fetch(to)).status, `${cloud.url}/_console/logs`);
    expect(answered).to.equal(200);
  });

  it("gains nothing by an object that is opened from the address bar: its script does not run", async () => {
    const s3 = new S3(cloud.clientConfig);
    const stored = { Bucket: names.bucket, Body: html };
    await s3.putObject({ ...stored, Key: "in/b.html", ContentType: "text/html", ContentDisposition: "inline" });
    await s3.putObject({ ...stored, Key: "in/b.svg", ContentType: "image/svg+xml" });
    await s3.putObject({ ...stored, Key: "in/b.png", ContentType: "image/png" });
    const answerTo = async (key: string) => {
      const { headers } = await fetch(presigned("s3", "GET", `/${names.bucket}/${key}`));
      return ["content-disposition", "content-security-policy", "x-content-type-options"].map((name) =>
        headers.get(name),
      );
    };
    expect(await answerTo("in/b.html")).to.deep.equal(["attachment", "sandbox", "nosniff"]);
    expect(await answerTo("in/b.svg")).to.deep.equal(["attachment", "sandbox", "nosniff"]);
    expect(await answerTo("in/b.png")).to.deep.equal([null, "sandbox", "nosniff"]);
    const { ContentDisposition } = await s3.getObject({ Bucket: names.bucket, Key: "in/b.html" });
    expect(ContentDisposition, "as SDK clients read it").to.equal("inline");
    await context?.close();
    context = await newContext(browser);
    page = await context.newPage();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.goto(presigned("s3", "GET", `/${names.bucket}/in/b.html`)).catch(() => undefined),
    ]);
    await download.cancel();
  });
});
