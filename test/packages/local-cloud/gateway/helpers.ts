import type { ServerResponse } from "node:http";

import {
  createAuthorizer,
  createCredentialStore,
  type CredentialStore,
  type DeclaredRole,
} from "../../../../packages/local-cloud/iam";
import type { FaultInjector } from "../../../../packages/local-cloud/faults";
import { startGateway, type Gateway, type Route } from "../../../../packages/local-cloud/gateway";
import type {
  CloudError,
  CloudIdentity,
  CloudRequest,
  CloudService,
} from "../../../../packages/local-cloud/gateway/service";

export const identity: CloudIdentity = { partition: "aws", region: "ap-southeast-1", accountId: "000000000000" };

export interface TestCloud {
  readonly gateway: Gateway;
  readonly credentials: CredentialStore;
  /** Settings for any SDK client: by default the operator's, else of the role. */
  client(roleArn?: string, maxAttempts?: number): ClientSettings;
}

export interface ClientSettings {
  endpoint: string;
  region: string;
  maxAttempts: number;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/** A gateway on a free port before the given services, with real credentials and policies. */
export async function startCloud(options: {
  services: readonly CloudService[];
  roles?: readonly DeclaredRole[];
  resourcePolicies?: Parameters<typeof createAuthorizer>[0]["resourcePolicies"];
  faults?: FaultInjector;
  routes?: readonly Route[];
  onError?: (error: unknown) => void;
}): Promise<TestCloud> {
  const { roles = [], resourcePolicies = [], ...rest } = options;
  const credentials = createCredentialStore({ identity, secret: "test" });
  const authorizer = createAuthorizer({ identity, roles, resourcePolicies });
  const gateway = await startGateway({ port: 0, identity, credentials, authorizer, ...rest });
  return {
    gateway,
    credentials,
    client: (roleArn, maxAttempts = 1) => ({
      endpoint: gateway.url,
      region: identity.region,
      maxAttempts,
      credentials: {
        ...(roleArn ? credentials.issue({ roleArn, sessionName: "test-function" }) : credentials.operator),
      },
    }),
  };
}

/** A role with one policy that allows the actions on the resources. */
export function roleAllowing(name: string, Action: string[], Resource: string[]): DeclaredRole {
  return {
    arn: `arn:aws:iam::${identity.accountId}:role/${name}`,
    policies: [
      { name: "grants", document: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource }] } },
    ],
  };
}

/** The recording service's view of a request. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly caller: string;
  readonly body: string;
}

/**
 * Takes a service's place behind the gateway in the gateway's own tests: an S3 that remembers the requests that reached
 * it, so that only the gateway is tested against real clients.
 */
export function recordingS3(seen: Seen[]): CloudService {
  const writeError = (error: CloudError, request: CloudRequest, response: ServerResponse) => {
    const body = `<?xml version="1.0"?><Error><Code>${error.code}</Code><Message>${error.message}</Message></Error>`;
    response.writeHead(error.status, { "content-type": "application/xml" }).end(request.method === "HEAD" ? "" : body);
  };
  return {
    name: "s3",
    operationOf: ({ method }) => ({ GET: "GetObject", PUT: "PutObject" })[method] ?? "Unknown",
    async handle(request, response) {
      try {
        const body = (await request.bytes()).toString();
        const path = request.url.pathname;
        if (request.caller.kind !== "anonymous") request.authorize("s3:GetObject", `arn:aws:s3:::${path.slice(1)}`);
        seen.push({ method: request.method, path, caller: request.caller.arn, body });
        response.writeHead(200, { etag: '"0"' }).end("content");
      } catch (error) {
        writeError(error as CloudError, request, response);
      }
    },
    writeError,
  };
}
