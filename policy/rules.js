/* global module */
// @ts-check
/**
 * The rules of the policy pack. Each says what is wrong and what to do; none knows the component, so that they hold for
 * what a consumer adds around it as well.
 *
 * @typedef {import("@pulumi/policy").ResourceValidationPolicy} ResourceRule
 * @typedef {import("@pulumi/policy").StackValidationPolicy} StackRule
 * @typedef {import("@pulumi/policy").PolicyResource} Resource
 * @typedef {{ Effect?: string; Principal?: unknown; Action?: string | string[]; Resource?: string | string[]; Condition?: Record<string, Record<string, unknown>> }} Statement
 */

const types = {
  bucket: "aws:s3/bucket:Bucket",
  bucketPolicy: "aws:s3/bucketPolicy:BucketPolicy",
  encryption: "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
  publicAccess: "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
  website: "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration",
  collection: "aws:rekognition/collection:Collection",
  function: "aws:lambda/function:Function",
  key: "aws:kms/key:Key",
  logGroup: "aws:cloudwatch/logGroup:LogGroup",
  machine: "aws:sfn/stateMachine:StateMachine",
  permission: "aws:lambda/permission:Permission",
  policy: "aws:iam/policy:Policy",
  policyAttachment: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  queue: "aws:sqs/queue:Queue",
  rolePolicy: "aws:iam/rolePolicy:RolePolicy",
  table: "aws:dynamodb/table:Table",
  target: "aws:cloudwatch/eventTarget:EventTarget",
  topic: "aws:sns/topic:Topic",
};

/** Actions for which IAM knows no narrower resource than all. */
const withoutResources =
  /^(rekognition:DetectFaces|xray:\w+|logs:(Create|Delete|Get|Update)LogDelivery|logs:ListLogDeliveries|logs:PutResourcePolicy|logs:Describe(ResourcePolicies|LogGroups))$/;

/** @param {unknown} value @returns {string[]} */
const list = (value) => (value === undefined ? [] : [value].flat().map(String));

/**
 * The statements of a policy that may still be unknown in a preview: then there is nothing to judge yet.
 *
 * @param {unknown} policy @returns {Statement[]}
 */
function statementsOf(policy) {
  if (policy === undefined || policy === null) return [];
  const document = typeof policy === "string" ? JSON.parse(policy) : policy;
  return [document.Statement ?? []].flat();
}

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
 * A rule on every bucket, which sees the settings that other resources give it. Buckets that are only read are others'.
 *
 * @param {string} name @param {string} description
 * @param {(bucket: Resource, settings: (type: string) => Resource[]) => string[]} problems
 * @returns {StackRule}
 */
const bucketRule = (name, description, problems) => ({
  name,
  description,
  validateStack: ({ resources }, report) => {
    for (const bucket of resources.filter(({ type }) => type === types.bucket)) {
      const settings = (/** @type {string} */ type) =>
        resources.filter((other) => other.type === type && belongsTo(other, bucket));
      for (const problem of problems(bucket, settings)) report(problem, bucket.urn);
    }
  },
});

/**
 * Whether a setting is of a bucket: by what it was made from, else by name.
 *
 * @param {Resource} setting @param {Resource} bucket
 */
function belongsTo(setting, bucket) {
  const sources = setting.propertyDependencies?.["bucket"] ?? [];
  if (sources.length > 0) return sources.some(({ urn }) => urn === bucket.urn);
  return setting.props["bucket"] !== undefined && setting.props["bucket"] === bucket.props["bucket"];
}

