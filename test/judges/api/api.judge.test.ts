import { expect } from "chai";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { scriptedEngine } from "../../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { startPipeline, type Pipeline } from "../../support/with-cloud";
import { needs, pythonCommands } from "../tools";

const description = resolve("docs/reference/openapi.json");
const checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

describe("schemathesis finds the running API as the OpenAPI document describes it", () => {
  let pipeline: Pipeline;
  let folder: string;
  before(async function () {
    needs(this, "python3");
    folder = mkdtempSync(join(tmpdir(), "judges-api-"));
    pipeline = await startPipeline({ engine: scriptedEngine() });
  });
  after(async () => {
    await (pipeline as Pipeline | undefined)?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs schemathesis beside this process, which serves the API. */
  function judge(document: string): Promise<Ended> {
    const { apiUrl } = pipeline.names as unknown as { readonly apiUrl: string };
    const url = `${pipeline.cloud.url}${new URL(apiUrl).pathname}`;
    const seed = process.env["JUDGES_SEED"] ?? "11";
    const options = ["--url", url, "--checks", checks, "--seed", seed, "--max-examples", "40", "--rate-limit", "18/s"];
    const command = join(pythonCommands(), "schemathesis");
    const child = spawn(command, ["run", document, ...options, "--phases", "examples,coverage,fuzzing", "--no-color"], {
      cwd: folder,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (output += text.toString()));
    return new Promise((done) => {
      child.once("close", (status) => {
        done({ status, output });
      });
    });
  }

  it("for requests that follow it and for requests that break it", async () => {
    const { status, output } = await judge(description);
    expect(status, output).to.equal(0);
    expect(output).to.match(/[1-9]\d* generated/);
  });

  it("and would notice an answer that is not described", async () => {
    const changed = join(folder, "changed.json");
    writeFileSync(changed, readFileSync(description, "utf8").replaceAll('"404"', '"410"').replaceAll('"422"', '"423"'));
    const { status, output } = await judge(changed);
    expect(status).to.equal(1);
    expect(output).to.match(/Undocumented status code\s+Received: 404[^]*Undocumented status code\s+Received: 422/);
  });
});
