import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import Papa from "papaparse";
import { everyItem } from "../../../handlers/lib/inventory";
import { readUploadRow, type UploadRow } from "../../../handlers/lib/upload-row";
import { startCloud, type Cloud } from "../../../local/cloud";
import { factsRoute } from "../../../local/commands/running";
import { scriptedEngine, scriptFaces } from "../../../local/faces/scripted-engine";
import { programGraph, type StackNames } from "../../flow/harness";
import { portrait } from "../../photos";
import { ended, repositoryProgram, run, start, type Ended, type Running } from "./run";

type Row = Record<string, string>;

const COLUMNS = "student_id,photo,outcome,step,reason,message,upload_id,processed_at,sha256,pipeline";

/** The command as a school's operator runs it, on a local mode whose photos say who is on them. */
describe("a school through the command line", function () {
  this.timeout(120_000);
  let folder: string;
  let data: string;
  let cloud: Cloud;
  let names: StackNames;
  let dynamodb: DynamoDB;
  let portraits: Record<"jpg" | "png", Buffer>;
  /** What looks at faces: at once, not before it is released, or not at all. */
  let engine: "well" | "held" | "broken" = "well";
  const waiting: (() => void)[] = [];

  const path = (name: string): string => join(folder, name);
  /** Writes a photo of the person, or of nobody. */
  function photo(name: string, person?: string): void {
    mkdirSync(dirname(path(name)), { recursive: true });
    const image = name.endsWith(".png") ? portraits.png : portraits.jpg;
    writeFileSync(path(name), person === undefined ? image : scriptFaces(image, [{ person }]));
  }
  const importing = (...args: string[]): string[] => ["import", ...args, "--local", "--data", data];
  const import_ = (...args: string[]): Promise<Ended> => run(importing(...args), folder);
  const report = (file: string): Row[] =>
    Papa.parse<Row>(readFileSync(path(file), "utf8"), { header: true, skipEmptyLines: true }).data;
  const summary = (rows: Row[]): (string | undefined)[][] =>
    rows.map(({ student_id, photo, outcome, reason }) => [student_id, photo, outcome, reason]);
  async function uploads(student?: string): Promise<UploadRow[]> {
    const rows: UploadRow[] = [];
    for await (const item of everyItem(dynamodb, names.uploadTable)) rows.push(readUploadRow(item));
    return rows.filter(({ studentId }) => student === undefined || studentId === student);
  }
  async function until(condition: () => boolean, command: Running): Promise<void> {
    while (!condition()) {
      if (command.child.exitCode !== null) throw new Error(JSON.stringify(command.output()));
      await new Promise((done) => setTimeout(done, 20));
    }
  }
  function release(): void {
    engine = "well";
    for (const go of waiting.splice(0)) go();
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "import-"));
    data = path("data");
    portraits = {
      jpg: await portrait("A", { width: 240 }),
      png: await portrait("A", { width: 240, format: "png" }),
    };
    const graph = await programGraph();
    const scripted = scriptedEngine();
    cloud = await startCloud({
      graph,
      port: 0,
      data,
      engine: {
        ...scripted,
        async detect(image) {
          if (engine === "broken") throw new Error("The engine is broken.");
          if (engine === "held") await new Promise<void>((go) => waiting.push(go));
          return scripted.detect(image);
        },
      },
      retryScale: 0.001,
      waitScale: 0.001,
      routes: (parts) => [factsRoute(parts, true)],
    });
    names = graph.stackOutputs as unknown as StackNames;
    dynamodb = new DynamoDB(cloud.clientConfig);
  });
  after(async () => {
    dynamodb.destroy();
    await cloud.close();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => release());

  describe("as a folder", () => {
    before(() => {
      photo("class/SV001.jpg", "lan");
      photo("class/10A/SV002.JPEG", "minh");
      photo("class/10A/Tran-Thi-Hoa.png", "hoa");
      photo("class/wall.jpg");
      writeFileSync(path("class/SV003.jpg"), "GIF89a, which is no JPEG");
      writeFileSync(path("class/list.xlsx"), "no photo");
      writeFileSync(path("class/._SV001.jpg"), "what macOS leaves beside a photo");
    });

    it("is taken photo by photo, and reported beside it in the order of the paths", async () => {
      const { status, stdout, stderr } = await import_("class");
      expect(status, stderr).to.equal(2);
      expect(stderr).to.equal("Files left alone, being no .jpg, .jpeg or .png by name: 1.\n");
      expect(stdout).to.include("5 in all: 3 accepted, 2 rejected, 0 failed.\nReport: class.import-local.csv\n");
      expect(stdout).to.match(/^wall\.jpg: rejected for wall \(Finding the face\): No face was found/m);
      expect(readFileSync(path("class.import-local.csv"), "utf8").split("\n")[0]).to.equal(COLUMNS);
      const rows = report("class.import-local.csv");
      expect(summary(rows)).to.deep.equal([
        ["SV002", "10A/SV002.JPEG", "accepted", ""],
        ["Tran-Thi-Hoa", "10A/Tran-Thi-Hoa.png", "accepted", ""],
        ["SV001", "SV001.jpg", "accepted", ""],
        ["SV003", "SV003.jpg", "rejected", "FORMAT_MISMATCH"],
        ["wall", "wall.jpg", "rejected", "NO_FACE"],
      ]);
      const inTable = new Map((await uploads()).map((row) => [row.uploadId, row]));
      for (const { upload_id = "", student_id, outcome, processed_at, pipeline } of rows) {
        expect(inTable.get(upload_id)).to.include({ studentId: student_id, status: outcome });
        expect(processed_at).to.match(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/);
        expect(pipeline).to.equal(data);
      }
      expect(inTable.size).to.equal(5);
      const { Item } = await dynamodb.getItem({
        TableName: names.avatarTable,
        Key: { student_id: { S: "SV001" } },
      });
      const own = rows.find(({ student_id }) => student_id === "SV001");
      expect([own?.["upload_id"], own?.["processed_at"], own?.["sha256"]]).to.deep.equal([
        Item?.["upload_id"]?.S,
        Item?.["processed_at"]?.S,
        Item?.["sha256"]?.S,
      ]);
    });

    it("is not sent again, except for what is new in it", async () => {
      const before = report("class.import-local.csv");
      const again = await import_("class");
      expect(again.status, again.stderr).to.equal(2);
      expect(again.stdout).to.equal(
        "5 in all: 3 accepted, 2 rejected, 0 failed; 5 of them known from an earlier run.\n" +
          "Report: class.import-local.csv\n",
      );
      expect(report("class.import-local.csv")).to.deep.equal(before);
      expect(await uploads()).to.have.length(5);
      photo("class/wall.jpg", "wanda");
      photo("class/SV004.jpg", "lan");
      const changed = await import_("class");
      expect(changed.stdout).to.include("6 in all: 4 accepted, 2 rejected, 0 failed; 4 of them known");
      expect(summary(report("class.import-local.csv")).slice(2)).to.deep.equal([
        ["SV001", "SV001.jpg", "accepted", ""],
        ["SV003", "SV003.jpg", "rejected", "FORMAT_MISMATCH"],
        ["SV004", "SV004.jpg", "rejected", "DUPLICATE_FACE"],
        ["wall", "wall.jpg", "accepted", ""],
      ]);
      expect(await uploads()).to.have.length(7);
    });

    it("is refused when two photos would be one student's, or none's", async () => {
      photo("mixed/SV001.jpg", "lan");
      photo("mixed/SV001.png", "lan");
      photo("mixed/a-b.jpg", "ab");
      photo("mixed/sub/a-b.jpg", "ab");
      photo("mixed/Nguyễn Hòa.jpg", "hoa");
      writeFileSync(path("mixed/void.jpg"), "");
      photo("mixed/é/a.jpg", "ea");
      const { status, stderr } = await import_("mixed");
      expect(status).to.equal(1);
      expect(stderr).to.equal(
        "avatar-pipeline: mixed has 4 problems; nothing was sent.\n" +
          '  mixed/Nguyễn Hòa.jpg: "Nguyễn Hòa" is no student\'s id, which has 1 to 64 of A-Z a-z 0-9 _ . -. Rename it, or list it in a CSV.\n' +
          "  mixed/SV001.png: it would be student SV001's, and so would SV001.jpg. Rename one, or list them in a CSV.\n" +
          "  mixed/sub/a-b.jpg: it would be student a-b's, and so would a-b.jpg. Rename one, or list them in a CSV.\n" +
          "  mixed/void.jpg is empty.\n",
      );
      expect(readdirSync(folder).filter((name) => name.startsWith("mixed."))).to.deep.equal([]);
    });

    it("is refused when there is no photo in it", async () => {
      mkdirSync(path("nothing"));
      const { status, stderr } = await import_("nothing");
      expect([status, stderr]).to.deep.equal([
        1,
        "avatar-pipeline: nothing has no photo in it, nor in the folders below it: none of its files is a .jpg, .jpeg or .png.\n",
      ]);
    });
  });

  describe("as a CSV", () => {
    it("is taken as a spreadsheet writes it, and nothing of its other columns is sent", async () => {
      photo("photos/=first.jpg", "csv one");
      photo("photos/second.png", "csv two");
      writeFileSync(
        path("school.csv"),
        '\uFEFFstudent_id;name;photo;email\r\nC1;"Lê ""Lan""\r\nof 10A";photos/=first.jpg;lan@school.example\r\n\r\n' +
          "C2;Minh;  photos/second.png ;\r\n",
      );
      const { status, stdout, stderr } = await import_("school.csv", "--report", "out.csv", "--concurrency", "1");
      expect(status, stderr).to.equal(0);
      expect(stdout).to.equal("2 in all: 2 accepted, 0 rejected, 0 failed.\nReport: out.csv\n");
      expect(summary(report("out.csv"))).to.deep.equal([
        ["C1", "photos/=first.jpg", "accepted", ""],
        ["C2", "photos/second.png", "accepted", ""],
      ]);
      const [upload] = await uploads("C1");
      expect(upload?.email).to.equal(undefined);
    });

    it("keeps a spreadsheet from taking a path for a formula, and knows the photo again", async () => {
      photo("=cmd.jpg", "formula");
      writeFileSync(path("formula.csv"), "student_id,photo\n-F1,=cmd.jpg\n");
      expect((await import_("formula.csv")).status).to.equal(0);
      expect(readFileSync(path("formula.csv.import-local.csv"), "utf8")).to.include('\n"\'-F1","\'=cmd.jpg",accepted,');
      expect((await import_("formula.csv")).stdout).to.include("1 of them known from an earlier run");
    });

    it("is refused with every bad row by its line, before anything is sent", async () => {
      const before = (await uploads()).length;
      photo("photos/good.jpg", "good");
      mkdirSync(path("photos/folder.jpg"));
      writeFileSync(path("photos/empty.jpg"), "");
      writeFileSync(
        path("bad.csv"),
        [
          "student_id,photo,name",
          "B1,photos/good.jpg,fine",
          "B 2,photos/good.jpg,",
          'B3,photos/none.jpg,"over\ntwo lines"',
          "B4,,",
          "",
          "B5,photos/good.heic,",
          "B1,photos/folder.jpg,",
          "B7,photos/empty.jpg,",
          "B8,photos/a, b.jpg,Lan",
        ].join("\n"),
      );
      const { status, stdout, stderr } = await import_("bad.csv");
      expect([status, stdout]).to.deep.equal([1, ""]);
      expect(stderr.split("\n")).to.deep.equal([
        "avatar-pipeline: bad.csv has 8 problems; nothing was sent.",
        '  line 3: student_id is "B 2", but must be 1 to 64 of A-Z a-z 0-9 _ . -, and neither "." nor "..".',
        '  line 4: photo "photos/none.jpg": there is no such file.',
        "  line 6: photo is empty, but must be a path, from the folder of the CSV.",
        '  line 8: photo is "photos/good.heic", but must be a .jpg, .jpeg or .png.',
        '  line 9: student_id "B1" is in line 2 already; a student has one photo.',
        '  line 9: photo "photos/folder.jpg" is a folder.',
        '  line 10: photo "photos/empty.jpg" is empty.',
        "  line 11: there are 4 fields, and the header has 3; quote a field that has a comma in it.",
        "",
      ]);
      expect(existsSync(path("bad.csv.import-local.csv"))).to.equal(false);
      expect(await uploads()).to.have.length(before);
    });

    it("is refused when it is no such CSV", async () => {
      const complaint = async (content: string | Buffer): Promise<string> => {
        writeFileSync(path("odd.csv"), content);
        const { status, stderr } = await import_("odd.csv");
        expect(status).to.equal(1);
        return stderr.replace("avatar-pipeline: ", "").trimEnd();
      };
      expect(await complaint("id,photo\n1,a.jpg\n")).to.equal(
        "odd.csv has the columns id, photo, but needs one that is called student_id.",
      );
      expect(await complaint("student_id,photo,photo\n")).to.equal(
        "odd.csv has the columns student_id, photo, photo, but needs only one that is called photo.",
      );
      expect(await complaint("")).to.equal("odd.csv is empty, but needs one that is called student_id.");
      expect(await complaint("student_id,photo\n")).to.include("names no photo");
      expect(await complaint('student_id,photo\nA,"a.jpg\n')).to.match(
        /1 problem; nothing was sent\.\n {2}line 2: .*quote/i,
      );
      expect(await complaint(Buffer.from("student_id,photo\nA,\xe9.jpg\n", "latin1"))).to.include("no UTF-8 text");
    });
  });

  describe("that is interrupted", () => {
    const students = ["I1", "I2", "I3", "I4", "I5"];
    before(() => {
      for (const student of students) photo(`year/${student}.jpg`, `of ${student}`);
    });

    it("has no more photos under way than it may, ends at Ctrl-C, and goes on with what was sent", async () => {
      engine = "held";
      const command = start(importing("year", "--concurrency", "2"), folder);
      await until(() => waiting.length === 2, command);
      const end = ended(command);
      command.child.kill("SIGINT");
      const { status, stdout, stderr } = await end;
      expect(status, stderr).to.equal(130);
      expect(stdout).to.include("5 in all: 0 accepted, 0 rejected, 0 failed, 5 left.");
      expect(stderr).to.equal("Interrupted. Run the same again to go on; what was sent is not sent again.\n");
      const sent = report("year.import-local.csv");
      expect(summary(sent)).to.deep.equal([
        ["I1", "I1.jpg", "sent", ""],
        ["I2", "I2.jpg", "sent", ""],
      ]);
      release();
      const again = await import_("year", "--concurrency", "2");
      expect(again.status, again.stderr).to.equal(0);
      const rows = report("year.import-local.csv");
      expect(rows.map(({ student_id, outcome }) => [student_id, outcome])).to.deep.equal(
        students.map((student) => [student, "accepted"]),
      );
      expect(rows.slice(0, 2).map(({ upload_id }) => upload_id)).to.deep.equal(sent.map(({ upload_id }) => upload_id));
      for (const student of students) expect(await uploads(student), student).to.have.length(1);
    });

    it("goes on when it was killed, in the midst of a line too, and before the photo was stored", async () => {
      photo("killed/K1.jpg", "of K1");
      photo("killed/K2.jpg", "of K2");
      engine = "held";
      const command = start(importing("killed", "--concurrency", "1"), folder);
      await until(() => waiting.length === 1, command);
      const end = ended(command);
      command.child.kill("SIGKILL");
      await end;
      const [k1] = report("killed.import-local.csv");
      // An upload that has its row and not yet its photo, and a line that did not come to its end.
      const unsent = "01KJKB40RG1850M2GA1850M2GA";
      const sha256 = createHash("sha256")
        .update(readFileSync(path("killed/K2.jpg")))
        .digest("hex");
      await dynamodb.putItem({
        TableName: names.uploadTable,
        Item: { upload_id: { S: unsent }, student_id: { S: "K2" }, status: { S: "awaiting-upload" } },
      });
      appendFileSync(
        path("killed.import-local.csv"),
        `K2,K2.jpg,sent,,,,${unsent},,${sha256},${data}\nK1,K1.jpg,accepted,,,"an end that ne`,
      );
      release();
      const { status, stdout, stderr } = await import_("killed");
      expect(status, stderr).to.equal(0);
      expect(stdout).to.equal("2 in all: 2 accepted, 0 rejected, 0 failed.\nReport: killed.import-local.csv\n");
      expect(report("killed.import-local.csv").map(({ outcome, upload_id }) => [outcome, upload_id])).to.deep.equal([
        ["accepted", k1?.["upload_id"]],
        ["accepted", unsent],
      ]);
      expect(await uploads("K1")).to.have.length(1);
      expect(await uploads("K2")).to.have.length(1);
    });
  });

  describe("that fails", () => {
    it("has its failed photos tried again, and stops when everything fails", async () => {
      for (let i = 0; i < 13; i += 1) photo(`faulty/${String(i).padStart(2, "0")}.jpg`, `fault ${i}`);
      engine = "broken";
      const { status, stdout, stderr } = await import_("faulty", "--concurrency", "1");
      expect(status).to.equal(1);
      expect(stdout).to.include("13 in all: 0 accepted, 0 rejected, 10 failed, 3 left.");
      expect(stderr).to.equal("Stopped after 10 failures in a row. Mend what they say, and run the same again.\n");
      const failed = report("faulty.import-local.csv");
      expect(failed).to.have.length(10);
      for (const row of failed) expect(row).to.include({ outcome: "failed", step: "DetectFace", reason: "INTERNAL" });
      release();
      const again = await import_("faulty");
      expect(again.status, again.stderr).to.equal(0);
      expect(again.stdout).to.include("13 in all: 13 accepted, 0 rejected, 0 failed.\n");
      expect(report("faulty.import-local.csv")).to.have.length(13);
    });

    it("takes the end of an upload that was started again meanwhile", async () => {
      photo("mended/M1.jpg", "of M1");
      engine = "broken";
      expect((await import_("mended")).status).to.equal(1);
      const uploadId = report("mended.import-local.csv")[0]?.["upload_id"] ?? "";
      await dynamodb.updateItem({
        TableName: names.uploadTable,
        Key: { upload_id: { S: uploadId } },
        UpdateExpression: "SET #status = :accepted REMOVE reason",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: { ":accepted": { S: "accepted" } },
      });
      release();
      expect((await import_("mended")).status).to.equal(0);
      expect(report("mended.import-local.csv")[0]).to.include({ outcome: "accepted", upload_id: uploadId, reason: "" });
      expect(await uploads("M1")).to.have.length(1);
    });
  });

  describe("into a stack", () => {
    /** A `pulumi` that knows one stack, which is the local cloud under AWS's own names. */
    function withPulumi(args: string[]): Promise<Ended> {
      const { endpoint, region, credentials } = cloud.clientConfig;
      mkdirSync(path("bin"), { recursive: true });
      writeFileSync(
        path("bin/pulumi"),
        `#!/bin/sh\ncase "$*" in\n"stack output --json --stack dev --non-interactive") echo '${JSON.stringify(names)}';;\n` +
          `"config get aws:region --stack dev --non-interactive") echo ${region};;\n` +
          `*) echo "error: no stack named 'prod' found" >&2; exit 255;;\nesac\n`,
        { mode: 0o755 },
      );
      const before = { ...process.env };
      Object.assign(process.env, {
        PATH: `${path("bin")}:${before["PATH"]}`,
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      });
      try {
        return run(args, folder);
      } finally {
        process.env = before;
      }
    }

    it("goes by the names in its outputs, with a report of its own", async () => {
      photo("stacked/S1.jpg", "of S1");
      const { status, stderr } = await withPulumi(["import", "stacked", "--stack", "dev"]);
      expect(status, stderr).to.equal(0);
      expect(report("stacked.import-dev.csv")[0]).to.include({ outcome: "accepted", pipeline: names.photoBucket });
      const elsewhere = await import_("stacked", "--report", "stacked.import-dev.csv");
      expect(elsewhere.status).to.equal(1);
      expect(elsewhere.stderr).to.equal(
        `avatar-pipeline: ${path("stacked.import-dev.csv")} is the report of an import into ${names.photoBucket}, ` +
          `and this one goes into ${data}; name another with --report.\n`,
      );
    });

    it("tells what the Pulumi CLI says of a stack that there is not", async () => {
      const { status, stderr } = await withPulumi(["import", "stacked", "--stack", "prod"]);
      expect([status, stderr]).to.deep.equal([
        1,
        "avatar-pipeline: --stack prod: error: no stack named 'prod' found\n",
      ]);
    });
  });

  it("is refused when the command line does not say what and where to, or names a file that is no report", async () => {
    photo("used/U1.jpg", "of U1");
    writeFileSync(path("used/notes.csv"), "a,b\n1,2\n");
    const complaint = async (...args: string[]): Promise<string> => {
      const { status, stdout, stderr } = await run(["import", ...args], folder);
      expect([status, stdout]).to.deep.equal([1, ""]);
      return stderr
        .replace(/^Files left alone.*\n/, "")
        .replace("avatar-pipeline: ", "")
        .trimEnd();
    };
    expect(await complaint()).to.include("import takes one folder or one CSV file");
    expect(await complaint("used", "class", "--local")).to.include("import takes one folder or one CSV file");
    expect(await complaint("used")).to.include("Say where to: --stack NAME for a stack on AWS, or --local");
    expect(await complaint("used", "--local", "--stack", "dev")).to.include("Say where to");
    expect(await complaint("used", "--stack", "dev", "--data", "data")).to.include(
      "--data and --program are of the local",
    );
    expect(await complaint("used", "--local", "--concurrency", "0")).to.equal(
      "--concurrency 0: it is a whole number from 1 to 64.",
    );
    expect(await complaint("none", "--local")).to.equal(
      "none cannot be read (ENOENT): there is no such file or folder; name a folder or a CSV file.",
    );
    expect(await complaint("used/notes.csv", "--local", "--report", "used/notes.csv")).to.include("the source itself");
    expect(await complaint("used", "--local", "--data", data, "--report", "used/notes.csv")).to.include(
      "is no report of an import: it has no column student_id. Name another with --report.",
    );
    expect(readFileSync(path("used/notes.csv"), "utf8")).to.equal("a,b\n1,2\n");
    expect(await complaint("used", "--local", "--data", data, "--report", "none/report.csv")).to.include(
      "none/report.csv cannot be written (ENOENT): the folder that it would be in is not there; name another with --report.",
    );
  });

  it("starts a local mode of its own where none runs", async () => {
    photo("alone/A1.jpg");
    writeFileSync(path("alone/A1.jpg"), "no photo at all");
    const own = ["--local", "--data", path("other"), "--program", repositoryProgram()];
    const { status, stdout, stderr } = await run(["import", "alone", ...own], folder);
    expect(status, stderr).to.equal(2);
    expect(stdout).to.include("1 in all: 0 accepted, 1 rejected, 0 failed.");
    expect(existsSync(path("other/lock"))).to.equal(false);
  });
});
