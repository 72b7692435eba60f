import type { ChoiceRule, Definition, State } from "../../services/states/definition";

/** A machine, or a branch of it, as nodes and edges. */
export interface Graph {
  readonly start: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface GraphNode {
  readonly name: string;
  readonly type: State["Type"];
  readonly comment?: string;
  /** The branches of a Parallel, the iteration of a Map. */
  readonly branches: readonly Graph[];
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** `error` is the transition of a Catch. */
  readonly kind: "next" | "error";
  /** A few words on when a Choice goes this way. */
  readonly label?: string;
  /** The full description, such as the names of the caught errors. */
  readonly title?: string;
}

/**
 * Reads the graph from the definition; one edge for each pair of states, the ordinary transition before the error one.
 */
export function readGraph(definition: Definition): Graph {
  const states = Object.entries(definition.States);
  const edges = new Map<string, GraphEdge>();
  for (const [name, state] of states) {
    for (const edge of edgesOf(name, state)) {
      const key = JSON.stringify([edge.from, edge.to]);
      const known = edges.get(key);
      if (!(edge.to in definition.States)) continue;
      edges.set(key, known ? { ...known, ...joined("title", known.title, edge.title) } : edge);
    }
  }
  return {
    start: definition.StartAt,
    nodes: states.map(([name, state]) => ({
      name,
      type: state.Type,
      branches: branchesOf(state).map(readGraph),
      ...(state.Comment === undefined ? {} : { comment: state.Comment }),
    })),
    edges: [...edges.values()],
  };
}

function branchesOf(state: State): readonly Definition[] {
  if (state.Type === "Parallel") return state.Branches;
  if (state.Type !== "Map") return [];
  const processor = state.ItemProcessor ?? state.Iterator;
  return processor ? [processor] : [];
}

function edgesOf(from: string, state: State): GraphEdge[] {
  const edges: GraphEdge[] = [];
  if (state.Type === "Choice") {
    for (const rule of state.Choices) {
      if (rule.Next === undefined) continue;
      const title = describe(rule);
      edges.push({ from, to: rule.Next, kind: "next", title, label: shorten(rule, title) });
    }
    if (state.Default !== undefined) {
      edges.push({ from, to: state.Default, kind: "next", label: "else", title: "else" });
    }
  }
  if ("Next" in state) edges.push({ from, to: state.Next, kind: "next" });
  if ("Catch" in state) {
    for (const { Next, ErrorEquals } of state.Catch ?? []) {
      edges.push({ from, to: Next, kind: "error", title: `on ${ErrorEquals.join(", ")}` });
    }
  }
  return edges;
}

function joined(key: "title", ...texts: readonly (string | undefined)[]): { readonly title?: string } {
  const all = texts.filter((text) => text !== undefined);
  return all.length > 0 ? { [key]: all.join("; ") } : {};
}

/** A Choice's condition in one line: `$.claim StringEquals "claimed"`. */
function describe(rule: ChoiceRule): string {
  for (const operator of ["And", "Or"] as const) {
    const inner = rule[operator];
    if (Array.isArray(inner)) {
      return (inner as ChoiceRule[]).map(describe).join(operator === "And" ? " and " : " or ");
    }
  }
  if (typeof rule["Not"] === "object") return `not (${describe(rule["Not"] as ChoiceRule)})`;
  const [operator = "", operand] = comparisonOf(rule);
  return `${String(rule["Variable"])} ${operator} ${JSON.stringify(operand)}`;
}

/** The value that a Choice's condition compares with, if that is descriptive enough: `claimed`. */
function shorten(rule: ChoiceRule, title: string): string {
  const [, operand] = comparisonOf(rule);
  const text = typeof operand === "string" || typeof operand === "number" ? String(operand) : title;
  return text.length <= 16 ? text : "if …";
}

function comparisonOf(rule: ChoiceRule): readonly [string?, unknown?] {
  const known = ["Variable", "Next", "Comment", "And", "Or", "Not"];
  return Object.entries(rule).find(([key]) => !known.includes(key)) ?? [];
}
