/** Keys in S3's order, and the traversal that every list operation uses. */

/** Compares as S3 does, by UTF-8 bytes; JavaScript's own order differs beyond U+FFFF. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    // Surrogates encode the code points above U+FFFF, so they rank above every other unit.
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** A sorted set of keys. It sorts when first read, so that filling it costs nothing. */
export class SortedKeys {
  private readonly keys = new Set<string>();
  private sorted: string[] | undefined;

  add(key: string): void {
    if (this.keys.has(key)) return;
    this.keys.add(key);
    if (this.sorted) {
      this.sorted.splice(
        this.firstAt(this.sorted, (other) => compareKeys(other, key) > 0),
        0,
        key,
      );
    }
  }

  delete(key: string): void {
    if (!this.keys.delete(key) || !this.sorted) return;
    this.sorted.splice(
      this.firstAt(this.sorted, (other) => compareKeys(other, key) >= 0),
      1,
    );
  }

  /** Keys that start with the prefix and are `from` or later, in order. */
  *from(prefix: string, from: string): Generator<string, void, string | undefined> {
    const sorted = (this.sorted ??= [...this.keys].sort(compareKeys));
    const start = compareKeys(prefix, from) > 0 ? prefix : from;
    for (let i = this.firstAt(sorted, (key) => compareKeys(key, start) >= 0); i < sorted.length;) {
      const key = sorted[i] ?? "";
      if (!key.startsWith(prefix)) return;
      // The reader may ask to skip everything below a common prefix.
      const leap = yield key;
      i =
        leap === undefined
          ? i + 1
          : this.firstAt(sorted, (other) => compareKeys(other, leap) > 0 && !other.startsWith(leap));
    }
  }

  private firstAt(sorted: readonly string[], wanted: (key: string) => boolean): number {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (wanted(sorted[middle] ?? "")) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** The start of a list, its grouping and its length. */
export interface Walk {
  readonly prefix: string;
  /** Keys are grouped up to the first delimiter after the prefix; empty for no grouping. */
  readonly delimiter: string;
  /** Only keys and common prefixes after this one are listed; empty for all. */
  readonly after: string;
  readonly limit: number;
}

export interface Walked<Item> {
  readonly items: readonly Item[];
  readonly commonPrefixes: readonly string[];
  readonly truncated: boolean;
  /** The last key or common prefix listed: `after` of the next page. */
  readonly last: string;
}

/**
 * Lists keys in order, rolled up by the delimiter.
 *
 * @param itemsOf the listed items of a key: none for a deleted object, all versions in a list of versions
 * @param resume the remaining items of the key `after`, if the page before ended among them
 */
export function walk<Item>(
  keys: SortedKeys,
  query: Walk,
  itemsOf: (key: string) => readonly Item[],
  resume: (items: readonly Item[]) => readonly Item[] = () => [],
): Walked<Item> {
  const { prefix, delimiter, after, limit } = query;
  const items: Item[] = [];
  const commonPrefixes: string[] = [];
  let last = "";
  const page = (truncated: boolean) => ({ items, commonPrefixes, truncated, last });
  if (limit <= 0) return page(false);

  const iterator = keys.from(prefix, after);
  let leap: string | undefined;
  for (let step = iterator.next(); !step.done; step = iterator.next(leap)) {
    const key = step.value;
    leap = undefined;
    const listed = key === after ? resume(itemsOf(key)) : itemsOf(key);
    if (listed.length === 0) continue;
    const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    if (end >= 0) {
      leap = key.slice(0, end + delimiter.length);
      if (leap === after) continue;
      if (items.length + commonPrefixes.length >= limit) return page(true);
      commonPrefixes.push(leap);
      last = leap;
      continue;
    }
    for (const item of listed) {
      if (items.length + commonPrefixes.length >= limit) return page(true);
      items.push(item);
      last = key;
    }
  }
  return page(false);
}
