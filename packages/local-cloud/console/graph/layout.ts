import { arrange, stateId, type Chain, type Layers, type Place } from "./layers";
import type { Graph, GraphEdge, GraphNode } from "./model";
import { positions } from "./positions";

/** A graph with a place for everything, in pixels from the left top corner. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Outer boxes before their content. */
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

export interface PlacedNode {
  readonly node: GraphNode;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedEdge {
  readonly edge: GraphEdge;
  /** From the source to the target; turns are rounded when it is drawn. */
  readonly points: readonly Point[];
  readonly label?: { readonly text: string; readonly x: number; readonly y: number; readonly anchor: "start" | "end" };
}

export interface Point {
  readonly x: number;
  readonly y: number;
  /** The shape of the line to this point: `curve` as an S with upright ends, otherwise straight. */
  readonly by?: "curve";
}

/** Pixels. */
const gap = 40;
const railSpace = 16;
const boxPadding = 14;
const boxTitle = 30;
const letter = 7.4;
const margin = 6;
/** Width of a letter and height of the edge labels, in pixels. */
const labelLetter = 6.4;
const labelHeight = 10;

interface Sized {
  readonly node: GraphNode;
  readonly width: number;
  readonly height: number;
  readonly inner: readonly Layout[];
}

export function layOut(graph: Graph): Layout {
  const sizes = new Map(graph.nodes.map((node) => [node.name, sizeOf(node)]));
  const layers = arrange(graph);
  const widthOf = ({ state }: Place): number => (state === undefined ? 0 : (sizes.get(state)?.width ?? 0));
  const main = positions(layers.main, widthOf);
  const side = positions(layers.side, widthOf);

  const rows = rowsOf(layers, sizes);
  const extent = (xs: ReadonlyMap<string, number>, block: Layers["main"]): { left: number; right: number } => {
    const ends = block.rows.flat().map((place) => ({ x: xs.get(place.id) ?? 0, half: widthOf(place) / 2 }));
    if (ends.length === 0) return { left: 0, right: 0 };
    return {
      left: Math.min(...ends.map(({ x, half }) => x - half)),
      right: Math.max(...ends.map(({ x, half }) => x + half)),
    };
  };
  const mainEnds = extent(main, layers.main);
  const sideEnds = extent(side, layers.side);
  const targets = [...new Set(layers.rails.map(({ to }) => to))];
  const railsFrom = margin + mainEnds.right - mainEnds.left + railSpace;
  const sideFrom = railsFrom + targets.length * railSpace + (targets.length > 0 ? railSpace : 0);

  const xOf = new Map<string, number>();
  for (const [id, x] of main) xOf.set(id, margin + x - mainEnds.left);
  for (const [id, x] of side) xOf.set(id, sideFrom + x - sideEnds.left);
  const nodes = new Map<string, PlacedNode>();
  for (const { node, width, height } of sizes.values()) {
    const row = rows[layers.main.rows.findIndex((_, i) => hasState(layers, i, node.name))];
    const x = (xOf.get(stateId(node.name)) ?? 0) - width / 2;
    nodes.set(node.name, { node, width, height, x, y: (row?.middle ?? 0) - height / 2 });
  }

  const chains = [...layers.main.chains, ...layers.side.chains].map((chain) =>
    chainEdge(chain, nodes, rows, xOf, layers),
  );
  const rails = railEdges(layers, nodes, rows, (to) => railsFrom + targets.indexOf(to) * railSpace);
  const loops = layers.loops.map((edge) => loopEdge(edge, nodes));
  const inner = [...sizes.values()].flatMap((sized) => innerLayouts(sized, nodes.get(sized.node.name)));
  return {
    width: sideFrom + (sideEnds.right - sideEnds.left) + margin,
    height: (rows.at(-1)?.bottom ?? 0) + margin,
    nodes: [...nodes.values(), ...inner.flatMap((layout) => layout.nodes)],
    edges: [...chains, ...rails, ...loops, ...inner.flatMap((layout) => layout.edges)],
  };
}

function sizeOf(node: GraphNode): Sized {
  const text = node.name.length * letter;
  if (node.branches.length > 0) {
    const inner = node.branches.map(layOut);
    const content = inner.reduce((sum, { width }) => sum + width, 0) + (inner.length - 1) * boxPadding;
    return {
      node,
      inner,
      width: Math.round(Math.max(content, text + 40) + 2 * boxPadding),
      height: boxTitle + Math.max(...inner.map(({ height }) => height)) + boxPadding,
    };
  }
  if (node.type === "Choice") return { node, inner: [], width: Math.round(text + 84), height: 52 };
  if (node.type === "Succeed" || node.type === "Fail") {
    return { node, inner: [], width: Math.round(text + 52), height: 36 };
  }
  return { node, inner: [], width: Math.round(Math.max(110, text + 48)), height: 38 };
}

interface Row {
  readonly top: number;
  readonly middle: number;
  readonly bottom: number;
}

function rowsOf(layers: Layers, sizes: ReadonlyMap<string, Sized>): readonly Row[] {
  let top = margin;
  return Array.from({ length: layers.rows }, (_, i) => {
    const places = [...(layers.main.rows[i] ?? []), ...(layers.side.rows[i] ?? [])];
    const height = Math.max(...places.map(({ state }) => sizes.get(state ?? "")?.height ?? 0), 0);
    const row = { top, middle: top + height / 2, bottom: top + height };
    top = row.bottom + gap;
    return row;
  });
}

function hasState(layers: Layers, row: number, name: string): boolean {
  return [...(layers.main.rows[row] ?? []), ...(layers.side.rows[row] ?? [])].some(({ state }) => state === name);
}

/** Within a block: from the bottom of the upper state to the top of the lower, through the places held for it. */
function chainEdge(
  { edge, places, isReversed }: Chain,
  nodes: ReadonlyMap<string, PlacedNode>,
  rows: readonly Row[],
  xOf: ReadonlyMap<string, number>,
  layers: Layers,
): PlacedEdge {
  const upper = nodes.get(places[0]?.state ?? "");
  const lower = nodes.get(places.at(-1)?.state ?? "");
  if (!upper || !lower) return { edge, points: [] };
  const first = layers.main.rows.findIndex((_, i) => hasState(layers, i, upper.node.name));
  const points: Point[] = [{ x: centre(upper), y: upper.y + upper.height }];
  if (upper.y + upper.height < (rows[first]?.bottom ?? 0)) {
    points.push({ x: centre(upper), y: rows[first]?.bottom ?? 0 });
  }
  places.slice(1).forEach(({ id, state }, i) => {
    const row = rows[first + 1 + i];
    const x = xOf.get(id) ?? 0;
    if (!row) return;
    points.push({ x, y: row.top, by: "curve" });
    if (state === undefined) points.push({ x, y: row.bottom });
    else if (lower.y > row.top) points.push({ x, y: lower.y });
  });
  const turn = points.findIndex(({ by }) => by === "curve");
  const [before, after] = [points[turn - 1], points[turn]];
  const isLane = places.length > 2;
  const y = (after?.y ?? 0) + (isLane ? 14 : -12);
  const isTaken = (left: number, right: number): boolean =>
    left < 0 ||
    [...nodes.values()].some(
      (node) => node.x < right && node.x + node.width > left && node.y < y && node.y + node.height > y - labelHeight,
    );
  const breadth = (edge.label?.length ?? 0) * labelLetter + 7;
  // Beside a state that is left below, there is room to its left; beside a line that passes states, where no state is.
  const isLeft =
    before !== undefined &&
    after !== undefined &&
    (isLane ? isTaken(after.x, after.x + breadth) && !isTaken(after.x - breadth, after.x) : after.x < before.x - 12);
  return {
    edge,
    points: isReversed ? reverse(points) : points,
    ...(edge.label === undefined || !after
      ? {}
      : {
          label: {
            text: edge.label,
            x: after.x + (isLeft ? -7 : 7),
            y,
            anchor: isLeft ? ("end" as const) : ("start" as const),
          },
        }),
  };
}

/** The same line from its other end. */
function reverse(points: readonly Point[]): readonly Point[] {
  return points.map(({ x, y }, i) => ({ x, y, ...(points[i + 1]?.by ? { by: "curve" as const } : {}) })).reverse();
}

/** Between the blocks: out of the source's side or foot, along the rail of the target, into its side or head. */
function railEdges(
  layers: Layers,
  nodes: ReadonlyMap<string, PlacedNode>,
  rows: readonly Row[],
  railOf: (target: string) => number,
): PlacedEdge[] {
  const used = new Set<string>();
  const rowOf = (name: string): number => rows.findIndex((_, i) => hasState(layers, i, name));
  const isMain = (name: string): boolean => layers.main.rows.flat().some(({ state }) => state === name);
  /** Whether no state lies between a state and the rails. */
  const isFree = (name: string): boolean => {
    const row = rowOf(name);
    return isMain(name) ? layers.main.rows[row]?.at(-1)?.state === name : layers.side.rows[row]?.[0]?.state === name;
  };
  return layers.rails.map((edge) => {
    const [from, to] = [nodes.get(edge.from), nodes.get(edge.to)];
    if (!from || !to) return { edge, points: [] };
    const rail = railOf(edge.to);
    const outwards = isMain(edge.from) ? 1 : -1;
    const startsFree = isFree(edge.from) && !used.has(edge.from);
    used.add(edge.from);
    const below = (rows[rowOf(edge.from)]?.bottom ?? 0) + gap * 0.42;
    const foot = centre(from) + (outwards * from.width) / 4;
    const start: Point[] = startsFree
      ? [{ x: outwards > 0 ? from.x + from.width : from.x, y: middle(from) }]
      : [
          { x: foot, y: from.node.type === "Choice" ? from.y + from.height * 0.75 : from.y + from.height },
          { x: foot, y: below },
        ];
    const last = start.at(-1) ?? { x: 0, y: 0 };
    const above = (rows[rowOf(edge.to)]?.top ?? 0) - gap * 0.3;
    const end: Point[] = isFree(edge.to)
      ? [
          { x: rail, y: middle(to) },
          { x: outwards > 0 ? to.x : to.x + to.width, y: middle(to) },
        ]
      : [
          { x: rail, y: above },
          { x: centre(to), y: above },
          { x: centre(to), y: to.y },
        ];
    const label = edge.label === undefined ? undefined : { text: edge.label, x: last.x + outwards * 8, y: last.y - 6 };
    return {
      edge,
      points: [...start, { x: rail, y: last.y }, ...end],
      ...(label ? { label: { ...label, anchor: outwards > 0 ? ("start" as const) : ("end" as const) } } : {}),
    };
  });
}

function loopEdge(edge: GraphEdge, nodes: ReadonlyMap<string, PlacedNode>): PlacedEdge {
  const node = nodes.get(edge.from);
  if (!node) return { edge, points: [] };
  const x = node.x + node.width - 14;
  const out = node.x + node.width + 10;
  const low = node.y + node.height + 12;
  return {
    edge,
    points: [
      { x, y: node.y + node.height },
      { x, y: low },
      { x: out, y: low },
      { x: out, y: middle(node) },
      { x: node.x + node.width, y: middle(node) },
    ],
  };
}

/** The branches of a box side by side, moved to the box. */
function innerLayouts({ inner, node, width }: Sized, box: PlacedNode | undefined): readonly Layout[] {
  if (!box || node.branches.length === 0) return [];
  const content = inner.reduce((sum, layout) => sum + layout.width, 0) + (inner.length - 1) * boxPadding;
  let x = box.x + (width - content) / 2;
  return inner.map((layout) => {
    const moved = move(layout, x, box.y + boxTitle);
    x += layout.width + boxPadding;
    return moved;
  });
}

function move(layout: Layout, dx: number, dy: number): Layout {
  return {
    ...layout,
    nodes: layout.nodes.map((node) => ({ ...node, x: node.x + dx, y: node.y + dy })),
    edges: layout.edges.map((edge) => ({
      ...edge,
      points: edge.points.map((point) => ({ ...point, x: point.x + dx, y: point.y + dy })),
      ...(edge.label ? { label: { ...edge.label, x: edge.label.x + dx, y: edge.label.y + dy } } : {}),
    })),
  };
}

const centre = ({ x, width }: PlacedNode): number => x + width / 2;
const middle = ({ y, height }: PlacedNode): number => y + height / 2;
