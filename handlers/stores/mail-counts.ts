import { createHash } from "node:crypto";
import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { isConditionFailure } from "./dynamodb";

/**
 * The mails to each address and day (UTC), in a table of their own: it limits mail to addresses that nobody but the
 * sender of a photo has given. The address is in it as a hash only.
 *
 *   write     | by          | only if
 *   ----------|-------------|----------------------------------------------------------------
 *   countMail | MailStudent | the day has fewer than the most, or has this very mail already
 */

/** The table's key and the attribute with a row's expiry, for its declaration. */
export const mailCountTableKey = "address_day";
export const mailCountTableExpiry = "expires_at";

/** A student who takes five photos on one day hears of each; a stranger's mailbox is not filled. */
const maxMailsPerDay = 5;

/**
 * Counts a mail, once however often it is attempted.
 *
 * @param mail names the mail among all of the address: the upload and its outcome
 * @returns false if the address has had its mails of the day
 */
export async function countMail(
  dynamodb: Pick<DynamoDB, "updateItem">,
  table: string,
  { address, mail, now }: { readonly address: string; readonly mail: string; readonly now: Date },
): Promise<boolean> {
  const hash = createHash("sha256").update(address.toLowerCase()).digest("hex");
  try {
    await dynamodb.updateItem({
      TableName: table,
      Key: { address_day: { S: `${hash}:${now.toISOString().slice(0, 10)}` } },
      ConditionExpression: "attribute_not_exists(mails) OR size(mails) < :most OR contains(mails, :mail)",
      UpdateExpression: "SET expires_at = :expires ADD mails :one",
      ExpressionAttributeValues: {
        ":most": { N: String(maxMailsPerDay) },
        ":mail": { S: mail },
        ":one": { SS: [mail] },
        // Longer than the day that the row counts.
        ":expires": { N: String(Math.floor(now.getTime() / 1000) + 2 * 86_400) },
      },
    });
    return true;
  } catch (error) {
    if (isConditionFailure(error)) return false;
    throw error;
  }
}
