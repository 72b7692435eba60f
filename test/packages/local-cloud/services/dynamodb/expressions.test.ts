import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { DynamoDBClient, PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";

import { startDynamoDb } from "../../../../../packages/local-cloud/services/dynamodb";
import { identity, startCloud, type TestCloud } from "../../gateway/helpers";
import { nameOf } from "../../../../support/errors";

const Item = { id: { S: "a" }, blank: { S: "" }, off: { BOOL: false }, n: { N: "5" }, m: { S: "5" } };
const values = {
  ":blank": { S: "" },
  ":off": { BOOL: false },
  ":four": { N: "4" },
  ":five": { N: "5" },
  ":six": { N: "6" },
  ":z": { S: "z" },
};

describe("a condition or filter of the local DynamoDB", () => {
  let folder: string;
  let cloud: TestCloud;
  let client: DynamoDBClient;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "expressions-"));
    const table = { name: "things", attributes: [{ name: "id", type: "S" as const }], hashKey: "id" };
    cloud = await startCloud({ services: [await startDynamoDb({ folder, identity, tables: [table] })] });
    client = new DynamoDBClient(cloud.client());
    await client.send(new PutItemCommand({ TableName: "things", Item }));
  });
  after(async () => {
    client.destroy();
    await cloud.gateway.close();
    await rm(folder, { recursive: true, force: true });
  });

  const rows: [expression: string, holds: boolean][] = [
    ["n = :five", true],
    ["n = m", false],
    ["n <> m", true],
    ["nothing = nowhere", false],
    ["nothing <> nowhere", true],
    ["nothing <> :five", true],
    ["nothing <= nowhere", false],
    ["nothing >= nowhere", false],
    ["nothing < nowhere", false],
    ["size(nothing) = size(nowhere)", false],
    ["begins_with(nothing, nowhere)", false],
    ["contains(nothing, nowhere)", false],
    ["attribute_not_exists(nothing)", true],
    ["off IN (:five, :off)", true],
    ["blank IN (:blank)", true],
    ["n IN (nothing, :five)", true],
    ["n IN (nothing, :six)", false],
    ["nothing IN (nowhere)", false],
    ["blank BETWEEN :blank AND :z", true],
    ["n BETWEEN :four AND :six", true],
    ["n BETWEEN :six AND :six", false],
    ["NOT n = :six", true],
    ["NOT NOT n = :five", true],
    ["NOT NOT NOT n = :five", false],
    ["NOT NOT (n = :six OR NOT NOT off = :off)", true],
    ["n = :five AND NOT nothing = nowhere", true],
  ];
  for (const [expression, holds] of rows) {
    it(`${expression} ${holds ? "holds" : "does not hold"}`, async () => {
      const used = Object.entries(values).filter(([name]) => new RegExp(`${name}\\b`).test(expression));
      const ExpressionAttributeValues = used.length > 0 ? Object.fromEntries(used) : undefined;
      const scan = new ScanCommand({ TableName: "things", FilterExpression: expression, ExpressionAttributeValues });
      expect((await client.send(scan)).Count, "as a filter").to.equal(holds ? 1 : 0);
      const put = new PutItemCommand({
        TableName: "things",
        Item,
        ConditionExpression: expression,
        ExpressionAttributeValues,
      });
      const outcome = await client.send(put).then(() => "done", nameOf);
      expect(outcome, "as a condition").to.equal(holds ? "done" : "ConditionalCheckFailedException");
    });
  }
});
