import { html, type Html } from "../html";
import { transition } from "../runs";
import type { Layout, PlacedEdge, PlacedNode, Point } from "./layout";

/** How a state is lit. */
export type Light = "running" | "succeeded" | "refused" | "failed" | "stopped";

export interface Drawing {
  readonly layout: Layout;
  /** A description of the picture, for screen readers. */
  readonly title: string;
  readonly lights: ReadonlyMap<string, Light>;
  /** The transitions that were taken, as `transition(from, to)`. */
  readonly ways: ReadonlySet<string>;
  /** The number of executions in a state, if it is to be shown. */
  readonly counts?: ReadonlyMap<string, number>;
  /** The address that a state links to. */
  readonly href?: (name: string) => string | undefined;
  /** Distinguishes the drawings of one page. */
  readonly id: string;
}

/** The machine as SVG. Colours and movement are the stylesheet's. */
export function draw({ layout, title, lights, ways, counts, href, id }: Drawing): Html {
  const isTaken = ({ edge }: PlacedEdge): boolean => ways.has(transition(edge.from, edge.to));
  // Taken transitions are drawn last, so that they lie on top of shared lines.
  const edges = [...layout.edges].sort((a, b) => Number(isTaken(a)) - Number(isTaken(b)));
  const arrow = (kind: string): string => `${id}-arrow-${kind}`;
  return html`<svg
    class="machine"
    role="group"
    aria-label="${title}"
    viewBox="0 0 ${layout.width} ${layout.height}"
    width="${layout.width}"
    height="${layout.height}"
  >
    <defs>
      ${["idle", "taken"].map(
        (kind) =>
          html`<marker
            id="${arrow(kind)}"
            class="arrow ${kind}"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0 0.5 L8 4 L0 7.5 z" />
          </marker>`,
      )}
    </defs>
    ${layout.nodes.filter(isBox).map((placed) => drawBox(placed, lights.get(placed.node.name)))}
    ${edges.map((placed) => drawEdge(placed, isTaken(placed), arrow))}
    ${edges.map((placed) => drawLabel(placed, isTaken(placed)))}
    ${layout.nodes
      .filter((placed) => !isBox(placed))
      .map((placed) => {
        const { name } = placed.node;
        return drawNode(placed, lights.get(name), counts?.get(name), href?.(name));
      })}
  </svg>`;
}

const isBox = ({ node }: PlacedNode): boolean => node.branches.length > 0;

function drawBox({ node, x, y, width, height }: PlacedNode, light: Light | undefined): Html {
  return html`<g class="state box ${light ?? "idle"}">
    <rect x="${x}" y="${y}" width="${width}" height="${height}" rx="10" />
    <text x="${x + 14}" y="${y + 20}">${node.name} <tspan class="type">${node.type}</tspan></text>
  </g>`;
}

function drawEdge({ edge, points }: PlacedEdge, isTaken: boolean, arrow: (kind: string) => string): Html {
  const kind = isTaken ? "taken" : "idle";
  return html`<g class="edge ${edge.kind} ${kind}">
    ${edge.title !== undefined && html`<title>${edge.from} to ${edge.to}: ${edge.title}</title>`}
    <path d="${pathOf(points)}" marker-end="url(#${arrow(kind)})" />
  </g>`;
}

/** After all lines, because no line may cross it out. */
function drawLabel({ label }: PlacedEdge, isTaken: boolean): Html | undefined {
  if (label === undefined) return undefined;
  const { x, y, anchor, text } = label;
  return html`<text class="way ${isTaken ? "taken" : "idle"}" x="${x}" y="${y}" text-anchor="${anchor}">${text}</text>`;
}

const glyphs: Readonly<Record<Light, Html>> = {
  running: html`<circle class="pulse" r="6" /><circle class="dot" r="4.5" />`,
  succeeded: html`<path d="M-4.5 0.5 L-1.5 3.5 L4.5 -3.5" />`,
  refused: html`<path d="M0 -5 V1 M0 4.4 V5" />`,
  failed: html`<path d="M-3.6 -3.6 L3.6 3.6 M3.6 -3.6 L-3.6 3.6" />`,
  stopped: html`<path d="M-4 0 H4" />`,
};

const words: Readonly<Record<Light, string>> = {
  running: "running",
  succeeded: "done",
  refused: "refused the photo",
  failed: "failed",
  stopped: "stopped",
};

function drawNode(placed: PlacedNode, light: Light | undefined, count: number | undefined, href?: string): Html {
  const { node, x, y, width, height } = placed;
  const [cx, cy] = [x + width / 2, y + height / 2];
  const text = node.name.length * 7.4;
  const glyphAt = cx - text / 2 - 4;
  const inside = html`<title>${node.name}: ${node.type}, ${light ? words[light] : "not reached"}</title>
    ${shape(placed)} ${light && html`<g class="glyph" transform="translate(${glyphAt} ${cy})">${glyphs[light]}</g>`}
    <text x="${light ? cx + 8 : cx}" y="${cy + 4.5}" text-anchor="middle">${node.name}</text>
    ${
      count !== undefined &&
      count > 1 &&
      html`<g class="count">
        <rect x="${x + width - 15}" y="${y - 9}" width="${16 + String(count).length * 7}" height="19" rx="9.5" />
        <text x="${x + width - 7 + String(count).length * 3.5}" y="${y + 5}" text-anchor="middle">${count}</text>
      </g>`
    }`;
  const name = `state ${node.type.toLowerCase()} ${light ?? "idle"}`;
  if (href === undefined) return html`<g class="${name}">${inside}</g>`;
  return html`<a class="${name}" href="${href}">${inside}</a>`;
}

function shape({ node, x, y, width, height }: PlacedNode): Html {
  if (node.type === "Choice") {
    const [cx, cy] = [x + width / 2, y + height / 2];
    return html`<path class="shape" d="M${cx} ${y} L${x + width} ${cy} L${cx} ${y + height} L${x} ${cy} Z" />`;
  }
  const radius = node.type === "Succeed" || node.type === "Fail" ? height / 2 : 8;
  return html`<rect class="shape" x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}" />`;
}

const corner = 8;

/** A line through the points, its corners rounded. */
export function pathOf(points: readonly Point[]): string {
  const [first] = points;
  if (!first) return "";
  let path = `M${at(first)}`;
  points.forEach((point, i) => {
    const before = points[i - 1];
    if (!before) return;
    const after = points[i + 1];
    if (point.by === "curve" && point.x !== before.x) {
      const bend = (before.y + point.y) / 2;
      path += `C${before.x} ${bend} ${point.x} ${bend} ${at(point)}`;
    } else if (after && after.by !== "curve" && isCorner(before, point, after)) {
      path += `L${at(towards(point, before))}Q${at(point)} ${at(towards(point, after))}`;
    } else path += `L${at(point)}`;
  });
  return path;
}

const at = ({ x, y }: Point): string => `${round(x)} ${round(y)}`;
const round = (value: number): number => Math.round(value * 10) / 10;

function isCorner(a: Point, b: Point, c: Point): boolean {
  return Math.abs((b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x)) > 0.01;
}

/** The point at a corner's radius from `from` towards `to`, at most half of the way. */
function towards(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length === 0 ? 0 : Math.min(corner, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}
