/** The example of the package's README, which has nothing to do with avatars, as its reader would run it. */
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { S3 } from "@aws-sdk/client-s3";
import { SQS } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readOperatorSecret } from "../../../packages/local-cloud/storage/credentials";
import { sampleProject } from "./program/sample";

const readme = readFileSync("packages/local-cloud/README.md", "utf8");
const block = (language: string): string => {
  const code = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "m").exec(readme)?.[1];
  if (code === undefined) throw new Error(`The README has no block of ${language}.`);
  return code;
};

describe("a program with a bucket, a queue, a function and a table", () => {
  let folder: string;
  let child: ChildProcess;
  let url: string;
  let outputs: { readonly bucket: string; readonly queueUrl: string };
  let told = "";
  before(async () => {
    const start = block("js").replace("port: 4566", "port: 0");
    folder = sampleProject({ "index.ts": block("ts"), "start.mjs": start });
    child = spawn(process.execPath, ["start.mjs"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (told += text));
    if (!child.stdout) throw new Error("The script has no output.");
    const [line] = (await Promise.race([
      once(createInterface(child.stdout), "line"),
      once(child, "exit").then(() => Promise.reject(new Error(told))),
    ])) as [string];
    url = line.slice(0, line.indexOf(" "));
    outputs = JSON.parse(line.slice(url.length)) as typeof outputs;
  });
  after(async () => {
    if (child.exitCode === null) {
      child.kill("SIGINT");
      await once(child, "exit");
    }
    rmSync(folder, { recursive: true });
  });

  it("is served whole: an upload calls the function, which writes its row and sends its message", async () => {
    const config = {
      endpoint: url,
      region: "ap-southeast-1",
      credentials: { accessKeyId: "local", secretAccessKey: readOperatorSecret(join(folder, ".local-cloud")) ?? "" },
    };
    await new S3(config).putObject({ Bucket: outputs.bucket, Key: "17.json", Body: "{}" });
    const sqs = new SQS(config);
    let bodies: (string | undefined)[] = [];
    while (bodies.length === 0) {
      const { Messages = [] } = await sqs.receiveMessage({ QueueUrl: outputs.queueUrl, WaitTimeSeconds: 20 });
      bodies = Messages.map(({ Body }) => Body);
    }
    expect(bodies).to.deep.equal(["17.json"]);
    const dynamodb = new DynamoDB(config);
    const { TableNames = [] } = await dynamodb.listTables({});
    expect(TableNames).to.have.length(1);
    expect((await dynamodb.scan({ TableName: TableNames[0] })).Items).to.deep.equal([{ id: { S: "17.json" } }]);
    expect(told).not.to.include("left out");
  });

  it("has the console's pages, of any program", async () => {
    const overview = await (await fetch(new URL("/_console/", url))).text();
    expect(overview).to.include("sample/dev").and.include("The program declares no state machine.");
    // The log is written a moment after the function has answered.
    const logs = async () => (await fetch(new URL("/_console/logs", url))).text();
    while ((await logs()).includes("No function has run yet.")) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await logs()).to.match(/logs\/pack-/);
  });

  it("ends with Ctrl-C, and leaves the folder free", async () => {
    child.kill("SIGINT");
    expect(await once(child, "exit")).to.deep.equal([0, null]);
    expect(() => readFileSync(join(folder, ".local-cloud/lock"))).to.throw(/ENOENT/);
  });
});
