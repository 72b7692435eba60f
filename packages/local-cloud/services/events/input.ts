import type { CloudEvent } from "../../gateway/service";

/** A rule's input for its target in place of the whole event; at most one of them is set. */
export interface TargetInput {
  /** JSON text, passed unchanged. */
  readonly input?: string | undefined;
  /** The part of the event that is passed: `$.detail`. */
  readonly inputPath?: string | undefined;
  readonly inputTransformer?:
    | {
        /** Names of the template's variables, and the paths of their values in the event. */
        readonly inputPathsMap?: Readonly<Record<string, string>> | undefined;
        /** JSON or text with `<name>` in place of each value. */
        readonly inputTemplate: string;
      }
    | undefined;
}

/** The rule's own data, for the template's `<aws.events.…>` variables. */
export interface RuleContext {
  readonly ruleName: string;
  readonly ruleArn: string;
}

/** Returns the text that the target receives for an event. */
export type MakeInput = (event: CloudEvent) => string;

/** @throws Error that names the path or template, the rule and the fix */
export function readTargetInput(target: TargetInput, rule: RuleContext, where: string): MakeInput {
  const { input, inputPath, inputTransformer } = target;
  if ([input, inputPath, inputTransformer].filter((one) => one !== undefined).length > 1) {
    throw new Error(`${where} has several of input, inputPath and inputTransformer. Keep one.`);
  }
  if (input !== undefined) return () => input;
  if (inputPath !== undefined) {
    const read = readPath(inputPath, where);
    return (event) => JSON.stringify(read(event) ?? null);
  }
  if (!inputTransformer) return (event) => JSON.stringify(event);
  const { inputPathsMap = {}, inputTemplate } = inputTransformer;
  const paths = Object.entries(inputPathsMap).map(([name, path]) => [name, readPath(path, where)] as const);
  for (const [, name = ""] of inputTemplate.matchAll(/<([^<>]*)>/g)) {
    if (!Object.hasOwn(inputPathsMap, name) && !name.startsWith("aws.events.")) {
      throw new Error(`${where}: the template has <${name}>, but inputPathsMap does not. Add a path for it.`);
    }
  }
  return (event) => {
    const values = new Map<string, unknown>([
      ...paths.map(([name, read]) => [name, read(event)] as const),
      ["aws.events.rule-name", rule.ruleName],
      ["aws.events.rule-arn", rule.ruleArn],
      ["aws.events.event.ingestion-time", event.time],
      ["aws.events.event.json", event],
      ["aws.events.event", { ...event, detail: undefined }],
    ]);
    return fill(inputTemplate, values);
  };
}

/** A value outside quotes is written as JSON; inside quotes as text, escaped so that the string stays one. */
function fill(template: string, values: ReadonlyMap<string, unknown>): string {
  let quoted = false;
  return template.replace(/\\.|"|<([^<>]*)>/gs, (piece, name: string | undefined) => {
    if (name === undefined) {
      if (piece === '"') quoted = !quoted;
      return piece;
    }
    const value = values.get(name);
    if (!quoted) return JSON.stringify(value ?? null);
    const text = typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
    return JSON.stringify(text).slice(1, -1);
  });
}

/** The paths that EventBridge accepts: fields and indexes, no wildcards or filters. */
function readPath(path: string, where: string): (event: unknown) => unknown {
  const steps = [...path.slice(1).matchAll(/\.([^.[\]]+)|\[(\d+)\]|\[(?:'([^']*)'|"([^"]*)")\]/gy)];
  const length = steps.reduce((sum, [step]) => sum + step.length, 1);
  if (!path.startsWith("$") || length !== path.length) {
    throw new Error(`${where}: "${path}" is no path. Write it as $.detail.object.key or $.resources[0].`);
  }
  const keys = steps.map(([, field, index, single, double]) => field ?? index ?? single ?? double ?? "");
  return (event) =>
    keys.reduce<unknown>(
      (value, key) =>
        typeof value === "object" && value !== null && Object.hasOwn(value, key)
          ? (value as Record<string, unknown>)[key]
          : undefined,
      event,
    );
}
