import { expect } from "chai";

import { allow, bucket, startS3, type TestS3 } from "./harness";

describe("local S3: websites", () => {
  let cloud: TestS3;

  before(async () => {
    const everyone = (name: string) => ({
      Version: "2012-10-17",
      Statement: [{ ...allow("s3:GetObject", `arn:aws:s3:::${name}/*`), Principal: "*" }],
    });
    const site = { indexDocument: "index.html", errorDocument: "error.html" };
    cloud = await startS3({
      buckets: [
        bucket("site", { website: site }),
        bucket("private", { publicAccessBlocked: true }),
        bucket("bare", { website: { indexDocument: "index.html" } }),
      ],
      policies: { site: everyone("site") },
      routes: (s3) => [
        mount("/_site", s3.website("site")),
        mount("/_cdn", s3.website("private", { indexDocument: "index.html", reader: "distribution" })),
        mount("/_bare", s3.website("bare")),
      ],
    });
    const html = { headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" } };
    for (const home of ["site", "private"]) {
      await cloud.s3.putObject(home, "index.html", Buffer.from("home"), html);
      await cloud.s3.putObject(home, "vi/index.html", Buffer.from("trang chủ"), html);
      await cloud.s3.putObject(home, "assets/ảnh +.css", Buffer.from("p{}"), {
        headers: { "content-type": "text/css" },
      });
    }
    await cloud.s3.putObject("site", "error.html", Buffer.from("lost"), html);
  });
  after(() => cloud.stop());

  function mount(prefix: string, site: ReturnType<TestS3["s3"]["website"]>) {
    return {
      prefix,
      handle: (request: Parameters<typeof site>[0], response: Parameters<typeof site>[1]) =>
        site(request, response, (request.url ?? "").slice(prefix.length).split("?")[0] ?? "", prefix),
    };
  }

  const get = async (path: string, init?: RequestInit) => {
    const answer = await fetch(cloud.gateway.url + path, { redirect: "manual", ...init });
    return {
      status: answer.status,
      type: answer.headers.get("content-type"),
      text: await answer.text(),
      headers: answer.headers,
    };
  };

  it("serve pages and files with their types", async () => {
    expect(await get("/_site/")).to.include({ status: 200, type: "text/html; charset=utf-8", text: "home" });
    expect(await get("/_site")).to.include({ status: 200, text: "home" });
    expect(await get("/_site/vi/")).to.include({ text: "trang chủ" });
    expect(await get("/_site/index.html?lang=vi")).to.include({ text: "home" });
    expect(await get("/_site/assets/%E1%BA%A3nh%20+.css")).to.include({ type: "text/css", text: "p{}" });
    expect((await get("/_site/")).headers.get("cache-control")).to.equal("no-cache");
  });

  it("answer HEAD, and 304 to who has the page already", async () => {
    const { headers } = await get("/_site/");
    expect(await get("/_site/", { method: "HEAD" })).to.include({ status: 200, text: "" });
    const again = await get("/_site/", { headers: { "if-none-match": headers.get("etag") ?? "" } });
    expect(again.status).to.equal(304);
  });

  it("lead to a folder's index document", async () => {
    const answer = await get("/_site/vi");
    expect(answer.status).to.equal(302);
    expect(answer.headers.get("location")).to.equal("/_site/vi/");
  });

  it("answer errors with the error document, or a page of their own", async () => {
    expect(await get("/_site/missing")).to.include({ status: 404, text: "lost", type: "text/html; charset=utf-8" });
    expect(await get("/_site/", { method: "POST" })).to.include({ status: 405 });
    expect(await get("/_site/%ff")).to.include({ status: 400 });
    const bare = await get("/_bare/<script>");
    expect(bare.status).to.equal(403);
    expect(bare.text).to.contain("AccessDenied").and.not.contain("<script>");
  });

  it("of a private bucket are open to its distribution alone", async () => {
    expect(await get("/_cdn/")).to.include({ status: 200, text: "home" });
    expect((await get("/private/index.html")).status).to.equal(403);
  });

  it("need an index document", () => {
    expect(() => cloud.s3.website("private")).to.throw(/declares no website/);
  });
});
