/** A function call that the program makes to its providers during the evaluation. */
export interface Invoke {
  readonly token: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

export interface InvokeIdentity {
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
}

interface StatementInput {
  readonly sid?: string;
  readonly effect?: string;
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  readonly resources?: readonly string[];
  readonly notResources?: readonly string[];
  readonly principals?: readonly { readonly type: string; readonly identifiers: readonly string[] }[];
  readonly notPrincipals?: readonly { readonly type: string; readonly identifiers: readonly string[] }[];
  readonly conditions?: readonly {
    readonly test: string;
    readonly variable: string;
    readonly values: readonly string[];
  }[];
}

type Answer = (inputs: Invoke["inputs"], identity: InvokeIdentity) => Record<string, unknown>;

const knownAnswers: Readonly<Record<string, Answer>> = {
  "aws:index/getRegion:getRegion": (_inputs, { region }) => ({
    id: region,
    name: region,
    region,
    description: region,
    endpoint: `ec2.${region}.amazonaws.com`,
  }),
  "aws:index/getCallerIdentity:getCallerIdentity": (_inputs, { accountId, partition }) => ({
    id: accountId,
    accountId,
    arn: `arn:${partition}:iam::${accountId}:user/local`,
    userId: "AIDALOCALOPERATOR000",
  }),
  "aws:index/getPartition:getPartition": (_inputs, { partition }) => ({
    id: partition,
    partition,
    dnsSuffix: "amazonaws.com",
    reverseDnsPrefix: "com.amazonaws",
  }),
  "aws:index/getDefaultTags:getDefaultTags": () => ({ id: "default", tags: {} }),
  "aws:index/getAvailabilityZones:getAvailabilityZones": (_inputs, { region }) => ({
    id: region,
    names: ["a", "b", "c"].map((zone) => region + zone),
    zoneIds: ["az1", "az2", "az3"].map((zone) => `local-${zone}`),
  }),
  "aws:iam/getPolicyDocument:getPolicyDocument": (inputs) => {
    const json = JSON.stringify(policyDocument(inputs), null, 2);
    return { id: "0", json, minifiedJson: JSON.stringify(JSON.parse(json)) };
  },
};

/** Answers an invoke. Throws an Error that names the function if the local mode has no answer to it. */
export function answerInvoke(invoke: Invoke, identity: InvokeIdentity): Record<string, unknown> {
  const answer = knownAnswers[invoke.token];
  if (!answer) {
    const message =
      `The program calls ${invoke.token}, which the local mode cannot answer. It answers: ` +
      `${Object.keys(knownAnswers).join(", ")}. Pass the value through the stack's configuration instead.`;
    // Pulumi shows `details`, the member of a gRPC error, and not the message.
    throw Object.assign(new Error(message), { details: message });
  }
  return answer(invoke.inputs, identity);
}

function single(values: readonly string[]): string | readonly string[] {
  const [only, ...more] = values;
  return only === undefined || more.length > 0 ? values : only;
}

function principals(list: StatementInput["principals"]): unknown {
  if (!list || list.length === 0) return undefined;
  if (list.some(({ type, identifiers }) => type === "*" && identifiers.includes("*"))) return "*";
  return Object.fromEntries(list.map(({ type, identifiers }) => [type, single(identifiers)]));
}

function conditions(list: StatementInput["conditions"]): unknown {
  if (!list || list.length === 0) return undefined;
  const byTest: Record<string, Record<string, string | readonly string[]>> = {};
  for (const { test, variable, values } of list) (byTest[test] ??= {})[variable] = single(values);
  return byTest;
}

/** The document that the provider would render: absent members are absent in the JSON. */
function policyDocument(inputs: Invoke["inputs"]): Record<string, unknown> {
  const statements = (inputs["statements"] ?? []) as readonly StatementInput[];
  const inherited = ((inputs["sourcePolicyDocuments"] ?? []) as readonly string[]).flatMap((document) => {
    const { Statement } = JSON.parse(document) as { Statement: unknown };
    return Array.isArray(Statement) ? (Statement as unknown[]) : [Statement];
  });
  return {
    Version: inputs["version"] ?? "2012-10-17",
    ...(typeof inputs["policyId"] === "string" ? { Id: inputs["policyId"] } : {}),
    Statement: [
      ...inherited,
      ...statements.map((statement) => ({
        Sid: statement.sid,
        Effect: statement.effect ?? "Allow",
        Action: statement.actions && single(statement.actions),
        NotAction: statement.notActions && single(statement.notActions),
        Resource: statement.resources && single(statement.resources),
        NotResource: statement.notResources && single(statement.notResources),
        Principal: principals(statement.principals),
        NotPrincipal: principals(statement.notPrincipals),
        Condition: conditions(statement.conditions),
      })),
    ],
  };
}
