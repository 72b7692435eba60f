import type { Graph, GraphEdge } from "./model";

/**
 * Assigns each state to a row and an order within it: the first half of a layered layout after Sugiyama.
 *
 * Machines in which many states share one error path would drown in its edges. So the states that such a path leads to,
 * the side, are placed apart from the main flow, and every edge between the two runs on a rail of its target (see
 * layout.ts). Within each of the two, an edge across several rows has a place reserved in each of them.
 */
export interface Layers {
  readonly main: Block;
  readonly side: Block;
  readonly rows: number;
  /** Edges between the two blocks. */
  readonly rails: readonly GraphEdge[];
  /** Edges from a state to itself. */
  readonly loops: readonly GraphEdge[];
}

export interface Block {
  /** In each row from left to right: states by name, and places reserved for edges. */
  readonly rows: readonly (readonly Place[])[];
  readonly chains: readonly Chain[];
  /** Names of states that should be aligned in one column. */
  readonly spine: ReadonlySet<string>;
}

/** A state, or the place where an edge passes through a row. */
export interface Place {
  readonly id: string;
  /** Undefined for a passing edge. */
  readonly state?: string;
}

/** An edge with the places that it passes, from the upper end to the lower. */
export interface Chain {
  readonly edge: GraphEdge;
  readonly places: readonly Place[];
  /** The edge leads upwards: its target is the first of the places. */
  readonly isReversed: boolean;
}

/** An error target with at least this many source states is set apart. */
const minSourcesOfHub = 3;
const orderingSweeps = 12;

export function arrange(graph: Graph): Layers {
  const loops = graph.edges.filter(({ from, to }) => from === to);
  const edges = graph.edges.filter(({ from, to }) => from !== to);
  const names = graph.nodes.map(({ name }) => name);
  const hubs = hubsOf(graph.start, edges);
  const side = sideOf(graph.start, names, edges, hubs);
  const isRail = ({ from, to }: GraphEdge): boolean => side.has(from) !== side.has(to);
  const inside = edges.filter((edge) => !isRail(edge));
  const rails = edges.filter(isRail);
  const rankings = [...inside, ...rails.filter(({ kind, to }) => kind === "next" && side.has(to))];
  // A state that only errors lead to is placed below the first state that can lead there.
  for (const hub of side) {
    if (rankings.some(({ to }) => to === hub)) continue;
    const first = rails.find(({ to }) => to === hub);
    if (first) rankings.push(first);
  }
  const { ranks, backward } = rank(graph.start, names, rankings);
  const rows = Math.max(0, ...ranks.values()) + 1;
  const block = (own: readonly string[]): Block => {
    const members = new Set(own);
    const chains = inside
      .filter(({ from }) => members.has(from))
      .map((edge) => chainOf(edge, ranks, backward.has(edge)));
    const held = new Set(rails.filter(({ to }) => side.has(to)).map(({ to }) => to));
    return {
      rows: order(placesOf(own, ranks, chains, rows), chains, held),
      chains,
      spine: spineOf(own, inside, ranks, graph.start),
    };
  };
  return {
    main: block(names.filter((name) => !side.has(name))),
    side: block(names.filter((name) => side.has(name))),
    rows,
    rails,
    loops,
  };
}

function hubsOf(start: string, edges: readonly GraphEdge[]): ReadonlySet<string> {
  const sources = new Map<string, number>();
  for (const { to, kind } of edges) if (kind === "error") sources.set(to, (sources.get(to) ?? 0) + 1);
  return new Set([...sources].filter(([to, n]) => to !== start && n >= minSourcesOfHub).map(([to]) => to));
}

/** The hubs and the states that only they lead to; also an ending that they share with the main flow. */
function sideOf(
  start: string,
  names: readonly string[],
  edges: readonly GraphEdge[],
  hubs: ReadonlySet<string>,
): ReadonlySet<string> {
  if (hubs.size === 0) return new Set();
  const main = reach([start], edges, (name) => !hubs.has(name));
  const viaHubs = reach([...hubs], edges, (name) => !main.has(name) || isEnding(name));
  function isEnding(name: string): boolean {
    return name !== start && !edges.some(({ from }) => from === name);
  }
  return new Set(names.filter((name) => viaHubs.has(name)));
}

function reach(
  from: readonly string[],
  edges: readonly GraphEdge[],
  mayEnter: (name: string) => boolean,
): ReadonlySet<string> {
  const found = new Set(from);
  for (const name of found) {
    for (const edge of edges) if (edge.from === name && mayEnter(edge.to)) found.add(edge.to);
  }
  return found;
}

/** Rows by the longest way from the start; edges that would close a circle count backwards. */
function rank(
  start: string,
  names: readonly string[],
  edges: readonly GraphEdge[],
): { readonly ranks: ReadonlyMap<string, number>; readonly backward: ReadonlySet<GraphEdge> } {
  const backward = new Set<GraphEdge>();
  const finished: string[] = [];
  const visiting = new Set<string>();
  const seen = new Set<string>();
  const visit = (name: string): void => {
    seen.add(name);
    visiting.add(name);
    for (const edge of edges) {
      if (edge.from !== name) continue;
      if (visiting.has(edge.to)) backward.add(edge);
      else if (!seen.has(edge.to)) visit(edge.to);
    }
    visiting.delete(name);
    finished.push(name);
  };
  for (const name of [start, ...names]) if (!seen.has(name)) visit(name);
  const ranks = new Map<string, number>();
  for (const name of finished.reverse()) {
    const own = ranks.get(name) ?? 0;
    ranks.set(name, own);
    for (const edge of edges) {
      if (edge.from !== name || backward.has(edge)) continue;
      ranks.set(edge.to, Math.max(ranks.get(edge.to) ?? 0, own + 1));
    }
  }
  return { ranks, backward };
}

