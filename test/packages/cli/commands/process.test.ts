import { S3 } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../../../handlers/contract/reasons";
import { noFace, portrait } from "../../../support/portraits";
import {
  ended,
  repositoryProgram,
  run,
  serve,
  start,
  type Ended,
  type Running,
  type Serving,
  printedCredentials,
  withoutNotice,
} from "../../../support/child-process";

interface Line {
  readonly file: string;
  readonly studentId: string;
  readonly uploadId: string | null;
  readonly outcome: string;
  readonly step: string | null;
  readonly reason: string | null;
  readonly message: string | null;
  readonly thumbnails: Record<string, string>;
  readonly faceId: string | null;
  readonly processedAt: string | null;
  readonly milliseconds: number;
}

const keys = "file,studentId,uploadId,outcome,step,reason,message,thumbnails,faceId,processedAt,milliseconds";

/** The whole pipeline as a newcomer runs it: real photos, real faces, real functions. */
describe("photos through the command line", () => {
  let folder: string;
  const photo = (name: string): string => join(folder, name);
  const options = (): string[] => ["--program", repositoryProgram(), "--data", photo("data")];
  const process_ = (...args: string[]): Promise<Ended> => run(["process", ...args, ...options(), "--json"], folder);
  const lines = ({ stdout }: Ended): Line[] =>
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Line);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "process-"));
    writeFileSync(photo("lan.jpg"), await portrait("A"));
    writeFileSync(photo("minh anh.png"), await portrait("C", { format: "png" }));
    writeFileSync(photo("wall.jpg"), await noFace());
    writeFileSync(photo("moving.jpg"), Buffer.concat([Buffer.from("GIF89a"), Buffer.alloc(2000, 1)]));
    writeFileSync(photo("notes.txt"), "a text, not a photo");
    writeFileSync(photo("lan again.jpg"), await portrait("A", { recrop: true }));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("come to their outcomes, one line each in the order given", async () => {
    const result = await process_("wall.jpg", "lan.jpg", "moving.jpg", "minh anh.png", "notes.txt");
    expect(result.status, result.stderr).to.equal(2);
    const all = lines(result);
    expect(all.map(({ file, studentId, outcome, reason }) => [file, studentId, outcome, reason])).to.deep.equal([
      ["wall.jpg", "wall", "rejected", "NO_FACE"],
      ["lan.jpg", "lan", "accepted", null],
      ["moving.jpg", "moving", "rejected", "FORMAT_MISMATCH"],
      ["minh anh.png", "minh-anh", "accepted", null],
      ["notes.txt", "notes", "rejected", "FORMAT_NOT_SUPPORTED"],
    ]);
    for (const line of all) expect(Object.keys(line).join(",")).to.equal(keys);
    const [, table = ""] = readFileSync("docs/reference/process-output.md", "utf8").split("| key | value |\n");
    const told = [...(table.split("\n\n")[0] ?? "").matchAll(/^\| `(\w+)`/gm)].map(([, key]) => key);
    expect(told.join(",")).to.equal(keys);
    const [wall, lan] = all;
    expect(wall).to.deep.include({ step: "DetectFace", thumbnails: {}, faceId: null, processedAt: null });
    expect(wall?.message).to.equal(messageOf("NO_FACE", "en"));
    expect(lan?.message).to.equal(null);
    expect(lan?.processedAt).to.match(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/);
    expect(Object.keys(lan?.thumbnails ?? {})).to.deep.equal(["64", "256", "512"]);
    for (const path of Object.values(lan?.thumbnails ?? {})) {
      expect(path).to.equal(photo(`data/thumbnails/lan/${lan?.uploadId}/${path.split("/").at(-1)}`));
      expect(readFileSync(path).subarray(0, 3).toString("hex")).to.equal("ffd8ff");
    }
  });

  it("are kept: the same face is another student's duplicate, and its owner's replacement", async () => {
    const duplicate = await process_("lan.jpg", "--student", "SV002");
    expect(duplicate.status, duplicate.stderr).to.equal(2);
    expect(lines(duplicate)[0]).to.include({ outcome: "rejected", step: "CheckDuplicate", reason: "DUPLICATE_FACE" });
    const mail = ["--email", "lan@school.example", "--config", 'studentDomains=["school.example"]'];
    const replacement = await process_("lan again.jpg", "--student", "lan", ...mail);
    expect(replacement.status, replacement.stderr).to.equal(0);
    expect(lines(replacement)[0]).to.include({ outcome: "accepted", studentId: "lan" });
  });

  it("leave nothing locked when Ctrl-C comes in the middle, and go on at the next start", async () => {
    const running = start(["process", "lan.jpg", "--student", "SV009", ...options()], folder);
    while (!existsSync(photo("data/lock"))) await new Promise((done) => setTimeout(done, 20));
    const end = ended(running);
    running.child.kill("SIGINT");
    const { status, stdout } = await end;
    expect([status, stdout]).to.deep.equal([130, ""]);
    expect(existsSync(photo("data/lock"))).to.equal(false);
    // Before any service has started: this command evaluates its program again first.
    const early = start(["local", "--port", "0", "--data", photo("early"), "--program", repositoryProgram()], folder);
    while (!existsSync(photo("early/lock"))) await new Promise((done) => setTimeout(done, 20));
    const earlyEnd = ended(early);
    early.child.kill("SIGTERM");
    expect(await earlyEnd).to.deep.equal({
      status: 130,
      stdout: "Starting the local mode on the data folder early.\n",
      stderr: "",
    });
    expect(existsSync(photo("early/lock"))).to.equal(false);
  });

  it("wait for one another where several commands want one data folder", async () => {
    const results = await Promise.all([process_("moving.jpg"), process_("notes.txt")]);
    for (const result of results) {
      expect(result.status, result.stderr).to.equal(2);
      expect(result.stderr).to.match(
        /^(Waiting for another avatar-pipeline \(process \d+\) that uses .*\n)?Starting the local mode on .*data\.\n$/,
      );
      expect(lines(result).map(({ outcome }) => outcome)).to.deep.equal(["rejected"]);
    }
  });

  /** Starts a local mode on the data folder; resolves with its address once it responds. */
  const serveData = (): Promise<Serving> => serve(options(), folder);

  describe("while a local mode has the data folder", () => {
    let service: Running;
    let url: string;

    /** Copies a file into the bucket, as any S3 client does, and waits for the end of its upload. */
    async function copyIn(key: string, body: Buffer): Promise<void> {
      const bucket = /s3:\/\/([^/]+)\//.exec(service.output().stdout)?.[1] ?? "";
      const credentials = printedCredentials(service.output().stdout);
      const s3 = new S3({ endpoint: url, region: "ap-southeast-1", credentials });
      await s3.putObject({ Bucket: bucket, Key: key, Body: body });
      for (;;) {
        const { pending } = (await (await fetch(`${url}/_local`)).json()) as { pending: number };
        const { KeyCount } = await s3.listObjectsV2({ Bucket: bucket, Prefix: "uploads/" });
        if (pending === 0 && KeyCount === 0) break;
        await new Promise((done) => setTimeout(done, 50));
      }
      s3.destroy();
    }

    before(async () => {
      // The copy of an avatar that was replaced while no local mode ran.
      mkdirSync(photo(`data/thumbnails/lan/${"0".repeat(26)}`), { recursive: true });
      writeFileSync(photo(`data/thumbnails/lan/${"0".repeat(26)}/64.jpg`), "");
      const served = await serveData();
      [service, url] = [served, served.url];
    });
    after(() => service.child.kill("SIGKILL"));

    it("go through that one, and are told there", async () => {
      const result = await process_("lan.jpg", "--student", "SV003");
      expect(result.status, result.stderr).to.equal(2);
      expect(result.stderr).to.equal(`The local mode at ${url} is used.\n`);
      expect(lines(result)[0]).to.include({ reason: "DUPLICATE_FACE" });
      expect(existsSync(photo("data/lock"))).to.equal(true);
    });

    it("may be copied into the bucket as the local mode tells", async () => {
      const { stdout } = service.output();
      expect(stdout).to.include("export AWS_ACCESS_KEY_ID=local").and.include(`${url}/_console/inbox`);
      await copyIn(/s3:\/\/[^/]+\/(\S+)/.exec(stdout)?.[1] ?? "", readFileSync(photo("wall.jpg")));
    });

    it("cannot be served by a second one on that folder, which tells of the first and not of its port", async () => {
      for (const port of ["0", new URL(url).port]) {
        const second = await run(["local", "--port", port, ...options()], folder);
        expect([second.status, second.stderr]).to.deep.equal([
          1,
          `avatar-pipeline: The data folder ${photo("data")} is in use by another local mode (process ` +
            `${service.child.pid}, which answers at ${url}). Stop that one, or choose another folder with --data DIR.\n`,
        ]);
      }
    });

    it("are told that a configuration of their own has no effect on it", async () => {
      const result = await process_("notes.txt", "--config", "duplicateSimilarity=99");
      expect(result.stderr).to.equal(`--config is left out: the local mode at ${url} is used, as it was started.\n`);
    });

    it("leave copies of thumbnails for as long as the avatar is there, whoever replaces or erases it", async () => {
      const copies = (student: string) => {
        const of = photo(`data/thumbnails/${student}`);
        return existsSync(of) ? readdirSync(of, { recursive: true, encoding: "utf8" }).sort() : [];
      };
      const uploads = readdirSync(photo("data/thumbnails/lan"));
      expect(uploads, "what was stale went at the start").to.have.length(1).and.not.include("0".repeat(26));
      const first = copies("minh-anh");
      expect(first).to.have.length(4);
      await copyIn("uploads/minh-anh/new.jpg", await portrait("C", { recrop: true }));
      expect(copies("minh-anh")).to.deep.equal([]);

      const erased = await run(["erase", "lan", "--data", "data", "--json"], folder);
      expect(JSON.parse(erased.stdout), erased.stderr).to.include({ studentId: "lan", thumbnails: 3, copies: 3 });
      expect(copies("lan")).to.deep.equal([]);
      const again = await run(["erase", "lan", "--data", "data"], folder);
      expect(again.status).to.equal(2);
      expect(again.stdout).to.match(/^Nothing was held of student lan at .*[^]*\n {2}copies in the data folder +0\n$/);
    });

    it("end with it at Ctrl-C, cleanly", async () => {
      const end = ended(service);
      service.child.kill("SIGINT");
      expect((await end).status).to.equal(0);
      expect(existsSync(photo("data/lock"))).to.equal(false);
      expect(withoutNotice(service.output().stderr)).to.equal("");
    });
  });

  it("each have a line, in the order given, when the local mode ends under them", async () => {
    const { child } = await serveData();
    const files = Array.from({ length: 12 }, (_, i) => `note-${i}.txt`);
    for (const file of files) writeFileSync(photo(file), "a text, not a photo");
    const running = start(["process", ...files, ...options(), "--json"], folder);
    const end = ended(running);
    while (running.output().stdout === "") await new Promise((done) => setTimeout(done, 5));
    child.kill("SIGKILL");
    const result = await end;
    expect(result.status, result.stderr).to.equal(1);
    const all = lines(result);
    expect(all.map(({ file }) => file)).to.deep.equal(files);
    for (const line of all) expect(Object.keys(line).join(",")).to.equal(keys);
    expect(all[0]).to.include({ outcome: "rejected" });
    expect(all.at(-1)).to.deep.include({ outcome: "failed", uploadId: null, step: null, reason: "INTERNAL" });
    expect(all.at(-1)?.message).to.match(
      /^The local mode at http:\S+ no longer responds\. Restart it on the same data folder, /,
    );
  });
});
