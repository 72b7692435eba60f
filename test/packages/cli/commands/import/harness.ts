import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import Papa from "papaparse";
import { everyUpload, type UploadRow } from "../../../../../handlers/stores/uploads";
import { startCloud, type Cloud } from "../../../../../packages/local-cloud";
import { factsRoute } from "../../../../../packages/cli/target/running";
import {
  scriptedEngine,
  scriptFaces,
} from "../../../../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { programGraph, type StackNames } from "../../../../support/with-cloud";
import { portrait } from "../../../../support/portraits";
import { repositoryProgram, run, type Ended } from "../../../../support/child-process";

/** Shared by the tests of one file: a local mode whose photos name the person in them, and a folder beside it. */
interface School {
  /** The working directory of the command, with the photos. */
  readonly folder: string;
  /** The local mode's own folder. */
  readonly data: string;
  readonly cloud: Cloud;
  readonly names: StackNames;
  readonly dynamodb: DynamoDB;
  /** The face engine: it answers at once, only after its release, or with an error. */
  engine: "well" | "held" | "broken";
  /** The number of photos that wait for a held engine. */
  readonly waiting: () => number;
  /** Releases the engine, for waiting photos too. */
  readonly release: () => void;
  readonly path: (name: string) => string;
  /** Writes a photo of the person, or of nobody. */
  readonly photo: (name: string, person?: string) => void;
  /** The arguments for an import into the local mode. */
  readonly importing: (...args: string[]) => string[];
  readonly import_: (...args: string[]) => Promise<Ended>;
  readonly report: (file: string) => Row[];
  /** Every upload that the pipeline knows, or the student's. */
  readonly uploads: (student?: string) => Promise<UploadRow[]>;
  readonly close: () => Promise<void>;
}
type Row = Record<string, string>;

/** The command as a school's operator runs it. */
export function describeSchool(tests: (school: () => School) => void): void {
  describe("a school through the command line", () => {
    let school: School;
    before(async () => (school = await startSchool()));
    after(() => school.close());
    afterEach(() => school.release());

    tests(() => school);
  });
}

/** The report's fields of each photo, without those that differ from run to run. */
export const summary = (rows: readonly Row[]): (string | undefined)[][] =>
  rows.map(({ student_id, photo, outcome, reason }) => [student_id, photo, outcome, reason]);

async function startSchool(): Promise<School> {
  const folder = mkdtempSync(join(tmpdir(), "import-"));
  const path = (name: string): string => join(folder, name);
  const data = path("data");
  const portraits = {
    jpg: await portrait("A", { width: 240 }),
    png: await portrait("A", { width: 240, format: "png" }),
  };
  const graph = await programGraph();
  const scripted = scriptedEngine();
  const waiting: (() => void)[] = [];
  const cloud = await startCloud({
    graph,
    port: 0,
    data,
    engine: {
      ...scripted,
      async detect(image) {
        if (school.engine === "broken") throw new Error("The engine is broken.");
        if (school.engine === "held") await new Promise<void>((go) => waiting.push(go));
        return scripted.detect(image);
      },
    },
    retryScale: 0.001,
    waitScale: 0.001,
    routes: (parts) => [factsRoute(parts, { program: repositoryProgram(), stack: "dev", stays: true })],
  });
  const names = graph.stackOutputs as unknown as StackNames;
  const dynamodb = new DynamoDB(cloud.clientConfig);
  const importing = (...args: string[]) => ["import", ...args, "--local", "--data", data];
  const school: School = {
    folder,
    data,
    cloud,
    names,
    dynamodb,
    engine: "well",
    waiting: () => waiting.length,
    release() {
      school.engine = "well";
      for (const go of waiting.splice(0)) go();
    },
    path,
    photo(name, person) {
      mkdirSync(dirname(path(name)), { recursive: true });
      const image = name.endsWith(".png") ? portraits.png : portraits.jpg;
      writeFileSync(path(name), person === undefined ? image : scriptFaces(image, [{ person }]));
    },
    importing,
    import_: (...args) => run(importing(...args), folder),
    report: (file) => Papa.parse<Row>(readFileSync(path(file), "utf8"), { header: true, skipEmptyLines: true }).data,
    async uploads(student) {
      const rows: UploadRow[] = [];
      for await (const row of everyUpload(dynamodb, names.uploadTable)) rows.push(row);
      return rows.filter(({ studentId }) => student === undefined || studentId === student);
    },
    async close() {
      dynamodb.destroy();
      await cloud.close();
      rmSync(folder, { recursive: true });
    },
  };
  return school;
}
