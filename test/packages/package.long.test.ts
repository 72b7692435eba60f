import { expect } from "chai";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Ran, Scenario } from "../components/run-handler";
import { scenarios } from "../components/scenarios";
import { asError } from "../support/errors";
import type { Declared } from "./host";
import { link, pack, type Packed } from "./packing";

const root = join(__dirname, "../../..");
const run = promisify(execFile);

const commonJs = `
  const { AvatarPipeline, SiteLocale } = require("avatar-pipeline");
  exports.default = () => new AvatarPipeline("avatars", { site: { locale: SiteLocale.English } });`;

const esModule = `
  import { AvatarPipeline, SiteLocale } from "avatar-pipeline";
  export default () => new AvatarPipeline("avatars", { site: { locale: SiteLocale.English } });`;

const typeScript = `
  import * as aws from "@pulumi/aws";
  import { AvatarPipeline, SiteLocale, type AcceptedEvent, type AvatarPipelineArgs } from "avatar-pipeline";

  const args: AvatarPipelineArgs = { face: { maxYaw: 30 }, site: { locale: SiteLocale.English } };
  const avatars = new AvatarPipeline("avatars", args);
  const role: aws.iam.Role = new aws.iam.Role("app", { assumeRolePolicy: "{}" });
  new aws.iam.RolePolicy("read", { role: role.name, policy: avatars.readAvatarsPolicy });
  export const table: aws.dynamodb.Table = avatars.avatarTable;
  export const thumbnailOf = (event: AcceptedEvent): string | undefined => event.thumbnails["256"];

  // @ts-expect-error an option of another name
  new AvatarPipeline("a", { face: { maxYawn: 30 } });
  // @ts-expect-error a text in place of the enum
  new AvatarPipeline("b", { site: { locale: "vi" } });
  // @ts-expect-error an output where the program must know the value
  new AvatarPipeline("c", { site: { enabled: avatars.siteUrl } });`;

