import { expect } from "chai";
import { AvatarPipeline } from "avatar-pipeline";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { evaluate, statementsOf, valueOf, type Evaluation } from "../harness";

const root = join(__dirname, "../../../..");

describe("The upload page", () => {
  let secure: Evaluation<readonly AvatarPipeline[]>;
  before(async () => (secure = await evaluate(() => [new AvatarPipeline("avatars")])));

  it("is served over HTTPS by default, from a bucket that the distribution alone may read", async () => {
    const page = await valueOf(secure.declared[0]!.siteUrl!);
    expect(page).to.match(/^https:\/\/avatars-site-\w+\.cloudfront\.example\/$/);
    expect(secure.all("BucketWebsiteConfiguration")).to.deep.equal([]);
    expect(secure.one("BucketPublicAccessBlock", "avatars-site").inputs).to.include({
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    const [read, deny] = statementsOf(secure.one("BucketPolicy", "avatars-site"));
    expect(read).to.deep.include({ Principal: { Service: "cloudfront.amazonaws.com" }, Action: "s3:GetObject" });
    expect(JSON.stringify(read!.Condition)).to.match(
      /"aws:SourceArn":"arn:aws:cloudfront::\d+:distribution\/avatars-site/,
    );
    expect(deny).to.deep.include({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } });
    const { defaultCacheBehavior } = secure.one("Distribution", "avatars-site").inputs as {
      defaultCacheBehavior: Record<string, unknown>;
    };
    expect(defaultCacheBehavior["viewerProtocolPolicy"]).to.equal("redirect-to-https");
  });

  it("tells browsers to allow its own files, its API and the photo bucket alone", () => {
    const { securityHeadersConfig: headers } = secure.one("ResponseHeadersPolicy", "avatars-site").inputs as {
      securityHeadersConfig: { contentSecurityPolicy: { contentSecurityPolicy: string } };
    };
    const policy = headers.contentSecurityPolicy.contentSecurityPolicy;
    const bucket = /https:\/\/avatars-photos-\w+\.s3\.ap-southeast-1\.example/.exec(policy)![0];
    expect(policy).to.include(`connect-src 'self' ${bucket} https://*.execute-api.ap-southeast-1.example;`);
    expect(policy).to.include("default-src 'none'").and.to.include("frame-ancestors 'none'");
    expect(policy).not.to.match(/unsafe|https:[ ;]|\*[ ;]/);
  });

  it("is allowed nothing by that header that its own tag forbids, so that it behaves alike over HTTP", () => {
    const { securityHeadersConfig: headers } = secure.one("ResponseHeadersPolicy", "avatars-site").inputs as {
      securityHeadersConfig: { contentSecurityPolicy: { contentSecurityPolicy: string } };
    };
    const page = readFileSync(join(root, "site/upload/index.html"), "utf8");
    const [, tag = ""] = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(page)!;
    const directives = (policy: string) => policy.split(";").map((directive) => directive.trim().split(" ")[0]!);
    expect(directives(headers.contentSecurityPolicy.contentSecurityPolicy)).to.include.members(directives(tag));
  });

  it("is what the API and the photo bucket answer to, and no other page", () => {
    const origin = /^https:\/\/avatars-site-\w+\.cloudfront\.example$/;
    const { corsConfiguration } = secure.one("Api", "avatars-api").inputs as {
      corsConfiguration: { allowOrigins: string[] };
    };
    const { corsRules } = secure.one("BucketCorsConfiguration", "avatars-photos").inputs as {
      corsRules: { allowedOrigins: string[]; allowedMethods: string[] }[];
    };
    for (const origins of [corsConfiguration.allowOrigins, ...corsRules.map(({ allowedOrigins }) => allowedOrigins)]) {
      expect(origins).to.have.length(1);
      expect(origins[0]).to.match(origin);
    }
    expect(corsRules.map(({ allowedMethods }) => allowedMethods)).to.deep.equal([["POST"]]);
  });

  it("is a website of S3 when HTTPS is not wanted", async () => {
    const open = await evaluate(() => [new AvatarPipeline("avatars", { site: { https: false } })]);
    expect(await valueOf(open.declared[0]!.siteUrl!)).to.match(/^http:\/\/avatars-site-\w+\.s3-website\./);
    expect(open.all("Distribution")).to.deep.equal([]);
  });

  it("is left out with its API when it is not wanted", async () => {
    const without = await evaluate(() => [new AvatarPipeline("avatars", { site: { enabled: false } })]);
    expect(without.declared[0]!.siteUrl).to.equal(undefined);
    expect(without.declared[0]!.apiUrl).to.equal(undefined);
    const left = without.resources.filter(({ type }) => /apigateway|cloudfront|bucketObject|bucketCors/.test(type));
    expect(left).to.deep.equal([]);
  });
});
