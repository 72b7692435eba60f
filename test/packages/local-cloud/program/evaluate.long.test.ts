import { expect } from "chai";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { evaluateProgram } from "../../../../packages/local-cloud/program/evaluate";
import { atAddress, type ProgramGraph } from "../../../../packages/local-cloud/program/graph";
import { sampleProject } from "./sample";

const aws = `import * as aws from "@pulumi/aws"; import * as pulumi from "@pulumi/pulumi";\n`;

/** The error of a promise that must fail. */
async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("It did not fail.");
}

describe("evaluating a Pulumi program", function () {
  let folder: string;
  let graph: ProgramGraph;
  const node = (name: string): ProgramGraph["resources"][number] => {
    const found = graph.resources.find((resource) => resource.name === name);
    if (!found) throw new Error(`no resource ${name}`);
    return found;
  };

  before(async () => {
    folder = sampleProject({
      "Pulumi.yaml": "name: sample\nruntime: nodejs\nconfig:\n  greeting:\n    default: hello\n",
      "Pulumi.dev.yaml": "config:\n  aws:region: eu-west-1\n  sample:sizes: [64, 256]\n",
      "words.ts": `export const shout = (text: string): string => text.toUpperCase();\n`,
      "site/index.html": "<p>hello</p>",
      "index.ts": `${aws}
        import { readFileSync } from "node:fs";
        import { shout } from "./words";
        console.log("evaluated");
        const config = new pulumi.Config();
        class Part extends pulumi.ComponentResource {
          constructor(name: string) {
            super("sample:index:Part", name);
            new aws.sqs.Queue(name + "-queue", {}, { parent: this });
            this.registerOutputs();
          }
        }
        new Part("part");
        const bucket = new aws.s3.Bucket("Photos");
        new aws.s3.BucketObjectv2("page", { bucket: bucket.bucket, key: "index.html", source: new pulumi.asset.FileAsset("site/index.html") });
        new aws.s3.BucketObjectv2("text", { bucket: bucket.bucket, key: "x", content: shout(config.require("greeting")) + readFileSync("site/index.html", "utf8") });
        const site = new aws.s3.BucketWebsiteConfiguration("site", { bucket: bucket.bucket });
        const role = new aws.iam.Role("role", { assumeRolePolicy: { Version: "2012-10-17", Statement: [] } });
        new aws.lambda.CallbackFunction("step", {
          role,
          environment: { variables: { BUCKET: bucket.bucket, KEY: pulumi.secret("hidden") } },
          callbackFactory: () => async (event: { n: number }) => ({ twice: event.n * 2, loud: shout("a") }),
          codePathOptions: { extraExcludePackages: ["typescript"] },
        });
        new aws.lambda.LayerVersion("layer", { layerName: "tools", code: new pulumi.asset.AssetArchive({ "nodejs/a.js": new pulumi.asset.StringAsset("1") }) });
        bucket.arn.apply(async (arn) => {
          await new Promise((resolve) => setTimeout(resolve, 50));
          new aws.sns.Topic("late", { displayName: arn });
        });
        export const sizes = config.requireObject<number[]>("sizes");
        export const siteUrl = pulumi.interpolate\`http://\${site.websiteEndpoint}\`;
        export const hidden = pulumi.secret({ arn: role.arn });
        export const account = aws.getCallerIdentityOutput().accountId;
        export const policy = aws.iam.getPolicyDocumentOutput({ statements: [{ actions: ["s3:GetObject"], resources: [bucket.arn] }] }).json;
      `,
    });
    graph = await evaluateProgram({ program: join(folder, "index.ts") });
  });

  it("reads the project's and the stack's configuration", () => {
    expect(graph.region).to.equal("eu-west-1");
    expect(graph.stackOutputs["sizes"]).to.deep.equal([64, 256]);
    expect(node("text").inputs["content"]).to.equal("HELLO<p>hello</p>");
  });

  it("has a policy that the program gives as an object as the text that the provider makes of it", () => {
    const policy = node("role").inputs["assumeRolePolicy"];
    expect(policy).to.be.a("string");
    expect(JSON.parse(policy as string)).to.deep.equal({ Version: "2012-10-17", Statement: [] });
  });

  it("names things as Pulumi would, and the same at every evaluation", async () => {
    expect(node("Photos").outputs["bucket"]).to.match(/^photos-[0-9a-f]{7}$/);
    expect(node("layer").outputs["arn"]).to.equal("arn:aws:lambda:eu-west-1:000000000000:layer:tools:1");
    const again = await evaluateProgram({ program: join(folder, "index.ts") });
    expect(again.resources.map(({ urn, id }) => `${urn} ${id}`).sort()).to.deep.equal(
      graph.resources.map(({ urn, id }) => `${urn} ${id}`).sort(),
    );
  });

  it("keeps parents in URNs and nodes", () => {
    expect(node("part-queue").urn).to.equal(
      "urn:pulumi:dev::sample::sample:index:Part$aws:sqs/queue:Queue::part-queue",
    );
    expect(node("part-queue").parent).to.equal(node("part").urn);
    expect(node("part").custom).to.equal(false);
    expect(node("Photos").parent).to.equal(undefined);
  });

  it("waits for resources that are made after everything else", () => {
    expect(node("late").inputs["displayName"]).to.equal(node("Photos").outputs["arn"]);
  });

  it("describes code, layers and files so that they can be written to disk", () => {
    const code = node("step").inputs["code"] as { assets: Record<string, { text: string }> };
    expect(Object.keys(code.assets)).to.deep.equal(["__index.js"]);
    expect(code.assets["__index.js"]?.text).to.include("exports.handler");
    expect(node("layer").inputs["code"]).to.deep.equal({
      $archive: "assets",
      assets: { "nodejs/a.js": { $asset: "text", text: "1" } },
    });
    expect(node("page").inputs["source"]).to.deep.equal({ $asset: "file", path: join(folder, "site/index.html") });
  });

  it("unwraps secrets in environments and outputs", () => {
    expect(node("step").inputs["environment"]).to.deep.equal({
      variables: { BUCKET: node("Photos").id, KEY: "hidden" },
    });
    expect(graph.stackOutputs["hidden"]).to.deep.equal({ arn: node("role").outputs["arn"] });
  });

  it("answers the invokes that components use", () => {
    expect(graph.stackOutputs["account"]).to.equal("000000000000");
    expect(JSON.parse(graph.stackOutputs["policy"] as string)).to.deep.equal({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: node("Photos").outputs["arn"] }],
    });
  });

  it("puts the gateway's address where the program read an endpoint", () => {
    expect(atAddress(graph, "127.0.0.1:4100").stackOutputs["siteUrl"]).to.equal("http://127.0.0.1:4100");
  });

  it("keeps the graph until the program, a file that it read or its configuration changes", async () => {
    const cache = join(folder, "cache");
    const program = join(folder, "index.ts");
    let evaluated = false;
    const print = (text: string): void => {
      evaluated ||= text.includes("evaluated");
    };
    const greeting = async (config?: Record<string, string>): Promise<unknown> => {
      evaluated = false;
      const { resources } = await evaluateProgram({ program, cache, print, ...(config ? { config } : {}) });
      return resources.find(({ name }) => name === "text")?.inputs["content"];
    };
    expect([await greeting(), evaluated]).to.deep.equal(["HELLO<p>hello</p>", true]);
    expect([await greeting(), evaluated]).to.deep.equal(["HELLO<p>hello</p>", false]);
    expect([await greeting({ greeting: "hi" }), evaluated]).to.deep.equal(["HI<p>hello</p>", true]);
    writeFileSync(join(folder, "site/index.html"), "<p>changed</p>");
    expect([await greeting({ greeting: "hi" }), evaluated]).to.deep.equal(["HI<p>changed</p>", true]);
    writeFileSync(join(folder, "words.ts"), `export const shout = (text: string): string => text + "!";\n`);
    expect([await greeting({ greeting: "hi" }), evaluated]).to.deep.equal(["hi!<p>changed</p>", true]);
    expect([await greeting({ greeting: "hi" }), evaluated]).to.deep.equal(["hi!<p>changed</p>", false]);
  });
});

