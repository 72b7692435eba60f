import { AvatarPipeline } from "avatar-pipeline";
import { expect } from "chai";
import * as pulumi from "@pulumi/pulumi";
import { withTlsOnly } from "../../components/audit-trail";
import { evaluate, readable, valueOf } from "./harness";

describe("The audit trail", () => {
  it("records who reads and writes photos and rows", async () => {
    const audited = await evaluate(() => [
      new AvatarPipeline("avatars", { audit: { enabled: true, days: 400 }, site: { enabled: false } }),
    ]);
    const trail = audited.one("Trail", "avatars-audit");
    expect(trail.parent).to.equal(audited.one("AvatarPipeline", "avatars").urn);
    expect(trail.inputs["enableLogFileValidation"]).to.equal(true);
    const bucket = audited.one("Bucket", "avatars-audit");
    expect(trail.inputs["s3Bucket"]).to.deep.equal({ existing: { arn: `arn:aws:s3:::${bucket.physicalId}` } });
    expect(bucket.inputs["forceDestroy"]).to.equal(false);
    const [rule] = audited.one("BucketLifecycleConfiguration", "avatars-audit").inputs["rules"] as object[];
    expect(rule).to.deep.include({ status: "Enabled", expiration: { days: 400 } });
    expect([bucket.protect, bucket.retainOnDelete]).to.deep.equal([true, true]);
    expect(Object.values(audited.one("BucketPublicAccessBlock", "avatars-audit").inputs)).to.include.members([true]);
    const selectors = trail.inputs["advancedEventSelectors"] as { fieldSelectors: Record<string, string[]>[] }[];
    const recorded = selectors.map(
      ({ fieldSelectors }) => (fieldSelectors[2]!["startsWiths"] ?? fieldSelectors[2]!["equals"])!,
    );
    expect(recorded.map((arns) => arns.map(readable))).to.deep.equal([
      ["s3:avatars-photos/"],
      ["dynamodb:table/avatars-avatars", "dynamodb:table/avatars-uploads"],
    ]);
  });

  it("refuses plain requests to its bucket, whose policy comes from awsx", async () => {
    const statement = { Effect: "Allow", Principal: { Service: "cloudtrail.amazonaws.com" } };
    const document = { Version: "2012-10-17", Statement: [statement] };
    const transform = withTlsOnly("arn:aws:s3:::trail");
    const apply = (type: string, policy: unknown) =>
      transform({ custom: true, type, name: "x", props: { bucket: "trail", policy }, opts: {} });
    for (const given of [document, JSON.stringify(document), pulumi.output(document)]) {
      const { props } = (await apply("aws:s3/bucketPolicy:BucketPolicy", given))!;
      expect(props["bucket"]).to.equal("trail");
      const { Statement } = JSON.parse(await valueOf(props["policy"] as pulumi.Output<string>)) as {
        Statement: Record<string, unknown>[];
      };
      expect(Statement[0]).to.deep.equal(statement);
      expect(Statement.slice(1)).to.deep.equal([
        {
          Sid: "TlsOnly",
          Effect: "Deny",
          Principal: "*",
          Action: "s3:*",
          Resource: ["arn:aws:s3:::trail", "arn:aws:s3:::trail/*"],
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
      ]);
    }
    expect(await apply("aws:s3/bucket:Bucket", document)).to.equal(undefined);
  });
});
