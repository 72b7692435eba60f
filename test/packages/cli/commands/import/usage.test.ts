import { expect } from "chai";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { repositoryProgram, run } from "../../../../support/child-process";
import { describeSchool } from "./harness";

describeSchool((school) => {
  it("is refused when the command line does not say what and where to, or names a file that is no report", async () => {
    const { folder, data, path, photo } = school();
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
      "--data, --program and --config are of the local",
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
    const { folder, path, photo } = school();
    photo("alone/A1.jpg");
    writeFileSync(path("alone/A1.jpg"), "no photo at all");
    const own = ["--local", "--data", path("other"), "--program", repositoryProgram()];
    const { status, stdout, stderr } = await run(["import", "alone", ...own], folder);
    expect(status, stderr).to.equal(2);
    expect(stdout).to.include("1 in all: 0 accepted, 1 rejected, 0 failed.");
    expect(existsSync(path("other/lock"))).to.equal(false);
  });
});
