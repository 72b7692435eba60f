import type { DeclaredResourcePolicy } from "../iam/policy";
import type { ProgramGraph, ResourceNode } from "./graph";

/** A resource's inputs and outputs, read by name with the type that the reader expects. */
export interface Node extends ResourceNode {
  /** Text, also of a number; undefined if absent. Falls back to computed outputs if the program gives no input. */
  text(name: string): string | undefined;
  /** The same for a required member. */
  required(name: string): string;
  number(name: string): number | undefined;
  flag(name: string): boolean;
  texts(name: string): readonly string[];
  /** A nested block. */
  block(name: string): Block | undefined;
  /** A list of blocks; a single block counts as a list of one. */
  blocks(name: string): readonly Block[];
}

export type Block = Readonly<Record<string, unknown>>;

/** The nodes of these types, in the order of declaration. */
export function nodesOf(graph: ProgramGraph, ...types: readonly string[]): readonly Node[] {
  return graph.resources.filter(({ type }) => types.includes(type)).map(readable);
}

function readable(node: ResourceNode): Node {
  const value = (name: string): unknown => node.inputs[name] ?? node.outputs[name];
  const text = (name: string): string | undefined => textOf(value(name));
  return {
    ...node,
    text,
    required(name) {
      const found = text(name);
      if (found !== undefined && found !== "") return found;
      throw new Error(`${node.type} ${node.name} has no ${name}, which it cannot be without.`);
    },
    number: (name) => numberOf(value(name)),
    flag: (name) => value(name) === true,
    texts: (name) => textsOf(value(name)),
    block: (name) => blocksOf(value(name))[0],
    blocks: (name) => blocksOf(value(name)),
  };
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : typeof value === "string" && value !== "" ? Number(value) : undefined;
}

export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : typeof value === "string" ? [value] : [];
}

export function blocksOf(value: unknown): readonly Block[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((block): block is Block => typeof block === "object" && block !== null);
}

/** `name`, or the last part of an ARN or URL that ends in it. */
export function nameIn(reference: string): string {
  return reference.split(/[/:]/).at(-1) ?? reference;
}

/** The policy that one resource attaches to another. */
export function policyOf(node: Node, resource: string): DeclaredResourcePolicy {
  return { resource, name: node.name, document: node.required("policy") };
}

/** Policies that are inline in the resources of a type; a policy resource replaces them. */
export function inlinePolicies(graph: ProgramGraph, type: string): readonly DeclaredResourcePolicy[] {
  return nodesOf(graph, type)
    .filter((node) => node.inputs["policy"] !== undefined)
    .map((node) => policyOf(node, node.required("arn")));
}
