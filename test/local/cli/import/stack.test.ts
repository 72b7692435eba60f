import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { run, type Ended } from "../run";
import { describeSchool } from "./harness";

describeSchool((school) => {
  describe("into a stack", () => {
    /** A `pulumi` that knows one stack, which is the local cloud under AWS's own names. */
    function withPulumi(args: string[]): Promise<Ended> {
      const { folder, cloud, names, path } = school();
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
      const { data, names, path, photo, import_, report } = school();
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
});
