import { expect } from "chai";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { describeSchool, summary } from "./harness";

const columns = "student_id,photo,outcome,step,reason,message,upload_id,processed_at,sha256,pipeline";

describeSchool((school) => {
  describe("as a folder", () => {
    before(() => {
      const { path, photo } = school();
      photo("class/SV001.jpg", "lan");
      photo("class/10A/SV002.JPEG", "minh");
      photo("class/10A/Tran-Thi-Hoa.png", "hoa");
      photo("class/wall.jpg");
      writeFileSync(path("class/SV003.jpg"), "GIF89a, which is no JPEG");
      writeFileSync(path("class/list.xlsx"), "no photo");
      writeFileSync(path("class/._SV001.jpg"), "what macOS leaves beside a photo");
    });

    it("is taken photo by photo, and reported beside it in the order of the paths", async () => {
      const { data, names, dynamodb, path, import_, report, uploads } = school();
      const { status, stdout, stderr } = await import_("class");
      expect(status, stderr).to.equal(2);
      expect(stderr.trimEnd().split("\n").sort()).to.deep.equal([
        "10A/SV002.JPEG: accepted for SV002",
        "10A/Tran-Thi-Hoa.png: accepted for Tran-Thi-Hoa",
        "Files left alone, being no .jpg, .jpeg or .png by name: 1.",
        "SV001.jpg: accepted for SV001",
        `The local mode at ${school().cloud.url} is used.`,
      ]);
      expect(stdout).to.include("5 in all: 3 accepted, 2 rejected, 0 failed.\nReport: class.import-local.csv\n");
      expect(stdout).to.match(/^wall\.jpg: rejected for wall \(Finding the face\): No face was found/m);
      expect(readFileSync(path("class.import-local.csv"), "utf8").split("\n")[0]).to.equal(columns);
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
      const { photo, import_, report, uploads } = school();
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
      const { folder, path, photo, import_ } = school();
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
        "avatar-pipeline: mixed has 4 problems; nothing was done.\n" +
          '  mixed/Nguyễn Hòa.jpg: "Nguyễn Hòa" is no student\'s id, which is 1 to 64 of A-Z a-z 0-9 _ . -, and neither "." nor "..". Rename it, or list it in a CSV.\n' +
          "  mixed/SV001.png: it would be student SV001's, and so would SV001.jpg. Rename one, or list them in a CSV.\n" +
          "  mixed/sub/a-b.jpg: it would be student a-b's, and so would a-b.jpg. Rename one, or list them in a CSV.\n" +
          "  mixed/void.jpg is empty.\n",
      );
      expect(readdirSync(folder).filter((name) => name.startsWith("mixed."))).to.deep.equal([]);
    });

    it("is refused when there is no photo in it", async () => {
      const { path, import_ } = school();
      mkdirSync(path("nothing"));
      const { status, stderr } = await import_("nothing");
      expect([status, stderr]).to.deep.equal([
        1,
        "avatar-pipeline: nothing has no photo in it, nor in the folders below it: none of its files is a .jpg, .jpeg or .png.\n",
      ]);
    });
  });
});
