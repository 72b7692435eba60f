/**
 * Rewrites conditions and filters that dynalite gets wrong, before it evaluates them:
 *
 *   - two missing attributes are equal, or below each other, or make a function fail
 *   - IN finds neither false nor an empty text, and fails on a missing attribute
 *   - BETWEEN does not find an empty text
 *   - NOT NOT is no expression
 */

/** A path, a value, or a function of a path: only dynalite looks inside. */
type Operand = unknown;

/** An expression as dynalite parses it. */
export interface Expression {
  readonly type: string;
  /** The name of a function. */
  readonly name?: string;
  /** Expressions if the type is `and`, `or` or `not`, otherwise operands. */
  readonly args: readonly unknown[];
}

/** Writes an expression so that dynalite evaluates it as DynamoDB does. */
export function corrected(expression: Expression): Expression {
  const { type, args } = expression;
  const [first, ...others] = args;
  switch (type) {
    case "and":
    case "or":
    case "not":
      return { type, args: args.map((arg) => corrected(arg as Expression)) };
    case "<>":
      return not(comparison("=", first, others[0]));
    case "=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return comparison(type, first, others[0]);
    case "between":
      return both(comparison(">=", first, others[0]), comparison("<=", first, others[1]));
    case "in":
      return others
        .map((other) => comparison("=", first, other))
        .reduce((either, one) => ({ type: "or", args: [either, one] }));
    default:
      return others.length === 0
        ? expression
        : args.map(exists).reduceRight((rest, one) => both(one, rest), expression);
  }
}

/** Dynalite would treat two missing texts as having the same type. */
function comparison(type: string, left: Operand, right: Operand): Expression {
  return both(exists(left), { type, args: [left, right] });
}

const exists = (operand: Operand): Expression => ({ type: "function", name: "attribute_exists", args: [operand] });

const both = (one: Expression, other: Expression): Expression => ({ type: "and", args: [one, other] });

const not = (expression: Expression): Expression => ({ type: "not", args: [expression] });

/** Removes pairs of NOT from the text of an expression, which has no quotes that could contain one. */
export function withoutDoubleNot(text: string): string {
  return text.replace(/(?<![\w#:.])NOT\s+NOT(?=[\s(])/gi, " ");
}
