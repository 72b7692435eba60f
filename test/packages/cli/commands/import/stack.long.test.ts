import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { run, type Ended } from "../../../../support/child-process";
import { describeSchool } from "./harness";

describeSchool((school) => {
  describe("into a stack", () => {
    /** A `pulumi` that knows one stack, which is the local cloud under AWS's own names. */
    function withPulumi(args: string[], outputs: object = school().names): Promise<Ended> {
      const { folder, cloud, path } = school();
      const { endpoint, region, credentials } = cloud.clientConfig;
      mkdirSync(path("bin"), { recursive: true });
      writeFileSync(
        path("bin/pulumi"),
        `#!/bin/sh\ncase "$*" in\n"stack output --json --stack dev --non-interactive") echo '${JSON.stringify(outputs)}';;\n` +
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
      const { data, names, path, photo, import_, report } = school();
      photo("stacked/S1.jpg", "of S1");
      const { status, stderr } = await withPulumi(["import", "stacked", "--stack", "dev"]);
      expect(status, stderr).to.equal(0);
      expect(report("stacked.import-dev.csv")[0]).to.include({ outcome: "accepted", pipeline: names.photoBucket });
      const elsewhere = await import_("stacked", "--report", "stacked.import-dev.csv");
      expect(elsewhere.status).to.equal(1);
      expect(elsewhere.stderr).to.include(
        `avatar-pipeline: ${path("stacked.import-dev.csv")} is the report of an import into ${names.photoBucket}, ` +
          `and this one goes into ${data}; name another with --report.\n`,
      );
    });

    it("goes by the names in one of its outputs, where it has several pipelines", async () => {
      const { names, photo, report, uploads } = school();
      photo("several/P1.jpg", "of P1");
      const outputs = { students: names, staff: { photoBucket: "staff-photos" }, page: "http://school.example/" };
      const import_ = (...args: string[]) => withPulumi(["import", "several", "--stack", "dev", ...args], outputs);
      const { status, stdout, stderr } = await import_("--pipeline", "students");
      expect(status, stderr).to.equal(0);
      expect(stdout).to.include("\nReport: several.import-dev-students.csv\n");
      expect(report("several.import-dev-students.csv")[0]).to.include({ pipeline: names.photoBucket });
      expect(await uploads("P1")).to.have.length(1);

      const students = ["--stack", "dev", "--pipeline", "students"];
      const compared = await withPulumi(["reconcile", "--json", ...students], outputs);
      expect(compared.stdout, compared.stderr).to.include('"compared":{');
      const erased = await withPulumi(["erase", "P1", "--json", ...students], outputs);
      expect(JSON.parse(erased.stdout), erased.stderr).to.include({ studentId: "P1", avatarRows: 1 });

      const complaints: [string[], string][] = [
        [[], "--stack dev has several pipelines: students, staff. Name one of them with --pipeline NAME."],
        [
          ["--pipeline", "page"],
          "--pipeline page: --stack dev has no output page with a pipeline's names; it has: students, staff.",
        ],
        [
          ["--pipeline", "staff"],
          "--stack dev has no output staff.avatarTable; export it from the program and run pulumi up.",
        ],
      ];
      for (const [args, complaint] of complaints) {
        const refused = await import_(...args);
        expect([refused.status, refused.stderr]).to.deep.equal([1, `avatar-pipeline: ${complaint}\n`]);
      }
      const alone = await withPulumi(["erase", "P1", ...students]);
      expect(alone.stderr).to.equal(
        "avatar-pipeline: --pipeline students: --stack dev has no output students with a pipeline's names; export its " +
          "names from the program, as in export const students = { photoBucket: … }, and run pulumi up.\n",
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
});
