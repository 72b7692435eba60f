import { detectorSide, type Networks } from "./networks";
import { lumaAt, shrink, turn, warp, type Picture, type Point, type Turns } from "./picture";
import { align, type Alignment } from "./shape";

/** A face in a picture, in pixels of that picture. */
export interface Found {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** The detector's own, 0 to 1. */
  readonly score: number;
}

/** The faces of a picture, and the turn that made them upright. */
export interface SearchResult {
  readonly turned: Picture;
  readonly turns: Turns;
  readonly faces: readonly Found[];
}

/** Below it the detector also marks shoulders and lamps: of 61 faceless crops of real photos none reached 0.5. */
const leastScore = 0.5;

/** The place of one view of the picture on the detector's canvas, in pixels: a square cell, and the turns inside it. */
interface View {
  readonly left: number;
  readonly top: number;
  readonly side: number;
  readonly turns: Turns;
}

/** The whole canvas: finds faces from a fifteenth to most of the picture's longer side. */
const whole: readonly View[] = [{ left: 0, top: 0, side: detectorSide, turns: 0 }];

/** All four ways up at half size, a margin around each: shows which one is upright, and faces that fill the frame. */
const fourWays: readonly View[] = ([0, 1, 2, 3] as const).map((turns) => ({
  left: (turns % 2) * 256 + 13,
  top: Math.floor(turns / 2) * 256 + 13,
  side: 230,
  turns,
}));

/** Two thirds of full size, and all four ways up at a quarter, at which a blurred face looks sharp. */
const smaller: readonly View[] = [
  { left: 16, top: 86, side: 340, turns: 0 },
  ...([0, 1, 2, 3] as const).map((turns) => ({ left: 388, top: turns * 128 + 4, side: 120, turns })),
];

interface Seen extends Found {
  readonly turns: Turns;
}

/**
 * Finds the faces of a picture whichever way up it is, filling the frame or small in it, in poor light or blurred. The
 * first pass finds a clear, upright face; each further pass costs as much as the first.
 */
export async function searchFaces(networks: Networks, picture: Picture): Promise<SearchResult> {
  const upright = await look(networks, picture, whole);
  const first = await best(networks, picture, upright);
  if (first !== undefined && first.seen.score >= 0.85 && first.alignment.residual <= 0.035) {
    return { turned: picture, turns: 0, faces: upright };
  }
  const lit = brighten(picture);
  for (const views of [fourWays, smaller]) {
    const seen = await look(networks, lit, views);
    const chosen = await best(networks, picture, [...upright, ...seen]);
    if (chosen === undefined) continue;
    const { turns } = chosen.seen;
    if (turns === 0 && upright.length > 0) return { turned: picture, turns, faces: upright };
    // Seen small on a shared canvas; at full size its box is more accurate, and more faces may appear.
    const again = await look(networks, turn(lit, turns), whole);
    const faces = again.length > 0 ? again : distinct(seen.filter((face) => face.turns === turns));
    return { turned: turn(picture, turns), turns, faces };
  }
  return { turned: picture, turns: 0, faces: await searchParts(networks, lit) };
}

/** Searches four overlapping parts of a large picture, for faces too small for the whole canvas. */
async function searchParts(networks: Networks, picture: Picture): Promise<readonly Found[]> {
  if (Math.max(picture.width, picture.height) < 1.5 * detectorSide) return [];
  const width = Math.round(picture.width * 0.6);
  const height = Math.round(picture.height * 0.6);
  const found: Found[] = [];
  for (const top of [0, picture.height - height]) {
    for (const left of [0, picture.width - width]) {
      const part = warp(picture, { a: 1, b: 0, dx: left, dy: top }, width, height);
      const faces = await look(networks, part, whole);
      found.push(...faces.map((face) => ({ ...face, left: face.left + left, top: face.top + top })));
    }
  }
  return distinct(found);
}

