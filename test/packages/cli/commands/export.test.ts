import { expect } from "chai";
import { unzipSync } from "fflate";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { namesOf, readNames } from "../../../../packages/cli/commands/export/names";
import { readCsv } from "../../../../packages/cli/csv";
import { messageOf } from "../../../support/errors";
import { run, type Ended } from "../../../support/child-process";
import { describeSchool } from "./import/harness";

describeSchool((school) => {
  describe("is exported", () => {
    const export_ = (...args: string[]): Promise<Ended> =>
      run(["export", ...args, "--data", school().data], school().folder);
    const bytesOf = (file: string) => readFileSync(school().path(file));
    const picturesIn = (file: string) => unzipSync(bytesOf(file));
    const tableIn = (file: string) => {
      const csv = readCsv(school().path(file), {
        required: ["student_id", "state", "reason", "last_upload_at", "accepted_at", "picture"],
      });
      return csv.records.map(({ fields }) => fields);
    };
    let between: Date;

    before(async () => {
      const { photo, import_, path } = school();
      for (const student of ["SV2", "SV10", "Lan"]) photo(`first/${student}.jpg`, `of ${student}`);
      await import_("first");
      // The one that comes later is refused.
      photo("twin/twin.jpg", "of SV2");
      await import_("twin");
      between = new Date();
      photo("second/SV11.jpg", "of SV11");
      await import_("second");
      expect(existsSync(path("avatars.zip"))).to.equal(false);
    });

    it("as a ZIP of the largest thumbnails and a table of everybody", async () => {
      const { status, stdout, stderr } = await export_("avatars.zip", "students.csv");
      expect([status, stderr]).to.deep.equal([0, ""]);
      expect(stdout).to.match(/^avatars\.zip: 4 pictures, \d+ kB\nstudents\.csv: 5 students, 1 kB\n$/);
      const pictures = picturesIn("avatars.zip");
      expect(Object.keys(pictures)).to.deep.equal(["Lan.jpg", "SV10.jpg", "SV11.jpg", "SV2.jpg"]);
      for (const jpeg of Object.values(pictures)) {
        const { format, width, height } = await sharp(jpeg).metadata();
        expect([format, width, height]).to.deep.equal(["jpeg", 512, 512]);
      }
      const time = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;
      const table = tableIn("students.csv");
      expect(table.map(([student, state, reason, , , picture]) => [student, state, reason, picture])).to.deep.equal([
        ["Lan", "accepted", "", "Lan.jpg"],
        ["SV10", "accepted", "", "SV10.jpg"],
        ["SV11", "accepted", "", "SV11.jpg"],
        ["SV2", "accepted", "", "SV2.jpg"],
        ["twin", "rejected", "DUPLICATE_FACE", ""],
      ]);
      for (const [, state, , sent = "", accepted = ""] of table) {
        expect(sent).to.match(time);
        expect(accepted).to.match(state === "accepted" ? time : /^$/);
      }
      // Excel takes a file without this mark for one in the system's own encoding.
      expect(bytesOf("students.csv").subarray(0, 3).toString("hex")).to.equal("efbbbf");
    });

    it("into files that only their owner can read, and never over a file that is there", async () => {
      for (const file of ["avatars.zip", "students.csv"]) {
        expect(statSync(school().path(file)).mode & 0o777, file).to.equal(0o600);
      }
      const before = bytesOf("avatars.zip");
      const { status, stdout, stderr } = await export_("avatars.zip");
      expect([status, stdout]).to.deep.equal([1, ""]);
      expect(stderr).to.include("avatars.zip cannot be written (EEXIST)").and.include("name another file");
      expect(bytesOf("avatars.zip").equals(before)).to.equal(true);
      // A table that cannot be written takes the pictures of the same run with it.
      expect((await export_("again.zip", "students.csv")).status).to.equal(1);
      expect(existsSync(school().path("again.zip"))).to.equal(false);
    });

    it("in another size, under other names, and only those accepted since a time", async () => {
      const names = ["--names", "class/{student_id}-{size}.jpg"];
      const { status, stdout } = await export_(
        "new.zip",
        "--size",
        "64",
        ...names,
        "--since",
        between.toISOString(),
        "--json",
      );
      expect(status).to.equal(0);
      const bytes = statSync(school().path("new.zip")).size;
      expect(JSON.parse(stdout)).to.deep.equal({ files: [{ file: "new.zip", pictures: 1, bytes }], without: [] });
      const pictures = picturesIn("new.zip");
      expect(Object.keys(pictures)).to.deep.equal(["class/SV11-64.jpg"]);
      expect((await sharp(pictures["class/SV11-64.jpg"]).metadata()).width).to.equal(64);
    });

    it("without those who have no picture of the size, who are named", async () => {
      const { status, stderr } = await export_("none.zip", "--size", "100");
      expect(status).to.equal(2);
      expect(stderr).to.equal(
        "Without a picture of 100 pixels, and left out: Lan, SV10, SV11, SV2. Choose another --size.\n",
      );
      expect(picturesIn("none.zip")).to.deep.equal({});
    });

    it("not with options or files that are wrong, which are all named at once", async () => {
      const { status, stdout, stderr } = await export_(
        "avatars.tar",
        "--size",
        "big",
        "--since",
        "soon",
        "--names",
        "x.jpg",
      );
      expect([status, stdout]).to.deep.equal([1, ""]);
      for (const wrong of ["avatars.tar: ", "--size big: ", "--since soon: ", "--names x.jpg: "]) {
        expect(stderr).to.include(wrong);
      }
      expect((await export_("a.zip", "b.zip")).stderr).to.include("one file .zip in one run");
    });

    it("not where two pictures would overwrite each other on a system that ignores case", async () => {
      const { photo, import_ } = school();
      photo("third/lan.jpg", "of another Lan");
      await import_("third");
      const { status, stderr } = await export_("case.zip");
      expect(status).to.equal(1);
      expect(stderr).to.include("The pictures of Lan and lan would both be called");
      expect(existsSync(school().path("case.zip"))).to.equal(false);
      expect((await export_("case.zip", "--names", "{student_id} {upload_id}.jpg")).status).to.equal(0);
      rmSync(school().path("case.zip"));
    });

    it("whole, although an avatar is replaced while its picture is read", async () => {
      const { photo, import_, path } = school();
      photo("fourth/Lan.jpg", "of Lan");
      writeFileSync(path("fourth.csv"), "student_id,photo\nLan,fourth/Lan.jpg\n");
      const [exported] = await Promise.all([
        export_("while.zip", "--names", "{upload_id}-{student_id}.jpg"),
        import_("fourth.csv"),
      ]);
      expect(exported.status, exported.stderr).to.equal(0);
      expect(Object.keys(picturesIn("while.zip"))).to.have.length(5);
    });
  });
});

