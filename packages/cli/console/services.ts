import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { join } from "node:path";
import type { CloudParts } from "pulumi-local-cloud";
import { credentialsFile } from "pulumi-local-cloud/storage/credentials";
import { sitePath } from "pulumi-local-cloud/services/websites/routes";
import type { ProgramGraph, ResourceNode } from "pulumi-local-cloud/program/graph";
import { everyAvatar } from "../../../handlers/stores/avatars";
import { everyUpload } from "../../../handlers/stores/uploads";
import type { PipelineSource } from "./sources";

/** The parts of the running cloud that the avatars' pages read. */
export interface Services extends Pick<CloudParts, "data" | "graph" | "s3" | "url"> {
  /** A client with the operator's credentials; created when the first page is opened. */
  readonly dynamodb: () => Pick<DynamoDB, "scan">;
}

/** The type token of the component whose instances the overview shows. */
const pipelineType = "avatar-pipeline:index:AvatarPipeline";

/** The AvatarPipelines of the program, in the order of their declaration. */
export function pipelineSources(services: Services): readonly PipelineSource[] {
  return services.graph.resources.filter(({ type }) => type === pipelineType).map((node) => pipelineOf(node, services));
}

/** A pipeline by the outputs that its component registers. */
function pipelineOf(node: ResourceNode, { graph, data, s3, dynamodb, url: endpoint }: Services): PipelineSource {
  const text = (name: string): string | undefined => {
    const value = node.outputs[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const bucket = physicalName(graph, node, "photoBucket");
  // Read from the graph and not from the output: with several pages, none is at the address that the program knows.
  const site = graph.resources.find(
    ({ type, name, parent }) => type === "aws:s3/bucket:Bucket" && name === `${node.name}-site` && parent === node.urn,
  );
  const { region } = graph;
  return {
    name: node.name,
    machineArn: text("stateMachineArn") ?? "",
    bucket,
    siteUrl: site && endpoint + sitePath(site.id),
    apiUrl: text("apiUrl"),
    sampleCommand:
      // The file and not the secret: every user of this machine can read the console.
      `AWS_SHARED_CREDENTIALS_FILE='${join(data, credentialsFile)}' AWS_REGION=${region} ` +
      `aws s3 cp photo.jpg s3://${bucket}/uploads/STUDENT_ID/photo.jpg --endpoint-url ${endpoint}`,
    avatars: () => all(everyAvatar(dynamodb(), physicalName(graph, node, "avatarTable"))),
    uploads: () => all(everyUpload(dynamodb(), physicalName(graph, node, "uploadTable"))),
    async thumbnail(key) {
      // Only thumbnails are shown: the bucket holds the originals as well.
      const found = key.startsWith("avatars/") ? await s3.getObject(bucket, key) : undefined;
      if (!found) return undefined;
      const chunks: Buffer[] = [];
      for await (const chunk of found.body) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
  };
}

/** The physical name of a resource that a component gives as an output: Pulumi passes it on as URN and id. */
function physicalName(graph: ProgramGraph, node: ResourceNode, output: string): string {
  const value = node.outputs[output];
  const { urn, id } = (typeof value === "object" && value !== null ? value : { id: value }) as Record<string, unknown>;
  const resource = graph.resources.find((candidate) => candidate.urn === urn);
  const name = resource?.id ?? id;
  if (typeof name === "string" && name !== "") return name;
  throw new Error(`${node.urn} registers no output ${output}, by which the console would find the resource.`);
}

async function all<Row>(rows: AsyncIterable<Row>): Promise<readonly Row[]> {
  const found: Row[] = [];
  for await (const row of rows) found.push(row);
  return found;
}
