import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { physicalName } from "../names";
import type { Settings } from "../settings";

/** The collection of registered faces. */
export function createFaceCollection(
  name: string,
  settings: Pick<Settings, "existing" | "keepData" | "tags">,
  opts: pulumi.CustomResourceOptions,
): aws.rekognition.Collection {
  const part = `${name}-faces`;
  const { faceCollectionId } = settings.existing;
  if (faceCollectionId !== undefined) return aws.rekognition.Collection.get(part, faceCollectionId, undefined, opts);
  return new aws.rekognition.Collection(
    part,
    { collectionId: physicalName(name, 255), tags: settings.tags },
    { ...opts, protect: settings.keepData, retainOnDelete: settings.keepData },
  );
}