describe("the names of exported pictures", () => {
  const picture = (student: string) => ({ student_id: student, upload_id: "01KDYW0000000000000000000A", size: 256 });
  const refusalOf = (pattern: string) => {
    try {
      readNames(pattern);
      return "";
    } catch (error) {
      return messageOf(error);
    }
  };

  it("follow the pattern", () => {
    const names = readNames("ảnh thẻ/{size}/{student_id}_{upload_id}.jpg");
    expect(namesOf(names, [picture("SV1")])).to.deep.equal(["ảnh thẻ/256/SV1_01KDYW0000000000000000000A.jpg"]);
    expect(readNames()(picture("SV1"))).to.equal("SV1.jpg");
  });

  for (const [pattern, rule] of [
    ["{name}.jpg", "there is no {name}"],
    ["photo.jpg", "all pictures would have one name"],
    ["{student_id}", "end it with .jpg"],
    ["{student_id}.png", "end it with .jpg"],
    ["../{student_id}.jpg", "begins or ends with a dot"],
    ["/{student_id}.jpg", "has no name"],
    ["a:{student_id}.jpg", '":" cannot be in the name'],
    ["a\\{student_id}.jpg", '"\\\\" cannot be in the name'],
    ["{student_id}\n.jpg", '"\\n" cannot be in the name'],
    ["{student_id}}.jpg", '"}" cannot be in the name'],
  ] as const) {
    it(`are refused as ${JSON.stringify(pattern)}`, () => {
      expect(refusalOf(pattern)).to.include(rule);
    });
  }

  it("are refused where Windows keeps them for a device", () => {
    expect(() => namesOf(readNames(), [picture("AUX")])).to.throw(
      /AUX would be called AUX\.jpg, which Windows does not allow/,
    );
    expect(namesOf(readNames("a-{student_id}.jpg"), [picture("AUX")])).to.deep.equal(["a-AUX.jpg"]);
  });
});
