/**
 * What dynalite's conditions and filters get wrong, put right in the expression before it is judged:
 *
 *   - two attributes that are both missing are equal, or below each other, or make a function fail
 *   - IN finds neither false nor an empty text, and fails on an attribute that is missing
 *   - BETWEEN does not find an empty text
 *   - NOT NOT is no expression
 */

/** A path, a value, or a function of a path: only dynalite looks into it. */
type Operand = unknown;

/** An expression as dynalite parses it. */
export interface Expression {
  readonly type: string;
  /** Of a function. */
  readonly name?: string;
  /** Of `and`, `or` and `not` expressions, of everything else operands. */
  readonly args: readonly unknown[];
}

/** Writes an expression so that dynalite judges it as DynamoDB does. */
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

/** Two texts that are missing would be of one type to dynalite. */
function comparison(type: string, left: Operand, right: Operand): Expression {
  return both(exists(left), { type, args: [left, right] });
}

const exists = (operand: Operand): Expression => ({ type: "function", name: "attribute_exists", args: [operand] });

const both = (one: Expression, other: Expression): Expression => ({ type: "and", args: [one, other] });

const not = (expression: Expression): Expression => ({ type: "not", args: [expression] });

/** Takes pairs of NOT out of the text of an expression, which has no quotes that could hold one. */
export function withoutDoubleNot(text: string): string {
  return text.replace(/(?<![\w#:.])NOT\s+NOT(?=[\s(])/gi, " ");
}
