import type { ProgramGraph } from "../../program/graph";
import { nameIn, nodesOf, numberOf, textOf, type Block, type Node } from "../../program/nodes";
import type { DeclaredRule, DeclaredTarget } from "./rules";
import { scheduledPattern } from "./schedules";

export const ruleType = "aws:cloudwatch/eventRule:EventRule";
export const targetType = "aws:cloudwatch/eventTarget:EventTarget";

/** A target as the program declares it, before its receiver is known. */
export interface GraphTarget extends Omit<DeclaredTarget, "deliver" | "deadLetter"> {
  /** The logical name, for messages. */
  readonly name: string;
  readonly roleArn?: string | undefined;
  readonly deadLetterArn?: string | undefined;
}

export interface GraphRule extends Omit<DeclaredRule, "targets"> {
  /** The expression of a rule that a timer triggers. */
  readonly schedule?: string | undefined;
  readonly targets: readonly GraphTarget[];
}

/**
 * The declared rules of the default bus. A rule with a schedule matches the event that its timer publishes.
 *
 * @param warn receives a line for each rule of another bus
 */
export function readRules(graph: ProgramGraph, warn: (line: string) => void): readonly GraphRule[] {
  const targets = nodesOf(graph, targetType);
  return nodesOf(graph, ruleType).flatMap((rule) => {
    const name = rule.required("name");
    const arn = rule.required("arn");
    const bus = rule.text("eventBusName") ?? "default";
    if (nameIn(bus) !== "default") {
      warn(`The rule ${rule.name} is of the event bus ${bus}; the local mode has the default bus alone.`);
      return [];
    }
    const schedule = rule.text("scheduleExpression");
    return [
      {
        name,
        arn,
        schedule,
        pattern: schedule === undefined ? rule.text("eventPattern") : scheduledPattern(arn),
        enabled: rule.text("state") !== "DISABLED" && rule.inputs["isEnabled"] !== false,
        targets: targets.filter((target) => nameIn(target.required("rule")) === name).map(targetOf),
      },
    ];
  });
}

function targetOf(node: Node): GraphTarget {
  const transformer = node.block("inputTransformer");
  const retry = node.block("retryPolicy");
  return {
    name: node.name,
    id: node.required("targetId"),
    arn: node.required("arn"),
    roleArn: node.text("roleArn"),
    deadLetterArn: textOf(node.block("deadLetterConfig")?.["arn"]),
    input: node.text("input"),
    inputPath: node.text("inputPath"),
    inputTransformer: transformer && transformerOf(transformer),
    maximumRetryAttempts: numberOf(retry?.["maximumRetryAttempts"]),
    maximumEventAgeInSeconds: numberOf(retry?.["maximumEventAgeInSeconds"]),
  };
}

function transformerOf(block: Block): NonNullable<DeclaredTarget["inputTransformer"]> {
  const paths = Object.entries((block["inputPaths"] ?? {}) as Record<string, unknown>);
  return {
    inputPathsMap: Object.fromEntries(paths.map(([name, path]) => [name, String(path)])),
    inputTemplate: String(block["inputTemplate"]),
  };
}
