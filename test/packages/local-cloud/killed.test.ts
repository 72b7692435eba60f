import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { fork } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCloud } from "../../../packages/local-cloud";
import { evaluateProgram } from "../../../packages/local-cloud/program/evaluate";
import { sampleProject } from "./program/sample";
import { blindEngine, sampleProgram } from "./sample-program";

const count = 12;

/** Starts a cloud that accepts uploads, and kills it so many milliseconds after it accepted the last one. */
function runAndKill(graphFile: string, data: string, afterMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(join(__dirname, "killed-process.js"), [graphFile, data, String(count)]);
    child.once("message", () => setTimeout(() => child.kill("SIGKILL"), afterMs));
    child.once("exit", (code) => (code === null ? resolve() : reject(new Error(`exit status ${code}`))));
  });
}

describe("a cloud whose process is killed", () => {
  it("does what was under way at its next start: no upload is lost, whenever the kill comes", async () => {
    const graph = await evaluateProgram({ program: join(sampleProject({ "index.ts": sampleProgram }), "index.ts") });
    const folder = mkdtempSync(join(tmpdir(), "killed-"));
    writeFileSync(join(folder, "graph.json"), JSON.stringify(graph));
    const { table: TableName } = graph.stackOutputs["names"] as { table: string };
    for (const afterMs of [0, 150, 400]) {
      const data = join(folder, `after-${afterMs}`);
      await runAndKill(join(folder, "graph.json"), data, afterMs);
      const cloud = await startCloud({ graph, port: 0, data, engine: blindEngine });
      await cloud.idle();
      const { Items = [] } = await new DynamoDB(cloud.clientConfig).scan({ TableName });
      expect(Items.map(({ id }) => id?.S).sort()).to.deep.equal(
        Array.from({ length: count }, (_, i) => `in/${i}`).sort(),
      );
      const statuses = new Set([...cloud.machines.executions()].map(({ status }) => status));
      expect([...statuses]).to.deep.equal(["SUCCEEDED"]);
      await cloud.close();
    }
    rmSync(folder, { recursive: true });
  });
});
