import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { createRequire } from "node:module";
import type { CloudParts } from "pulumi-local-cloud";
import type { Route } from "pulumi-local-cloud/gateway/index";
import { createConsole, fromServices } from "../console";

/** The console's pages, on the running services. */
export function consoleRoute(parts: CloudParts): Route {
  let client: DynamoDB | undefined;
  const handle = createConsole(
    fromServices({
      ...parts,
      endpoint: parts.url,
      dynamodb() {
        // With the first page and not before: the client takes a while to load, and many a run is never looked at.
        client ??= new (
          createRequire(__filename)("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb")
        ).DynamoDB(parts.clientConfig);
        return client;
      },
    }),
  );
  return { prefix: "/_console", handle };
}