describe("a Pulumi program that is an ES module", () => {
  const manifest = JSON.stringify({ name: "sample", private: true, type: "module" });
  const words = `export const word = "first"; export type Word = string;\n`;
  const text = `${aws}import { word, type Word } from "./words.js";
    const late: Word = await Promise.resolve(word);
    new aws.s3.Bucket("b", { tags: { late } });
    export const home = import.meta.url;
    // Decorators of the kind that a configuration must ask for get a name, the others get a context.
    export let decorated = "";
    class Part { @((_: unknown, key: unknown) => void (decorated = typeof key)) start() {} }
    export { late };`;

  it("is evaluated as one, in TypeScript as well, and again when a module of its own changes", async () => {
    const folder = sampleProject({
      "package.json": manifest,
      "tsconfig.json": `{ "extends": "./base.json", "compilerOptions": { "verbatimModuleSyntax": true } }`,
      "base.json": `{ "compilerOptions": { "module": "nodenext", "experimentalDecorators": true } }`,
      "words.ts": words,
      "index.ts": text,
    });
    const evaluate = () => evaluateProgram({ program: join(folder, "index.ts"), cache: join(folder, "cache") });
    const graph = await evaluate();
    expect(graph.resources.map(({ name }) => name)).to.deep.equal(["b"]);
    const home = pathToFileURL(join(folder, "index.ts")).href;
    expect(graph.stackOutputs).to.deep.equal({ home, late: "first", decorated: "string" });
    expect((await evaluate()).stackOutputs["late"]).to.equal("first");
    writeFileSync(join(folder, "words.ts"), words.replace("first", "second"));
    expect((await evaluate()).stackOutputs["late"]).to.equal("second");
  });

  for (const [file, type] of [
    ["index.mjs", "commonjs"],
    ["index.js", "module"],
    ["index.mts", "commonjs"],
  ] as const) {
    it(`is known by its name or its package: ${file} in a package of type ${type}`, async () => {
      const folder = sampleProject({
        "package.json": JSON.stringify({ name: "sample", private: true, type }),
        [file]: `${aws}export default async () => ({ arn: await Promise.resolve(new aws.s3.Bucket("b").arn) });`,
      });
      const graph = await evaluateProgram({ program: join(folder, file) });
      expect(graph.stackOutputs["arn"]).to.match(/^arn:aws:s3:::b-/);
    });
  }

  it("gives its own message, with the place in its own text", async () => {
    const broken = `${aws}interface Word { readonly text: string }\n\nthrow new Error("no such luck");\n`;
    const folder = sampleProject({ "package.json": manifest, "index.ts": broken });
    expect(await failure(evaluateProgram({ program: join(folder, "index.ts") }))).to.match(
      /^no such luck\n {2}at .*index\.ts:4:\d+/,
    );
  });

  it("is refused exports both by name and by default, as Pulumi does", async () => {
    const folder = sampleProject({
      "package.json": manifest,
      "index.ts": `${aws}export default {}; export const a = 1;`,
    });
    expect(await failure(evaluateProgram({ program: join(folder, "index.ts") }))).to.include("but not both");
  });
});

