import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { createRequire } from "node:module";
import type { CloudParts } from "pulumi-local-cloud";
import { fromCloud } from "pulumi-local-cloud/console/from-cloud";
import type { Route } from "pulumi-local-cloud/gateway/index";
import { createConsole } from "../console";
import { pipelineSources } from "../console/services";

/** The console's pages, on the running services. */
export function consoleRoute(parts: CloudParts): Route {
  let client: DynamoDB | undefined;
  const pipelines = pipelineSources({
    ...parts,
    dynamodb() {
      // Created with the first page: the client takes a while to load, and many runs are never looked at.
      client ??= new (
        createRequire(__filename)("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb")
      ).DynamoDB(parts.clientConfig);
      return client;
    },
  });
  return { prefix: "/_console", servesPages: true, handle: createConsole({ ...fromCloud(parts), pipelines }) };
}
