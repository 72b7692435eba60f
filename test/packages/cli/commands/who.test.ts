import { expect } from "chai";
import type { ShownMatch } from "../../../../packages/cli/commands/who/run";
import { run, type Ended } from "../../../support/child-process";
import { describeSchool } from "./import/harness";

describeSchool((school) => {
  describe("whose face was registered by another student first", () => {
    const who = (...args: string[]): Promise<Ended> => run(["who", ...args, "--data", school().data], school().folder);
    before(async () => {
      const { photo, import_ } = school();
      photo("first/Squatter.jpg", "of Ann");
      expect((await import_("first")).status).to.equal(0);
      photo("second/Ann.jpg", "of Ann");
      expect((await import_("second")).status).to.equal(2);
    });

    it("is told to the operator, by the upload and by either student", async () => {
      const [mine] = await school().uploads("Ann");
      const [theirs] = await school().uploads("Squatter");
      for (const operand of ["Ann", "Squatter", mine?.uploadId ?? ""]) {
        const { status, stdout, stderr } = await who(operand, "--json");
        expect(status, stderr).to.equal(0);
        const { matches, ...upload } = JSON.parse(stdout) as ShownMatch;
        expect(upload).to.deep.include({ studentId: "Ann", uploadId: mine?.uploadId, reason: "DUPLICATE_FACE" });
        expect(matches).to.deep.include({ studentId: "Squatter", uploadId: theirs?.uploadId, isAvatar: true });
      }
      const { stdout } = await who("Ann");
      expect(stdout).to.match(
        /^Upload \w+ of student Ann, rejected \(DUPLICATE_FACE\) at \S+ \(UTC\)\n {2}matches student Squatter, upload \w+: that student's avatar; similarity \d+\.\d %\n$/,
      );
    });

    it("is unknown of whom nothing is recorded, and of what is no id", async () => {
      expect(await who("nobody")).to.deep.include({ status: 2, stdout: "No match is recorded of nobody.\n" });
      const { status, stderr } = await who("no id");
      expect([status, stderr.split("\n")[0]]).to.deep.equal([
        1,
        `avatar-pipeline: "no id" is neither an upload's nor a student's id; take it from the notice of the refusal.`,
      ]);
    });
  });
});
