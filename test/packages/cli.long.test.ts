import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { portrait } from "../support/portraits";
import { install, link, pack, type Packed } from "./packing";

const root = join(__dirname, "../../..");

/** A school's possible program: not all of it is available on one machine. */
const commonJs = `
  import * as aws from "@pulumi/aws";
  import { AvatarPipeline } from "avatar-pipeline";

  const sizes: number[] = [96];
  const avatars = new AvatarPipeline("avatars", { thumbnail: { sizes } });
  new aws.rds.Instance("students", { engine: "postgres", instanceClass: "db.t4g.micro", allocatedStorage: 20 });
  new aws.ec2.Instance("website", { ami: "ami-1", instanceType: "t4g.micro" });
  new aws.ec2.Instance("mirror", { ami: "ami-1", instanceType: "t4g.micro" });
  export const page = avatars.siteUrl;`;

const esModule = `
  import { AvatarPipeline } from "avatar-pipeline";
  import { settings } from "./settings.js";

  const avatars = new AvatarPipeline("avatars", await settings());
  export const page = avatars.siteUrl;`;

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe("The npm package of the command line", () => {
  let folder: string;
  let component: Packed;
  let commandLine: Packed;
  let parts: readonly Packed[];

  before(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "avatar-pipeline-")));
    component = await pack(root, join(folder, "packed/component"));
    commandLine = await pack(join(root, "packages/cli"), join(folder, "packed/command-line"));
    parts = [
      commandLine,
      await pack(join(root, "packages/local-cloud"), join(folder, "packed/local-cloud")),
      await pack(join(root, "packages/imaging"), join(folder, "packed/imaging")),
    ];
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A project with packages of this repository: only those that npm would install for it. */
  function project(name: string, files: Readonly<Record<string, string>>, ...packages: readonly Packed[]): string {
    const place = join(folder, name);
    for (const one of packages) {
      install(one, place);
      const { dependencies, peerDependencies, peerDependenciesMeta } = one.manifest;
      const peers = Object.keys(peerDependencies ?? {}).filter(
        (peer) => peerDependenciesMeta?.[peer]?.optional !== true,
      );
      const packed = packages.map(({ manifest: { name } }) => name);
      for (const needed of [...Object.keys(dependencies ?? {}), ...peers]) {
        const isThere = packed.includes(needed) || existsSync(join(place, "node_modules", needed));
        if (!isThere) link(join(root, "node_modules", needed), join(place, "node_modules", needed));
      }
    }
    mkdirSync(place, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(place, file), text);
    return place;
  }

  function start(command: string, args: readonly string[], cwd: string, place = cwd) {
    const env = { ...process.env, LANG: "C", LC_ALL: "" };
    const child = spawn(process.execPath, [join(place, "node_modules/.bin", command), ...args], { cwd, env });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const ended = once(child, "close").then(([status]): Ended => ({ status: status as number | null, stdout, stderr }));
    return { child: child as ChildProcess, ended, output: () => ({ stdout, stderr }) };
  }

  describe("holds", () => {
    const texts = (part: Packed) =>
      part.paths
        .filter((path) => path.endsWith(".js"))
        .map((path) => ({ path, text: readFileSync(join(part.folder, path), "utf8") }));

    it("what the commands need, without tests, sources and the engine that tests tell what to see", () => {
      expect(commandLine.size).to.be.lessThan(400_000);
      const { paths } = commandLine;
      expect(paths).to.include.members(["README.md", "LICENSE", "lib/main.js", "bin/avatar-pipeline.js"]);
      const strange = paths.filter(
        (path) => !/\.(js|css|svg)$|^(README\.md|LICENSE|package\.json)$/.test(path) || /test|scripted/.test(path),
      );
      expect(strange).to.deep.equal([]);
    });

    it("every page that its page links to", () => {
      const pages = commandLine.paths.filter((path) => path.endsWith(".md"));
      for (const page of pages) {
        const text = readFileSync(join(commandLine.folder, page), "utf8");
        for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
          if (!/^https?:/.test(target)) expect(pages, page).to.include(target);
        }
      }
    });

    it("every file that one of the packages' files requires, reads or starts", () => {
      for (const part of parts) {
        for (const { path, text } of texts(part)) {
          const required = [...text.matchAll(/\b(?:require|import)\("(\.[^"]*)"\)/g)].map(([, name = ""]) => name);
          const started = [...text.matchAll(/__dirname, "([\w-]+\.js)"/g)].map(([, name = ""]) => name);
          for (const name of [...required, ...started]) {
            const file = resolve(part.folder, dirname(path), name);
            const found = [file, `${file}.js`, join(file, "index.js")].some((one) => existsSync(one));
            expect(found, `${path}: ${name}`).to.equal(true);
          }
        }
      }
    });
  });

  describe("and the component's command", () => {
    it("is not in the component's package", () => {
      expect(component.manifest).not.to.have.property("bin");
    });

    it("run a project's own program as a service, list what they leave out, and accept a photo", async () => {
      const place = project("school", { "index.ts": commonJs, "package.json": "{}" }, component, ...parts);
      writeFileSync(join(place, "lan.jpg"), await portrait("A"));
      const program = ["--program", "./index.ts"];
      const service = start("avatar-pipeline", ["local", ...program, "--port", "0"], place);
      try {
        while (!service.output().stdout.includes("Ready in")) {
          if (service.child.exitCode !== null) throw new Error(service.output().stderr);
          await new Promise((done) => setTimeout(done, 50));
        }
        const { stdout, stderr } = service.output();
        // On another Node.js than the functions' one, a line says so.
        const listed = stderr
          .split("\n")
          .filter((line) => line !== "" && !line.startsWith("The functions are declared"));
        expect(listed).to.have.members([
          "aws:rds/instance:Instance has no local counterpart and is left out: students.",
          "aws:ec2/instance:Instance has no local counterpart and is left out: website, mirror.",
        ]);
        const page = /Upload page +(\S+)/.exec(stdout)?.[1] ?? "";
        expect(await (await fetch(page)).text()).to.include("<html");
        const overview = /Overview +(\S+)/.exec(stdout)?.[1] ?? "";
        const html = await (await fetch(overview)).text();
        for (const [, asset = ""] of html.matchAll(/"(\/_console\/assets\/[^"]+)"/g)) {
          expect((await fetch(new URL(asset, overview))).status, asset).to.equal(200);
        }
        const photo = await start("avatar-pipeline", ["process", "lan.jpg", "--json", ...program], place).ended;
        expect(photo.status, photo.stderr).to.equal(0);
        const { outcome, thumbnails } = JSON.parse(photo.stdout) as { outcome: string; thumbnails: object };
        expect(outcome).to.equal("accepted");
        expect(thumbnails).to.have.keys("96");
      } finally {
        service.child.kill("SIGINT");
      }
      expect((await service.ended).status).to.equal(0);
    });

    it("put photos through a program that is an ES module, also by its own name", async () => {
      const files = {
        "package.json": JSON.stringify({ type: "module" }),
        "settings.ts": "export const settings = async () => ({ thumbnail: { sizes: [48] } });",
        "index.ts": esModule,
      };
      const place = project("modern", files, component, ...parts);
      writeFileSync(join(place, "minh.jpg"), await portrait("B"));
      const args = ["process", "minh.jpg", "--json", "--program", "index.ts"];
      const { status, stdout, stderr } = await start("avatar-pipeline", args, place).ended;
      expect(status, stderr).to.equal(0);
      const { outcome, studentId, thumbnails } = JSON.parse(stdout) as Record<string, object>;
      expect([outcome, studentId]).to.deep.equal(["accepted", "minh"]);
      expect(thumbnails).to.have.keys("48");
    });
  });
});
