import { expect } from "chai";
import { request as httpRequest } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipelineSources } from "../../../../packages/cli/console/services";
import { logsIn } from "../../../../packages/local-cloud/console/logs";
import { avatarItem, failure, startFixture, uploadItem, type Fixture } from "./fixture";

/** A request whose path is sent as it is written, dots and all. */
function rawGet(url: string, path: string, method = "GET"): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(new URL(url), { path, method }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.on("error", reject).end();
  });
}

/** The events of a stream up to the first text that is enough. */
async function eventsUntil(url: string, isEnough: (text: string) => boolean): Promise<string> {
  const stop = new AbortController();
  const response = await fetch(url, { headers: { accept: "text/event-stream" }, signal: stop.signal });
  expect(response.headers.get("content-type")).to.match(/^text\/event-stream/);
  let text = "";
  try {
    for await (const chunk of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString("utf8");
      if (isEnough(text)) break;
    }
  } finally {
    stop.abort();
  }
  return text;
}

describe("The console over HTTP", () => {
  let fixture: Fixture;
  before(async () => (fixture = await startFixture()));
  after(() => fixture.close());

  const pages = ["", "executions", "inbox", "logs"];

  for (const page of pages) {
    it(`serves /${page} with a policy that lets nothing run but its own script`, async () => {
      const response = await fetch(fixture.url + page);
      const body = await response.text();
      expect(response.status).to.equal(200);
      expect(response.headers.get("content-type")).to.equal("text/html; charset=utf-8");
      const policy = response.headers.get("content-security-policy") ?? "";
      expect(policy).to.contain("default-src 'none'").and.contain("script-src 'self'").and.not.contain("unsafe");
      expect(response.headers.get("x-content-type-options")).to.equal("nosniff");
      expect(body).not.to.match(/<script(?! type="module" src="\/_console\/assets\/)/);
      expect(body).not.to.match(/\son\w+=|\sstyle=|javascript:|https?:\/\/(?!127\.0\.0\.1)/);
    });
  }

  it("answers HEAD with the head alone", async () => {
    for (const accept of ["text/html", "text/event-stream"]) {
      const response = await fetch(fixture.url, { method: "HEAD", headers: { accept } });
      expect(response.status).to.equal(200);
      expect(await response.text()).to.equal("");
    }
  });

  it("refuses every method that could change something", async () => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const response = await fetch(fixture.url, { method });
      expect(response.status, method).to.equal(405);
      expect(response.headers.get("allow")).to.equal("GET, HEAD");
    }
  });

  it("leads the bare prefix to the overview", async () => {
    const response = await fetch(fixture.url.slice(0, -1), { redirect: "manual" });
    expect(response.status).to.equal(308);
    expect(response.headers.get("location")).to.equal("/_console/");
  });

  it("knows nothing at any other address, and does not repeat it", async () => {
    const paths = ["reflected", "executions/reflected", "inbox/reflected", "inbox/reflected/html", "logs/reflected"];
    paths.push("assets/reflected", "thumbnails/0/reflected", "thumbnails/7/reflected", "executions/a/reflected");
    paths.push("executions?page=99&reflected", "%zz-reflected", "logs/..%2f..%2freflected", "/reflected");
    for (const path of paths) {
      const { status, body } = await rawGet(fixture.url, `/_console/${path}`);
      expect(status, path).to.equal(404);
      expect(body, path).not.to.contain("reflected");
    }
  });

  it("reads no file that is no log, however it is asked", async () => {
    fixture.writeLog("avatars-detect-face", ["START RequestId: 1", "<b>bold</b>"]);
    const shown = await fetch(`${fixture.url}logs/avatars-detect-face`);
    expect(await shown.text()).to.contain("&lt;b&gt;bold&lt;/b&gt;");
    for (const name of ["..%2fexecutions%2fexecutions", "../executions", "%2e%2e%2fmail", "avatars-detect-face%00"]) {
      expect((await rawGet(fixture.url, `/_console/logs/${name}`)).status, name).to.equal(404);
    }
  });

  it("serves its script, style and icon with a tag, and says when they have not changed", async () => {
    for (const file of ["console.css", "program.css", "console.js", "icon.svg"]) {
      const first = await fetch(`${fixture.url}assets/${file}`);
      const etag = first.headers.get("etag") ?? "";
      expect(first.status).to.equal(200);
      const again = await fetch(`${fixture.url}assets/${file}`, { headers: { "if-none-match": etag } });
      expect(again.status, file).to.equal(304);
    }
  });

  it("serves a mail's HTML part alone under a policy without scripts and without an origin", async () => {
    const mail = await fixture.mailbox.deliver({
      from: "a@school.example",
      to: ["b@school.example"],
      subject: "Hello",
      text: "Hello",
      html: "<p>Hello</p><script>alert(1)</script>",
      origin: { service: "ses" },
    });
    const response = await fetch(`${fixture.url}inbox/${mail.id}/html`);
    expect(await response.text()).to.equal("<p>Hello</p><script>alert(1)</script>");
    expect(response.headers.get("content-security-policy")).to.match(/^sandbox; default-src 'none'/);
  });

  it("shows the pictures that come with a mail where its HTML part names them, and nothing else of it", async () => {
    const picture = (fileName: string, contentType: string) => ({
      fileName,
      contentType,
      content: Buffer.from("picture").toString("base64"),
      contentId: fileName,
    });
    const mail = await fixture.mailbox.deliver({
      from: "a@school.example",
      to: ["b@school.example"],
      subject: "Hello",
      text: "Hello",
      html: '<img src="cid:avatar"><img src="cid:page"><img src="cid:none">',
      attachments: [picture("avatar", "image/jpeg"), picture("page", "text/html")],
      origin: { service: "ses" },
    });
    const response = await fetch(`${fixture.url}inbox/${mail.id}/html`);
    expect(await response.text()).to.equal(
      '<img src="data:image/jpeg;base64,cGljdHVyZQ=="><img src="cid:page"><img src="cid:none">',
    );
  });

  it("serves a thumbnail as a picture and nothing else", async () => {
    const key = "avatars/sv0001/01K/256.jpg";
    fixture.thumbnails.set(key, Buffer.from("<script>"));
    const response = await fetch(`${fixture.url}thumbnails/0/${key}`);
    expect(response.headers.get("content-type")).to.equal("image/jpeg");
    expect(response.headers.get("x-content-type-options")).to.equal("nosniff");
    expect(response.headers.get("content-security-policy")).to.equal("default-src 'none'");
  });

  it("finds an execution by its short id and by its whole ARN", async () => {
    const arn = await fixture.upload("sv0005");
    await fixture.settled();
    const id = arn.split(":execution:")[1] ?? "";
    for (const name of [id, arn]) {
      const response = await fetch(`${fixture.url}executions/${encodeURIComponent(name)}`);
      expect(response.status, name).to.equal(200);
      expect(await response.text()).to.contain("sv0005");
    }
  });

  it("streams a page's regions, and then those that change", async () => {
    const release = fixture.hold("DetectFace");
    const arn = await fixture.upload("sv0009");
    const url = `${fixture.url}executions/${encodeURIComponent(arn)}`;
    let isReleased = false;
    const text = await eventsUntil(url, (soFar) => {
      if (!isReleased && soFar.includes('"name":"data"')) {
        isReleased = true;
        release();
      }
      return soFar.includes("Accepted: sv0009");
    });
    expect(text).to.contain("Running: sv0009");
    const names = [...text.matchAll(/^data: \{"name":"(\w+)"/gm)].map(([, name]) => name);
    expect(new Set(names)).to.deep.equal(new Set(["summary", "machine", "steps", "data"]));
    await fixture.settled();
  });

  it("says where an open mail's or execution's page is no more, instead of streaming on", async () => {
    const text = await eventsUntil(`${fixture.url}inbox/none`, () => false);
    expect(text).to.match(/^retry: \d+\n\nevent: gone\ndata:\n\n$/);
  });

  it("streams a mail that arrives", async () => {
    let isSent = false;
    const text = await eventsUntil(`${fixture.url}inbox`, (soFar) => {
      if (!isSent && soFar.includes("event: region")) {
        isSent = true;
        void fixture.mailbox.deliver({
          from: "a@school.example",
          to: ["b@school.example"],
          subject: "Just arrived",
          text: "",
          origin: { service: "sns", topicArn: "arn:aws:sns:ap-southeast-1:000000000000:t" },
        });
      }
      return soFar.includes("Just arrived");
    });
    expect(text).to.contain("Just arrived");
  });

  it("counts, names the reason in words, and links a row to its execution", async () => {
    fixture.answer("DetectFace", failure("MULTIPLE_FACES", "3 faces"));
    const arn = await fixture.upload("sv0042");
    await fixture.settled();
    fixture.avatars.push(avatarItem("sv0001", arn));
    fixture.uploads.push(
      uploadItem("01KA", { student_id: "sv0042", status: "rejected", reason: "MULTIPLE_FACES", execution_arn: arn }),
      uploadItem("01KB", { student_id: "sv0043", status: "of-tomorrow", reason: "UNHEARD_OF" }),
    );
    const body = await (await fetch(fixture.url)).text();
    expect(body).to.contain("There is more than one face in the photo").and.contain("UNHEARD_OF");
    expect(body).to.contain(`/_console/executions/${encodeURIComponent(arn.split(":execution:")[1] ?? "")}`);
    expect(body).to.match(/<dt>rejected<\/dt>\s*<dd>1<\/dd>/);
  });

  it("pages through many executions", async () => {
    for (let i = 0; i < 55; i++) await fixture.upload(`many${i}`);
    await fixture.settled();
    const first = await (await fetch(`${fixture.url}executions`)).text();
    const second = await (await fetch(`${fixture.url}executions?page=2`)).text();
    expect(first).to.contain("many54").and.not.contain("many0<");
    expect(second).to.contain("many0<").and.not.contain("many54");
  });
});

describe("The console when a source fails", () => {
  it("rejects the page's request, ends its stream, and tells", async () => {
    const fixture = await startFixture();
    try {
      fixture.breakTables();
      expect((await fetch(fixture.url)).status).to.equal(500);
      expect(await eventsUntil(fixture.url, () => false)).to.match(/^retry: \d+\n\n$/);
      expect(fixture.errors.map((error) => (error as Error).message)).to.deep.equal([
        "The table is gone.",
        "The table is gone.",
      ]);
    } finally {
      await fixture.close();
    }
  });
});

describe("The console's sources from the running services", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "console-"))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("read the last lines of a log that is much longer", async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i} ${"·".repeat(20)}`);
    writeFileSync(join(folder, "f.log"), `${lines.join("\n")}\nhalf a li`);
    const logs = logsIn(folder);
    expect(logs.names()).to.deep.equal(["f"]);
    expect(await logs.tail("f", 400)).to.deep.equal(lines.slice(-400));
    expect(logsIn(join(folder, "none")).names()).to.deep.equal([]);
  });

  it("find a pipeline's resources by its component's outputs, and read its tables page by page", async () => {
    const fixture = await startFixture();
    const type = "avatar-pipeline:index:AvatarPipeline";
    const resource = { custom: true, remote: false, inputs: {}, outputs: {}, dependencies: [] };
    const urn = (name: string) => `urn:pulumi:dev::p::${type}$t::${name}`;
    const [pipeline] = pipelineSources({
      graph: {
        project: "p",
        stack: "dev",
        region: "ap-southeast-1",
        accountId: "000000000000",
        partition: "aws",
        stackOutputs: {},
        resources: [
          {
            ...resource,
            custom: false,
            urn: "urn:1",
            type,
            name: "avatars",
            id: "",
            outputs: {
              photoBucket: { urn: urn("photos"), id: "unknown" },
              avatarTable: { urn: urn("gone"), id: "avatars-1" },
              uploadTable: { urn: urn("gone"), id: "uploads-1" },
              stateMachineArn: "arn:flow",
              siteUrl: "http://127.0.0.1:4566/",
            },
          },
          { ...resource, urn: urn("photos"), type: "aws:s3/bucket:Bucket", name: "photos", id: "photos-1" },
        ],
      },
      s3: { getObject: () => Promise.reject(new Error("Nothing else of the bucket is to be read.")) } as never,
      url: "http://127.0.0.1:4566",
      data: "/data of a school",
      dynamodb: () => ({
        scan: (({ TableName, ExclusiveStartKey }: { TableName: string; ExclusiveStartKey?: object }) =>
          Promise.resolve({
            Items: [{ student_id: { S: `${TableName} ${ExclusiveStartKey ? 2 : 1}` } }],
            ...(ExclusiveStartKey ? {} : { LastEvaluatedKey: { student_id: { S: "1" } } }),
          })) as never,
      }),
    });
    expect(pipeline).to.include({ name: "avatars", bucket: "photos-1", machineArn: "arn:flow" });
    expect(pipeline?.sampleCommand).to.match(
      /^AWS_SHARED_CREDENTIALS_FILE='\/data of a school\/credentials' AWS_REGION=/,
    );
    expect(pipeline?.sampleCommand).to.contain("s3 cp photo.jpg s3://photos-1/uploads/");
    expect((await pipeline?.avatars())?.map(({ studentId }) => studentId)).to.deep.equal([
      "avatars-1 1",
      "avatars-1 2",
    ]);
    expect(await pipeline?.thumbnail("uploads/sv0001/original.jpg")).to.equal(undefined);
    await fixture.close();
  });
});
