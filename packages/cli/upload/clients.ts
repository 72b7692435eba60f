import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { S3 } from "@aws-sdk/client-s3";
import type { Target } from "../target/target";

/** A pipeline that receives photos, with its clients. */
export interface Destination {
  readonly target: Target;
  readonly s3: S3;
  readonly dynamodb: DynamoDB;
  readonly photoBucket: string;
  readonly avatarTable: string;
  readonly uploadTable: string;
  /** Closes the clients, but not the target. */
  close(): void;
}

/** @throws UsageError if the target does not name its bucket and tables */
export async function openDestination(target: Target): Promise<Destination> {
  const [photoBucket, avatarTable, uploadTable] = [
    target.resource("photoBucket"),
    target.resource("avatarTable"),
    target.resource("uploadTable"),
  ];
  const [{ S3 }, { DynamoDB }] = await Promise.all([import("@aws-sdk/client-s3"), import("@aws-sdk/client-dynamodb")]);
  const [s3, dynamodb] = [new S3(target.clientConfig), new DynamoDB(target.clientConfig)];
  return {
    ...{ target, s3, dynamodb, photoBucket, avatarTable, uploadTable },
    close() {
      s3.destroy();
      dynamodb.destroy();
    },
  };
}
