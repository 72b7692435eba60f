import { createHash } from "node:crypto";
import { placeholderHost } from "./graph";

/** A provider's knowledge about a resource when it computes the outputs. */
export interface Declared {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
}

interface ResourceType {
  /** The input that is the physical name; if the program omits it, Pulumi generates one. */
  readonly nameInput?: string;
  /** Longest physical name that the service accepts; a generated name is cut to fit. */
  readonly maxName?: number;
  /** The physical id, if it is not the physical name. */
  readonly id?: (declared: Declared, physicalName: string) => string;
  readonly computed?: (declared: Declared, physicalName: string, id: string) => Record<string, unknown>;
}

const text = (declared: Declared, input: string): string => {
  const value = declared.inputs[input];
  return typeof value === "string" ? value : "";
};

/** Hexadecimal digits that depend on the URN alone, so that names and ids are the same after every restart. */
export function digest(urn: string, length: number): string {
  return createHash("sha256").update(urn).digest("hex").slice(0, length);
}

function arn(declared: Declared, service: string, resource: string, scope: "regional" | "global" = "regional"): string {
  const region = scope === "regional" ? declared.region : "";
  return `arn:${declared.partition}:${service}:${region}:${declared.accountId}:${resource}`;
}

const bucket: ResourceType = {
  nameInput: "bucket",
  maxName: 63,
  computed: (declared, name) => ({
    arn: `arn:${declared.partition}:s3:::${name}`,
    bucketDomainName: `${name}.s3.amazonaws.com`,
    bucketRegionalDomainName: `${name}.s3.${declared.region}.amazonaws.com`,
    hostedZoneId: "Z3O0J2DXBE1FTB",
    bucketRegion: declared.region,
    region: declared.region,
  }),
};

/** Settings of a bucket: their id is the bucket's name. */
const ofBucket: ResourceType = { id: (declared) => text(declared, "bucket") };

const website: ResourceType = {
  id: (declared) => text(declared, "bucket"),
  computed: (declared) => ({
    websiteDomain: placeholderHost,
    websiteEndpoint: text(declared, "bucket") === "" ? "" : placeholderHost,
  }),
};

const bucketObject: ResourceType = {
  id: (declared) => text(declared, "key"),
  computed: (declared) => ({
    arn: `arn:${declared.partition}:s3:::${text(declared, "bucket")}/${text(declared, "key")}`,
    etag: digest(declared.urn, 32),
  }),
};

const lambda: ResourceType = {
  nameInput: "name",
  maxName: 64,
  computed: (declared, name) => {
    const own = arn(declared, "lambda", `function:${name}`);
    return {
      arn: own,
      invokeArn: `arn:${declared.partition}:apigateway:${declared.region}:lambda:path/2015-03-31/functions/${own}/invocations`,
      qualifiedArn: `${own}:$LATEST`,
      version: "$LATEST",
    };
  },
};

const role: ResourceType = {
  nameInput: "name",
  maxName: 64,
  computed: (declared, name) => ({ arn: arn(declared, "iam", `role/${name}`, "global"), uniqueId: uniqueId(declared) }),
};

const uniqueId = (declared: Declared): string => `AROA${digest(declared.urn, 16).toUpperCase()}`;

const httpApi: ResourceType = {
  nameInput: "name",
  maxName: 128,
  id: (declared) => digest(declared.urn, 10),
  computed: (declared, _name, id) => ({
    apiEndpoint: `http://${placeholderHost}/_api/${id}`,
    arn: `arn:${declared.partition}:apigateway:${declared.region}::/apis/${id}`,
    executionArn: arn(declared, "execute-api", id),
  }),
};

const httpStage: ResourceType = {
  id: (declared) => text(declared, "name"),
  computed: (declared) => {
    const stage = text(declared, "name");
    const apiId = text(declared, "apiId");
    return {
      arn: `arn:${declared.partition}:apigateway:${declared.region}::/apis/${apiId}/stages/${stage}`,
      executionArn: `${arn(declared, "execute-api", apiId)}/${stage}`,
      invokeUrl: `http://${placeholderHost}/_api/${apiId}${stage === "$default" ? "/" : `/${stage}`}`,
    };
  },
};

const queue: ResourceType = {
  nameInput: "name",
  maxName: 80,
  id: (declared, name) => `http://${placeholderHost}/${declared.accountId}/${name}`,
  computed: (declared, name, id) => ({ arn: arn(declared, "sqs", name), url: id }),
};

