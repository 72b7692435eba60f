import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { physicalName } from "./names";
import type { Settings } from "./settings";

/** The collection of registered faces. */
export function createFaceCollection(
  name: string,
  settings: Pick<Settings, "keepData" | "tags">,
  opts: pulumi.CustomResourceOptions,
): aws.rekognition.Collection {
  return new aws.rekognition.Collection(
    `${name}-faces`,
    { collectionId: physicalName(name, 255), tags: settings.tags },
    { ...opts, protect: settings.keepData, retainOnDelete: settings.keepData },
  );
}
