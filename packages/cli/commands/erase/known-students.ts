import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { everyAvatar } from "../../../../handlers/stores/avatars";
import type { Target } from "../../target/target";

/** The students who have an avatar; none if a stack does not export the table's name, which erasing does not need. */
export async function knownStudents(target: Target): Promise<readonly string[]> {
  let table: string;
  try {
    table = target.resource("avatarTable");
  } catch {
    return [];
  }
  const dynamodb = new DynamoDB(target.clientConfig);
  try {
    const students: string[] = [];
    for await (const { studentId } of everyAvatar(dynamodb, table)) students.push(studentId);
    return students.sort();
  } finally {
    dynamodb.destroy();
  }
}
