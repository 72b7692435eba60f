import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import * as avatars from "../../../handlers/stores/avatars";
import * as uploads from "../../../handlers/stores/uploads";
import { scriptedEngine } from "../../../packages/local-cloud/services/rekognition/faces/scripted-engine";
import { startPipeline, type Pipeline } from "../../support/with-cloud";
import { startMoto, type Moto } from "../moto/server";
import { needs } from "../tools";
import { callsOf, names, type Call, type Tables } from "./calls";

const seed = Number(process.env["JUDGES_SEED"] ?? 11);

/** The answer of a call, or the name of its error. */
async function answerOf(call: Call, tables: Tables): Promise<string> {
  try {
    return JSON.stringify({ answer: await call.run(tables) });
  } catch (error) {
    return `${(error as Error).name}: ${(error as { cause?: Error }).cause?.name ?? ""}`;
  }
}

describe("moto's DynamoDB agrees with the local tables", () => {
  let moto: Moto;
  let pipeline: Pipeline;
  let [local, judge]: Tables[] = [];
  before(async function () {
    needs(this, "python3");
    [moto, pipeline] = await Promise.all([startMoto("000000000000"), startPipeline({ engine: scriptedEngine() })]);
    const { uploadTable, avatarTable } = pipeline.names;
    local = { dynamodb: pipeline.dynamodb, uploadTable, avatarTable };
    const credentials = { accessKeyId: "local", secretAccessKey: "local" };
    const dynamodb = new DynamoDB({ endpoint: moto.url, region: "ap-southeast-1", credentials });
    judge = { dynamodb, uploadTable, avatarTable };
    for (const [TableName, key] of [
      [uploadTable, uploads.uploadTableKey],
      [avatarTable, avatars.avatarTableKey],
    ] as const) {
      await dynamodb.createTable({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: key, AttributeType: "S" }],
        KeySchema: [{ AttributeName: key, KeyType: "HASH" }],
      });
    }
  });
  after(async () => {
    judge?.dynamodb.destroy();
    await Promise.all([(pipeline as Pipeline | undefined)?.close(), (moto as Moto | undefined)?.close()]);
  });

  /** Runs a sequence on both; the lines on which they differ. */
  async function differences(calls: readonly Call[], count = (_name: string, _answer: string): void => undefined) {
    const found: string[] = [];
    for (const call of calls) {
      const [ours, theirs] = await Promise.all([answerOf(call, local as Tables), answerOf(call, judge as Tables)]);
      count(call.name, ours);
      if (ours !== theirs) found.push(`${call.name}: ${ours}, and the judge: ${theirs}`);
    }
    return found;
  }

  it("on every write and read of the stores, in sequences made by chance", async () => {
    const [held, failed] = [new Set<string>(), new Set<string>()];
    let calls = 0;
    for (let sequence = 0; sequence < 250; sequence++) {
      const found = await differences(callsOf(sequence, seed), (name, answer) => {
        calls++;
        (/^ClaimLost|^{"answer":false}$/.test(answer) ? failed : held).add(name);
      });
      expect(found, `sequence ${sequence}, seed ${seed}`).to.deep.equal([]);
    }
    expect(calls).to.equal(3000);
    expect([...held].sort(), "each function's condition held in some call").to.deep.equal([...names].sort());
    const conditional = ["claimUpload", "beginStep", "recordFace", "confirmUpload", "yieldTo", "withdrawConfirmation"];
    const closing = ["recordRefusal", "closeAccepted", "closeRefused", "replaceAvatar", "replaceFace"];
    expect([...failed], "and failed in others").to.include.members([...conditional, ...closing]);
  });

  it("calls every function of the stores that reaches a table", () => {
    const exported = Object.entries({ ...uploads, ...avatars }).flatMap(([name, value]) =>
      typeof value === "function" ? [name] : [],
    );
    // Both read page by page what uploadsOfStudent reads with a filter.
    const scans = ["everyUpload", "everyAvatar"];
    expect(names).to.include.members(exported.filter((name) => !scans.includes(name)));
  });

  it("would notice a condition that is not kept", async () => {
    const careless: Call = {
      name: "careless",
      async run({ dynamodb, uploadTable }) {
        const key = { [uploads.uploadTableKey]: { S: "careless" } };
        await dynamodb.putItem({ TableName: uploadTable, Item: key });
        const condition = dynamodb === judge?.dynamodb ? { ConditionExpression: "attribute_exists(nothing)" } : {};
        await dynamodb.putItem({ TableName: uploadTable, Item: key, ...condition });
      },
    };
    expect(await differences([careless])).to.have.length(1);
  });
});
