import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { AvatarPipeline, SiteAccess, type AvatarPipelineArgs, type SiteLocale } from "avatar-pipeline";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { parse } from "yaml";
import { defaults } from "../../components/args";
import { readSettings } from "../../components/settings";
import { evaluate, valueOf } from "./harness";

const root = join(__dirname, "../../..");

/** Declares a pipeline that must be refused, and returns the refusal and the resources that were declared anyway. */
async function refusalOf(args: AvatarPipelineArgs, name = "avatars"): Promise<{ message: string; children: number }> {
  let message = "";
  const world = await evaluate(() => {
    try {
      return [new AvatarPipeline(name, args)];
    } catch (error) {
      if (!pulumi.ResourceError.isInstance(error)) throw error;
      expect(error.hideStack).to.equal(true);
      message = error.message;
      return [];
    }
  });
  // The component itself is registered in any case; allow it time to arrive.
  await new Promise((done) => setTimeout(done, 20));
  return { message, children: world.resources.filter(({ type }) => !type.startsWith("avatar-pipeline:")).length };
}

describe("AvatarPipelineArgs", () => {
  const cases: readonly (readonly [string, AvatarPipelineArgs, string])[] = [
    [
      "a similarity beyond percent",
      { face: { duplicateSimilarity: 101 } },
      "face.duplicateSimilarity is 101, but must be a number from 50 to 100 percent",
    ],
    [
      "a similarity as a share",
      { face: { duplicateSimilarity: 0.95 } },
      "face.duplicateSimilarity is 0.95, but must be a number from 50 to 100 percent",
    ],
    [
      "a face smaller than Rekognition finds",
      { face: { minFaceSide: 20 } },
      "face.minFaceSide is 20, but must be a whole number from 40 to 4096 pixels; Rekognition finds no face below 40",
    ],
    [
      "an angle beyond a right one",
      { face: { maxYaw: 120 } },
      "face.maxYaw is 120, but must be a number from 0 to 90 degrees",
    ],
    [
      "no thumbnails",
      { thumbnail: { sizes: [] } },
      "thumbnail.sizes is [], but must list 1 to 10 different whole numbers from 16 to 2048 pixels, for example [64, 256, 512]",
    ],
    [
      "a size that is no list",
      { thumbnail: { sizes: 96 as unknown as number[] } },
      "thumbnail.sizes is 96, but must list 1 to 10 different",
    ],
    [
      "one size twice",
      { thumbnail: { sizes: [64, 64] } },
      "thumbnail.sizes is [64,64], but must list 1 to 10 different",
    ],
    [
      "a JPEG quality of nothing",
      { thumbnail: { quality: 0 } },
      "thumbnail.quality is 0, but must be a whole number from 1 to 100",
    ],
    ["a negative margin", { thumbnail: { margin: -1 } }, "thumbnail.margin is -1, but must be a number from 0 to 2"],
    [
      "files larger than Rekognition reads",
      { upload: { maxBytes: 20_000_000 } },
      "upload.maxBytes is 20000000, but must be a whole number from 1 to 15728640 bytes; Rekognition reads no larger photo",
    ],
    ["half a pixel", { upload: { maxPixels: 1e6 + 0.5 } }, "upload.maxPixels is 1000000.5, but must be a whole number"],
    [
      "photos smaller than Rekognition reads",
      { upload: { minSide: 79 } },
      "upload.minSide is 79, but must be a whole number from 80",
    ],
    [
      "a permission of a second",
      { upload: { expirySeconds: 1 } },
      "upload.expirySeconds is 1, but must be a whole number from 60 to 3600 seconds",
    ],
    [
      "days that CloudWatch Logs does not offer",
      { retention: { logDays: 10 } },
      "retention.logDays is 10, but must be one of CloudWatch Logs' numbers of days: 1, 3, 5, 7, 14, 30",
    ],
    [
      "originals that go before they are processed",
      { retention: { originalDays: 0 } },
      "retention.originalDays is 0, but must be a whole number from 1 to 3650 days; processing may take up to 12 hours",
    ],
    [
      "rows that go before the originals of what failed",
      { retention: { uploadRowDays: 8, originalDays: 7 } },
      "retention.uploadRowDays is 8, but must be 9 days or more: 2 longer than retention.originalDays",
    ],
    [
      "a language of no texts",
      { site: { locale: "fr" as unknown as SiteLocale } },
      'site.locale is "fr", but must be one of vi, en; use the enum SiteLocale',
    ],
    [
      "a flag in quotes",
      { site: { enabled: "true" as unknown as boolean } },
      'site.enabled is "true", but must be true or false; write it without quotes',
    ],
    [
      "an output that decides which resources exist",
      { retention: { keepData: pulumi.output(true) as unknown as boolean } },
      'retention.keepData is "an output", but it decides which resources exist; give true or false as a plain value',
    ],
    [
      "what is no address",
      { notifications: { failureEmails: ["registry"] } },
      'notifications.failureEmails[0] is "registry", but must be one e-mail address, for example registry@school.example',
    ],
    [
      "an address as a list",
      { notifications: { successEmails: "a@b.example" as unknown as string[] } },
      'notifications.successEmails is "a@b.example", but must be a list of addresses',
    ],
    [
      "an address listed twice",
      { notifications: { successEmails: ["a@b.example", "a@b.example"] } },
      'notifications.successEmails is "a@b.example", but must be listed once; remove the second',
    ],
    [
      "invitations without a key",
      { site: { access: SiteAccess.Invite } },
      'site.access is "invite", but needs site.invitationKey; make a pair of keys with `avatar-pipeline invite keygen`',
    ],
    [
      "what is no public key",
      { site: { access: SiteAccess.Invite, invitationKey: "abc" } },
      'site.invitationKey is "abc", but must be an Ed25519 public key',
    ],
    [
      "domains that are addresses",
      { notifications: { studentDomains: ["@school.example"] } },
      'notifications.studentDomains is ["@school.example"], but must be a list of domains',
    ],
    [
      "a sender that is no address",
      { notifications: { sender: "school" } },
      'notifications.sender is "school", but must be one e-mail address',
    ],
    [
      "a topic that is none",
      { existing: { successTopicArn: "good" } },
      'existing.successTopicArn is "good", but must be the ARN of a standard topic that exists already',
    ],
    [
      "a bucket that a page cannot reach over HTTPS",
      { existing: { photoBucket: "photos.school.example" } },
      'existing.photoBucket is "photos.school.example", but must be a name without a dot while site.enabled is true',
    ],
    [
      "a key by its alias",
      { encryption: { kmsKeyArn: "alias/school" } },
      'encryption.kmsKeyArn is "alias/school", but must be the ARN of a KMS key',
    ],
    [
      "a former key by its alias",
      { encryption: { formerKmsKeyArns: ["alias/school"] } },
      'encryption.formerKmsKeyArns[0] is "alias/school", but must be the ARN of a KMS key',
    ],
    [
      "not a number",
      { face: { minSharpness: Number.NaN } },
      "face.minSharpness is null, but must be a number from 0 to 100",
    ],
  ];
  for (const [title, args, message] of cases) {
    it(`refuses ${title} before any resource is declared`, async () => {
      const refusal = await refusalOf(args);
      expect(refusal.message).to.include(message);
      expect(refusal.children).to.equal(0);
    });
  }

  for (const name of ["school avatars", "1st", "", "a".repeat(35), "ảnh", "a_b"]) {
    it(`refuses the name ${JSON.stringify(name)}`, async () => {
      if (name === "") return;
      const refusal = await refusalOf({}, name);
      expect(refusal.message).to.include(
        `The name of the AvatarPipeline is ${JSON.stringify(name)}, but must be 1 to 34 letters`,
      );
      expect(refusal.children).to.equal(0);
    });
  }

  it("fits the longest name it takes into every name that AWS limits to 64 characters", async () => {
    const world = await evaluate(() => [new AvatarPipeline("a".repeat(34))]);
    const limited = world.resources.filter(({ type }) => /:(Function|Role|EventRule|EventTarget)$/.test(type));
    // Pulumi adds a hyphen and seven characters.
    for (const { name } of limited) expect(name.length + 8, name).to.be.at.most(64);
    const { layerName } = world.one("LayerVersion", `${"a".repeat(34)}-imaging`).inputs as { layerName: string };
    expect(layerName.length).to.be.at.most(64);
  });

  it("takes a bucket with a dot in its name where no page uploads to it", async () => {
    const args = { existing: { photoBucket: "photos.school.example" }, site: { enabled: false } };
    const world = await evaluate(() => [new AvatarPipeline("avatars", args)]);
    expect(world.one("Bucket", "avatars-photos").physicalId).to.equal("photos.school.example");
  });

  it("refuses an output as soon as its value is known", async () => {
    let owner: pulumi.Resource | undefined;
    await evaluate(() => [(owner = new pulumi.ComponentResource("test:index:Owner", "owner"))]);
    const settings = readSettings("avatars", { face: { maxYaw: pulumi.output(95) } }, owner!);
    let message = "";
    await valueOf(settings.face.maxYaw as pulumi.Output<number>).catch(
      (error: unknown) => (message = (error as Error).message),
    );
    expect(message).to.include("face.maxYaw is 95, but must be a number from 0 to 90 degrees");
  });

  it("takes outputs, in lists too, and leaves what it was given as it was", async () => {
    const args: AvatarPipelineArgs = {
      thumbnail: { sizes: [pulumi.output(128), 256] },
      upload: { maxBytes: pulumi.output(1_000_000) },
      notifications: { failureEmails: [pulumi.output("a@school.example")] },
      site: { enabled: false },
    };
    const before = JSON.stringify(args, (_, value: unknown) => (pulumi.Output.isInstance(value) ? "output" : value));
    const world = await evaluate(() => [new AvatarPipeline("avatars", args)]);
    const variables = (step: string) =>
      (world.one("Function", `avatars-${step}`).inputs["environment"] as { variables: Record<string, string> })
        .variables;
    expect(JSON.parse(variables("create-thumbnail")["THUMBNAIL_RULES"]!)).to.deep.include({ sizes: [128, 256] });
    expect(JSON.parse(variables("check-format")["UPLOAD_LIMITS"]!)).to.deep.include({ maxBytes: 1_000_000 });
    expect(world.one("TopicSubscription", "avatars-failure-1").inputs["endpoint"]).to.equal("a@school.example");
    expect(JSON.stringify(args, (_, value: unknown) => (pulumi.Output.isInstance(value) ? "output" : value))).to.equal(
      before,
    );
  });

  it("tags what can be tagged", async () => {
    const world = await evaluate(() => [
      new AvatarPipeline("avatars", { tags: { school: "x" }, site: { enabled: false } }),
    ]);
    const untaggable =
      /:(AvatarPipeline|Bucket[A-Z]\w+|TopicSubscription|RolePolicy|LayerVersion|EventTarget|QueuePolicy|Permission|TopicPolicy|Dashboard)$/;
    for (const { urn, inputs } of world.resources.filter(({ type }) => !untaggable.test(type))) {
      expect(inputs["tags"], urn).to.deep.equal({ school: "x" });
    }
  });

  describe("docs", () => {
    const file = join(root, "components/args.ts");
    const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022, true);
    const interfaces = new Map(
      source.statements.filter(ts.isInterfaceDeclaration).map((declared) => [declared.name.text, declared]),
    );
    const tagsOf = (member: ts.TypeElement) =>
      Object.fromEntries(
        ts.getJSDocTags(member).map((tag) => [tag.tagName.text, ts.getTextOfJSDocComment(tag.comment) ?? ""]),
      );

    it("give each option its purpose", () => {
      for (const [name, declared] of interfaces) {
        expect(ts.getJSDocCommentsAndTags(declared), name).not.to.deep.equal([]);
        for (const member of declared.members) {
          const [doc] = ts.getJSDocCommentsAndTags(member);
          expect(ts.getTextOfJSDocComment(doc?.comment)?.length ?? 0, member.name?.getText()).to.be.greaterThan(20);
        }
      }
    });

    it("give each option the default that is used, with its reason", () => {
      let checked = 0;
      for (const group of interfaces.get("AvatarPipelineArgs")!.members) {
        const key = group.name!.getText();
        const type = (group as ts.PropertySignature).type!.getText().replace(/ \| undefined$/, "");
        for (const member of interfaces.get(type)?.members ?? []) {
          const option = member.name!.getText();
          const documented = tagsOf(member)["default"];
          expect(documented, `${key}.${option}`).to.be.a("string");
          const [value = "", reason = ""] = documented!.split(/(?<=^[^:]*):\s/s);
          expect(reason.length, `the reason of ${key}.${option}`).to.be.greaterThan(20);
          const used = (defaults as Record<string, Record<string, unknown>>)[key]?.[option];
          if (used === undefined) expect(value, `${key}.${option}`).to.equal("none");
          else expect(JSON.parse(value.replace(/ \(.*\)$/, "")), `${key}.${option}`).to.deep.equal(used);
          checked += 1;
        }
      }
      const count = Object.values(defaults).reduce((sum, group) => sum + Object.keys(group).length, 0);
      expect(checked).to.be.at.least(count);
    });
  });
});

