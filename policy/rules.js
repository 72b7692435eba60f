/* eslint-disable @typescript-eslint/no-require-imports -- Pulumi's Node.js host requires this file as it is. */
/* global module, require */
// @ts-check
/**
 * The rules of the policy pack. Each reports a fault and its fix; none depends on the component, so they also apply to
 * a consumer's own resources.
 *
 * @typedef {import("@pulumi/policy").ResourceValidationPolicy} ResourceRule
 * @typedef {import("@pulumi/policy").StackValidationPolicy} StackRule
 * @typedef {import("@pulumi/policy").PolicyResource} Resource
 */

const { allowsEverybody, documentOf, list, read, refusesPlainRequests, unknown } = require("./documents.js");

/**
 * The two tokens of an S3 type: those with V2 are older, and programs still use them.
 *
 * @param {string} name
 */
const s3 = (name) => {
  const file = name[0]?.toLowerCase() + name.slice(1);
  return [`aws:s3/${file}:${name}`, `aws:s3/${file}V2:${name}V2`];
};

const types = {
  bucket: s3("Bucket"),
  bucketPolicy: s3("BucketPolicy"),
  encryption: s3("BucketServerSideEncryptionConfiguration"),
  lifecycle: s3("BucketLifecycleConfiguration"),
  notification: s3("BucketNotification"),
  publicAccess: s3("BucketPublicAccessBlock"),
  versioning: s3("BucketVersioning"),
  website: s3("BucketWebsiteConfiguration"),
  collection: "aws:rekognition/collection:Collection",
  function: "aws:lambda/function:Function",
  functionUrl: "aws:lambda/functionUrl:FunctionUrl",
  groupPolicy: "aws:iam/groupPolicy:GroupPolicy",
  groupPolicyAttachment: "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
  key: "aws:kms/key:Key",
  logGroup: "aws:cloudwatch/logGroup:LogGroup",
  machine: "aws:sfn/stateMachine:StateMachine",
  permission: "aws:lambda/permission:Permission",
  policy: "aws:iam/policy:Policy",
  policyAttachment: "aws:iam/policyAttachment:PolicyAttachment",
  queue: "aws:sqs/queue:Queue",
  queuePolicy: "aws:sqs/queuePolicy:QueuePolicy",
  role: "aws:iam/role:Role",
  rolePolicy: "aws:iam/rolePolicy:RolePolicy",
  rolePolicyAttachment: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  table: "aws:dynamodb/table:Table",
  target: "aws:cloudwatch/eventTarget:EventTarget",
  topic: "aws:sns/topic:Topic",
  topicPolicy: "aws:sns/topicPolicy:TopicPolicy",
  userPolicy: "aws:iam/userPolicy:UserPolicy",
  userPolicyAttachment: "aws:iam/userPolicyAttachment:UserPolicyAttachment",
};

/** Actions for which IAM supports no narrower resource than all. */
const withoutResources =
  /^(rekognition:DetectFaces|xray:\w+|logs:(Create|Delete|Get|Update)LogDelivery|logs:ListLogDeliveries|logs:PutResourcePolicy|logs:Describe(ResourcePolicies|LogGroups))$/;

/** `*`, and ARNs that name only their service: `arn:aws:s3:::*`. */
const everything = /^([*?]+|arn:(?:[^:]*:){0,4}[*?:/]+)$/;

/**
 * A rule on every resource of one type.
 *
 * @param {string} name @param {string} description @param {string | string[]} type
 * @param {(props: Record<string, any>, args: import("@pulumi/policy").ResourceValidationArgs) => string[]} problems
 * @returns {ResourceRule}
 */
const rule = (name, description, type, problems) => ({
  name,
  description,
  validateResource: (args, report) => {
    if (!list(type).includes(args.type)) return;
    for (const problem of problems(args.props, args)) report(problem);
  },
});

/** @param {unknown} wrong @param {string} problem @returns {string[]} */
const when = (wrong, problem) => (wrong ? [problem] : []);

