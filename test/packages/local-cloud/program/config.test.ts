import { expect } from "chai";
import { join } from "node:path";
import { checkSettings, readProject } from "../../../../packages/local-cloud/program/config";
import { sampleProject } from "./sample";

describe("the settings of one run", () => {
  const check = async (
    folder: string,
    settings: { stack?: string; config?: Readonly<Record<string, string>> },
  ): Promise<string> => {
    try {
      const { stack, config = {} } = settings;
      await checkSettings(join(folder, "index.ts"), { stack, config });
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  const declaring = "name: sample\nruntime: nodejs\nconfig:\n  sizes:\n    default: [64]\n  sample:greeting: hello\n";

  it("name a stack that has a file, and are told which have", async () => {
    const folder = sampleProject({ "Pulumi.prod.yaml": "config: {}\n", "Pulumi.acme.test.yaml": "" });
    expect(await check(folder, { stack: "prod" })).to.equal("");
    expect(await check(folder, { stack: "acme.test" })).to.equal("");
    for (const stack of ["nosuch", "dev"]) {
      expect(await check(folder, { stack })).to.equal(
        `stack ${stack}: there is no ${join(folder, `Pulumi.${stack}.yaml`)}. Name one of its stacks: acme.test, prod.`,
      );
    }
  });

  it("need no stack's file when no stack is named, nor for the default in a project that has none", async () => {
    expect(await check(sampleProject({ "Pulumi.prod.yaml": "" }), {})).to.equal("");
    const folder = sampleProject({});
    expect(await check(folder, { stack: "dev" })).to.equal("");
    expect(await check(folder, { stack: "prod" })).to.equal(
      `stack prod: there is no ${join(folder, "Pulumi.prod.yaml")}. Leave stack out.`,
    );
  });

  it("find the stacks' files where the project keeps them", async () => {
    const folder = sampleProject({
      "Pulumi.yaml": "name: sample\nruntime: nodejs\nstackConfigDir: stacks # beside the program\n",
      "stacks/Pulumi.prod.yaml": "config:\n  sample:greeting: good day\n",
    });
    expect(await check(folder, { stack: "prod" })).to.equal("");
    expect(await check(folder, { stack: "dev" })).to.include("Name one of its stacks: prod.");
    expect((await readProject(join(folder, "index.ts"), "prod")).config).to.deep.equal({
      "sample:greeting": "good day",
    });
  });

  it("set what the project or the stack has, and whatever providers may have", async () => {
    const folder = sampleProject({ "Pulumi.yaml": declaring, "Pulumi.dev.yaml": "config:\n  sample:extra: 1\n" });
    const values = { sizes: "[32]", "sample:sizes": "[32]", greeting: "hi", extra: "2", "aws:region": "eu-west-1" };
    expect(await check(folder, { config: values })).to.equal("");
    expect(await check(folder, { config: { "thumbnail.sizes": "[32]" } })).to.equal(
      "config thumbnail.sizes=[32]: the project sample has no such value. It has: extra, greeting, sizes.",
    );
    expect(await check(folder, { config: { "sample:size": "[32]" } })).to.include("config sample:size=[32]: ");
  });

  it("set anything in a project that declares nothing", async () => {
    expect(await check(sampleProject({}), { config: { anything: "1" } })).to.equal("");
  });
});
