import { expect } from "chai";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../support/errors";
import { missing, startEngine, type Engine, type EngineStack } from "./harness";

/** The engine's message if it refuses; empty otherwise. */
const refusal = (operation: Promise<unknown>): Promise<string> => operation.then(() => "", messageOf);

describe("The real engine", function () {
  this.timeout(10 * 60_000);
  let engine: Engine;

  before(function () {
    const reason = missing("pulumi", "pulumi-language-nodejs");
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    engine = startEngine();
  });
  // Nothing was started where the real engine is missing.
  after(() => (engine as Engine | undefined)?.close());

  const typesIn = () => engine.account().map(({ type }) => type);

  it("is stopped before anything is made by a name in the configuration that nothing reads", async () => {
    const stack = await engine.repository().stack("misspelt", { failureEmial: "registry@school.example" });
    expect(await refusal(stack.preview())).to.match(/configuration has \S+:failureEmial, which nothing reads; remove/);
    expect(engine.account()).to.deep.equal([]);
  });

  describe("with the dev stack", () => {
    let dev: EngineStack;
    let made: number;
    before(async () => {
      dev = await engine.repository().stack("dev");
    });

    it("previews what it would make, and makes nothing", async () => {
      const changes = await dev.preview();
      expect(Object.keys(changes)).to.deep.equal(["create"]);
      expect(changes.create).to.include.members(["aws:sfn/stateMachine:StateMachine avatars-flow"]);
      expect(engine.account()).to.deep.equal([]);
    });

    it("deploys, and gives out names that AWS made up", async () => {
      const changes = await dev.up();
      expect(Object.keys(changes)).to.deep.equal(["create"]);
      made = engine.account().length;
      expect(typesIn()).to.include.members(["aws:s3/bucket:Bucket", "aws:rekognition/collection:Collection"]);
      const { photoBucket, siteUrl } = await dev.outputs();
      expect(photoBucket).to.match(/^avatars-photos-[0-9a-f]{7}$/);
      expect(siteUrl).to.match(/^http/);
    });

    it("changes nothing when it is deployed again", async () => {
      expect(Object.keys(await dev.up())).to.deep.equal(["same"]);
    });

    it("changes what an option concerns and replaces nothing", async () => {
      await dev.configure({ logDays: "14" });
      const { same, ...changes } = await dev.up();
      expect(same).not.to.deep.equal([]);
      expect(Object.keys(changes)).to.deep.equal(["update"]);
      const types = new Set(changes.update?.map((each) => each.split(" ")[0]));
      expect([...types]).to.have.members(["avatar-pipeline:index:AvatarPipeline", "aws:cloudwatch/logGroup:LogGroup"]);
    });

    it("finds on refresh what was changed behind its back, and mends it", async () => {
      expect(Object.keys(await dev.refresh())).to.deep.equal(["refresh"]);
      const block = engine.account().find(({ type }) => type.endsWith(":BucketPublicAccessBlock"))!;
      engine.tamper(block, { blockPublicPolicy: false });
      await dev.refresh();
      const { update } = await dev.up();
      expect(update).to.have.length(1);
      const mended = engine.account().find(({ urn }) => urn === block.urn);
      expect(mended?.inputs).to.deep.equal(block.inputs);
    });

    it("leaves nothing behind when it is destroyed", async () => {
      expect(engine.account()).to.have.length(made);
      await dev.destroy();
      await dev.remove();
      expect(engine.account()).to.deep.equal([]);
    });
  });

  describe("with the prod stack, beside a dev stack in one account", () => {
    let dev: EngineStack;
    let prod: EngineStack;
    const { publicKey } = generateKeyPairSync("ed25519");
    const invitationKey = publicKey.export({ format: "jwk" }).x!;
    before(async () => {
      const repository = engine.repository();
      [dev, prod] = [await repository.stack("dev"), await repository.stack("prod")];
      await dev.up();
    });
    after(async () => {
      await dev.destroy();
      await dev.remove();
      expect(engine.account()).to.deep.equal([]);
    });

    it("refuses to deploy without the key of the invitations, and makes nothing", async () => {
      const before = engine.account().length;
      const message = await refusal(prod.up());
      expect(message)
        .to.match(/site\.invitationKey/)
        .and.match(/avatar-pipeline invite keygen/);
      expect(engine.account()).to.have.length(before);
    });

    it("deploys, colliding with nothing", async () => {
      await prod.configure({ invitationKey });
      expect(Object.keys(await prod.up())).to.include("create");
      expect(Object.keys(await prod.up())).to.deep.equal(["same"]);
      expect(typesIn()).to.include("aws:cloudfront/distribution:Distribution");
    });

    it("keeps its data from being destroyed", async () => {
      const before = engine.account();
      const message = await refusal(prod.destroy());
      expect(message).to.include("protect");
      expect(engine.account()).to.deep.equal(before);
    });

    it("is destroyed once it has been told not to keep its data", async () => {
      await prod.configure({ keepData: "false" });
      await prod.up();
      await prod.destroy();
      const left = engine.account().filter(({ urn }) => urn.startsWith("urn:pulumi:prod::"));
      expect(left).to.deep.equal([]);
    });
  });

  describe("with an example", () => {
    for (const name of ["minimal", "on-accepted", "yaml"]) {
      it(`${name}: deploys, changes nothing the second time, and is destroyed`, async function () {
        const reason = name === "yaml" ? missing("pulumi-language-yaml") : undefined;
        if (reason !== undefined) {
          console.log(`      skipped: ${reason}`);
          this.skip();
        }
        const stack = await (await engine.example(name)).stack("dev");
        expect(Object.keys(await stack.up())).to.include("create");
        expect(typesIn()).to.include("aws:sfn/stateMachine:StateMachine");
        expect(await stack.outputs())
          .to.have.property("uploadPage")
          .that.matches(/^http/);
        expect(Object.keys(await stack.up())).to.deep.equal(["same"]);
        await stack.destroy();
        expect(engine.account()).to.deep.equal([]);
      });
    }
  });

  describe("with the policy pack", () => {
    const policyPack = "node_modules/avatar-pipeline/policy";

    it("finds nothing in what the component makes, and finds what a program adds in the open", async () => {
      const project = await engine.example("minimal");
      const stack = await project.stack("policed");
      expect(await refusal(stack.up({ policyPack }))).to.equal("");

      const program = join(project.folder, "index.ts");
      const planted = 'import * as aws from "@pulumi/aws";\nnew aws.sns.Topic("planted");\n';
      writeFileSync(program, planted + readFileSync(program, "utf8"));
      const message = await refusal(stack.preview({ policyPack }));
      expect(message).to.match(/\[mandatory\] +topic-encrypted +\(aws:sns:Topic: planted\)/);

      await stack.destroy();
      expect(engine.account()).to.deep.equal([]);
    });

    it("finds nothing in an audit trail either, which leaves its records when it is switched off", async function () {
      const reason = missing("pulumi-resource-awsx");
      if (reason !== undefined) {
        console.log(`      skipped: ${reason}`);
        this.skip();
      }
      const stack = await engine.repository().stack("audited", { audit: "true", site: "false" });
      expect(await refusal(stack.up({ policyPack: "policy" }))).to.equal("");
      expect(Object.keys(await stack.up())).to.deep.equal(["same"]);
      const records = () => engine.account().filter(({ urn }) => /::avatars-audit$/.test(urn));
      const policy = () => records().find(({ type }) => type.endsWith(":BucketPolicy"))?.inputs["policy"] as string;
      const { Statement } = JSON.parse(policy()) as { Statement: { Sid: string }[] };
      expect(Statement.map(({ Sid }) => Sid)).to.deep.equal(["TrailLooks", "TrailWrites", "TlsOnly"]);

      const before = records();
      await stack.configure({ audit: "false" });
      await stack.up();
      const left = before.filter(({ type }) => !type.endsWith(":Trail"));
      expect(records(), "the records stay, with all their bucket's settings").to.deep.equal(left);

      await stack.configure({ keepData: "false" });
      await stack.up();
      await stack.destroy();
      expect(engine.account()).to.deep.equal(left);
    });
  });
});
