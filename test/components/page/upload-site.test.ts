import { expect } from "chai";
import { readdirSync } from "node:fs";
import type * as pulumi from "@pulumi/pulumi";
import { AvatarPipeline, SiteAccess, SiteLocale, type AvatarPipelineArgs } from "avatar-pipeline";
import { steps } from "../../../handlers/functions";
import { evaluate, type Evaluation } from "../harness";

type World = Evaluation<readonly pulumi.Resource[]>;

const invitationKey = "A".repeat(43);
const declare = (args: AvatarPipelineArgs): Promise<World> => evaluate(() => [new AvatarPipeline("avatars", args)]);
const environmentOf = (world: World, name: string) =>
  (world.one("Function", name).inputs["environment"] as { variables: Record<string, string> }).variables;
const settingsOf = (world: World) =>
  JSON.parse(world.one("BucketObjectv2", "avatars-site-settings.json").inputs["content"] as string) as Record<
    string,
    unknown
  >;

describe("The upload page's resources", () => {
  let http: World;
  let https: World;
  before(async () => {
    http = await declare({ site: { https: false } });
    https = await declare({
      notifications: { sender: "avatars@school.example" },
      site: {
        access: SiteAccess.Invite,
        invitationKey,
        locale: SiteLocale.English,
        organization: "BK",
        contact: "write",
      },
    });
  });

  for (const [title, world] of [
    ["behind a static website", () => http],
    ["behind CloudFront", () => https],
  ] as const) {
    describe(title, () => {
      it("publish every file of the page, typed, and kept by browsers only where its name changes with it", () => {
        const objects = world()
          .all("BucketObjectv2")
          .map(({ inputs }) => inputs as { key: string; contentType: string; cacheControl: string });
        expect(objects.map(({ key }) => key).sort()).to.deep.equal(
          [...readdirSync("lib/site"), "settings.json"].sort(),
        );
        for (const { key, contentType, cacheControl } of objects) {
          expect(contentType, key).not.to.equal("application/octet-stream");
          const isHashed = /\.(js|css)$/.test(key);
          expect(cacheControl, key).to.equal(isHashed ? "public, max-age=31536000, immutable" : "no-cache");
        }
      });
    });
  }

  it("tell the page its settings", () => {
    const { apiUrl, ...rest } = settingsOf(https);
    expect(apiUrl).to.match(/^https:\/\//);
    expect(rest).to.deep.equal({
      locale: "en",
      limits: { maxBytes: 10_485_760, maxPixels: 50_000_000, minSide: 160 },
      access: "invite",
      invitationKey,
      mail: true,
      studentDomains: [],
      organization: "BK",
      contact: "write",
      originalDays: 7,
    });
    expect(settingsOf(http)).to.include({ locale: "vi", access: "open", mail: false });
  });

  it("have the API throttled and logged, and its functions called by their routes alone", () => {
    const { routeSettings, accessLogSettings } = http.one("Stage", "avatars-api").inputs as {
      routeSettings: { routeKey: string; throttlingRateLimit: number }[];
      accessLogSettings: { format: string };
    };
    expect(routeSettings.map(({ routeKey }) => routeKey)).to.deep.equal(["POST /uploads", "GET /uploads/{uploadId}"]);
    for (const { throttlingRateLimit } of routeSettings) expect(throttlingRateLimit).to.be.greaterThan(0);
    // The path holds the uploadId, which is the key to the upload's outcome.
    expect(accessLogSettings.format).not.to.include("$context.path");
    const permissions = http
      .all("Permission")
      .filter(({ inputs }) => inputs["principal"] === "apigateway.amazonaws.com");
    expect(permissions.map(({ inputs }) => String(inputs["sourceArn"]).replace(/^.*?\//, "/"))).to.deep.equal([
      "/*/GET/uploads/*",
      "/*/POST/uploads",
    ]);
  });

  it("know the steps of an accepted photo in the machine's order, those of one time together", () => {
    const phases = JSON.parse(environmentOf(http, "avatars-read-status")["STEP_PHASES"] ?? "[]") as string[][];
    const afterErrors = ["Undo", "NotifyFailure"];
    expect(phases.flat()).to.deep.equal(steps.map(({ name }) => name).filter((name) => !afterErrors.includes(name)));
    expect(phases.filter((phase) => phase.length > 1)).to.deep.equal([["CreateThumbnail", "IndexFace"]]);
  });
});
