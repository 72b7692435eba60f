import { AvatarPipeline } from "avatar-pipeline";
import { expect } from "chai";
import * as pulumi from "@pulumi/pulumi";
import { recordsPolicy, withPolicy } from "../../../components/oversight/audit-trail";
import { evaluate, readable, valueOf } from "../harness";

const kmsKeyArn = "arn:aws:kms:ap-southeast-1:123456789012:key/0f0e0d0c-0b0a-0908-0706-050403020100";

describe("The audit trail", () => {
  it("has a name that CloudTrail takes, whatever project, stack and instance are called", async () => {
    const world = { project: "school--photos", stack: "dev_-_" };
    const audited = await evaluate(() => [new AvatarPipeline("avatars-", { audit: { enabled: true } })], world);
    // CloudTrail's own rule: no two of `.`, `_` and `-` side by side, and a letter or digit at both ends.
    expect(audited.one("Trail", "avatars--audit").inputs["name"]).to.match(/^[a-zA-Z0-9](?:[._-]?[a-zA-Z0-9])+$/);
  });

  it("records who reads and writes photos and rows", async () => {
    const audited = await evaluate(() => [
      new AvatarPipeline("avatars", {
        audit: { enabled: true, days: 400 },
        encryption: { kmsKeyArn },
        site: { enabled: false },
      }),
    ]);
    const trail = audited.one("Trail", "avatars-audit");
    expect(trail.parent).to.equal(audited.one("AvatarPipeline", "avatars").urn);
    expect(trail.inputs["enableLogFileValidation"]).to.equal(true);
    const bucket = audited.one("Bucket", "avatars-audit");
    expect(trail.inputs["s3Bucket"]).to.deep.equal({ existing: { arn: `arn:aws:s3:::${bucket.physicalId}` } });
    expect(bucket.inputs["forceDestroy"]).to.equal(false);
    const [rule] = audited.one("BucketLifecycleConfiguration", "avatars-audit").inputs["rules"] as object[];
    expect(rule).to.deep.include({ status: "Enabled", expiration: { days: 400 } });
    expect([bucket.protect, bucket.retainOnDelete], "may be switched off").to.deep.equal([false, true]);
    expect(audited.one("BucketPublicAccessBlock", "avatars-audit").inputs).to.deep.include({
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    const encryption = audited.one("BucketServerSideEncryptionConfiguration", "avatars-audit").inputs["rules"];
    expect(encryption).to.deep.equal([{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }]);
    expect(trail.inputs["name"]).to.match(/^school-dev-avatars-audit-[0-9a-f]{8}$/);
    expect(trail.inputs["kmsKeyId"]).to.equal(kmsKeyArn);
    const selectors = trail.inputs["advancedEventSelectors"] as { fieldSelectors: Record<string, string[]>[] }[];
    const recorded = selectors.map(
      ({ fieldSelectors }) => (fieldSelectors[2]!["startsWiths"] ?? fieldSelectors[2]!["equals"])!,
    );
    expect(recorded.map((arns) => arns.map(readable))).to.deep.equal([
      ["s3:avatars-photos/"],
      ["dynamodb:table/avatars-avatars", "dynamodb:table/avatars-uploads"],
    ]);
  });

  it("has its bucket let this trail write and nobody in without TLS, whatever policy awsx would give it", async () => {
    const place = pulumi.output({ partition: "aws-cn", region: "cn-north-1", account: "123456789012" });
    const policy = recordsPolicy(pulumi.output("arn:aws-cn:s3:::records"), "school", place);
    const transform = withPolicy(policy, true);
    const apply = (type: string) =>
      transform({
        custom: true,
        type,
        name: "x",
        props: { bucket: "records", policy: "awsx's" },
        opts: { version: "1" },
      });
    const { props, opts } = (await apply("aws:s3/bucketPolicy:BucketPolicy"))!;
    expect(props["bucket"]).to.equal("records");
    expect(opts).to.deep.equal({ version: "1", retainOnDelete: true });
    const Principal = { Service: "cloudtrail.amazonaws.com" };
    const ofTrail = { "aws:SourceArn": "arn:aws-cn:cloudtrail:cn-north-1:123456789012:trail/school" };
    expect(JSON.parse(await valueOf(props["policy"] as pulumi.Output<string>))).to.deep.equal({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "TrailLooks",
          Effect: "Allow",
          Principal,
          Action: "s3:GetBucketAcl",
          Resource: "arn:aws-cn:s3:::records",
          Condition: { StringEquals: ofTrail },
        },
        {
          Sid: "TrailWrites",
          Effect: "Allow",
          Principal,
          Action: "s3:PutObject",
          Resource: "arn:aws-cn:s3:::records/AWSLogs/123456789012/*",
          Condition: { StringEquals: { ...ofTrail, "s3:x-amz-acl": "bucket-owner-full-control" } },
        },
        {
          Sid: "TlsOnly",
          Effect: "Deny",
          Principal: "*",
          Action: "s3:*",
          Resource: ["arn:aws-cn:s3:::records", "arn:aws-cn:s3:::records/*"],
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
      ],
    });
    expect(await apply("aws:s3/bucket:Bucket")).to.equal(undefined);
  });
});
