import { SESv2 } from "@aws-sdk/client-sesv2";
import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCloud, type Cloud } from "../../../../../packages/local-cloud";
import { evaluateProgram } from "../../../../../packages/local-cloud/program/evaluate";
import { sampleProject } from "../../program/sample";
import { errorOf } from "../../../../support/errors";

const siteProgram = `
  import * as aws from "@pulumi/aws";
  import * as pulumi from "@pulumi/pulumi";
  const bucket = new aws.s3.Bucket("page");
  new aws.s3.BucketPublicAccessBlock("page", { bucket: bucket.bucket, blockPublicPolicy: true, restrictPublicBuckets: true });
  const headers = new aws.cloudfront.ResponseHeadersPolicy("page", {
    securityHeadersConfig: {
      contentSecurityPolicy: { contentSecurityPolicy: "default-src 'self'", override: true },
      frameOptions: { frameOption: "DENY", override: true },
      contentTypeOptions: { override: true },
    },
    customHeadersConfig: { items: [{ header: "Permissions-Policy", value: "camera=(self)", override: true }] },
  });
  const distribution = new aws.cloudfront.Distribution("page", {
    enabled: true,
    defaultRootObject: "index.html",
    origins: [{ originId: "page", domainName: bucket.bucketRegionalDomainName }],
    defaultCacheBehavior: { targetOriginId: "page", viewerProtocolPolicy: "redirect-to-https", allowedMethods: ["GET"], cachedMethods: ["GET"], responseHeadersPolicyId: headers.id },
    customErrorResponses: [{ errorCode: 403, responseCode: 404, responsePagePath: "/index.html" }],
    restrictions: { geoRestriction: { restrictionType: "none" } },
    viewerCertificate: { cloudfrontDefaultCertificate: true },
  });
  new aws.s3.BucketObjectv2("index.html", { bucket: bucket.bucket, key: "index.html", content: "<p>private</p>", contentType: "text/html" });
  new aws.sesv2.EmailIdentity("sender", { emailIdentity: "school.example" });
  export const siteUrl = pulumi.interpolate\`https://\${distribution.domainName}/\`;
  export const bucketName = bucket.bucket;
`;

describe("a page behind a distribution", () => {
  let cloud: Cloud;
  let data: string;
  before(async () => {
    const graph = await evaluateProgram({ program: join(sampleProject({ "index.ts": siteProgram }), "index.ts") });
    data = mkdtempSync(join(tmpdir(), "sites-"));
    const engine = {
      ready: () => Promise.resolve(),
      detect: () => Promise.resolve([]),
      close: () => Promise.resolve(),
    };
    cloud = await startCloud({ graph, port: 0, data, engine });
  });
  after(async () => {
    await cloud.close();
    rmSync(data, { recursive: true });
  });

  it("is served from its private bucket, with the declared headers", async () => {
    const response = await fetch(`${cloud.url}/`);
    expect(await response.text()).to.equal("<p>private</p>");
    expect(Object.fromEntries(response.headers)).to.include({
      "content-security-policy": "default-src 'self'",
      "x-frame-options": "DENY",
      "x-content-type-options": "nosniff",
      "permissions-policy": "camera=(self)",
      "content-type": "text/html",
    });
    const missing = await fetch(`${Object.values(cloud.sites)[0]}nothing.js`);
    expect([missing.status, await missing.text()]).to.deep.equal([404, "<p>private</p>"]);
    const direct = await fetch(`${cloud.url}/${String(cloud.graph.stackOutputs["bucketName"])}/index.html`);
    expect(direct.status).to.equal(403);
  });

  it("has an address of this machine, over HTTP", () => {
    expect(cloud.graph.stackOutputs["siteUrl"]).to.equal(`${cloud.url}/`);
  });

  it("may be mailed about, from the identities that are declared", async () => {
    const ses = new SESv2({ ...cloud.clientConfig, maxAttempts: 1 });
    const send = (from: string): Promise<unknown> =>
      ses.sendEmail({
        FromEmailAddress: from,
        Destination: { ToAddresses: ["lan@home.example"] },
        Content: { Simple: { Subject: { Data: "Your avatar" }, Body: { Text: { Data: "It is done." } } } },
      });
    await send("avatars@school.example");
    expect(cloud.mailbox.list()[0]).to.deep.include({ to: ["lan@home.example"], subject: "Your avatar" });
    const refusal = (await errorOf(send("avatars@elsewhere.example"))).name;
    expect(refusal).to.equal("MessageRejected");
    ses.destroy();
  });
});
