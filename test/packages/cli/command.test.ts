import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cli } from "../../support/child-process";

describe("the command line, badly used", () => {
  let folder: string;
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: "utf8", env: { ...process.env, LANG: "C" } });
  /** The one line on standard error of a command that exits with 1, prints nothing else and creates no data folder. */
  function complaint(...args: string[]): string {
    const { status, stdout, stderr } = run(...args);
    expect(status, stderr).to.equal(1);
    // A service says at once what it begins with.
    expect(stdout).to.match(args[0] === "local" ? /^(Starting the local mode on .*\n)?$/ : /^$/);
    expect(stderr.trimEnd().split("\n").length, stderr).to.equal(1);
    expect(existsSync(join(folder, ".avatar-pipeline"))).to.equal(false);
    return stderr.replace(/^avatar-pipeline: /, "").trimEnd();
  }

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "cli-"));
    mkdirSync(join(folder, "photos"));
    mkdirSync(join(folder, "b"));
    writeFileSync(join(folder, "a.jpg"), "x");
    writeFileSync(join(folder, "empty.jpg"), "");
    writeFileSync(join(folder, "...jpg"), "x");
    writeFileSync(join(folder, "-x.jpg"), "x");
    for (const name of ["Hoà.jpg", "Hoá.jpg", "photos/a.png", "b/a.jpg"]) writeFileSync(join(folder, name), "x");
    for (const end of [1, 2]) writeFileSync(join(folder, `${"x".repeat(64)}${end}.jpg`), "x");
    writeFileSync(join(folder, "secret.jpg"), "x");
    chmodSync(join(folder, "secret.jpg"), 0);
  });
  after(() => rmSync(folder, { recursive: true }));

  it("tells its commands, options and version", () => {
    expect(run("--help").stdout).to.include("local").and.include("process");
    expect(run("local", "--help").stdout).to.include("--port N").and.include("--data DIR");
    expect(run("process", "--help").stdout).to.include("Exit status: 0 all accepted, 2 some rejected, 1 any failure");
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(run("--version").stdout).to.equal(`${version}\n`);
    expect(run().status).to.equal(1);
  });

  it("refuses commands, options and arguments that there are not", () => {
    expect(complaint("serve")).to.equal('there is no command "serve"; see avatar-pipeline --help.');
    expect(complaint("--what")).to.equal('there is no option "--what"; see avatar-pipeline --help.');
    expect(complaint("local", "--what")).to.equal("Unknown option '--what'; see avatar-pipeline local --help.");
    expect(complaint("local", "here")).to.equal('"here" is one argument too many; see avatar-pipeline local --help.');
    expect(complaint("process", "a.jpg", "--data")).to.equal(
      "--data needs a value: --data DIR; see avatar-pipeline process --help.",
    );
    expect(complaint("local", "--port", "many", "--program", "a.jpg")).to.equal(
      "--port many: a port is a whole number from 0 to 65535, and 0 takes any that is free.",
    );
    expect(complaint("local", "--config", "x", "--program", "a.jpg", "--port", "0")).to.include(
      "write it as KEY=VALUE",
    );
  });

  it("reports everything that is wrong at once", () => {
    const { status, stdout, stderr } = run("local", "--port", "many", "--colour", "--config", "x", "--data", "");
    expect([status, stdout, stderr.split("\n")]).to.deep.equal([
      1,
      "",
      [
        "avatar-pipeline: 4 problems; nothing was done.",
        "  Unknown option '--colour'; see avatar-pipeline local --help.",
        "  --port many: a port is a whole number from 0 to 65535, and 0 takes any that is free.",
        "  --data is empty; name the folder that keeps everything, or leave --data out.",
        "  --config x: write it as KEY=VALUE, for example --config duplicateSimilarity=99.",
        "",
      ],
    ]);
    const photos = run("process", "none.jpg", "empty.jpg", "a.jpg", "--email", "lan@");
    expect(photos.stderr.split("\n")).to.deep.equal([
      "avatar-pipeline: 3 problems; nothing was done.",
      "  none.jpg: there is no such file.",
      "  empty.jpg is empty.",
      "  --email lan@: that is no e-mail address.",
      "",
    ]);
    expect(run("erase", "--stack", "dev", "--data", "x", "--program", "none.ts").stderr.split("\n")).to.deep.equal([
      "avatar-pipeline: 4 problems; nothing was done.",
      "  --program none.ts: there is no such file. Name the entry file of a Pulumi program, such as index.ts.",
      "  erase takes one student id or one CSV file; see avatar-pipeline erase --help.",
      "  --data is for a local pipeline and --stack for one on AWS; give one of them.",
      "  --program is for a local pipeline and --stack for one on AWS; give one of them.",
      "",
    ]);
  });

  it("refuses photos that cannot be sent, before any is", () => {
    expect(complaint("process")).to.include("Name at least one photo");
    expect(complaint("process", "a.jpg", "none.jpg")).to.equal("none.jpg: there is no such file.");
    expect(complaint("process", "photos")).to.equal(
      "photos is a folder. Name the photos in it, for example photos/*.jpg.",
    );
    expect(complaint("process", "empty.jpg")).to.equal("empty.jpg is empty.");
    expect(complaint("process", "...jpg")).to.equal(
      "...jpg: no student's id can be made of this name. Give one with --student ID.",
    );
    expect(complaint("process", "a.jpg", "--student", "a/b")).to.include("--student a/b: a student's id is 1 to 64 of");
    expect(complaint("process", "a.jpg", "--email", "lan@")).to.equal("--email lan@: that is no e-mail address.");
    if (process.getuid?.() !== 0) {
      expect(complaint("process", "secret.jpg")).to.match(/^secret\.jpg cannot be read \(EACCES\): /);
    }
  });

  it("refuses photos of one call that only their names make one student's", () => {
    expect(complaint("process", "a.jpg", "Hoà.jpg", "Hoá.jpg")).to.equal(
      "Hoà.jpg and Hoá.jpg would all be taken for photos of the student Ho-, and the last would replace the others: " +
        "nothing was sent. Rename them, or process each with its own --student ID.",
    );
    expect(complaint("process", "a.jpg", "photos/a.png", "b/a.jpg")).to.match(
      /^a\.jpg and photos\/a\.png and b\/a\.jpg would all .* the student a, /,
    );
    const long = "x".repeat(64);
    expect(complaint("process", `${long}1.jpg`, `${long}2.jpg`)).to.include(`the student ${long}, `);
    // Each of these passes this check: the photo given twice, and `--student` given.
    for (const args of [
      ["a.jpg", "./a.jpg"],
      ["Hoà.jpg", "Hoá.jpg", "--student", "SV001"],
    ]) {
      expect(complaint("process", ...args, "--program", "none.ts")).to.include("--program none.ts: there is no such");
    }
  });

  it("tells how to write what begins with a dash", () => {
    expect(complaint("erase", "-x")).to.equal(
      "Unknown option '-x'; see avatar-pipeline erase --help. If it is the student's id, write it last, after \"--\": " +
        "avatar-pipeline erase -- -x",
    );
    expect(complaint("erase", "-nguyen.an")).to.match(/: avatar-pipeline erase -- -nguyen\.an$/);
    expect(complaint("erase", "--", "-x")).to.include("There is no local pipeline in");
    expect(complaint("process", "-x.jpg")).to.match(/ If it is a photo, .*: avatar-pipeline process -- -x\.jpg$/);
    expect(complaint("process", "a.jpg", "--student", "-x")).to.match(
      /^--student is followed by "-x", .* write --student=-x, else see avatar-pipeline process --help\.$/,
    );
  });

  it("names the path, the rule and the fix where the system refuses a file", () => {
    const ends = (fix: string) => new RegExp(`^\\S+ cannot be .* \\(E[A-Z]+\\): [^;]+; ${fix}\\.$`);
    const invite = (...args: string[]) => complaint("invite", ...args);
    const options = ["a.csv", "--url", "https://x.example/", "--key"];
    writeFileSync(join(folder, "a.csv"), "student_id\nSV001\n");
    expect(run("invite", "keygen", "--key", "key.pem").status).to.equal(0);
    const key = ends(".* another file with --key");
    expect(invite("keygen", "--key", "none/key.pem"))
      .to.match(key)
      .and.include("none/key.pem cannot be written (ENOENT)");
    expect(invite("keygen", "--key", "a.jpg/key.pem"))
      .to.match(key)
      .and.include("(ENOTDIR)");
    expect(invite(...options, "photos"))
      .to.match(ends("make one .*"))
      .and.include("photos cannot be read (EISDIR)");
    const out = ends(".* another file with --out");
    expect(invite(...options, "key.pem", "--out", "none/links.csv"))
      .to.match(out)
      .and.include("(ENOENT)");
    expect(invite(...options, "key.pem", "--out", "a.jpg/links.csv"))
      .to.match(out)
      .and.include("(ENOTDIR)");
    expect(complaint("import", "none", "--local")).to.equal(
      "none cannot be read (ENOENT): there is no such file or folder; name a folder or a CSV file.",
    );
    expect(complaint("process", "a.jpg", "--program", "a.jpg/index.ts")).to.match(
      // Node.js 20 says that a part of the path is a file, later ones that there is none.
      /a\.jpg\/index\.ts.* (folder|there is no such file)/,
    );
    for (const command of [["erase", "SV001"], ["reconcile"]]) {
      for (const data of ["none", "photos", "a.jpg", "a.jpg/data"]) {
        expect(complaint(...command, "--data", data)).to.match(
          /There is no local pipeline in .*; give its data folder/,
        );
      }
      expect(complaint(...command, "--data", "")).to.include("--data is empty; name the folder");
    }
  });

  it("refuses a program that is not there", () => {
    expect(complaint("local", "--program", "none.ts")).to.include("--program none.ts: there is no such file");
  });

  it("refuses a port that is in use", async () => {
    const other: Server = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => other.once("listening", listening));
    const { port } = other.address() as AddressInfo;
    writeFileSync(join(folder, "index.js"), "");
    try {
      expect(complaint("local", "--program", "index.js", "--port", String(port))).to.equal(
        `Port ${port} is in use by another program. Stop that one, or choose another with --port N.`,
      );
    } finally {
      other.close();
    }
  });

  it("refuses a data folder that is a file, or that cannot be written", () => {
    const command = ["process", "a.jpg", "--program", "index.js", "--data"];
    expect(complaint(...command, "a.jpg")).to.match(
      /^The data folder .*a\.jpg is not a folder\. Choose another with --data DIR\.$/,
    );
    if (process.getuid?.() === 0) return;
    mkdirSync(join(folder, "locked"));
    chmodSync(join(folder, "locked"), 0o500);
    expect(complaint(...command, "locked")).to.match(/locked cannot be written\. Choose another with --data DIR\.$/);
  });

  it("refuses a program without a pipeline, in its own words when it fails", () => {
    const program = join(folder, "index.js");
    const command = ["process", "a.jpg", "--program", program, "--data", join(folder, "data")];
    writeFileSync(program, `require(${JSON.stringify(require.resolve("@pulumi/pulumi"))});`);
    writeFileSync(join(folder, "package.json"), "{}");
    const { status, stderr } = run(...command);
    expect(status).to.equal(1);
    expect(stderr).to.match(/cannot load @pulumi\/pulumi. Run `npm install`/);
  });
});
