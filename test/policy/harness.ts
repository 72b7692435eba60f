import { createRequire } from "node:module";
import type { Registered } from "../components/harness";

interface Policy {
  readonly name: string;
  readonly description: string;
  validateResource?(args: unknown, report: (message: string) => void): void;
  validateStack?(args: unknown, report: (message: string, urn: string) => void): void;
}
const load = createRequire(__filename);

/** The pack's rules, in its order. */
export const { policies } = load("../../../policy/rules.js") as { policies: readonly Policy[] };

/** The rules' reports on the registered resources: `rule: name of the resource`. */
export function violations(registered: readonly Registered[]): string[] {
  const resources = registered
    .filter(({ existing }) => !existing)
    .map((one) => ({
      type: one.type,
      name: one.name,
      urn: one.urn,
      props: one.inputs,
      opts: { protect: one.protect },
      propertyDependencies: {},
    }));
  const buckets = new Map(registered.filter(({ type }) => type.endsWith(":Bucket")).map((one) => [one.urn, one]));
  // The engine reports a property's source resource to the rules; here the mock's physical names identify it.
  const linked = resources.map((one) => {
    const source = [...buckets.values()].find((bucket) => one.props["bucket"] === bucket.physicalId);
    return source === undefined ? one : { ...one, propertyDependencies: { bucket: [{ urn: source.urn }] } };
  });
  return policies.flatMap((policy) => {
    const found: string[] = [];
    for (const resource of linked) {
      policy.validateResource?.(resource, () => found.push(`${policy.name}: ${resource.name}`));
    }
    policy.validateStack?.({ resources: linked }, (_, urn) => found.push(`${policy.name}: ${urn.split("::").at(-1)}`));
    return found;
  });
}

/** A resource as the engine passes it to the rules: its type and inputs; all are named x and belong to one bucket. */
export type Given = readonly [type: string, props: Readonly<Record<string, unknown>>];
export interface Case {
  readonly title: string;
  readonly resources: readonly Given[];
  /** The rules that report, in the pack's order. */
  readonly expected: readonly string[];
  readonly stack?: string;
}

// Pulumi's internal proxy for properties in rules and its marker of unknown texts, which no type declares.
const { unknownCheckingProxy, unknownStringValue } = load("@pulumi/policy/proxy") as {
  unknownCheckingProxy: (props: unknown) => Readonly<Record<string, unknown>>;
  unknownStringValue: string;
};
/** In place of a text: a value that a preview does not know. */
export const unknown = unknownStringValue;

/** The rules that report anything on the given resources, in the pack's order. */
export function judge(given: readonly Given[], stack = "dev"): readonly string[] {
  const urn = (type: string) => `urn:pulumi:${stack}::school::${type}::x`;
  const bucket = given.find(([type]) => /:Bucket(V2)?$/.test(type))?.[0];
  const resources = given.map(([type, props]) => ({
    type,
    name: "x",
    urn: urn(type),
    props: unknownCheckingProxy(props),
    opts: { protect: false },
    propertyDependencies: bucket === undefined || type === bucket ? {} : { bucket: [{ urn: urn(bucket) }] },
  }));
  return policies
    .filter((policy) => {
      let reported = 0;
      for (const resource of resources) policy.validateResource?.(resource, () => reported++);
      policy.validateStack?.({ resources }, () => reported++);
      return reported > 0;
    })
    .map(({ name }) => name);
}

/** A policy as AWS accepts it. */
export const document = (...Statement: readonly unknown[]) => JSON.stringify({ Version: "2012-10-17", Statement });

/** The bucket of the given resources. */
export const bucketArn = "arn:aws:s3:::x";
