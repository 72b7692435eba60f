import { expect } from "chai";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describeSchool, summary } from "./harness";

describeSchool((school) => {
  describe("as a CSV", () => {
    it("is taken as a spreadsheet writes it, and nothing of its other columns is sent", async () => {
      const { path, photo, import_, report, uploads } = school();
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

    it("finds a photo whose name is stored in the other form of its letters", async () => {
      const { path, photo, import_ } = school();
      photo(`${"Hòa".normalize("NFD")}.jpg`, "composed");
      writeFileSync(path("composed.csv"), `student_id,photo\nNF1,${"Hòa".normalize("NFC")}.jpg\n`);
      const { status, stdout, stderr } = await import_("composed.csv");
      expect([status, stdout.split("\n")[0]], stderr).to.deep.equal([0, "1 in all: 1 accepted, 0 rejected, 0 failed."]);
    });

    it("keeps a spreadsheet from taking a path for a formula, and knows the photo again", async () => {
      const { path, photo, import_ } = school();
      photo("=cmd.jpg", "formula");
      writeFileSync(path("formula.csv"), "student_id,photo\n-F1,=cmd.jpg\n");
      expect((await import_("formula.csv")).status).to.equal(0);
      expect(readFileSync(path("formula.csv.import-local.csv"), "utf8")).to.include('\n"\'-F1","\'=cmd.jpg",accepted,');
      expect((await import_("formula.csv")).stdout).to.include("1 of them known from an earlier run");
    });

    it("is refused with every bad row by its line, before anything is sent", async () => {
      const { path, photo, import_, uploads } = school();
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
        "avatar-pipeline: bad.csv has 8 problems; nothing was done.",
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
      const { path, import_ } = school();
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
        /1 problem; nothing was done\.\n {2}line 2: .*quote/i,
      );
      expect(await complaint(Buffer.from("student_id,photo\nA,\xe9.jpg\n", "latin1"))).to.include("no UTF-8 text");
    });
  });
});