/**
 * A rule on every bucket, including its settings in other resources. Buckets that are only read belong to others.
 *
 * @param {string} name @param {string} description
 * @param {(settings: (type: string[]) => Resource[]) => string[]} problems
 * @returns {StackRule}
 */
const bucketRule = (name, description, problems) => ({
  name,
  description,
  validateStack: ({ resources }, report) => {
    for (const bucket of resources.filter(({ type }) => types.bucket.includes(type))) {
      for (const problem of problems((type) => settingsOf(bucket, type, resources))) report(problem, bucket.urn);
    }
  },
});

/** @param {Resource} bucket @param {string[]} type @param {Resource[]} resources */
const settingsOf = (bucket, type, resources) =>
  resources.filter((other) => type.includes(other.type) && belongsTo(other, bucket));

/**
 * Whether a setting belongs to a bucket: by the resource it was made from, else by name.
 *
 * @param {Resource} setting @param {Resource} bucket
 */
function belongsTo(setting, bucket) {
  const sources = setting.propertyDependencies?.["bucket"] ?? [];
  if (sources.length > 0) return sources.some(({ urn }) => urn === bucket.urn);
  const name = read(() => setting.props["bucket"]);
  return name !== undefined && name !== unknown && name === read(() => bucket.props["bucket"]);
}

/**
 * Whether a bucket is only a website: a bucket with versions, notifications or expiry by age holds data.
 *
 * @param {(type: string[]) => Resource[]} settings
 */
const isWebsite = (settings) =>
  settings(types.website).length > 0 &&
  [types.versioning, types.notification, types.lifecycle].every((type) => settings(type).length === 0);

/** @param {(type: string[]) => Resource[]} settings */
const bucketPolicies = (settings) => settings(types.bucketPolicy).map(({ props }) => documentOf(() => props["policy"]));

/**
 * The policies that a resource gives to an IAM principal.
 *
 * @param {Record<string, any>} props @returns {import("./documents.js").PolicyDocument[]}
 */
function grantsOf(props) {
  const inline = read(() => [...(props["inlinePolicies"] ?? []).keys()]);
  return [
    documentOf(() => props["policy"]),
    ...(inline === unknown ? [] : inline).map((index) => documentOf(() => props["inlinePolicies"][index].policy)),
  ];
}

/** @param {import("./documents.js").Statement} statement @returns {string[]} */
function inexact({ Action, NotAction, Resource, NotResource }) {
  const actions = list(Action);
  const everywhere = list(Resource).some((arn) => everything.test(arn));
  return [
    ...when(NotAction !== undefined, "The policy allows all actions but some (NotAction). Name the actions."),
    ...when(NotResource !== undefined, "The policy allows all resources but some (NotResource). Name the ARNs."),
    ...actions
      .filter((action) => /[*?]/.test(action))
      .map((action) => `The policy allows ${action}. Name the actions.`),
    ...actions
      .filter((action) => everywhere && !withoutResources.test(action))
      .map((action) => `The policy allows ${action} on every resource. Name the ARNs.`),
  ];
}

/** Names of variables that hold a secret, and of those that only refer to one. */
const secretName = /SECRET|PASSWORD|PRIVATE_?KEY|API_?KEY|ACCESS_?KEY|TOKEN$/i;
const referenceName = /_(ARN|NAME|ID)$/i;
/** An access key's id, a private key, a URL with a password. */
const secretValue = /AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----|:\/\/[^/\s:@]*:[^/@\s]+@/;

/**
 * Whether a variable's name, or its value if known, is that of a secret.
 *
 * @param {string} name @param {unknown} value
 */
const isSecret = (name, value) =>
  (secretName.test(name) && !referenceName.test(name) && !String(value).startsWith("arn:")) ||
  secretValue.test(String(value));

