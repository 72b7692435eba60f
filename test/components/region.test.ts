import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { AvatarPipeline } from "avatar-pipeline";
import { expect } from "chai";
import { nearbyTopic } from "../../components/notices/notice-topics";
import { checkRegion, withoutRekognition } from "../../components/region";
import { evaluate } from "./harness";

describe("The region of a pipeline", () => {
  afterEach(() => pulumi.runtime.setAllConfig({}));

  it("is refused before anything is made, if it has no Rekognition", async () => {
    let refused: unknown;
    const world = await evaluate(() => {
      pulumi.runtime.setAllConfig({ "aws:region": "eu-north-1" });
      try {
        return [new AvatarPipeline("avatars")];
      } catch (error) {
        refused = error;
        return [];
      }
    });
    expect(pulumi.ResourceError.isInstance(refused)).to.equal(true);
    expect((refused as Error).message).to.equal(
      'The region is "eu-north-1", but Rekognition is not available there; choose another, for example ' +
        "`pulumi config set aws:region ap-southeast-1`.",
    );
    expect(world.resources.filter(({ type }) => type.startsWith("aws:"))).to.deep.equal([]);
  });

  it("is not refused elsewhere, nor if nothing names it", async () => {
    const world = await evaluate(() => {
      const owner = new pulumi.ComponentResource("test:index:Owner", "owner");
      for (const config of [{ "aws:region": "ap-southeast-1" }, { "aws:region": "xx-new-1" }, {}]) {
        pulumi.runtime.setAllConfig(config);
        checkRegion(owner);
      }
      return [owner];
    });
    expect(world.declared).to.have.length(1);
  });

  it("is that of the provider, if the pipeline is given one", () => {
    pulumi.runtime.setAllConfig({ "aws:region": "eu-north-1" });
    const provider = Object.create(aws.Provider.prototype, {
      region: { value: pulumi.output("ap-southeast-1") },
    }) as aws.Provider;
    const owner = { getProvider: () => provider } as unknown as pulumi.Resource;
    expect(() => checkRegion(owner)).to.not.throw();
  });

  it("is never the example's own: neither the default of the stacks nor the advice is on the list", () => {
    expect(withoutRekognition).to.not.include("ap-southeast-1");
    expect(new Set(withoutRekognition).size).to.equal(withoutRekognition.length);
  });
});

describe("A topic of the caller's own", () => {
  const own = "arn:aws:dynamodb:ap-southeast-1:123456789012:table/avatars";

  it("is taken from the pipeline's own account and region", () => {
    const arn = "arn:aws:sns:ap-southeast-1:123456789012:good";
    expect(nearbyTopic("success", arn, own, undefined)).to.equal(arn);
  });

  for (const [what, arn] of [
    ["region", "arn:aws:sns:us-east-1:123456789012:good"],
    ["account", "arn:aws:sns:ap-southeast-1:999999999999:good"],
  ] as const) {
    it(`is refused from another ${what}`, () => {
      expect(() => nearbyTopic("success", arn, own, undefined)).to.throw(
        `existing.successTopicArn is "${arn}", but must be a topic of this account and region (123456789012, ` +
          "ap-southeast-1); make one there, and forward its messages.",
      );
    });
  }
});