describe("The stack's configuration", () => {
  const project = parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as {
    name: string;
    config: Record<string, { type: string; description: string; default?: unknown }>;
  };
  /** The place of each key in the args. */
  const options: Record<string, unknown> = {
    successEmails: [],
    failureEmails: [],
    operatorEmails: [],
    sender: "",
    studentDomains: [],
    access: defaults.site.access,
    invitationKey: "",
    organization: "",
    contact: "",
    duplicateSimilarity: defaults.face.duplicateSimilarity,
    thumbnailSizes: defaults.thumbnail.sizes,
    maxUploadBytes: defaults.upload.maxBytes,
    site: defaults.site.enabled,
    https: defaults.site.https,
    locale: defaults.site.locale,
    uploadRowDays: defaults.retention.uploadRowDays,
    originalDays: defaults.retention.originalDays,
    logDays: defaults.retention.logDays,
    keepData: defaults.retention.keepData,
    kmsKeyArn: "",
    formerKmsKeyArns: [],
    audit: defaults.audit.enabled,
    auditDays: defaults.audit.days,
  };

  it("has the component's own defaults, a type and a description for every key", () => {
    const declared = Object.fromEntries(Object.entries(project.config).map(([key, value]) => [key, value.default]));
    expect(declared).to.deep.equal(options);
    for (const [key, { type, description }] of Object.entries(project.config)) {
      expect(type, key).to.be.oneOf(["string", "integer", "boolean", "array"]);
      expect(description, key).to.match(/\.$/);
    }
  });

  it("is read by the program, each key of it and no other", () => {
    const program = readFileSync(join(root, "index.ts"), "utf8");
    const read = [...program.matchAll(/config\.get\w*(?:<[^>]+>)?\("(\w+)"\)/g)].map(([, key]) => key!);
    expect(read).to.have.members(Object.keys(project.config));
  });

  it("is set by each stack with keys of this project only", () => {
    for (const stack of ["dev", "prod"]) {
      const { config } = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8")) as {
        config: Record<string, unknown>;
      };
      for (const key of Object.keys(config)) {
        const [namespace, name = ""] = key.split(":");
        if (namespace === project.name) expect(Object.keys(project.config), `${stack}: ${key}`).to.include(name);
        else expect(namespace, `${stack}: ${key}`).to.equal("aws");
      }
    }
  });
});