/** @type {(ResourceRule | StackRule)[]} */
const policies = [
  bucketRule(
    "bucket-private",
    "Buckets block public access, but those that are websites: without versions, notifications and lifecycle.",
    (settings) =>
      when(
        !isWebsite(settings) &&
          !settings(types.publicAccess).some(({ props }) =>
            ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"].every((option) =>
              [true, unknown].includes(read(() => props[option])),
            ),
          ),
        "The bucket can be opened to the public. Add a BucketPublicAccessBlock with all four options.",
      ),
  ),
  bucketRule("bucket-website-read-only", "Websites let everybody read their files and nothing else.", (settings) =>
    bucketPolicies(settings).flatMap(({ problem, statements }) => [
      ...list(problem),
      ...statements
        .filter(allowsEverybody)
        .flatMap(({ Action, NotAction }) => (NotAction === undefined ? list(Action) : ["all actions but some"]))
        .filter((action) => action !== "s3:GetObject")
        .map((action) => `The bucket's policy allows everybody ${action}. Allow s3:GetObject at most.`),
    ]),
  ),
  bucketRule("bucket-tls-only", "Buckets refuse requests without TLS, but those that are websites.", (settings) =>
    when(
      !isWebsite(settings) &&
        !bucketPolicies(settings).some((policy) => policy.unknown || policy.statements.some(refusesPlainRequests)),
      "The bucket answers requests without TLS. Deny everybody s3:* on the bucket's ARN and on ARN/*, under the " +
        "condition aws:SecureTransport false and no other.",
    ),
  ),
  bucketRule("bucket-encrypted", "Buckets say what they are encrypted with, but those that are websites.", (settings) =>
    when(
      !isWebsite(settings) && settings(types.encryption).length === 0,
      "The bucket does not say its encryption. Add a BucketServerSideEncryptionConfiguration.",
    ),
  ),
  rule(
    "table-recoverable",
    "Tables can be had back as they were, but for those that are said to be disposable.",
    types.table,
    // AWS keeps a backup of a recoverable table for 35 days after its deletion.
    ({ pointInTimeRecovery, deletionProtectionEnabled }) =>
      when(
        pointInTimeRecovery?.enabled !== true && deletionProtectionEnabled !== false,
        "The table cannot be had back. Set pointInTimeRecovery.enabled, or deletionProtectionEnabled to false.",
      ),
  ),
  rule("table-encrypted", "Tables are encrypted with a key in the account.", types.table, ({ serverSideEncryption }) =>
    when(
      serverSideEncryption?.enabled !== true,
      "The table's key is not in the account. Set serverSideEncryption.enabled.",
    ),
  ),
  rule("topic-encrypted", "Topics are encrypted.", types.topic, ({ kmsMasterKeyId }) =>
    when(!kmsMasterKeyId, 'The topic is not encrypted. Set kmsMasterKeyId, for example to "alias/aws/sns".'),
  ),
  rule("queue-encrypted", "Queues are encrypted.", types.queue, ({ sqsManagedSseEnabled, kmsMasterKeyId }) =>
    when(
      sqsManagedSseEnabled !== true && !kmsMasterKeyId,
      "The queue does not say its encryption. Set sqsManagedSseEnabled or kmsMasterKeyId.",
    ),
  ),
  rule("key-rotates", "Keys are rotated.", types.key, ({ enableKeyRotation }) =>
    when(enableKeyRotation !== true, "The key stays the same for ever. Set enableKeyRotation."),
  ),
  rule("log-retention", "Logs are kept for a limited time.", types.logGroup, ({ retentionInDays }) =>
    when(!retentionInDays, "The logs are kept for ever. Set retentionInDays."),
  ),
  rule(
    "iam-exact",
    "Roles are allowed exact actions on exact resources.",
    [types.rolePolicy, types.userPolicy, types.groupPolicy, types.policy, types.role],
    (props) =>
      grantsOf(props).flatMap(({ problem, statements }) => [
        ...list(problem),
        ...statements.filter(({ Effect }) => Effect === "Allow").flatMap(inexact),
      ]),
  ),
  rule(
    "iam-no-broad-managed-policy",
    "Roles carry none of AWS's broad policies.",
    [
      types.rolePolicyAttachment,
      types.userPolicyAttachment,
      types.groupPolicyAttachment,
      types.policyAttachment,
      types.role,
    ],
    (props) => {
      const count = read(() => (props["managedPolicyArns"] ?? []).length);
      const arns = [
        read(() => props["policyArn"]),
        ...Array.from({ length: count === unknown ? 0 : count }, (_, index) =>
          read(() => props["managedPolicyArns"][index]),
        ),
      ];
      return arns
        .map(String)
        .filter((arn) => /:aws:policy\/.*(FullAccess|AdministratorAccess|PowerUser)/.test(arn))
        .map((arn) => `The role carries ${arn}. Write a policy with what it needs.`);
    },
  ),
  rule("function-no-secret", "No secret is in a function's environment in the clear.", types.function, (props) => {
    const variables = read(() => props["environment"]?.variables ?? {});
    return Object.keys(variables === unknown ? {} : variables)
      .filter((name) =>
        isSecret(
          name,
          read(() => variables[name]),
        ),
      )
      .map(
        (name) =>
          `The variable ${name} looks like a secret. Keep it in Secrets Manager and give its ARN, as ${name}_ARN.`,
      );
  }),
  rule("function-runtime", "Functions run on a runtime that AWS still patches.", types.function, ({ runtime }) =>
    when(
      /^(nodejs(\d|1\d|20)\.|python(2|3\.[0-9]$)|ruby2|java8$|dotnet[56]|go1)/.test(String(runtime)),
      `AWS no longer patches ${runtime}. Use nodejs24.x.`,
    ),
  ),
  rule(
    "permission-from-one-source",
    "Services may call a function for one resource only, and nobody may who is not named.",
    types.permission,
    (props) => {
      const [principal, ...sources] = ["principal", "sourceArn", "sourceAccount"].map((name) =>
        read(() => props[name]),
      );
      return [
        ...when(
          String(principal).includes(".amazonaws.com") && !sources.some(Boolean),
          "Any account's resources may call the function. Set sourceArn.",
        ),
        ...when(
          principal === "*" && !read(() => props["principalOrgId"]),
          "Everybody may call the function. Name the account, the role or the service as principal.",
        ),
      ];
    },
  ),
  rule("function-url-authorized", "Functions' URLs ask who calls.", types.functionUrl, ({ authorizationType }) =>
    when(authorizationType === "NONE", 'Everybody may call the URL. Set authorizationType to "AWS_IAM".'),
  ),
  rule(
    "message-policy-closed",
    "Queues and topics are not open to everybody.",
    [types.queuePolicy, types.topicPolicy, types.queue, types.topic],
    (props) => {
      const { problem, statements } = documentOf(() => props["policy"]);
      return [
        ...list(problem),
        ...when(
          statements.some(allowsEverybody),
          "The policy allows everybody. Name the principal, or add a condition on aws:SourceArn.",
        ),
      ];
    },
  ),
  rule("machine-logs-no-data", "The logs of state machines hold no personal data.", types.machine, (props) =>
    when(
      props["loggingConfiguration"]?.includeExecutionData === true,
      "What the states hand on is logged: names and faces. Set loggingConfiguration.includeExecutionData to false.",
    ),
  ),
  rule("target-dead-letters", "Events that cannot start a state machine are kept.", types.target, (props) =>
    when(
      String(props["arn"]).includes(":stateMachine:") && !props["deadLetterConfig"]?.arn,
      "An event that cannot start the machine within a day is lost. Set deadLetterConfig.",
    ),
  ),
  {
    name: "production-protected",
    description: "In a stack named prod, production or prod-something, rows, faces and versioned photos are protected.",
    validateStack: ({ resources }, report) => {
      const isData = (/** @type {Resource} */ resource) =>
        resource.type === types.table ||
        resource.type === types.collection ||
        (types.bucket.includes(resource.type) && settingsOf(resource, types.versioning, resources).length > 0);
      for (const resource of resources.filter(({ urn }) => /^urn:pulumi:prod(uction)?([-_.]|::)/.test(urn))) {
        if (isData(resource) && resource.opts.protect !== true) {
          report(
            "The data can be deleted by one command. Set retention.keepData, or `protect` on your own resource.",
            resource.urn,
          );
        }
      }
    },
  },
];

module.exports = { policies };
