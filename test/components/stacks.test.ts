import { expect } from "chai";
import { join } from "node:path";
import { evaluateProgram } from "../../packages/local-cloud/program/evaluate";

const program = join(__dirname, "../../../index.ts");

describe("The stack", () => {
  it("prod is not deployed before the school has made its key, and says how", async () => {
    const message = await evaluateProgram({ program, stack: "prod" }).then(
      () => "evaluated",
      (error: unknown) => (error as Error).message,
    );
    expect(message).to.include("needs site.invitationKey").and.to.include("avatar-pipeline invite keygen");
  });

  it("prod is protected, by invitation and over HTTPS", async () => {
    const config = { invitationKey: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
    const { resources, stackOutputs } = await evaluateProgram({ program, stack: "prod", config });
    const tables = resources.filter(({ type }) => type === "aws:dynamodb/table:Table");
    expect(tables.map(({ inputs }) => inputs["deletionProtectionEnabled"])).to.deep.equal([true, true]);
    expect(resources.filter(({ type }) => type === "aws:cloudfront/distribution:Distribution")).to.have.length(1);
    const api = resources.find(({ name, type }) => name === "avatars-issue-upload" && type.endsWith(":Function"))!;
    expect(api.inputs["environment"]).to.deep.nested.include({ "variables.ACCESS": "invite" });
    expect(stackOutputs["siteUrl"]).to.match(/^https:/);
  });

  it("dev is open, disposable and gives out where everything is", async () => {
    const { resources, stackOutputs } = await evaluateProgram({ program, stack: "dev" });
    const bucket = resources.find(({ name, type }) => name === "avatars-photos" && type === "aws:s3/bucket:Bucket")!;
    expect(bucket.inputs["forceDestroy"]).to.equal(true);
    for (const [name, value] of Object.entries(stackOutputs)) {
      expect(value, name).to.be.a("string").and.not.include("undefined");
    }
    expect(stackOutputs).to.include.keys("siteUrl", "apiUrl", "photoBucket", "stateMachineArn", "operatorTopicArn");
  });

  it("lets what reads use the keys that it had before", async () => {
    const former = "arn:aws:kms:ap-southeast-1:123456789012:key/11111111-2222-3333-4444-555555555555";
    const config = { formerKmsKeyArns: JSON.stringify([former]) };
    const { resources } = await evaluateProgram({ program, stack: "dev", config });
    const reads = resources.find(({ name, type }) => name === "avatars-read-status" && type.endsWith(":RolePolicy"));
    expect(reads?.inputs["policy"]).to.include(former);
  });
});
