import { JSONPath } from "jsonpath-plus";
import { runtimeError, stateError } from "./errors";

/** The roots of a path: the state's data, and the context object behind `$$`. */
export interface Scope {
  readonly data: unknown;
  readonly context: unknown;
}

type Segment = string | number;

const segmentPattern = /\.([\p{L}\p{N}_$-]+)|\[(-?\d+)\]|\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/uy;

/** The steps of a reference path, one that leads to a single place; undefined for any other path. */
export function segmentsOf(path: string): readonly Segment[] | undefined {
  const segments: Segment[] = [];
  segmentPattern.lastIndex = 1;
  while (segmentPattern.lastIndex < path.length) {
    const match = segmentPattern.exec(path);
    if (!match) return undefined;
    const [, name, index, single, double] = match;
    if (index !== undefined) segments.push(Number(index));
    else segments.push(name ?? (single ?? double ?? "").replace(/\\(.)/g, "$1"));
  }
  return segments;
}

/**
 * The value at a path; undefined if it leads nowhere. A path with wildcards or filters gives a list, possibly empty.
 */
export function lookUp(path: string, scope: Scope): unknown {
  const inContext = path.startsWith("$$");
  const root = inContext ? scope.context : scope.data;
  const own = inContext ? path.slice(1) : path;
  const segments = segmentsOf(own);
  if (segments) return segments.reduce(step, root);
  return JSONPath({ path: own, json: root as object, wrap: true, eval: "safe" });
}

function step(value: unknown, segment: Segment): unknown {
  if (value === null || typeof value !== "object") return undefined;
  if (typeof segment === "number") return Array.isArray(value) ? value.at(segment) : undefined;
  return Object.hasOwn(value, segment) ? (value as Record<string, unknown>)[segment] : undefined;
}

/** @throws States.Runtime if the path leads nowhere, in AWS's words */
export function query(path: string, scope: Scope, field: string): unknown {
  const value = lookUp(path, scope);
  if (value === undefined) {
    const input = JSON.stringify(path.startsWith("$$") ? scope.context : scope.data);
    throw runtimeError(
      `The JSONPath '${path}' specified for the field '${field}' could not be found in the input '${input}'`,
    );
  }
  return value;
}

/** InputPath and OutputPath: null means an empty object. */
export function select(path: string | null | undefined, scope: Scope, field: string): unknown {
  if (path === undefined) return scope.data;
  return path === null ? {} : query(path, scope, field);
}

/** Puts a result into the state's input at ResultPath; null drops it. The input itself is left as it is. */
export function place(path: string | null | undefined, input: unknown, result: unknown): unknown {
  if (path === null) return input;
  if (path === undefined || path === "$") return result;
  const segments = segmentsOf(path);
  if (!segments || path.startsWith("$$")) throw runtimeError(`The ResultPath '${path}' is not a reference path`);
  return put(input, segments, result, path);
}

function put(target: unknown, segments: readonly Segment[], value: unknown, path: string): unknown {
  const [head, ...rest] = segments;
  if (head === undefined) return value;
  const isIndex = typeof head === "number";
  const fits = target === undefined || (isIndex ? Array.isArray(target) : isObject(target));
  if (!fits || (isIndex && (head < 0 || head > (target as unknown[]).length))) {
    throw stateError(
      "States.ResultPathMatchFailure",
      `Unable to apply step "${String(head)}" of the ResultPath '${path}' to input '${JSON.stringify(target)}'`,
    );
  }
  if (isIndex) {
    const copy = [...((target as unknown[] | undefined) ?? [])];
    copy[head] = put(copy[head], rest, value, path);
    return copy;
  }
  const members = (target as Record<string, unknown> | undefined) ?? {};
  return { ...members, [head]: put(members[head], rest, value, path) };
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
