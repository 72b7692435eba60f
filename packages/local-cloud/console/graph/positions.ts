import type { Block, Place } from "./layers";

/** Pixels between two neighbouring states, and between a state and a passing edge. */
const boxSpace = 22;
const laneSpace = 14;
const sweeps = 24;
/** Weight of the spine's position against that of its neighbours. */
const spineWeight = 1e6;
/** Weight of edges that pass several rows: straight is better than short. */
const laneWeight = 4;

/**
 * The x of every place's middle: as near to the mean of its neighbours above, then below, as order and spaces allow.
 *
 * @param width of a place, in pixels
 */
export function positions(block: Block, width: (place: Place) => number): ReadonlyMap<string, number> {
  const xs = new Map<string, number>();
  const above = new Map<string, string[]>();
  const below = new Map<string, string[]>();
  for (const { places } of block.chains) {
    places.slice(1).forEach((place, i) => {
      const upper = places[i];
      if (!upper) return;
      above.set(place.id, [...(above.get(place.id) ?? []), upper.id]);
      below.set(upper.id, [...(below.get(upper.id) ?? []), place.id]);
    });
  }
  const isSpine = ({ state }: Place): boolean => state !== undefined && block.spine.has(state);
  const settle = (row: readonly Place[], wish: (place: Place) => number): void => {
    const offsets: number[] = [];
    row.forEach((place, i) => {
      const left = row[i - 1];
      const space = left && (left.state === undefined || place.state === undefined) ? laneSpace : boxSpace;
      offsets.push(left ? (offsets[i - 1] ?? 0) + (width(left) + width(place)) / 2 + space : 0);
    });
    const wishes = row.map((place, i) => ({
      at: (isSpine(place) ? 0 : wish(place)) - (offsets[i] ?? 0),
      weight: isSpine(place) ? spineWeight : place.state === undefined ? laneWeight : 1,
    }));
    inOrder(wishes).forEach((at, i) => {
      const place = row[i];
      if (place) xs.set(place.id, at + (offsets[i] ?? 0));
    });
  };
  for (const row of block.rows) settle(row, () => 0);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const row of isDown ? block.rows : [...block.rows].reverse()) {
      settle(row, (place) => {
        const found = (isDown ? above : below).get(place.id) ?? [];
        const own = xs.get(place.id) ?? 0;
        if (found.length === 0) return own;
        return found.reduce((sum, id) => sum + (xs.get(id) ?? 0), 0) / found.length;
      });
    }
  }
  straighten(block, xs);
  return new Map([...xs].map(([id, x]) => [id, Math.round(x)]));
}

/** An edge that passes along the outer side of every row keeps to one line, as far out as it has to go anywhere. */
function straighten(block: Block, xs: Map<string, number>): void {
  const firsts = new Set(block.rows.flatMap((row) => row[0]?.id ?? []));
  const lasts = new Set(block.rows.flatMap((row) => row.at(-1)?.id ?? []));
  for (const { places } of block.chains) {
    const lane = places.slice(1, -1).map(({ id }) => id);
    if (lane.length < 2) continue;
    const all = lane.map((id) => xs.get(id) ?? 0);
    if (lane.every((id) => firsts.has(id))) for (const id of lane) xs.set(id, Math.min(...all));
    else if (lane.every((id) => lasts.has(id))) for (const id of lane) xs.set(id, Math.max(...all));
  }
}

interface Wish {
  readonly at: number;
  readonly weight: number;
}

/**
 * The non-decreasing numbers nearest to the wished ones, by weighted least squares: neighbours that collide are pooled
 * at their mean (Pool Adjacent Violators).
 */
export function inOrder(wishes: readonly Wish[]): readonly number[] {
  const pools: { at: number; weight: number; count: number }[] = [];
  for (const { at, weight } of wishes) {
    let pool = { at, weight, count: 1 };
    for (let left = pools.at(-1); left && left.at > pool.at; left = pools.at(-1)) {
      pools.pop();
      const sum = left.weight + pool.weight;
      pool = {
        at: (left.at * left.weight + pool.at * pool.weight) / sum,
        weight: sum,
        count: left.count + pool.count,
      };
    }
    pools.push(pool);
  }
  return pools.flatMap(({ at, count }) => new Array<number>(count).fill(at));
}
