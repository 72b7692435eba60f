import type { AttributeValue, DynamoDB } from "@aws-sdk/client-dynamodb";
import type { Rekognition } from "@aws-sdk/client-rekognition";
import type { S3 } from "@aws-sdk/client-s3";

/**
 * Listing whole stores, page by page, for the functions that compare or empty them.
 */
export type Item = Record<string, AttributeValue>;

/** Every item of a table; with `only`, the items whose attribute has the given text. */
export async function* everyItem(
  dynamodb: Pick<DynamoDB, "scan">,
  table: string,
  only?: { readonly attribute: string; readonly text: string },
): AsyncGenerator<Item> {
  let start: Item | undefined;
  do {
    const page = await dynamodb.scan({
      TableName: table,
      ConsistentRead: true,
      ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      ...(only === undefined
        ? {}
        : {
            FilterExpression: "#attribute = :text",
            ExpressionAttributeNames: { "#attribute": only.attribute },
            ExpressionAttributeValues: { ":text": { S: only.text } },
          }),
    });
    yield* page.Items ?? [];
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}

export interface CollectionFace {
  readonly faceId: string;
  /** As given to IndexFaces; empty when there was none. */
  readonly name: string;
}

/** Every face of the collection, 4,096 a call. */
export async function* everyFace(
  rekognition: Pick<Rekognition, "listFaces">,
  collectionId: string,
): AsyncGenerator<CollectionFace> {
  let token: string | undefined;
  do {
    const page = await rekognition.listFaces({
      CollectionId: collectionId,
      MaxResults: 4096,
      ...(token === undefined ? {} : { NextToken: token }),
    });
    for (const { FaceId: faceId, ExternalImageId: name = "" } of page.Faces ?? []) {
      if (faceId !== undefined) yield { faceId, name };
    }
    token = page.NextToken;
  } while (token !== undefined);
}

export interface StoredVersion {
  readonly key: string;
  readonly versionId: string;
  /** Whether it is what a read of the key gives. */
  readonly isLatest: boolean;
  readonly isMarker: boolean;
  readonly bytes: number;
  readonly etag: string;
  readonly storedAt: Date;
}

/** Every version and delete marker below a prefix, 1,000 a call. */
export async function* everyVersion(
  s3: Pick<S3, "listObjectVersions">,
  bucket: string,
  prefix: string,
): AsyncGenerator<StoredVersion> {
  let from: { KeyMarker?: string; VersionIdMarker?: string } = {};
  for (;;) {
    const page = await s3.listObjectVersions({ Bucket: bucket, Prefix: prefix, ...from });
    const versions = (page.Versions ?? []).map((version) => ({ ...version, isMarker: false }));
    const markers = (page.DeleteMarkers ?? []).map((marker) => ({ ...marker, isMarker: true, Size: 0, ETag: "" }));
    for (const entry of [...versions, ...markers]) {
      yield {
        key: entry.Key ?? "",
        versionId: entry.VersionId ?? "null",
        isLatest: entry.IsLatest === true,
        isMarker: entry.isMarker,
        bytes: entry.Size ?? 0,
        etag: (entry.ETag ?? "").replaceAll('"', ""),
        storedAt: entry.LastModified ?? new Date(0),
      };
    }
    if (page.IsTruncated !== true) return;
    from = {
      ...(page.NextKeyMarker === undefined ? {} : { KeyMarker: page.NextKeyMarker }),
      ...(page.NextVersionIdMarker === undefined ? {} : { VersionIdMarker: page.NextVersionIdMarker }),
    };
  }
}
