/** Uses the engine and does not close it. Run by network-engine.long.test.ts, which wants the process to end by itself. */
import { networkEngine } from "../../../../../../packages/local-cloud/services/rekognition/faces/network-engine";
import { portrait } from "../../../../../support/portraits";

async function run(): Promise<void> {
  const engine = networkEngine();
  await engine.ready();
  const faces = await engine.detect(await portrait("A"));
  process.stdout.write(`${faces.length} face\n`);
}

void run();
