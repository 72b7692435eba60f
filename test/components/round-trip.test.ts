import { expect } from "chai";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { AvatarPipeline } from "avatar-pipeline";
import { steps } from "../../handlers/functions";
import { evaluate, textFilesOf, valueOf, type Evaluation } from "./harness";
import type { Ran, Scenario } from "./run-handler";
import { scenarios } from "./scenarios";

/** The module that defines the functions, for the handler before serialization. */
const sources = join(__dirname, "../../handlers/functions.js");

const clients: Readonly<Record<string, string>> = {
  dynamodb: "DynamoDB",
  rekognition: "Rekognition",
  s3: "S3",
  sns: "SNS",
};
const clientOf = (service: string) => clients[service] ?? service;
const uncapitalized = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

/** The layer's packages. */
const layer = join(dirname(require.resolve("avatar-pipeline")), "layer/nodejs/node_modules");
const isInLayer = (module: string) =>
  [`${module}.js`, `${module}/index.js`].some((file) => existsSync(join(layer, file)));

const execute = promisify(execFile);
const kebab = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();

describe("The function of every step, serialized", () => {
  let world: Evaluation<readonly AvatarPipeline[]>;
  let folder: string;

  before(async () => {
    world = await evaluate(() => [new AvatarPipeline("avatars", { notifications: { sender: "a@school.example" } })]);
    folder = mkdtempSync(join(tmpdir(), "avatar-pipeline-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function archiveOf(step: string): Promise<Readonly<Record<string, string>>> {
    return textFilesOf(world.one("Function", `avatars-${kebab(step)}`).inputs["code"]);
  }
  function environmentOf(step: string): Record<string, string> {
    const { variables } = world.one("Function", `avatars-${kebab(step)}`).inputs["environment"] as {
      variables: Record<string, string>;
    };
    return variables;
  }
  async function run(module: string, factory: string, given: readonly Scenario[]): Promise<readonly Ran[]> {
    const file = join(folder, "scenarios.json");
    writeFileSync(file, JSON.stringify(given));
    const runner = join(__dirname, "run-handler.js");
    // Lambda as well names the layers' packages to Node.js so.
    const { stdout } = await execute(process.execPath, [runner, module, factory, file], { env: { NODE_PATH: layer } });
    return JSON.parse(stdout) as Ran[];
  }

  it("has scenarios for every step", () => {
    expect(Object.keys(scenarios)).to.have.members(steps.map(({ name }) => name));
  });

  for (const step of steps) {
    describe(step.name, () => {
      it("is one file of less than 40 kB that needs nothing but the SDK, Node.js and the layer", async () => {
        const files = await archiveOf(step.name);
        expect(Object.keys(files)).to.deep.equal(["__index.js"]);
        const text = files["__index.js"]!;
        expect(text.length).to.be.lessThan(40_000);
        const needed = [...text.matchAll(/require\("([^"]+)"\)/g)].map(([, module]) => module!);
        const isProvided = (module: string) =>
          module.startsWith("@aws-sdk/") || isBuiltin(module) || (step.usesImaging && isInLayer(module));
        expect(needed.filter((module) => !isProvided(module))).to.deep.equal([]);
      });

      it("gives the same results, the same error names and makes the same calls as the original", async () => {
        const environment = environmentOf(step.name);
        const given = scenarios[step.name]!;
        const scripts = given.map(({ name, input, answers }): Scenario => ({ name, environment, input, answers }));
        scripts.push({ name: "without its settings", environment: {}, input: {}, answers: {} });
        const module = join(folder, `${step.name}.js`);
        writeFileSync(module, (await archiveOf(step.name))["__index.js"]!);
        const original = await run(sources, step.name, scripts);
        const serialized = await run(module, "", scripts);
        scripts.forEach(({ name }, index) => expect(serialized[index], name).to.deep.equal(original[index]));
        const ends = serialized.map(({ error }) => error?.name ?? "output");
        expect(ends).to.deep.equal([...given.map((scenario) => scenario.ends), "MissingSetting"]);
        expect(serialized.filter(({ error }) => error?.isError === false)).to.deep.equal([]);
        // Every reason that the step declares occurred, and exactly the calls that it declares were made.
        expect(ends).to.include.members([...step.refusals]);
        const made = serialized.flatMap(({ calls }) => calls.map(([operation]) => operation));
        const ofServices = new Set(made.filter((operation) => !operation.startsWith("imaging.")));
        const declared = step.calls.map(([service, operation]) => `${clientOf(service)}.${uncapitalized(operation)}`);
        expect([...ofServices]).to.have.members(declared);
      });
    });
  }

  it("is one file that loads by itself, like the functions of the API, of the operator and of the mail", async () => {
    const others = world
      .all("Function")
      .filter(({ name }) => !steps.some((step) => name === `avatars-${kebab(step.name)}`));
    expect(others.map(({ name }) => name)).to.have.members(
      ["issue-upload", "read-status", "mail-student", "reconcile", "start-missed", "erase-student"].map(
        (part) => `avatars-${part}`,
      ),
    );
    for (const { name, inputs } of others) {
      const files = await textFilesOf(inputs["code"]);
      expect(Object.keys(files), name).to.deep.equal(["__index.js"]);
      const module = join(folder, `${name}.js`);
      writeFileSync(module, files["__index.js"]!);
      const { variables: environment } = inputs["environment"] as { variables: Record<string, string> };
      // Without its settings it reports that: it got as far as reading them.
      const [loaded, bare] = await run(module, "", [
        { name, environment, input: {}, answers: {} },
        { name, environment: {}, input: {}, answers: {} },
      ]);
      expect(bare!.error?.name, name).to.equal("MissingSetting");
      expect(loaded!.error?.name, name).not.to.be.oneOf(["MissingSetting", "ReferenceError", "SyntaxError"]);
    }
  });

  it("takes the layer only where photos are read", async () => {
    for (const step of steps) {
      const { layers } = world.one("Function", `avatars-${kebab(step.name)}`).inputs as { layers: string[] };
      expect(layers.length, step.name).to.equal(step.usesImaging ? 1 : 0);
    }
    expect(await valueOf(world.declared[0]!.urn)).to.include("avatar-pipeline:index:AvatarPipeline");
  });
});
