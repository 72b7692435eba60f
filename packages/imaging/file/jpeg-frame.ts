import { uint16 } from "./bytes";
import { corrupt, imagingError } from "./errors";

/** A component of the frame header. */
export interface FrameComponent {
  readonly id: number;
  /** Sampling factors, 1 to 4. */
  readonly h: number;
  readonly v: number;
  readonly quantTable: number;
}

export interface Frame {
  readonly progressive: boolean;
  /** As stored, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly components: readonly FrameComponent[];
  readonly maxH: number;
  readonly maxV: number;
}

/**
 * Reads a frame header: T.81, B.2.2.
 *
 * @throws FORMAT_NOT_SUPPORTED for kinds of JPEG that no camera writes and no browser shows; FILE_CORRUPT
 */
export function readFrame(marker: number, payload: Uint8Array): Frame {
  const kind = marker - 0xc0;
  if (kind > 2) {
    throw unsupported(`is of the ${kindName(kind)} kind (SOF${kind})`);
  }
  if (payload.length < 6) throw corrupt("The JPEG's frame header (SOF) is too short.");
  const [precision = 0] = payload;
  if (precision !== 8) throw unsupported(`has ${precision} bits a sample`);
  const height = uint16(payload, 1);
  const width = uint16(payload, 3);
  // B.2.5: a height of 0 is defined after the first scan (DNL); no camera does so, and browsers refuse it.
  if (width === 0 || height === 0) {
    throw corrupt(`The JPEG's header says ${width}×${height} pixels; neither side can be 0.`);
  }
  const count = payload[5] ?? 0;
  if (count !== 1 && count !== 3 && count !== 4) {
    throw unsupported(`has ${count} colour components`, "grey, colour or CMYK, of 1, 3 or 4 components");
  }
  if (payload.length < 6 + count * 3) throw corrupt("The JPEG's frame header (SOF) is too short.");
  const components = Array.from({ length: count }, (_, n): FrameComponent => {
    const [id = 0, sampling = 0, quantTable = 0] = payload.subarray(6 + n * 3);
    return { id, h: sampling >> 4, v: sampling & 15, quantTable };
  });
  if (components.some(({ h, v, quantTable }) => h < 1 || h > 4 || v < 1 || v > 4 || quantTable > 3)) {
    throw corrupt("The JPEG's frame header (SOF) has sampling factors other than 1 to 4.");
  }
  return {
    progressive: kind === 2,
    width,
    height,
    components,
    maxH: Math.max(...components.map(({ h }) => h)),
    maxV: Math.max(...components.map(({ v }) => v)),
  };
}

/** T.81, table B.1: SOF3, 7, 11 and 15 are lossless, SOF5 to 7 and 13 to 15 hierarchical, from SOF9 on arithmetic. */
function kindName(kind: number): string {
  const names = [
    (kind & 3) === 3 ? "lossless" : "",
    (kind & 4) === 4 ? "hierarchical" : "",
    kind > 8 ? "arithmetic-coded" : "",
  ];
  return names.filter((name) => name !== "").join(", ");
}

function unsupported(what: string, better = "a baseline or progressive JPEG of 8 bits"): Error {
  return imagingError("FORMAT_NOT_SUPPORTED", `The JPEG ${what}; save it as ${better}.`);
}
