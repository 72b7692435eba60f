import { createRequire } from "node:module";
import type { Registered } from "../harness";

interface Policy {
  readonly name: string;
  readonly description: string;
  validateResource?(args: unknown, report: (message: string) => void): void;
  validateStack?(args: unknown, report: (message: string, urn: string) => void): void;
}
const load = createRequire(__filename);

/** The pack's rules, in its order. */
export const { policies } = load("../../../../policy/rules.js") as { policies: readonly Policy[] };

/** What the rules report on what was registered: `rule: name of the resource`. */
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
  // The engine tells the rules from which resource a property came; here the mock's physical names tell it.
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

/** A resource as the engine hands it to the rules: its type and inputs; all are named x and of one bucket. */
export type Given = readonly [type: string, props: Readonly<Record<string, unknown>>];
export interface Case {
  readonly title: string;
  readonly resources: readonly Given[];
  /** The rules that report, in the pack's order. */
  readonly expected: readonly string[];
  readonly stack?: string;
}

// The proxy and the mark of unknown texts with which Pulumi hands properties to rules: its own, which no type declares.
const { unknownCheckingProxy, unknownStringValue } = load("@pulumi/policy/proxy") as {
  unknownCheckingProxy: (props: unknown) => Readonly<Record<string, unknown>>;
  unknownStringValue: string;
};
/** In a text's place: what a preview does not know. */
export const unknown = unknownStringValue;

/** The rules that report anything on what is given, in the pack's order. */
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

/** A policy as AWS takes it. */
export const document = (...Statement: readonly unknown[]) => JSON.stringify({ Version: "2012-10-17", Statement });

/** The bucket of the given resources. */
export const bucketArn = "arn:aws:s3:::x";
