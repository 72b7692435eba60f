import { expect } from "chai";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { repositoryProgram, run } from "../../../support/child-process";

describe("settings on the command line that nothing would read", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "settings-"));
    writeFileSync(join(folder, "a.jpg"), "x");
  });
  after(() => rmSync(folder, { recursive: true }));

  const program = repositoryProgram();
  for (const command of [
    ["local", "--port", "0"],
    ["process", "a.jpg"],
  ]) {
    const complaint = async (...settings: string[]): Promise<string> => {
      const { status, stdout, stderr } = await run([...command, "--program", program, ...settings], folder);
      expect([status, stdout], stderr).to.deep.equal([1, ""]);
      expect(existsSync(join(folder, ".avatar-pipeline"))).to.equal(false);
      return stderr;
    };

    it(`are refused by ${command[0]}: a stack that there is not, with those that there are`, async () => {
      expect(await complaint("--stack", "nosuch")).to.equal(
        `avatar-pipeline: --stack nosuch: there is no ${join(dirname(program), "Pulumi.nosuch.yaml")}. ` +
          "Name one of its stacks: dev, prod.\n",
      );
    });

    it(`are refused by ${command[0]}: a value that the project does not declare, with those that it does`, async () => {
      expect(await complaint("--config", "locale=en", "--config", "thumbnail.sizes=[96]")).to.match(
        /^avatar-pipeline: --config thumbnail\.sizes=\[96\]: the project avatar-pipeline has no such value\. It has: access, .*thumbnailSizes.*\.\n$/,
      );
    });
  }
});

describe("a stack's configuration with a name that nothing reads", () => {
  it("is refused by the program, with those that it reads", async () => {
    const folder = mkdtempSync(join(tmpdir(), "misspelt-"));
    try {
      const root = dirname(repositoryProgram());
      for (const file of ["index.ts", "Pulumi.yaml", "tsconfig.json"]) {
        copyFileSync(join(root, file), join(folder, file));
      }
      mkdirSync(join(folder, "node_modules"));
      symlinkSync(root, join(folder, "node_modules/avatar-pipeline"));
      for (const name of ["@pulumi", "yaml"]) {
        symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
      }
      writeFileSync(
        join(folder, "Pulumi.dev.yaml"),
        "config:\n  aws:region: ap-southeast-1\n  avatar-pipeline:locale: en\n  avatar-pipeline:failureEmial: a@b.vn\n",
      );
      const { status, stderr } = await run(["local", "--port", "0"], folder);
      expect(status).to.equal(1);
      expect(stderr).to.include(
        "The stack's configuration has avatar-pipeline:failureEmial, which nothing reads; remove it with pulumi " +
          "config rm avatar-pipeline:failureEmial, or write it as one of successEmails, failureEmails,",
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