function chainOf(edge: GraphEdge, ranks: ReadonlyMap<string, number>, isReversed: boolean): Chain {
  const [upper, lower] = isReversed ? [edge.to, edge.from] : [edge.from, edge.to];
  const places: Place[] = [{ id: stateId(upper), state: upper }];
  for (let row = (ranks.get(upper) ?? 0) + 1; row < (ranks.get(lower) ?? 0); row++) {
    places.push({ id: JSON.stringify([edge.from, edge.to, row]) });
  }
  places.push({ id: stateId(lower), state: lower });
  return { edge, places, isReversed };
}

export function stateId(name: string): string {
  return JSON.stringify([name]);
}

function placesOf(
  names: readonly string[],
  ranks: ReadonlyMap<string, number>,
  chains: readonly Chain[],
  count: number,
): Place[][] {
  const rows = Array.from({ length: count }, (): Place[] => []);
  for (const { places } of chains) {
    const top = ranks.get(places[0]?.state ?? "") ?? 0;
    places.forEach((place, i) => place.state === undefined && rows[top + i]?.push(place));
  }
  for (const name of names) rows[ranks.get(name) ?? 0]?.push({ id: stateId(name), state: name });
  return rows;
}

/**
 * Orders each row so that few edges cross: by the mean place of its neighbours above, then below, repeatedly, and keeps
 * the best result.
 *
 * @param first states that edges from the left lead to: they tend to the left
 */
function order(rows: Place[][], chains: readonly Chain[], first: ReadonlySet<string>): readonly (readonly Place[])[] {
  const above = new Map<string, string[]>();
  const below = new Map<string, string[]>();
  for (const { places } of chains) {
    places.slice(1).forEach((place, i) => {
      const upper = places[i];
      if (!upper) return;
      above.set(place.id, [...(above.get(place.id) ?? []), upper.id]);
      below.set(upper.id, [...(below.get(upper.id) ?? []), place.id]);
    });
  }
  let best = rows;
  let fewest = crossings(rows, below);
  let current = rows;
  for (let sweep = 0; sweep < orderingSweeps && fewest > 0; sweep++) {
    const isDown = sweep % 2 === 0;
    const next = [...current];
    for (let i = 1; i < rows.length; i++) {
      const row = isDown ? i : rows.length - 1 - i;
      const neighbours = indexOf(next[isDown ? row - 1 : row + 1] ?? []);
      next[row] = sortRow(next[row] ?? [], isDown ? above : below, neighbours, first);
    }
    current = next;
    const now = crossings(current, below);
    if (now < fewest) [best, fewest] = [current, now];
  }
  return best;
}

function sortRow(
  row: readonly Place[],
  edges: ReadonlyMap<string, readonly string[]>,
  neighbours: ReadonlyMap<string, number>,
  first: ReadonlySet<string>,
): Place[] {
  const weigh = (place: Place, index: number): number => {
    const found = (edges.get(place.id) ?? []).flatMap((id) => neighbours.get(id) ?? []);
    if (place.state !== undefined && first.has(place.state)) found.push(-1);
    return found.length > 0 ? found.reduce((sum, value) => sum + value, 0) / found.length : index;
  };
  return row
    .map((place, index) => ({ place, index, weight: weigh(place, index) }))
    .sort((a, b) => a.weight - b.weight || a.index - b.index)
    .map(({ place }) => place);
}

const indexOf = (row: readonly Place[]): Map<string, number> => new Map(row.map(({ id }, i) => [id, i]));

function crossings(rows: readonly (readonly Place[])[], below: ReadonlyMap<string, readonly string[]>): number {
  let total = 0;
  for (let i = 0; i + 1 < rows.length; i++) {
    const lower = indexOf(rows[i + 1] ?? []);
    const ends = (rows[i] ?? []).flatMap(({ id }, index) =>
      (below.get(id) ?? []).flatMap((to) => {
        const end = lower.get(to);
        return end === undefined ? [] : [{ index, end }];
      }),
    );
    for (const a of ends) for (const b of ends) if (a.index < b.index && a.end > b.end) total++;
  }
  return total;
}

/** The longest way through the block, as far as there is one longest. */
function spineOf(
  names: readonly string[],
  edges: readonly GraphEdge[],
  ranks: ReadonlyMap<string, number>,
  start: string,
): ReadonlySet<string> {
  const members = new Set(names);
  const lengths = new Map<string, number>();
  const downwards = (name: string): readonly string[] =>
    edges
      .filter(({ from, to }) => from === name && members.has(to) && (ranks.get(to) ?? 0) > (ranks.get(name) ?? 0))
      .map(({ to }) => to);
  const byRank = [...names].sort((a, b) => (ranks.get(b) ?? 0) - (ranks.get(a) ?? 0));
  for (const name of byRank) {
    lengths.set(name, 1 + Math.max(0, ...downwards(name).map((next) => lengths.get(next) ?? 0)));
  }
  const spine = new Set<string>();
  let name: string | undefined = members.has(start) ? start : byRank.at(-1);
  while (name !== undefined) {
    spine.add(name);
    const nexts = downwards(name);
    const longest = Math.max(...nexts.map((next) => lengths.get(next) ?? 0));
    const [next, ...others]: string[] = nexts.filter((candidate) => lengths.get(candidate) === longest);
    name = others.length === 0 ? next : undefined;
  }
  return spine;
}