const named = (
  service: string,
  resource: (name: string) => string,
  nameInput = "name",
  maxName = 128,
  more: (own: string, name: string) => Record<string, unknown> = () => ({}),
): ResourceType => ({
  nameInput,
  maxName,
  computed: (declared, name) => {
    const own = arn(declared, service, resource(name));
    return { arn: own, ...more(own, name) };
  },
});

/** A service whose ids are its ARNs. */
const byArn = (
  service: string,
  resource: (name: string) => string,
  nameInput = "name",
  maxName = 256,
): ResourceType => ({
  nameInput,
  maxName,
  id: (declared, name) => arn(declared, service, resource(name)),
  computed: (_declared, _name, id) => ({ arn: id }),
});

/**
 * Computed outputs by type token. A type that is not listed gets an id, but no `arn` even if it has one in AWS: the
 * program then reads `undefined`, as for a property that the provider does not know.
 */
export const resourceTypes: Readonly<Record<string, ResourceType>> = {
  "aws:s3/bucket:Bucket": bucket,
  "aws:s3/bucketV2:BucketV2": bucket,
  "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration": website,
  "aws:s3/bucketWebsiteConfigurationV2:BucketWebsiteConfigurationV2": website,
  "aws:s3/bucketObject:BucketObject": bucketObject,
  "aws:s3/bucketObjectv2:BucketObjectv2": bucketObject,
  "aws:s3/bucketPolicy:BucketPolicy": ofBucket,
  "aws:s3/bucketNotification:BucketNotification": ofBucket,
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ofBucket,
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": ofBucket,
  "aws:s3/bucketVersioning:BucketVersioning": ofBucket,
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": ofBucket,
  "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": ofBucket,
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": ofBucket,
  "aws:lambda/function:Function": lambda,
  "aws:lambda/eventSourceMapping:EventSourceMapping": {
    id: ({ urn }) => digest(urn, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"),
    computed: (declared, _name, id) => ({
      uuid: id,
      arn: arn(declared, "lambda", `event-source-mapping:${id}`),
      state: "Enabled",
    }),
  },
  "aws:lambda/layerVersion:LayerVersion": {
    nameInput: "layerName",
    maxName: 140,
    id: (declared, name) => arn(declared, "lambda", `layer:${name}:1`),
    computed: (declared, name, id) => ({ arn: id, layerArn: arn(declared, "lambda", `layer:${name}`), version: "1" }),
  },
  "aws:lambda/functionUrl:FunctionUrl": {
    id: (declared) => text(declared, "functionName"),
    computed: (declared) => ({
      functionUrl: `http://${placeholderHost}/_url/${digest(declared.urn, 10)}/`,
      urlId: digest(declared.urn, 10),
    }),
  },
  "aws:iam/role:Role": role,
  "aws:iam/policy:Policy": {
    nameInput: "name",
    maxName: 128,
    id: (declared, name) => arn(declared, "iam", `policy/${name}`, "global"),
    computed: (_declared, _name, id) => ({ arn: id }),
  },
  "aws:iam/rolePolicy:RolePolicy": {
    nameInput: "name",
    maxName: 128,
    id: (declared, name) => `${text(declared, "role")}:${name}`,
  },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
    id: (declared) => `${text(declared, "role")}/${text(declared, "policyArn")}`,
  },
  "aws:sfn/stateMachine:StateMachine": {
    ...byArn("states", (name) => `stateMachine:${name}`, "name", 80),
    computed: (_declared, _name, id) => ({ arn: id, status: "ACTIVE", revisionId: "" }),
  },
  "aws:sns/topic:Topic": byArn("sns", (name) => name),
  "aws:sns/topicSubscription:TopicSubscription": {
    id: (declared) => `${text(declared, "topic")}:${digest(declared.urn, 32)}`,
    computed: (_declared, _name, id) => ({ arn: id, ownerId: "", pendingConfirmation: false }),
  },
  "aws:sns/topicPolicy:TopicPolicy": { id: (declared) => text(declared, "arn") },
  "aws:sqs/queue:Queue": queue,
  "aws:sqs/queuePolicy:QueuePolicy": { id: (declared) => text(declared, "queueUrl") },
  "aws:dynamodb/table:Table": named(
    "dynamodb",
    (name) => `table/${name}`,
    "name",
    255,
    (own) => ({
      streamArn: `${own}/stream/1970-01-01T00:00:00.000`,
    }),
  ),
  "aws:rekognition/collection:Collection": {
    id: (declared) => text(declared, "collectionId"),
    computed: (declared, _name, id) => ({
      arn: arn(declared, "rekognition", `collection/${id}`),
      faceModelVersion: "7.0",
    }),
  },
  "aws:cloudwatch/eventBus:EventBus": named("events", (name) => `event-bus/${name}`),
  "aws:cloudwatch/eventRule:EventRule": {
    ...named("events", (name) => `rule/${name}`, "name", 64),
    computed: (declared, name) => {
      const bus = text(declared, "eventBusName");
      return { arn: arn(declared, "events", bus === "" || bus === "default" ? `rule/${name}` : `rule/${bus}/${name}`) };
    },
  },
  "aws:cloudwatch/eventTarget:EventTarget": {
    nameInput: "targetId",
    maxName: 64,
    id: (declared, name) => `${text(declared, "rule")}-${name}`,
  },
  "aws:cloudwatch/logGroup:LogGroup": named("logs", (name) => `log-group:${name}`, "name", 512),
  "aws:cloudwatch/metricAlarm:MetricAlarm": named("cloudwatch", (name) => `alarm:${name}`, "name", 255),
  "aws:cloudwatch/dashboard:Dashboard": {
    nameInput: "dashboardName",
    maxName: 255,
    computed: (declared, name) => ({
      dashboardArn: `arn:${declared.partition}:cloudwatch::${declared.accountId}:dashboard/${name}`,
    }),
  },
  "aws:scheduler/schedule:Schedule": named("scheduler", (name) => `schedule/default/${name}`, "name", 64),
  "aws:apigatewayv2/api:Api": httpApi,
  "aws:apigatewayv2/stage:Stage": httpStage,
  "aws:apigatewayv2/route:Route": { id: (declared) => digest(declared.urn, 7) },
  "aws:apigatewayv2/integration:Integration": { id: (declared) => digest(declared.urn, 7) },
  "aws:cloudfront/distribution:Distribution": {
    id: (declared) => `E${digest(declared.urn, 13).toUpperCase()}`,
    computed: (declared, _name, id) => ({
      arn: arn(declared, "cloudfront", `distribution/${id}`, "global"),
      domainName: placeholderHost,
      hostedZoneId: "Z2FDTNDATAQYW2",
      status: "Deployed",
      etag: digest(declared.urn, 14),
    }),
  },
  "aws:kms/key:Key": {
    id: (declared) => uuidOf(declared.urn),
    computed: (declared, _name, id) => ({ arn: arn(declared, "kms", `key/${id}`), keyId: id }),
  },
  "aws:kms/alias:Alias": byArn("kms", (name) => (name.startsWith("alias/") ? name : `alias/${name}`)),
  "aws:sesv2/emailIdentity:EmailIdentity": {
    id: (declared) => text(declared, "emailIdentity"),
    computed: (declared, _name, id) => ({
      arn: arn(declared, "ses", `identity/${id}`),
      verifiedForSendingStatus: true,
    }),
  },
  "aws:sesv2/configurationSet:ConfigurationSet": named(
    "ses",
    (name) => `configuration-set/${name}`,
    "configurationSetName",
    64,
  ),
};