describe("a Pulumi program that fails", () => {
  const evaluate = (text: string, files: Record<string, string> = {}): Promise<unknown> =>
    evaluateProgram({ program: join(sampleProject({ "index.ts": text, ...files }), "index.ts") });

  it("gives its own message once, with the place in its own text", async () => {
    const message = await failure(
      evaluate(
        `${aws}const bucket = new aws.s3.Bucket("b");\nexport const a = bucket.arn.apply((): string => { throw new Error("no such luck"); });\nexport const b = a.apply((x) => x);\n`,
      ),
    );
    expect(message).to.match(/^no such luck\n {2}at .*index\.ts:3:\d+/);
  });

  it("is told which line TypeScript cannot read, as a module of either kind", async () => {
    const text = `${aws}export const a = (1;\n`;
    const expected = "index.ts(2,20): error TS1005: ')' expected.";
    expect(await failure(evaluate(text))).to.equal(expected);
    expect(await failure(evaluate(text, { "package.json": '{ "type": "module" }' }))).to.equal(expected);
    const imported = { "words.ts": "export const words = [;\n" };
    expect(await failure(evaluate(`${aws}export { words } from "./words";`, imported))).to.match(
      /^words\.ts\(1,23\): error TS1137/,
    );
  });

  it("gives nothing but the message when it is meant for the person at the keyboard", async () => {
    expect(
      await failure(evaluate(`${aws}throw new pulumi.RunError("face.minConfidence must be at most 100");`)),
    ).to.equal("face.minConfidence must be at most 100");
  });

  it("is told of two resources with one URN", async () => {
    expect(await failure(evaluate(`${aws}new aws.s3.Bucket("b"); new aws.s3.Bucket("b");`))).to.include(
      "Duplicate resource URN 'urn:pulumi:dev::sample::aws:s3/bucket:Bucket::b'",
    );
  });

  it("is told of a call that has no local answer", async () => {
    expect(
      await failure(evaluate(`${aws}export const ami = aws.ec2.getAmiOutput({ owners: ["self"] }).id;`)),
    ).to.include("The program calls aws:ec2/getAmi:getAmi, which the local mode cannot answer");
  });

  it("is told of an encrypted configuration value, unless one for local use is given", async () => {
    const files = { "Pulumi.dev.yaml": "config:\n  sample:token:\n    secure: AAAB\n" };
    const text = `${aws}export const token = new pulumi.Config().require("token");`;
    expect(await failure(evaluate(text, files))).to.include("token is encrypted");
    const program = join(sampleProject({ "index.ts": text, ...files }), "index.ts");
    expect((await evaluateProgram({ program, config: { token: "local" } })).stackOutputs["token"]).to.equal("local");
  });

  it("is told when there is no such file", async () => {
    expect(await failure(evaluateProgram({ program: "/nowhere/index.ts" }))).to.equal(
      "There is no Pulumi program at /nowhere/index.ts. Name its entry file.",
    );
  });
});
