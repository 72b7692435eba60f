import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { physicalName } from "../names";
import { runtime } from "./runtime";

/** The build's output folder for the layer, beside the single file of the library. */
const layerFolder = join(__dirname, "layer");

/**
 * The layer that the thumbnail step decodes photos with. Its files are in `/opt/nodejs/node_modules`, where every
 * Node.js runtime looks for packages, and are the same wherever the package is installed.
 *
 * @throws pulumi.ResourceError if the package was not built
 */
export function createImagingLayer(name: string, opts: pulumi.CustomResourceOptions): aws.lambda.LayerVersion {
  if (!existsSync(join(layerFolder, "nodejs"))) {
    throw new pulumi.ResourceError(
      `The imaging layer is not at ${layerFolder}; install the package again, or run \`npm run build\` in its repository.`,
      opts.parent,
      true,
    );
  }
  return new aws.lambda.LayerVersion(
    `${name}-imaging`,
    {
      layerName: physicalName(name, 64),
      description: "Decodes, crops and encodes photos",
      code: new pulumi.asset.FileArchive(layerFolder),
      compatibleRuntimes: [runtime],
      compatibleArchitectures: ["arm64"],
    },
    opts,
  );
}