/** Runs the detector once on a canvas of views; positions come back in pixels of the picture, turned as seen. */
async function look(networks: Networks, picture: Picture, views: readonly View[]): Promise<readonly Seen[]> {
  const only = views.length === 1;
  const canvas = new Uint8Array(detectorSide * detectorSide * 3).fill(only ? 0 : 128);
  const placed = views.map((view) => {
    const scale = view.side / Math.max(picture.width, picture.height);
    const width = Math.max(1, Math.round(picture.width * scale));
    const height = Math.max(1, Math.round(picture.height * scale));
    const sized =
      scale > 1 ? warp(picture, { a: 1 / scale, b: 0, dx: 0, dy: 0 }, width, height) : shrink(picture, width, height);
    const turned = turn(sized, view.turns);
    // A single view lies in the corner, as the detector pads by itself; others are centred in their cells.
    const left = view.left + (only ? 0 : Math.floor((view.side - turned.width) / 2));
    const top = view.top + (only ? 0 : Math.floor((view.side - turned.height) / 2));
    for (let y = 0; y < turned.height; y++) {
      const row = turned.data.subarray(y * turned.width * 3, (y + 1) * turned.width * 3);
      canvas.set(row, ((top + y) * detectorSide + left) * 3);
    }
    return { view, left, top, scale };
  });
  const candidates = await networks.detect({ data: canvas, width: detectorSide, height: detectorSide }, leastScore);
  const seen = candidates.flatMap(({ left, top, width, height, score }): Seen[] => {
    const x = left + width / 2;
    const y = top + height / 2;
    const cell = placed.find(
      ({ view }) => x >= view.left && x < view.left + view.side && y >= view.top && y < view.top + view.side,
    );
    if (cell === undefined) return [];
    return [
      {
        left: (left - cell.left) / cell.scale,
        top: (top - cell.top) / cell.scale,
        width: width / cell.scale,
        height: height / cell.scale,
        score,
        turns: cell.view.turns,
      },
    ];
  });
  return only ? distinct(seen) : seen;
}

/** The most credible candidate: a high score on a face whose landmarks form a face. */
async function best(
  networks: Networks,
  picture: Picture,
  seen: readonly Seen[],
): Promise<{ seen: Seen; alignment: Alignment } | undefined> {
  const tops = ([0, 1, 2, 3] as const).flatMap((turns) => {
    const [top] = seen.filter((face) => face.turns === turns).sort((one, other) => other.score - one.score);
    return top === undefined ? [] : [top];
  });
  let chosen: { seen: Seen; alignment: Alignment; credit: number } | undefined;
  for (const face of tops) {
    const alignment = align(await roughLandmarks(networks, turn(picture, face.turns), face));
    const credit = face.score - 10 * alignment.residual;
    if (chosen === undefined || credit > chosen.credit) chosen = { seen: face, alignment, credit };
  }
  return chosen;
}

/** The 68 landmarks from one pass over the face's box, in pixels of the picture. */
export async function roughLandmarks(networks: Networks, picture: Picture, face: Found): Promise<readonly Point[]> {
  const scale = Math.max(face.width, face.height) / landmarkSide;
  const map = { a: scale, b: 0, dx: face.left, dy: face.top };
  const width = Math.max(1, Math.round(face.width / scale));
  const height = Math.max(1, Math.round(face.height / scale));
  const points = await networks.landmarks(warp(picture, map, width, height));
  return points.map(({ x, y }) => ({ x: x * scale + face.left, y: y * scale + face.top }));
}

/** The landmark network's input size, in pixels. */
export const landmarkSide = 112;

/** Drops the lower scored of two that mark the same face: one lies mostly inside the other. */
function distinct<T extends Found>(faces: readonly T[]): readonly T[] {
  const kept: T[] = [];
  for (const face of [...faces].sort((one, other) => other.score - one.score)) {
    const same = kept.some((other) => {
      const across = Math.min(face.left + face.width, other.left + other.width) - Math.max(face.left, other.left);
      const down = Math.min(face.top + face.height, other.top + other.height) - Math.max(face.top, other.top);
      const least = Math.min(face.width * face.height, other.width * other.height);
      return across > 0 && down > 0 && across * down > 0.6 * least;
    });
    if (!same) kept.push(face);
  }
  return kept;
}

/** A dark picture lightened to a common exposure; a light one as it is. */
function brighten(picture: Picture): Picture {
  let total = 0;
  for (let at = 0; at < picture.data.length; at += 3) total += lumaAt(picture.data, at);
  const mean = (total * 3) / picture.data.length;
  if (mean >= 90) return picture;
  const gain = Math.min(8, 110 / Math.max(1, mean));
  return { ...picture, data: picture.data.map((value) => Math.min(255, value * gain)) };
}
