import { expect } from "chai";
import { writeFileSync } from "node:fs";
import { isNear } from "../../../../packages/cli/commands/erase/near";
import { run, type Ended } from "../../../support/child-process";
import { describeSchool } from "./import/harness";

describeSchool((school) => {
  describe("is erased", () => {
    const erase = (...args: string[]): Promise<Ended> =>
      run(["erase", ...args, "--data", school().data], school().folder);
    before(async () => {
      const { photo, import_ } = school();
      for (const student of ["SV144", "sv145", "Lan", "SV7"]) photo(`erased/${student}.jpg`, `of ${student}`);
      expect((await import_("erased")).status).to.equal(0);
    });

    it("not by an id that holds nothing: the receipt says so, and names the ids that were perhaps meant", async () => {
      const { status, stdout, stderr } = await erase("SV145");
      expect(status, stderr).to.equal(2);
      expect(stdout).to.match(/^Nothing was held of student SV145 at \S+ \(UTC\)\.\n {2}faces in the collection +0\n/);
      expect(stderr).to.equal("Ids close to SV145 that are known: SV144, sv145.\n");
      const unlike = await erase("nobody", "--json");
      expect([unlike.status, unlike.stderr]).to.deep.equal([2, ""]);
      expect(JSON.parse(unlike.stdout)).to.include({ studentId: "nobody", faces: 0, avatarRows: 0 });
    });

    it("by a list, which one confirmation is asked for", async () => {
      const { path, uploads } = school();
      writeFileSync(path("leavers.csv"), "student_id;name\nSV144;An\nsv145;Minh\nSV144;An\nSV999;Nobody\n");
      const before = await uploads("SV144");
      const unconfirmed = await erase("leavers.csv");
      expect([unconfirmed.status, unconfirmed.stdout, unconfirmed.stderr]).to.deep.equal([
        1,
        "",
        "avatar-pipeline: leavers.csv lists 3 students, and nothing brings an erased one back; confirm with --yes.\n",
      ]);
      expect(await uploads("SV144"))
        .to.deep.equal(before)
        .and.have.length(1);
      const { status, stdout, stderr } = await erase("leavers.csv", "--yes", "--json");
      expect([status, stderr]).to.deep.equal([2, ""]);
      const receipts = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as { studentId: string; avatarRows: number });
      expect(receipts.map(({ studentId, avatarRows }) => [studentId, avatarRows])).to.deep.equal([
        ["SV144", 1],
        ["sv145", 1],
        ["SV999", 0],
      ]);
      expect(await uploads("SV144")).to.deep.equal([]);
      expect(await uploads("Lan")).to.have.length(1);
    });

    it("not by a list with a line that is wrong", async () => {
      writeFileSync(school().path("wrong.csv"), "student_id\nLan\nS V\n");
      const { status, stdout, stderr } = await erase("wrong.csv", "--yes");
      expect([status, stdout]).to.deep.equal([1, ""]);
      expect(stderr).to.match(
        /wrong\.csv has 1 problem; nothing was done\.\n {2}line 3: student_id is "S V", but must/,
      );
      expect(await school().uploads("Lan")).to.have.length(1);
    });
  });
});

describe("an id that was perhaps meant", () => {
  it("differs by case, by one character, or by both", () => {
    for (const other of ["sv144", "SV14", "SV1444", "SV145", "XSV144", "V144", "sv14"]) {
      expect(isNear("SV144", other), other).to.equal(true);
    }
    for (const other of ["SV144", "SV1", "SV441", "XV145", ""]) expect(isNear("SV144", other), other).to.equal(false);
  });
});