function uuidOf(urn: string): string {
  const hex = digest(urn, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/**
 * The physical id and all outputs of a resource, as its provider would answer: the inputs, the physical name if the
 * program gives none (logical name, hyphen, seven hexadecimal digits), and AWS's computed values.
 */
export function provision(declared: Declared): { id: string; outputs: Record<string, unknown> } {
  const type = resourceTypes[declared.type];
  const physicalName = type?.nameInput ? nameOf(declared, type.nameInput, type.maxName ?? 255) : declared.name;
  const id =
    type?.id?.(declared, physicalName) ?? (type ? physicalName : `${declared.name}-${digest(declared.urn, 7)}`);
  return {
    id,
    outputs: {
      tagsAll: declared.inputs["tags"] ?? {},
      ...declared.inputs,
      ...(type?.nameInput ? { [type.nameInput]: physicalName } : {}),
      ...type?.computed?.(declared, physicalName, id),
    },
  };
}

function nameOf(declared: Declared, nameInput: string, maxName: number): string {
  const given = text(declared, nameInput);
  if (given !== "") return given;
  const suffix = `-${digest(declared.urn, 7)}`;
  const fifo = declared.inputs["fifoTopic"] === true || declared.inputs["fifoQueue"] === true ? ".fifo" : "";
  const prefix = text(declared, `${nameInput}Prefix`);
  const stem = prefix === "" ? declared.name : prefix.replace(/-$/, "");
  const name = stem.slice(0, maxName - suffix.length - fifo.length) + suffix + fifo;
  // Bucket names are lower case; this is Pulumi's own rule for them.
  return declared.type.startsWith("aws:s3/bucket") ? name.toLowerCase() : name;
}
