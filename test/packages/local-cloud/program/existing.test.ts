import { expect } from "chai";
import { join } from "node:path";
import { evaluateProgram } from "../../../../packages/local-cloud/program/evaluate";
import { servedTypes } from "../../../../packages/local-cloud/services";
import type { ProgramGraph } from "../../../../packages/local-cloud/program/graph";
import { messageOf } from "../../../support/errors";
import { sampleProject } from "./sample";

const evaluate = (text: string): Promise<ProgramGraph> => {
  const imports = `import * as aws from "@pulumi/aws"; import * as pulumi from "@pulumi/pulumi";\n`;
  return evaluateProgram({
    program: join(sampleProject({ "index.ts": imports + text }), "index.ts"),
    serves: servedTypes,
  });
};

/** The error of a program that must not run. */
const refusal = (text: string): Promise<string> =>
  evaluate(text).then(() => expect.fail("It was not refused."), messageOf);

describe("a resource that a program has by its id", () => {
  it("is the one that the program declares, and no second one", async () => {
    const { resources, stackOutputs } = await evaluate(`
      class Part extends pulumi.ComponentResource {
        constructor(name: string, tableName: pulumi.Input<string>) {
          super("sample:index:Part", name);
          const table = aws.dynamodb.Table.get(name + "-table", tableName, undefined, { parent: this });
          this.registerOutputs({ table });
        }
      }
      const table = new aws.dynamodb.Table("rows", { hashKey: "id", attributes: [{ name: "id", type: "S" }] });
      new Part("part", table.name);
      const read = aws.dynamodb.Table.get("again", table.id);
      export const key = read.hashKey;
      export const arns = [table.arn, read.arn];
    `);
    expect(resources.map(({ name }) => name)).to.have.members(["part", "rows"]);
    const rows = resources.find(({ name }) => name === "rows");
    const part = resources.find(({ name }) => name === "part");
    expect(part?.outputs).to.have.nested.property("table.id", rows?.id);
    expect(stackOutputs).to.deep.equal({ key: "id", arns: [rows?.outputs["arn"], rows?.outputs["arn"]] });
  });

  it("may be declared after it, and under the other of Pulumi's names for it", async () => {
    const { resources, stackOutputs } = await evaluate(`
      const read = aws.s3.Bucket.get("read", "school-photos");
      export const domain = read.bucketDomainName;
      read.arn.apply(() => new aws.s3.BucketV2("photos", { bucket: "school-of-arts" }));
      export const later = aws.s3.Bucket.get("later", "school-of-arts").bucket;
      setTimeout(() => new aws.s3.Bucket("late", { bucket: "school-photos" }), 50);
    `);
    expect(resources.map(({ id }) => id)).to.deep.equal(["school-photos", "school-of-arts"]);
    expect(stackOutputs).to.deep.equal({ domain: "school-photos.s3.amazonaws.com", later: "school-of-arts" });
  });

  it("is refused where the program does not declare it, each with what to do", async () => {
    const message = (what: string): string =>
      `The program reads ${what}, which it does not declare: there is none on this machine. For local use declare it ` +
      "in the program, or leave out the option that names it.";
    const told = await refusal(`
      new aws.s3.Bucket("photos");
      export const arn = aws.s3.Bucket.get("read", "school-photos").arn;
      aws.rekognition.Collection.get("faces", "school-faces");
    `);
    expect(told.split("\n")).to.have.members([
      message("aws:s3/bucket:Bucket school-photos"),
      message("aws:rekognition/collection:Collection school-faces"),
    ]);
  });

  it("may lie on AWS alone where it keeps nothing that a photo could miss", async () => {
    const { resources } = await evaluate(`aws.kms.Key.get("key", "1234"); aws.ec2.Vpc.get("net", "vpc-1");`);
    expect(resources.map(({ name, id }) => [name, id])).to.have.deep.members([
      ["key", "1234"],
      ["net", "vpc-1"],
    ]);
  });

  it("is made, and not read, where the program imports it", async () => {
    const { resources } = await evaluate(`new aws.s3.Bucket("b", { bucket: "old" }, { import: "old" });`);
    expect(resources.map(({ id }) => id)).to.deep.equal(["old"]);
  });

  it("has a URN that no other resource may have", async () => {
    const text = `const b = new aws.s3.Bucket("b"); aws.s3.Bucket.get("b", b.id);`;
    expect(await refusal(text)).to.include("Duplicate resource URN 'urn:pulumi:dev::sample::aws:s3/bucket:Bucket::b'");
  });
});
