import * as rekognition from "@aws-sdk/client-rekognition";
import * as states from "@aws-sdk/client-sfn";
import * as sqs from "@aws-sdk/client-sqs";
import { expect } from "chai";

import { refuseUnknownMembers, type Members } from "../../../../packages/local-cloud/gateway/members";
import { members as ofRekognition } from "../../../../packages/local-cloud/services/rekognition/members";
import { members as ofSqs } from "../../../../packages/local-cloud/services/sqs/members";
import { members as ofStates } from "../../../../packages/local-cloud/services/states/members";

describe("members of a request", () => {
  const members: Members = { Name: true, Image: { Bytes: true }, Entries: [{ Id: true }] };
  const refusal = (input: unknown): string => {
    try {
      refuseUnknownMembers(input, members, "this does not serve Put");
      return "none";
    } catch (error) {
      return (error as Error).message;
    }
  };

  it("are refused by their path unless the operation reads them", () => {
    expect(refusal({ Name: { any: "thing" }, Image: { Bytes: "" }, Entries: [{ Id: "1" }, { Id: "2" }] })).to.equal(
      "none",
    );
    expect(refusal({ Other: 1 })).to.equal("this does not serve Put with Other.");
    expect(refusal({ Image: { Url: "x" } })).to.equal("this does not serve Put with Image.Url.");
    expect(refusal({ Entries: [{ Id: "1" }, { Delay: 2 }] })).to.equal("this does not serve Put with Entries.Delay.");
    expect(refusal(JSON.parse('{"__proto__":1}'))).to.equal("this does not serve Put with __proto__.");
    expect(refusal({ toString: 1 })).to.equal("this does not serve Put with toString.");
  });

  it("count as not sent when they are null, and are for the operation to judge when they are of another kind", () => {
    expect(refusal({ Other: null, Image: "text", Entries: { Id: 1 } })).to.equal("none");
  });

  it("that operations read are members in AWS's own model", () => {
    const tables: [string, Record<string, unknown>, Readonly<Record<string, Members>>][] = [
      ["rekognition", rekognition, ofRekognition],
      ["sqs", sqs, ofSqs],
      ["states", states, ofStates],
    ];
    for (const [service, sdk, table] of tables) {
      for (const [operation, read] of Object.entries(table)) {
        const schema = sdk[`${operation}$`] as readonly unknown[];
        const input = (schema[4] as () => readonly unknown[])();
        expect(input[4], `${service} ${operation}`).to.include.members(Object.keys(read));
      }
    }
  });
});
