const dimensions = 128;

/** A face found near another. */
export interface Neighbour {
  readonly slot: number;
  /** Euclidean. */
  readonly distance: number;
}

/**
 * Embeddings in one flat array, searched from end to end: exact, and for 100,000 faces a matter of ten milliseconds
 * (`bench/collection.ts`). Slots are dense: removing one moves the last into its place.
 */
export class FaceIndex {
  private vectors = new Float32Array(64 * dimensions);
  /** Half the squared length of each vector, so that a search needs nothing but dot products. */
  private halfSquares = new Float32Array(64);
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** @returns the slot of the new face, always the last */
  add(embedding: Float32Array): number {
    if (embedding.length !== dimensions) {
      throw new RangeError(`An embedding has ${dimensions} numbers, not ${embedding.length}.`);
    }
    if (this.count === this.halfSquares.length) this.grow();
    const slot = this.count++;
    this.vectors.set(embedding, slot * dimensions);
    this.halfSquares[slot] = halfSquare(embedding);
    return slot;
  }

  /** Frees a slot. @returns the slot that moved into its place, which was the last, or undefined if it was that one */
  remove(slot: number): number | undefined {
    const last = --this.count;
    if (slot === last) return undefined;
    this.vectors.copyWithin(slot * dimensions, last * dimensions, (last + 1) * dimensions);
    this.halfSquares[slot] = this.halfSquares[last]!;
    return last;
  }

  vector(slot: number): Float32Array {
    return this.vectors.slice(slot * dimensions, (slot + 1) * dimensions);
  }

  /** The faces within `distance` of an embedding, nearest first. */
  near(embedding: Float32Array, distance: number): readonly Neighbour[] {
    const { vectors, halfSquares, count } = this;
    // |a − q|² ≤ d² is a·q − |a|²/2 ≥ (|q|² − d²)/2; the slack covers the rounding of 32-bit numbers.
    const least = halfSquare(embedding) - Math.min(distance, 1e3) ** 2 / 2 - 1e-4;
    const found: Neighbour[] = [];
    for (let slot = 0, at = 0; slot < count; slot++) {
      // Four sums at once: one sum would make each addition wait for the one before.
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let i = 0; i < dimensions; i += 4, at += 4) {
        a += vectors[at]! * embedding[i]!;
        b += vectors[at + 1]! * embedding[i + 1]!;
        c += vectors[at + 2]! * embedding[i + 2]!;
        d += vectors[at + 3]! * embedding[i + 3]!;
      }
      if (a + b + c + d - halfSquares[slot]! < least) continue;
      const exact = this.distanceTo(slot, embedding);
      if (exact <= distance) found.push({ slot, distance: exact });
    }
    return found.sort((one, other) => one.distance - other.distance);
  }

  private distanceTo(slot: number, embedding: Float32Array): number {
    let squares = 0;
    for (let i = 0; i < dimensions; i++) squares += (this.vectors[slot * dimensions + i]! - embedding[i]!) ** 2;
    return Math.sqrt(squares);
  }

  private grow(): void {
    const vectors = new Float32Array(this.vectors.length * 2);
    vectors.set(this.vectors);
    this.vectors = vectors;
    const halfSquares = new Float32Array(this.halfSquares.length * 2);
    halfSquares.set(this.halfSquares);
    this.halfSquares = halfSquares;
  }
}

function halfSquare(embedding: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < dimensions; i++) squares += embedding[i]! ** 2;
  return squares / 2;
}
