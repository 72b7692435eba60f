import type { AttributeValue, DynamoDB } from "@aws-sdk/client-dynamodb";

/** An item, for the stores that are tables. */
export type Item = Record<string, AttributeValue>;

/** Whether an SDK error says that the condition of a write did not hold. */
export function isConditionFailure(error: unknown): boolean {
  return error instanceof Error && error.name === "ConditionalCheckFailedException";
}

/** Every item of a table, page by page; with an attribute, only items in which it has the given text. */
export async function* everyItem(
  dynamodb: Pick<DynamoDB, "scan">,
  table: string,
  attribute?: string,
  text = "",
): AsyncGenerator<Item> {
  const filter = attribute !== undefined && {
    FilterExpression: "#attribute = :text",
    ExpressionAttributeNames: { "#attribute": attribute },
    ExpressionAttributeValues: { ":text": { S: text } },
  };
  let start: Item | undefined;
  do {
    const page = await dynamodb.scan({ TableName: table, ConsistentRead: true, ExclusiveStartKey: start, ...filter });
    yield* page.Items ?? [];
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}
