import { expect } from "chai";
import { createHash } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { ended, start, type Running } from "../../../../support/child-process";
import { describeSchool, summary } from "./harness";

async function until(condition: () => boolean, command: Running): Promise<void> {
  while (!condition()) {
    if (command.child.exitCode !== null) throw new Error(JSON.stringify(command.output()));
    await new Promise((done) => setTimeout(done, 20));
  }
}

describeSchool((school) => {
  describe("that is interrupted", () => {
    const students = ["I1", "I2", "I3", "I4", "I5"];
    before(() => {
      const { photo } = school();
      for (const student of students) photo(`year/${student}.jpg`, `of ${student}`);
    });

    it("has no more photos under way than it may, ends at Ctrl-C, and goes on with what was sent", async () => {
      const { folder, import_, importing, report, uploads, waiting, release } = school();
      school().engine = "held";
      const command = start(importing("year", "--concurrency", "2"), folder);
      await until(() => waiting() === 2, command);
      const end = ended(command);
      command.child.kill("SIGINT");
      const { status, stdout, stderr } = await end;
      expect(status, stderr).to.equal(130);
      expect(stdout).to.include("5 in all: 0 accepted, 0 rejected, 0 failed, 5 left.");
      expect(stderr).to.include("Interrupted. Run the same again to go on; what was sent is not sent again.\n");
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
      const { folder, data, names, dynamodb, path, photo, import_, importing, report, uploads, waiting, release } =
        school();
      photo("killed/K1.jpg", "of K1");
      photo("killed/K2.jpg", "of K2");
      school().engine = "held";
      const command = start(importing("killed", "--concurrency", "1"), folder);
      await until(() => waiting() === 1, command);
      const end = ended(command);
      command.child.kill("SIGKILL");
      await end;
      const [k1] = report("killed.import-local.csv");
      // An upload with its row but without its photo yet, and a line that was cut short.
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
      const { photo, import_, report, release } = school();
      for (let i = 0; i < 13; i += 1) photo(`faulty/${String(i).padStart(2, "0")}.jpg`, `fault ${i}`);
      school().engine = "broken";
      const { status, stdout, stderr } = await import_("faulty", "--concurrency", "1");
      expect(status).to.equal(1);
      expect(stdout).to.include("13 in all: 0 accepted, 0 rejected, 10 failed, 3 left.");
      expect(stderr).to.include("Stopped after 10 failures in a row. Fix what they report, and run the same again.\n");
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
      const { names, dynamodb, photo, import_, report, uploads, release } = school();
      photo("restarted/M1.jpg", "of M1");
      school().engine = "broken";
      expect((await import_("restarted")).status).to.equal(1);
      const uploadId = report("restarted.import-local.csv")[0]?.["upload_id"] ?? "";
      await dynamodb.updateItem({
        TableName: names.uploadTable,
        Key: { upload_id: { S: uploadId } },
        UpdateExpression: "SET #status = :accepted REMOVE reason",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: { ":accepted": { S: "accepted" } },
      });
      release();
      expect((await import_("restarted")).status).to.equal(0);
      expect(report("restarted.import-local.csv")[0]).to.include({
        outcome: "accepted",
        upload_id: uploadId,
        reason: "",
      });
      expect(await uploads("M1")).to.have.length(1);
    });
  });
});
