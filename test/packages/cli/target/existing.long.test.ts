import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { evaluateProgram } from "../../../../packages/local-cloud/program/evaluate";
import { link } from "../../packing";
import { portrait } from "../../../support/portraits";
import { run } from "../../../support/child-process";

/** A program that passes existing resources for everything that the component accepts. */
const program = `
import * as aws from "@pulumi/aws";
import { AvatarPipeline } from "avatar-pipeline";

const photos = new aws.s3.Bucket("school");
const of = { bucket: photos.bucket };
new aws.s3.BucketVersioning("school", { ...of, versioningConfiguration: { status: "Enabled" } });
new aws.s3.BucketNotification("school", { ...of, eventbridge: true });
const table = (name: string, key: string) =>
  new aws.dynamodb.Table(name, {
    billingMode: "PAY_PER_REQUEST",
    hashKey: key,
    attributes: [{ name: key, type: "S" }],
    ...(key === "upload_id" ? { ttl: { attributeName: "expires_at", enabled: true } } : {}),
  });
const avatars = table("students", "student_id");
const uploads = table("received", "upload_id");
const [good, bad] = [new aws.sns.Topic("good"), new aws.sns.Topic("bad")];
const faces = new aws.rekognition.Collection("faces", { collectionId: "faces-of-the-school" });

const pipeline = new AvatarPipeline("avatars", {
  notifications: { studentDomains: ["school.example"] },
  existing: {
    photoBucket: photos.bucket,
    avatarTable: avatars.name,
    uploadTable: uploads.name,
    successTopicArn: good.arn,
    failureTopicArn: bad.arn,
    faceCollectionId: faces.collectionId,
  },
});
new aws.s3.BucketCorsConfiguration("school", {
  ...of,
  corsRules: [
    { allowedMethods: ["POST"], allowedOrigins: [pipeline.siteUrl!.apply((url) => url.replace(/\\/$/, ""))], allowedHeaders: ["*"] },
  ],
});
`;

describe("a program that brings the bucket, the tables, the topics and the collection", () => {
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "existing-"));
    for (const name of ["@pulumi", "typescript"]) {
      link(resolve("node_modules", name), join(folder, "node_modules", name));
    }
    link(resolve("."), join(folder, "node_modules/avatar-pipeline"));
    writeFileSync(join(folder, "Pulumi.yaml"), "name: school\nruntime: nodejs\n");
    writeFileSync(join(folder, "index.ts"), program);
    writeFileSync(join(folder, "an.jpg"), await portrait("A"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("has photos go through them, by the page's way and by the bucket's", async () => {
    const sent = await run(["process", "an.jpg", "--json"], folder);
    expect(sent.status, sent.stderr).to.equal(0);
    expect(JSON.parse(sent.stdout)).to.include({ studentId: "an", outcome: "accepted" });
    const mailed = ["--email", "an@school.example", "--student", "an"];
    const again = await run(["process", "an.jpg", "--json", ...mailed], folder);
    expect(again.status, again.stderr).to.equal(0);
    expect(JSON.parse(again.stdout)).to.include({ studentId: "an", outcome: "accepted" });
    // The face is found, the rows and thumbnails exist, and nothing is left of the first photo.
    const compared = await run(["reconcile", "--json"], folder);
    expect(compared.status, compared.stderr).to.equal(0);
    expect(JSON.parse(compared.stdout)).to.nested.include({ "compared.avatars": 1, "compared.faces": 1 });
  });

  it("is written as the documents have it: the page's origin is let in as a browser names it", async () => {
    const documents = readFileSync("docs/guides/use-the-component.md", "utf8");
    const bucket = /^```ts\n(import(?:(?!^```)[^])*BucketCorsConfiguration(?:(?!^```)[^])*)^```$/m.exec(documents)?.[1];
    const mailed = '{ notifications: { studentDomains: ["school.example"] }, existing:';
    writeFileSync(
      join(folder, "documented.ts"),
      `${bucket?.replace("{ existing:", mailed) ?? ""}\nexport const siteUrl = avatars.siteUrl;\n`,
    );
    const { resources, stackOutputs } = await evaluateProgram({ program: join(folder, "documented.ts") });
    const cors = resources.find(({ type }) => type.endsWith(":BucketCorsConfiguration"));
    const [rule] = cors?.inputs["corsRules"] as { allowedOrigins: string[] }[];
    expect(rule?.allowedOrigins).to.deep.equal([new URL(stackOutputs["siteUrl"] as string).origin]);
    const kinds = resources.filter(({ inputs }) => inputs["bucket"] === cors?.inputs["bucket"]).map(({ type }) => type);
    expect(kinds.map((type) => type.split(":")[2])).to.include.members([
      "BucketVersioning",
      "BucketNotification",
      "BucketLifecycleConfiguration",
      "BucketPublicAccessBlock",
    ]);
    const sent = await run(
      ["process", "an.jpg", "--email", "an@school.example", "--program", "documented.ts", "--data", "documented"],
      folder,
    );
    expect(sent.status, sent.stderr).to.equal(0);
  });
});
