import { AvatarPipeline, type AvatarPipelineArgs } from "avatar-pipeline";
import { expect } from "chai";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { evaluateProgram } from "../../packages/local-cloud/program/evaluate";
import type { ProgramGraph } from "../../packages/local-cloud/program/graph";
import { evaluate } from "../components/harness";
import { asError } from "../support/errors";

const root = join(__dirname, "../../..");
const examples = join(root, "examples");
const run = promisify(execFile);

interface Schema {
  readonly resources: Record<
    string,
    { inputProperties: Record<string, Property>; properties: Record<string, Property> }
  >;
  readonly types: Record<string, { properties?: Record<string, Property> }>;
}
interface Property {
  readonly $ref?: string;
}
const schema = JSON.parse(readFileSync(join(root, "provider/schema.json"), "utf8")) as Schema;
const pipeline = schema.resources["avatar-pipeline:index:AvatarPipeline"]!;

describe("The example", () => {
  let folder: string;
  before(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "avatar-pipeline-")));
    await run(process.execPath, [join(root, "tools/build/types.mjs")], { cwd: root });
    const link = (target: string, path: string) => {
      mkdirSync(dirname(path), { recursive: true });
      symlinkSync(target, path, "dir");
    };
    for (const name of ["@pulumi", "@aws-sdk", "@types", "typescript"]) {
      link(join(root, "node_modules", name), join(folder, "node_modules", name));
    }
    link(root, join(folder, "node_modules/avatar-pipeline"));
    cpSync(examples, folder, { recursive: true });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const name of ["minimal", "on-accepted"]) {
    it(`${name} is sound TypeScript`, async () => {
      const compiler = join(root, "node_modules/typescript/bin/tsc");
      const checked = await run(process.execPath, [compiler, "-p", join(folder, name)]).catch(asError);
      expect(checked.stdout).to.equal("");
    });
  }

  const typesIn = (graph: ProgramGraph) => graph.resources.map(({ type }) => type);

  it("minimal declares a pipeline and gives out its page", async () => {
    const graph = await evaluateProgram({ program: join(folder, "minimal/index.ts") });
    expect(typesIn(graph).filter((type) => type === "avatar-pipeline:index:AvatarPipeline")).to.have.length(1);
    expect(graph.stackOutputs).to.have.keys("uploadPage", "photoBucket");
  });

  it("on-accepted lets its function read avatars, and be called by the topic of accepted photos", async () => {
    const graph = await evaluateProgram({ program: join(folder, "on-accepted/index.ts") });
    const named = (type: string, name: string) =>
      graph.resources.find((one) => one.type === type && one.name === name)!.inputs;
    const topic = graph.resources.find(
      ({ type, name }) => type === "aws:sns/topic:Topic" && name === "avatars-success",
    )!;
    expect(named("aws:sns/topicSubscription:TopicSubscription", "print-card")).to.include({
      topic: topic.outputs["arn"],
      protocol: "lambda",
    });
    expect(named("aws:lambda/permission:Permission", "print-card")["sourceArn"]).to.equal(topic.outputs["arn"]);
    expect(named("aws:iam/rolePolicy:RolePolicy", "print-card-reads-avatars")["policy"]).to.include("s3:GetObject");
    const code = named("aws:lambda/function:Function", "print-card")["code"] as { assets: Record<string, unknown> };
    expect(Object.keys(code.assets)).to.deep.equal(["__index.js"]);
  });

  it("yaml sets options that the component has and takes, and reads outputs that it has", async () => {
    const program = parse(readFileSync(join(examples, "yaml/Pulumi.yaml"), "utf8")) as {
      resources: { avatars: { type: string; properties: Record<string, Record<string, unknown>> } };
      outputs: Record<string, string>;
    };
    const { type, properties } = program.resources.avatars;
    expect(type).to.equal("avatar-pipeline:AvatarPipeline");
    for (const [group, options] of Object.entries(properties)) {
      const known = schema.types[pipeline.inputProperties[group]!.$ref!.replace("#/types/", "")]!.properties!;
      expect(Object.keys(known), group).to.include.members(Object.keys(options));
    }
    for (const output of Object.values(program.outputs)) {
      const [, name] = /^\$\{avatars\.(\w+)/.exec(output)!;
      expect(Object.keys(pipeline.properties)).to.include(name);
    }
    const world = await evaluate(() => [new AvatarPipeline("avatars", properties as AvatarPipelineArgs)]);
    const { variables } = world.one("Function", "avatars-index-face").inputs["environment"] as {
      variables: Record<string, string>;
    };
    expect(variables["DUPLICATE_SIMILARITY"]).to.equal("97");
  });

  it("python sets options and reads outputs that the component has, under Python's names", () => {
    const program = readFileSync(join(examples, "python/__main__.py"), "utf8");
    const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const groups = [...program.matchAll(/^ {4}(\w+)=\{(.*)\},$/gm)];
    expect(groups).to.have.length(3);
    for (const [, group = "", options = ""] of groups) {
      const known = schema.types[pipeline.inputProperties[camel(group)]!.$ref!.replace("#/types/", "")]!.properties!;
      for (const [, option = ""] of options.matchAll(/"(\w+)":/g)) expect(known).to.have.property(camel(option));
    }
    for (const [, output = ""] of program.matchAll(/avatars\.(\w+)/g)) {
      expect(pipeline.properties).to.have.property(camel(output));
    }
  });

  it("of every folder takes this version of the package", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    const folders = readdirSync(examples, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name } of folders) {
      const manifest = JSON.parse(readFileSync(join(examples, name, "package.json"), "utf8")) as {
        dependencies: Record<string, string>;
      };
      expect(manifest.dependencies["avatar-pipeline"], name).to.equal(`^${version}`);
    }
  });
});
