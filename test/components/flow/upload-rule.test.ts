import { AvatarPipeline } from "avatar-pipeline";
import { expect } from "chai";
import fc from "fast-check";
import type { FlowInput } from "../../../handlers/contract/flow-data";
import { readFlowInput } from "../../../handlers/contract/flow-input";
import { newEvent, readPattern, type Matches } from "../../../packages/local-cloud/services/events";
import { readTargetInput, type MakeInput } from "../../../packages/local-cloud/services/events/input";
import { evaluate, valueOf, type Evaluation } from "../harness";

/** The rules' declarations, read as an event bus reads them. */
describe("The rules that start the machine", () => {
  let world: Evaluation<readonly AvatarPipeline[]>;
  let uploaded: Matches;
  let interrupted: Matches;
  let inputOf: MakeInput;
  let bucket: string;
  let machine: string;

  before(async () => {
    world = await evaluate(() => [new AvatarPipeline("avatars", { site: { enabled: false } })]);
    const pattern = (rule: string) =>
      readPattern(world.one("EventRule", `avatars-${rule}`).inputs["eventPattern"], rule);
    uploaded = pattern("uploaded");
    interrupted = pattern("interrupted");
    const { inputTransformer } = world.one("EventTarget", "avatars-interrupted").inputs as {
      inputTransformer: { inputTemplate: string };
    };
    const rule = { ruleName: "interrupted", ruleArn: "arn:aws:events:ap-southeast-1:123456789012:rule/interrupted" };
    inputOf = readTargetInput({ inputTransformer }, rule, "the target");
    bucket = await valueOf(world.declared[0]!.photoBucket.bucket);
    machine = await valueOf(world.declared[0]!.stateMachineArn);
  });

  const identity = { partition: "aws", region: "ap-southeast-1", accountId: "123456789012" };
  const event = (source: string, detailType: string, detail: Record<string, unknown>) =>
    newEvent(identity, { source, detailType, detail, resources: [] });
  const stored = (key: string, name = bucket) =>
    event("aws.s3", "Object Created", { bucket: { name }, object: { key, size: 1, etag: "e" } });
  const ended = (status: string, input: string, stateMachineArn = machine) =>
    event("aws.states", "Step Functions Execution Status Change", {
      stateMachineArn,
      executionArn: "arn:aws:states:ap-southeast-1:123456789012:execution:flow:one",
      status,
      input,
    });

  it("take every object below uploads/ of this bucket, and no thumbnail and no other bucket's", () => {
    expect(uploaded(stored("uploads/SV001/ảnh + %20.jpg"))).to.equal(true);
    expect(uploaded(stored("avatars/SV001/1/64.jpg"))).to.equal(false);
    expect(uploaded(stored("uploads/SV001/a.jpg", "another"))).to.equal(false);
    expect(
      uploaded(event("aws.s3", "Object Deleted", { bucket: { name: bucket }, object: { key: "uploads/a/b" } })),
    ).to.equal(false);
  });

  it("take every ending of this machine but success", () => {
    for (const status of ["TIMED_OUT", "ABORTED", "FAILED"]) {
      expect(interrupted(ended(status, "{}")), status).to.equal(true);
    }
    for (const status of ["RUNNING", "SUCCEEDED"]) expect(interrupted(ended(status, "{}")), status).to.equal(false);
    expect(interrupted(ended("FAILED", "{}", `${machine}-other`))).to.equal(false);
  });

  it("give the machine the execution's input whole, whatever the photo's name is, and never twice", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (name) => {
        const input = JSON.stringify(stored(`uploads/SV001/${name}`));
        const change = ended("TIMED_OUT", input);
        expect(interrupted(change)).to.equal(true);
        const given = inputOf(change);
        const flowInput = JSON.parse(given) as FlowInput;
        expect(flowInput).to.deep.equal({ interrupted: change });
        expect(readFlowInput(flowInput)).to.deep.equal({
          created: JSON.parse(input) as unknown,
          closes: change.detail,
        });
        // The dead-letter queue's messages, of either kind, are inputs as well.
        expect(readFlowInput(change)).to.deep.equal(readFlowInput(flowInput));
        // Sent again and interrupted in turn, it is closed like any other, and nothing follows.
        const again = ended("ABORTED", JSON.stringify(change));
        expect(interrupted(again)).to.equal(true);
        expect(readFlowInput(JSON.parse(inputOf(again)) as FlowInput)).to.deep.equal({
          created: JSON.parse(input) as unknown,
          closes: again.detail,
        });
        // The execution that this starts must not start another if it fails as well.
        expect(interrupted(ended("FAILED", given))).to.equal(false);
      }),
    );
  });
});
