import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";

import { startGateway, type Gateway, type Route } from "../../../../../packages/local-cloud/gateway";
import { createAuthorizer, createCredentialStore, type DeclaredRole } from "../../../../../packages/local-cloud/iam";
import {
  s3Service,
  type DeclaredBucket,
  type S3Options,
  type S3Service,
} from "../../../../../packages/local-cloud/services/s3";
import type { CloudEvent, CloudIdentity } from "../../../../../packages/local-cloud/gateway/service";

export const identity: CloudIdentity = { partition: "aws", region: "ap-southeast-1", accountId: "000000000000" };

/** A bucket with default settings, except for the given ones. */
export function bucket(name: string, declared: Partial<DeclaredBucket> = {}): DeclaredBucket {
  return { name, versioned: false, cors: [], publicAccessBlocked: false, eventBridge: false, ...declared };
}

/** A role with one policy of the given statements. */
export function role(name: string, ...statements: object[]): DeclaredRole {
  return {
    arn: `arn:aws:iam::${identity.accountId}:role/${name}`,
    policies: [{ name: "grants", document: { Version: "2012-10-17", Statement: statements } }],
  };
}

export function allow(Action: string | string[], Resource: string | string[], more: object = {}): object {
  return { Effect: "Allow", Action, Resource, ...more };
}

/** The local S3 behind the real gateway, with real signatures and policies. */
export interface TestS3 {
  readonly s3: S3Service;
  readonly gateway: Gateway;
  readonly storage: string;
  readonly events: CloudEvent[];
  /** An SDK client: the operator's, or of a role by its name, or of `nobody`. */
  client(as?: string, settings?: S3ClientConfig): S3Client;
  stop(): Promise<void>;
}

export async function startS3(options: {
  buckets: readonly DeclaredBucket[];
  roles?: readonly DeclaredRole[];
  /** Bucket policies by bucket. */
  policies?: Readonly<Record<string, object>>;
  emit?: S3Options["emit"];
  now?: () => Date;
  /** A folder to continue with; by default a new one, which is deleted when this stops. */
  storage?: string;
  routes?: (s3: S3Service) => Route[];
}): Promise<TestS3> {
  const storage = options.storage ?? mkdtempSync(join(tmpdir(), "local-s3-"));
  const events: CloudEvent[] = [];
  const credentials = createCredentialStore({ identity, secret: "test" });
  const authorizer = createAuthorizer({
    identity,
    roles: options.roles ?? [],
    resourcePolicies: Object.entries(options.policies ?? {}).map(([name, document]) => ({
      resource: `arn:aws:s3:::${name}`,
      name: `policy of ${name}`,
      document,
    })),
  });
  const s3 = s3Service({
    identity,
    storage,
    buckets: options.buckets,
    credentials: (accessKeyId, sessionToken) => credentials.find(accessKeyId, sessionToken),
    authorizeAs: (caller, action, resource, context) => authorizer.authorize(caller, action, resource, context),
    emit: options.emit ?? ((event) => void events.push(event)),
    ...(options.now ? { now: options.now } : {}),
  });
  const routes = options.routes?.(s3);
  const gateway = await startGateway({
    port: 0,
    identity,
    services: [s3],
    credentials,
    authorizer,
    ...(routes ? { routes } : {}),
  });
  const clients: S3Client[] = [];
  return {
    s3,
    gateway,
    storage,
    events,
    client(as, settings = {}) {
      const keys =
        as === undefined
          ? credentials.operator
          : credentials.issue({ roleArn: `arn:aws:iam::${identity.accountId}:role/${as}`, sessionName: "test" });
      const client = new S3Client({
        endpoint: gateway.url,
        region: identity.region,
        credentials: { ...keys },
        maxAttempts: 1,
        ...(as === "nobody" ? { signer: { sign: (request) => Promise.resolve(request) } } : {}),
        ...settings,
      });
      clients.push(client);
      return client;
    },
    async stop() {
      for (const client of clients) client.destroy();
      await gateway.close();
      // A given folder belongs to the caller.
      if (options.storage === undefined) rmSync(storage, { recursive: true, force: true });
    },
  };
}

/** The error name and status that a client gets; "none" if it gets an answer. */
export async function failure(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return "none";
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    return `${name} ${String($metadata?.httpStatusCode)}`;
  }
}

/** Waits for effects after the answer; the test's own time limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