/** @type {(ResourceRule | StackRule)[]} */
const policies = [
  bucketRule("bucket-private", "Buckets block public access, but those that are websites.", (_, settings) =>
    when(
      settings(types.website).length === 0 &&
        !settings(types.publicAccess).some(({ props }) =>
          ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"].every(
            (option) => props[option] === true,
          ),
        ),
      "The bucket can be opened to the public. Add a BucketPublicAccessBlock with all four options.",
    ),
  ),
  bucketRule("bucket-website-read-only", "Websites let everybody read their files and nothing else.", (_, settings) =>
    settings(types.bucketPolicy)
      .flatMap(({ props }) => statementsOf(props["policy"]))
      .filter(({ Effect, Principal }) => Effect === "Allow" && JSON.stringify(Principal ?? "").includes('"*"'))
      .filter(({ Condition }) => Condition === undefined)
      .flatMap(({ Action }) => list(Action))
      .filter((action) => action !== "s3:GetObject")
      .map((action) => `The bucket's policy allows everybody ${action}. Allow s3:GetObject at most.`),
  ),
  bucketRule("bucket-tls-only", "Buckets refuse requests without TLS, but those that are websites.", (_, settings) =>
    when(
      settings(types.website).length === 0 &&
        !settings(types.bucketPolicy).some(({ props }) =>
          statementsOf(props["policy"]).some(
            ({ Effect, Condition }) =>
              Effect === "Deny" && String(Condition?.["Bool"]?.["aws:SecureTransport"]) === "false",
          ),
        ),
      "The bucket answers requests without TLS. Deny s3:* under the condition aws:SecureTransport false.",
    ),
  ),
  bucketRule(
    "bucket-encrypted",
    "Buckets say what they are encrypted with, but those that are websites.",
    (_, settings) =>
      when(
        settings(types.website).length === 0 && settings(types.encryption).length === 0,
        "The bucket does not say its encryption. Add a BucketServerSideEncryptionConfiguration.",
      ),
  ),
  rule(
    "table-recoverable",
    "Tables can be had back as they were, but those declared disposable.",
    types.table,
    (table) =>
      when(
        table.pointInTimeRecovery?.enabled !== true && table.deletionProtectionEnabled !== false,
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
    [types.rolePolicy, types.policy],
    ({ policy }) =>
      statementsOf(policy)
        .filter(({ Effect }) => Effect === "Allow")
        .flatMap(({ Action, Resource }) => {
          const actions = list(Action);
          const everywhere = list(Resource).includes("*");
          return [
            ...actions
              .filter((action) => action.includes("*"))
              .map((action) => `The policy allows ${action}. Name the actions.`),
            ...actions
              .filter((action) => everywhere && !withoutResources.test(action))
              .map((action) => `The policy allows ${action} on every resource. Name the ARNs.`),
          ];
        }),
  ),
  rule(
    "iam-no-broad-managed-policy",
    "Roles carry none of AWS's broad policies.",
    types.policyAttachment,
    ({ policyArn }) =>
      when(
        /:aws:policy\/.*(FullAccess|_FullAccess|AdministratorAccess|PowerUser)/.test(String(policyArn)),
        `The role carries ${policyArn}. Write a policy with what it needs.`,
      ),
  ),
  rule(
    "function-no-secret",
    "No secret is in a function's environment in the clear.",
    types.function,
    ({ environment }) =>
      Object.entries(environment?.variables ?? {})
        .filter(
          ([name, value]) =>
            /SECRET|PASSWORD|PRIVATE_?KEY|API_?KEY|ACCESS_?KEY|TOKEN/i.test(name) ||
            /AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(String(value)),
        )
        .map(([name]) => `The variable ${name} looks like a secret. Keep it in Secrets Manager and give its ARN.`),
  ),
  rule("function-runtime", "Functions run on a runtime that AWS still mends.", types.function, ({ runtime }) =>
    when(
      /^(nodejs(\d|1\d|20)\.|python(2|3\.[0-9]$)|ruby2|java8$|dotnet[56]|go1)/.test(String(runtime)),
      `AWS no longer mends ${runtime}. Use nodejs22.x or a later one.`,
    ),
  ),
  rule("permission-from-one-source", "Services may call a function for one resource only.", types.permission, (props) =>
    when(
      String(props["principal"]).includes(".amazonaws.com") && !props["sourceArn"] && !props["sourceAccount"],
      "Any account's resources may call the function. Set sourceArn.",
    ),
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
    description: "In a stack whose name begins with prod, rows, faces and versioned photos are protected.",
    validateStack: ({ resources }, report) => {
      for (const resource of resources) {
        const isProduction = /^urn:pulumi:prod/.test(resource.urn);
        const isData = resource.type === types.table || resource.type === types.collection;
        if (isProduction && isData && resource.opts.protect !== true) {
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
