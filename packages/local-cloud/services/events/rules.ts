import type { CloudEvent } from "../../gateway/service";
import { readTargetInput, type MakeInput, type TargetInput } from "./input";
import { readPattern, type Matches } from "./pattern";

/** A rule as the program declares it. */
export interface DeclaredRule {
  readonly name: string;
  readonly arn: string;
  /** The event pattern, or its JSON text. Without one the rule matches no event. */
  readonly pattern?: unknown;
  /** Default true. */
  readonly enabled?: boolean | undefined;
  readonly targets: readonly DeclaredTarget[];
}

export interface DeclaredTarget extends TargetInput {
  /** Unique in its rule. */
  readonly id: string;
  readonly arn: string;
  /**
   * Hands the input (JSON text) to the target, and resolves once the target has accepted it. An error is retried,
   * unless it is a CloudError with a 4xx status other than throttling: a retry would fail the same way.
   */
  deliver(input: string, delivery: Delivery): Promise<void>;
  /** Default 185, as on AWS. */
  readonly maximumRetryAttempts?: number | undefined;
  /** Default 86,400, as on AWS. */
  readonly maximumEventAgeInSeconds?: number | undefined;
  /** Receives events that could not be delivered, for example `queue.send` of the DLQ. */
  readonly deadLetter?: ((body: string, attributes: Readonly<Record<string, string>>) => Promise<void>) | undefined;
}

/** Context that a target may need beside the input. */
export interface Delivery {
  readonly event: CloudEvent;
  readonly ruleArn: string;
  /** From 1. */
  readonly attempt: number;
}

/** A declared target whose input has been read. */
export interface Target extends DeclaredTarget {
  readonly makeInput: MakeInput;
}

/** A declared rule whose pattern has been read. */
export interface Rule extends Omit<DeclaredRule, "targets"> {
  readonly matches: Matches;
  readonly targets: readonly Target[];
}

/** @throws Error that names the rule, the value and the fix if a pattern or an input cannot be read */
export function readRule(rule: DeclaredRule): Rule {
  const matches =
    rule.pattern === undefined ? () => false : readPattern(rule.pattern, `The event pattern of rule ${rule.name}`);
  const targets = rule.targets.map((target) => ({
    ...target,
    // Methods of a class instance do not survive a spread.
    deliver: target.deliver.bind(target),
    makeInput: readTargetInput(
      target,
      { ruleName: rule.name, ruleArn: rule.arn },
      `Target ${target.id} of rule ${rule.name}`,
    ),
  }));
  return { ...rule, matches, targets };
}
