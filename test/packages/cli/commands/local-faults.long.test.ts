import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { S3 } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readFaultScript } from "../../../../packages/local-cloud/faults";
import { cli, ended, repositoryProgram, serve, withoutNotice } from "../../../support/child-process";

describe("the local mode's --faults FILE", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "faults-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** The one line on standard error of a command that exits with 1, prints nothing else and creates no data folder. */
  function complaint(file: string, content?: string): string {
    if (content !== undefined) writeFileSync(join(folder, file), content);
    const args = [cli, "local", "--program", repositoryProgram(), "--port", "0", "--faults", file];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    expect(status, stderr).to.equal(1);
    expect(stdout).to.equal("");
    expect(stderr.trimEnd().split("\n").length, stderr).to.equal(1);
    expect(existsSync(join(folder, ".avatar-pipeline"))).to.equal(false);
    return stderr.replace("avatar-pipeline: ", "").trimEnd();
  }

  it("refuses a file that cannot be read", () => {
    expect(complaint("none.json")).to.equal(
      "--faults none.json cannot be read (ENOENT): there is no such file or folder; name a script of faults, such as " +
        "that in avatar-pipeline local --help.",
    );
    mkdirSync(join(folder, "a folder"));
    expect(complaint("a folder")).to.match(/^--faults a folder cannot be read \(EISDIR\): it is a folder/);
    if (process.getuid?.() === 0) return;
    writeFileSync(join(folder, "secret.json"), "{}");
    chmodSync(join(folder, "secret.json"), 0);
    expect(complaint("secret.json")).to.match(/^--faults secret\.json cannot be read \(EACCES\): /);
  });

  it("refuses a file that is no script, naming the value, the rule and the fix", () => {
    expect(complaint("empty.json", "")).to.match(/^--faults empty\.json is no JSON: .*\. Correct it there\.$/);
    expect(complaint("broken.json", '{\n  "rules": [\n    oops\n  ]\n}')).to.match(
      /^--faults broken\.json is no JSON: /,
    );
    expect(complaint("list.json", "[]")).to.equal(
      '--faults list.json has to be an object: {"seed": 1, "rules": [...]}.',
    );
    expect(complaint("kind.json", '{"rules": [{"service": "s3", "fault": {"kind": "flood"}}]}')).to.match(
      /^--faults kind\.json, rule 1: fault kind "flood" is none of throttle, error, missingObject, .*\. Use one of these\.$/,
    );
    expect(complaint("member.json", '{"rules": [], "speed": 1}')).to.equal(
      '--faults member.json has "speed", which has no meaning there. Known: seed, rules.',
    );
  });

  it("is told in the help, with a script that may be copied from there", () => {
    const { stdout } = spawnSync(process.execPath, [cli, "local", "--help"], { encoding: "utf8" });
    const example = /--faults FILE.*\n\s+(\{.*\})\n/.exec(stdout)?.[1] ?? "";
    expect(readFaultScript(example, "The help's example").rules).to.have.length(1);
  });

  it("is told in the documents, every kind of it, with a script that may be copied from there", () => {
    const document = readFileSync("docs/reference/faults.md", "utf8");
    const [, example = ""] = /```json\n([^`]*)```/.exec(document) ?? [];
    expect(readFaultScript(example, "The document's example").rules).to.have.length(5);
    const known = complaint("kinds.json", '{"rules": [{"service": "s3", "fault": {"kind": "?"}}]}');
    const kinds = /is none of (.*)\. Use/.exec(known)?.[1]?.split(", ") ?? [];
    const [, faults = ""] = document.split("## Faults");
    const described = [...faults.matchAll(/^\| `(\w+)` \|/gm)].map(([, kind]) => kind);
    expect(described).to.include("throttle").and.to.have.members(kinds);
  });

  it("injects what the script says, tells each fault, and the photo comes through all the same", async () => {
    const rule = { service: "dynamodb", operation: "UpdateItem", caller: "*receive-photo*", calls: [1, 2] };
    // With the byte order mark that some editors write.
    const script = { seed: 7, rules: [{ ...rule, fault: { kind: "throttle" } }] };
    writeFileSync(join(folder, "script.json"), `\uFEFF${JSON.stringify(script)}`);
    const service = await serve(["--program", repositoryProgram(), "--faults", "script.json"], folder);
    try {
      const endpoint = service.url;
      const bucket = /s3:\/\/([^/]+)\//.exec(service.output().stdout)?.[1] ?? "";
      const config = {
        endpoint,
        region: "ap-southeast-1",
        credentials: service.credentials,
      };
      const [s3, dynamodb] = [new S3(config), new DynamoDB(config)];
      await s3.putObject({ Bucket: bucket, Key: "uploads/SV001/note.txt", Body: "no photo" });
      const [table = ""] = (await dynamodb.listTables({})).TableNames?.filter((name) => name.includes("uploads")) ?? [];
      for (;;) {
        const { Items = [] } = await dynamodb.scan({ TableName: table });
        if (Items[0]?.["status"]?.S === "rejected") break;
        await new Promise((done) => setTimeout(done, 50));
      }
      s3.destroy();
      dynamodb.destroy();
    } finally {
      const end = ended(service);
      service.child.kill("SIGINT");
      expect((await end).status).to.equal(0);
    }
    const told = withoutNotice(service.output().stderr).trimEnd().split("\n");
    expect(told, told.join("\n")).to.have.length(2);
    for (const line of told) {
      expect(line).to.match(
        /^fault: throttle at dynamodb UpdateItem, called by arn:aws:sts::\d{12}:.*receive-photo.*$/,
      );
    }
  });
});
