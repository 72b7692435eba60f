import { announce, h, icon } from "../shared/dom";
import { drawInto, type OpenPhoto, type Square } from "./photo";
import type { Say } from "./texts";

/** The square's position: its centre as shares of the photo, and the photo's shorter side divided by the square's. */
export interface Crop {
  x: number;
  y: number;
  zoom: number;
}

/** Somewhat above the middle: the usual place of a face in an upright photo. */
export function firstCrop(): Crop {
  return { x: 0.5, y: 0.4, zoom: 1 };
}

/** The zoom ends where the square would have too few pixels, and at eight times. */
export function mostZoom(photo: OpenPhoto, minSide: number): number {
  return Math.max(1, Math.min(8, Math.min(photo.width, photo.height) / minSide));
}

/** The square in pixels; the crop is moved so that it lies inside the photo. */
export function squareOf(photo: OpenPhoto, crop: Crop): Square {
  const side = Math.min(photo.width, photo.height) / crop.zoom;
  const place = (share: number, length: number) => Math.min(Math.max(share * length - side / 2, 0), length - side);
  const left = place(crop.x, photo.width);
  const top = place(crop.y, photo.height);
  crop.x = (left + side / 2) / photo.width;
  crop.y = (top + side / 2) / photo.height;
  return { left, top, side };
}

/**
 * The preview with its controls. Dragging moves the photo, pinching and scrolling zoom, and the slider and the four
 * buttons can do all of it as well.
 */
export function cropper(photo: OpenPhoto, crop: Crop, minSide: number, say: Say): HTMLElement {
  const canvas = h("canvas", { width: 640, height: 640, role: "img", "aria-label": say("cropLabel") });
  const closest = mostZoom(photo, minSide);
  const slider = h("input", {
    type: "range",
    id: "zoom",
    min: 1,
    max: closest.toFixed(2),
    step: 0.01,
    value: crop.zoom,
    disabled: closest === 1,
    oninput: () => change({ zoom: Number(slider.value) }),
  });
  const paint = () => {
    const { left, top, side } = squareOf(photo, crop);
    drawInto(canvas, photo.source, { left, top, width: side, height: side });
  };
  const change = (to: Partial<Crop>) => {
    Object.assign(crop, to);
    crop.zoom = Math.min(Math.max(crop.zoom, 1), closest);
    slider.value = String(crop.zoom);
    paint();
  };
  /** Moves by shares of the square's side. */
  const move = (right: number, down: number) => {
    const { side } = squareOf(photo, crop);
    change({ x: crop.x + (right * side) / photo.width, y: crop.y + (down * side) / photo.height });
  };
  followPointers(canvas, move, (factor) => change({ zoom: crop.zoom * factor }));
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      change({ zoom: crop.zoom * Math.exp(-event.deltaY / 500) });
    },
    { passive: false },
  );
  /** Moves by a button, which announces when the photo cannot be moved any further. */
  const step = (right: number, down: number) => {
    const { x, y } = crop;
    move(right, down);
    announce(crop.x === x && crop.y === y ? say("edge") : "");
  };
  const nudge = (symbol: string, name: "left" | "right" | "up" | "down", right: number, down: number) =>
    h(
      "button",
      { type: "button", class: "nudge", "aria-label": say(name), title: say(name), onclick: () => step(right, down) },
      icon(symbol),
    );
  paint();
  return h(
    "div",
    { class: "cropper" },
    h("div", { class: "frame" }, canvas, h("div", { class: "ring" })),
    h("div", { class: "zoom" }, h("label", { for: "zoom" }, say("zoom")), slider),
    h(
      "div",
      { class: "nudges" },
      // They move the photo under the square, as dragging does.
      nudge("left", "left", 0.05, 0),
      nudge("up", "up", 0, 0.05),
      nudge("down", "down", 0, -0.05),
      nudge("right", "right", -0.05, 0),
    ),
  );
}

/** One pointer drags the photo, two pinch it. */
function followPointers(
  canvas: HTMLCanvasElement,
  move: (right: number, down: number) => void,
  zoom: (factor: number) => void,
): void {
  const at = new Map<number, { x: number; y: number }>();
  const spread = () => {
    const [a, b] = [...at.values()];
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    at.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  canvas.addEventListener("pointermove", (event) => {
    const last = at.get(event.pointerId);
    if (last === undefined) return;
    const before = spread();
    at.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (at.size === 2 && before > 0) zoom(spread() / before);
    const share = 1 / canvas.clientWidth / at.size;
    move((last.x - event.clientX) * share, (last.y - event.clientY) * share);
  });
  for (const end of ["pointerup", "pointercancel"] as const) {
    canvas.addEventListener(end, (event) => at.delete(event.pointerId));
  }
}

/** A still picture of the square that will be sent. */
export function preview(photo: OpenPhoto, crop: Crop, alt: string): HTMLCanvasElement {
  const canvas = h("canvas", { width: 256, height: 256, role: "img", "aria-label": alt, class: "preview" });
  const { left, top, side } = squareOf(photo, crop);
  drawInto(canvas, photo.source, { left, top, width: side, height: side });
  return canvas;
}
