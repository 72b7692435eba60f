import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Rekognition, type RekognitionClientConfig } from "@aws-sdk/client-rekognition";

import { startGateway } from "../../../../../packages/local-cloud/gateway";
import { createAuthorizer, createCredentialStore, type DeclaredRole } from "../../../../../packages/local-cloud/iam";
import { rekognitionService, type RekognitionOptions } from "../../../../../packages/local-cloud/services/rekognition";
import { s3Service, type S3Service } from "../../../../../packages/local-cloud/services/s3";
import { cloudError, type CloudIdentity } from "../../../../../packages/local-cloud/gateway/service";
import type { FaceEngine } from "../../../../../packages/local-cloud/services/rekognition/faces/engine";

export const identity: CloudIdentity = { partition: "aws", region: "ap-southeast-1", accountId: "000000000000" };

/** The declarations of the tests' programs. */
export const bucket = "photos";
export const collection = "students";
export const collectionArn = `arn:aws:rekognition:${identity.region}:${identity.accountId}:collection/${collection}`;

/** The local Rekognition and S3 behind the real gateway, with real signatures and policies. */
export interface TestRekognition {
  readonly s3: S3Service;
  /** An SDK client: the operator's, or of a role by its name. */
  client(as?: string, settings?: RekognitionClientConfig): Rekognition;
  stop(): Promise<void>;
}

/** A role with one policy of the given statements. */
export function role(name: string, ...statements: object[]): DeclaredRole {
  return {
    arn: `arn:aws:iam::${identity.accountId}:role/${name}`,
    policies: [{ name: "grants", document: { Version: "2012-10-17", Statement: statements } }],
  };
}

export function allow(Action: string | string[], Resource: string | string[]): object {
  return { Effect: "Allow", Action, Resource };
}

export async function startRekognition(options: {
  readonly engine: FaceEngine;
  readonly roles?: readonly DeclaredRole[];
  /** A folder to continue with; by default a new one, which is deleted when this stops. */
  readonly storage?: string;
  readonly searchLag?: RekognitionOptions["searchLag"];
}): Promise<TestRekognition> {
  const storage = options.storage ?? mkdtempSync(join(tmpdir(), "local-rekognition-"));
  const credentials = createCredentialStore({ identity, secret: "test" });
  const authorizer = createAuthorizer({ identity, roles: options.roles ?? [], resourcePolicies: [] });
  const s3 = s3Service({
    identity,
    storage: join(storage, "s3"),
    buckets: [{ name: bucket, versioned: true, cors: [], publicAccessBlocked: true, eventBridge: false }],
    credentials: (accessKeyId, sessionToken) => credentials.find(accessKeyId, sessionToken),
    authorizeAs: (caller, action, resource, context) => authorizer.authorize(caller, action, resource, context),
    emit: () => undefined,
  });
  const rekognition = rekognitionService({
    identity,
    engine: options.engine,
    storage: join(storage, "faces"),
    collections: [collection],
    async readObject(request, name, key, version) {
      request.authorize(version === undefined ? "s3:GetObject" : "s3:GetObjectVersion", `arn:aws:s3:::${name}/${key}`);
      const found = await s3.getObject(name, key, version);
      if (found === undefined) throw cloudError("NoSuchKey", 404, "The specified key does not exist.");
      const chunks: Buffer[] = [];
      for await (const chunk of found.body) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
    ...(options.searchLag ? { searchLag: options.searchLag } : {}),
  });
  const gateway = await startGateway({ port: 0, identity, services: [s3, rekognition], credentials, authorizer });
  const clients: Rekognition[] = [];
  return {
    s3,
    client(as, settings = {}) {
      const keys =
        as === undefined
          ? credentials.operator
          : credentials.issue({ roleArn: `arn:aws:iam::${identity.accountId}:role/${as}`, sessionName: "test" });
      const client = new Rekognition({
        endpoint: gateway.url,
        region: identity.region,
        credentials: { ...keys },
        maxAttempts: 1,
        ...settings,
      });
      clients.push(client);
      return client;
    },
    async stop() {
      for (const client of clients) client.destroy();
      await gateway.close();
      if (options.storage === undefined) rmSync(storage, { recursive: true, force: true });
    },
  };
}
