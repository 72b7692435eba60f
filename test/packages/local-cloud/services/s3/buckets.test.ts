import {
  GetBucketAclCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  ListBucketsCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";

import { describeObjects } from "./objects";

describeObjects("local S3: buckets", (world) => {
  it("tells of its buckets", async () => {
    const { client } = world();
    const { Buckets } = await client.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).to.deep.equal(["plain", "versioned"]);
    const head = await client.send(new HeadBucketCommand({ Bucket: "plain" }));
    expect(head.BucketRegion).to.equal("ap-southeast-1");
    const location = await client.send(new GetBucketLocationCommand({ Bucket: "plain" }));
    expect(location.LocationConstraint).to.equal("ap-southeast-1");
    const versioning = (Bucket: string) => client.send(new GetBucketVersioningCommand({ Bucket }));
    expect((await versioning("versioned")).Status).to.equal("Enabled");
    expect((await versioning("plain")).Status).to.equal(undefined);
  });

  it("names what it does not serve", async () => {
    const { client } = world();
    const error = await client.send(new GetBucketAclCommand({ Bucket: "plain" })).catch((reason: unknown) => reason);
    expect(error).to.include({ name: "NotImplemented", message: "The local S3 does not serve GetBucketAcl." });
  });
});
