/** Whether two ids differ by case, by one character, or by both: a person may have meant one and typed the other. */
export function isNear(typed: string, other: string): boolean {
  const [a, b] = [typed.toLowerCase(), other.toLowerCase()];
  if (typed === other) return false;
  if (Math.abs(a.length - b.length) > 1) return false;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  const [restA, restB] = [a.slice(same), b.slice(same)];
  // One character replaced, or one extra in either.
  return [
    [restA, restB],
    [restA.slice(1), restB.slice(1)],
    [restA.slice(1), restB],
    [restA, restB.slice(1)],
  ].some(([x, y]) => x === y);
}
