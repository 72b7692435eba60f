import { expect } from "chai";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { link } from "../../packing";
import { portrait } from "../../../support/portraits";
import { ended, run, serve, type Running } from "../../../support/child-process";

const program = `
import { AvatarPipeline } from "avatar-pipeline";
new AvatarPipeline("staff");
new AvatarPipeline("students");
`;

/** One program with two pipelines: a command for one must never act on the other or report about it. */
describe("several pipelines in one program", () => {
  let folder: string;
  let service: Running;
  const options = ["--data", "data"];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "several-"));
    for (const name of ["@pulumi", "typescript"]) {
      link(resolve("node_modules", name), join(folder, "node_modules", name));
    }
    link(resolve("."), join(folder, "node_modules/avatar-pipeline"));
    writeFileSync(join(folder, "index.ts"), program);
    writeFileSync(join(folder, "other.ts"), program);
    mkdirSync(join(folder, "class"));
    writeFileSync(join(folder, "class/an.jpg"), await portrait("A"));
    service = await serve(["--program", "index.ts", ...options], folder);
  });
  after(async () => {
    if (service.child.exitCode === null) {
      const end = ended(service);
      service.child.kill("SIGTERM");
      await end;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it("have each command ask which one is meant, before it does anything", async () => {
    for (const command of [
      ["process", "class/an.jpg"],
      ["erase", "an"],
      ["reconcile"],
      ["import", "class", "--local"],
    ]) {
      const { status, stdout, stderr } = await run([...command, ...options], folder);
      expect([status, stdout], command[0]).to.deep.equal([1, ""]);
      expect(stderr, command[0]).to.match(
        /(^|\n)avatar-pipeline: The program has several pipelines: staff, students\. Name one of them with --pipeline NAME\.\n$/,
      );
    }
    const { stderr } = await run(["erase", "an", "--pipeline", "pupils", ...options], folder);
    expect(stderr).to.equal(
      "avatar-pipeline: --pipeline pupils: the program has no such pipeline. It has: staff, students.\n",
    );
  });

  it("are told apart by their names", async () => {
    const to = (name: string) => ["--pipeline", name, ...options];
    const sent = await run(["process", "class/an.jpg", "--json", "--program", "other.ts", ...to("students")], folder);
    expect(JSON.parse(sent.stdout)).to.include({ studentId: "an", outcome: "accepted" });
    expect(sent.stderr).to.match(/^--program is left out: the local mode at http:\S+ is used, as it was started\.\n$/);
    const avatarsIn = async (name: string) => {
      const { stdout } = await run(["reconcile", "--json", ...to(name)], folder);
      return (JSON.parse(stdout) as { compared: { avatars: number } }).compared.avatars;
    };
    expect(await avatarsIn("students")).to.equal(1);
    expect(await avatarsIn("staff")).to.equal(0);
    const { stdout } = await run(["erase", "an", "--json", ...to("students")], folder);
    expect(JSON.parse(stdout)).to.include({ faces: 1, avatarRows: 1, thumbnails: 3 });
  });

  it("have each their own copies of thumbnails: erasing a student in one leaves the other's", async () => {
    const to = (name: string) => ["--json", "--pipeline", name, ...options];
    const copies: Record<string, string[]> = {};
    for (const name of ["staff", "students"]) {
      const { stdout, stderr } = await run(["process", "class/an.jpg", ...to(name)], folder);
      const { outcome, thumbnails } = JSON.parse(stdout) as { outcome: string; thumbnails: Record<string, string> };
      expect(outcome, stderr).to.equal("accepted");
      copies[name] = Object.values(thumbnails);
    }
    const erased = await run(["erase", "an", ...to("staff")], folder);
    expect(JSON.parse(erased.stdout), erased.stderr).to.include({ avatarRows: 1, copies: 3 });
    for (const path of copies["staff"] ?? []) expect(existsSync(path), path).to.equal(false);
    expect(copies["students"]).to.have.length(3);
    for (const path of copies["students"] ?? []) expect(existsSync(path), path).to.equal(true);
    const last = await run(["erase", "an", ...to("students")], folder);
    expect(JSON.parse(last.stdout), last.stderr).to.include({ avatarRows: 1, copies: 3 });
    expect(existsSync(join(folder, "data/thumbnails/an"))).to.equal(false);
  });

  it("have each its own report of what was imported", async () => {
    const import_ = (...args: string[]) => run(["import", "class", "--local", ...args, ...options], folder);
    for (const name of ["staff", "students"]) {
      const { status, stdout, stderr } = await import_("--pipeline", name);
      expect([status, stdout], stderr).to.deep.equal([
        0,
        `1 in all: 1 accepted, 0 rejected, 0 failed.\nReport: class.import-local-${name}.csv\n`,
      ]);
    }
    const other = await import_("--pipeline", "students", "--report", "class.import-local-staff.csv");
    const into = (name: string): string => `into ${name} in ${join(realpathSync(folder), "data")}`;
    expect(other.stderr).to.match(/^The local mode at http:\S+ is used\.\n/);
    expect(other.stderr.replace(/^.*\n/, "")).to.equal(
      `avatar-pipeline: ${join(realpathSync(folder), "class.import-local-staff.csv")} is the report of an import ` +
        `${into("staff")}, and this one goes ${into("students")}; name another with --report.\n`,
    );
  });

  it("have each its own page in the overview", async () => {
    const pages = [...service.output().stdout.matchAll(/Upload page +(\S+)/g)].map(([, page = ""]) => page);
    expect(new Set(pages).size).to.equal(2);
    const overview = await (await fetch(new URL("/_console/", pages[0]))).text();
    for (const page of pages) {
      expect(overview).to.include(`<a href="${page}">`);
      expect((await fetch(page)).status).to.equal(200);
    }
  });
});