describe("The npm package", () => {
  let folder: string;
  let packed: Packed;
  /** The declarations of this repository's own build. */
  let own: Declared;

  before(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "avatar-pipeline-")));
    await run(process.execPath, [join(root, "tools/build/types.mjs")], { cwd: root });
    packed = await pack(root, folder);
    own = await evaluateIn(consumer("own", "index.js", commonJs, (place) => link(root, place)));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** npm's handling of the packed package. */
  const install = (place: string) => cpSync(packed.folder, place, { recursive: true });

  /** A project with one program in it; its peers are this repository's. */
  function consumer(name: string, file: string, program: string, put: (place: string) => void): string {
    const project = join(folder, name);
    addPeers(project);
    put(join(project, "node_modules/avatar-pipeline"));
    return write(project, file, program);
  }

  function addPeers(project: string): void {
    for (const peer of ["@pulumi", "@types/node", "typescript"]) {
      link(join(root, "node_modules", peer), join(project, "node_modules", peer));
    }
  }

  function write(project: string, file: string, program: string): string {
    mkdirSync(project, { recursive: true });
    // Dependencies of the consumer's own: they must not end up in the functions.
    const manifest = { name: "consumer", private: true, dependencies: { "avatar-pipeline": "*", typescript: "*" } };
    writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
    writeFileSync(join(project, file), program);
    return join(project, file);
  }

  async function evaluateIn(program: string): Promise<Declared> {
    const host = join(__dirname, "host.js");
    const options = { cwd: dirname(program), maxBuffer: 64 * 1024 * 1024 };
    return JSON.parse((await run(process.execPath, [host, program], options)).stdout) as Declared;
  }

  it("is small, and holds the library, its types, the page, the layer, the provider, the policies and the documents", () => {
    const { paths, size } = packed;
    expect(size).to.be.lessThan(600_000);
    expect(paths).to.include.members([
      "lib/index.js",
      "lib/types/components/index.d.ts",
      "lib/site/index.html",
      "lib/layer/nodejs/node_modules/avatar-imaging/index.js",
      "provider/index.js",
      "provider/schema.json",
      "policy/rules.js",
      "provider/PulumiPlugin.yaml",
      "README.md",
      "README.vi.md",
      "CHANGELOG.md",
      "LICENSE",
      "docs/guides/use-the-component.md",
      "docs/guides/operate.md",
    ]);
    const strangers = paths.filter((path) =>
      /^(test|build|local|bench|handlers|imaging|components|examples)\//.test(path),
    );
    expect(strangers).to.deep.equal([]);
  });

  it("takes Pulumi from the consumer, and TypeScript, which Pulumi's serializer loads from beside itself", () => {
    const { manifest } = packed;
    // A TypeScript of the package's own would be where Pulumi does not find it if the consumer has another; and npm's
    // own choice would be TypeScript 7, which Pulumi cannot work with.
    expect(manifest).not.to.have.property("dependencies");
    expect(manifest.peerDependencies).to.include.keys("@pulumi/pulumi", "@pulumi/aws");
    expect(manifest.peerDependencies?.["typescript"]).to.equal(">=5.0.0 <7.0.0");
    expect(manifest.peerDependenciesMeta).to.have.keys("@pulumi/awsx", "@pulumi/policy");
  });

  it("keeps the docs of every option and output for the editor", () => {
    const types = (file: string) => readFileSync(join(packed.folder, "lib/types/components", file), "utf8");
    expect(types("args.d.ts")).to.include("@default 95: a false duplicate refuses an honest student");
    expect(types("avatar-pipeline.d.ts")).to.include("The ARN of the state machine");
  });

  for (const [kind, file, program] of [
    ["a CommonJS program", "index.js", commonJs],
    ["an ES module", "index.mjs", esModule],
  ] as const) {
    it(`declares the same resources and the same bytes of every function in ${kind}`, async () => {
      expect(await evaluateIn(consumer(file, file, program, install))).to.deep.equal(own);
    });
  }

  it("declares the same in a workspace, where the package is a link", async () => {
    const workspace = join(folder, "workspace");
    addPeers(workspace);
    install(join(workspace, "packages/avatar-pipeline"));
    link(join(workspace, "packages/avatar-pipeline"), join(workspace, "node_modules/avatar-pipeline"));
    writeFileSync(join(workspace, "package.json"), JSON.stringify({ private: true, workspaces: ["packages/*"] }));
    const program = write(join(workspace, "packages/app"), "index.js", commonJs);
    expect(await evaluateIn(program)).to.deep.equal(own);
  });

  it("makes functions of one file that run as they were written", async () => {
    const archives = (await evaluateIn(join(folder, "index.js/index.js"))).archives;
    for (const [name, files] of Object.entries(archives)) {
      expect(Object.keys(files), name).to.deep.equal(["__index.js"]);
    }
    const module = join(folder, "receive-photo.js");
    writeFileSync(module, archives["avatars-receive-photo"]!["__index.js"]!);
    const environment = { UPLOAD_TABLE: "uploads", AVATAR_TABLE: "avatars", UPLOAD_ROW_DAYS: "30" };
    const given = scenarios["ReceivePhoto"]!.map(({ name, input, answers }): Scenario => ({
      name,
      environment,
      input,
      answers,
    }));
    const file = join(folder, "scenarios.json");
    writeFileSync(file, JSON.stringify(given));
    const runner = join(__dirname, "../components/run-handler.js");
    const { stdout } = await run(process.execPath, [runner, module, "", file], { env: {} });
    const ends = (JSON.parse(stdout) as Ran[]).map(({ error }) => error?.name ?? "output");
    expect(ends).to.deep.equal(scenarios["ReceivePhoto"]!.map((scenario) => scenario.ends));
  });

  it("is typed for a strict TypeScript program, which is told of wrong options", async () => {
    const program = consumer("typed", "index.ts", typeScript, install);
    const options = [
      "--noEmit",
      "--strict",
      "--skipLibCheck",
      "--module",
      "node16",
      "--target",
      "es2022",
      "--types",
      "node",
    ];
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const { stdout } = await run(process.execPath, [compiler, ...options, program], { cwd: dirname(program) }).catch(
      asError,
    );
    expect(stdout).to.equal("");
  });
});
