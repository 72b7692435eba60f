import { corrupt } from "../file/errors";
import type { Scan } from "./markers";

export interface ScanPlan {
  /** The scans to decode, in order. */
  readonly scans: readonly Scan[];
  /** The components that need a record of the coefficients that are not 0, for the scans that refine them. */
  readonly histories: ReadonlySet<number>;
}

/**
 * Chooses the scans of a progressive photo that have to be decoded. At an eighth of the size these are often only the
 * scans of the DC coefficients.
 *
 * A scan that refines a band can only be read if it is known which of the band's coefficients are not 0: one wanted
 * coefficient of the band requires the earlier scans of all of them.
 *
 * @param kept by component, the number of wanted coefficients in zigzag order
 */
export function planScans(scans: readonly Scan[], kept: readonly number[]): ScanPlan {
  const needed = kept.map((count) => Array.from({ length: 64 }, (_, k) => k < count));
  const chosen: Scan[] = [];
  const histories = new Set<number>();
  for (const scan of [...scans].reverse()) {
    const { spectralStart, spectralEnd } = scan;
    if (spectralStart === 0) {
      chosen.unshift(scan);
      continue;
    }
    const index = scan.components[0]?.index ?? 0;
    const bands = needed[index] ?? [];
    if (!bands.slice(spectralStart, spectralEnd + 1).includes(true)) continue;
    chosen.unshift(scan);
    if (scan.highBit > 0) {
      bands.fill(true, spectralStart, spectralEnd + 1);
      histories.add(index);
    }
  }
  checkFirstScans(chosen, kept.length);
  return { scans: chosen, histories };
}

/** Every component needs a first scan of its DC coefficients, before any that refines them. */
function checkFirstScans(scans: readonly Scan[], components: number): void {
  const begun = new Set<number>();
  for (const scan of scans) {
    for (const { index } of scan.components) {
      if (scan.spectralStart === 0 && scan.highBit === 0) begun.add(index);
      else if (!begun.has(index)) throw corrupt("The JPEG refines a component before its first scan.");
    }
  }
  if (begun.size < components) {
    throw corrupt("The JPEG lacks a scan of one of its colour components.");
  }
}
