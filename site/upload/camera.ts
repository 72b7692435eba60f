import { button, h } from "../shared/dom";
import type { Say } from "./texts";

/** Whether the page can show the camera's picture itself: only over HTTPS, or on localhost. */
export function hasLiveCamera(): boolean {
  return isSecureContext && "mediaDevices" in navigator;
}

/** Whether the pointer is a finger: then the system's own camera is better, and a file input opens it. */
export function isTouch(): boolean {
  return matchMedia("(pointer: coarse)").matches;
}

/**
 * Lets the student take a photo with the computer's camera.
 *
 * @returns the photo; undefined when the dialog was closed
 * @throws if there is no camera or the page may not use it
 */
export async function takePhoto(say: Say): Promise<Blob | undefined> {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: "user", width: { ideal: 1920 }, height: { ideal: 1080 } },
  });
  const video = h("video", { autoplay: true, playsinline: true, muted: true, "aria-hidden": "true" });
  // The attribute alone, set by a script, mutes nothing, and Safari plays only muted videos.
  video.muted = true;
  video.srcObject = stream;
  return new Promise((resolve) => {
    const finish = (photo: Blob | undefined) => {
      for (const track of stream.getTracks()) track.stop();
      dialog.remove();
      resolve(photo);
    };
    const take = () => {
      // Nothing is visible yet.
      if (video.videoWidth === 0) return;
      const canvas = document.createElement("canvas");
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      canvas.getContext("2d")?.drawImage(video, 0, 0);
      // The pixels are not mirrored as the preview is: lettering stays readable.
      canvas.toBlob((blob) => finish(blob ?? undefined), "image/jpeg", 0.95);
    };
    const dialog = h(
      "dialog",
      { class: "camera", "aria-labelledby": "camera-heading", onclose: () => finish(undefined) },
      h("h2", { id: "camera-heading" }, say("cameraHeading")),
      h("div", { class: "frame" }, video, h("div", { class: "ring" })),
      h("p", { class: "hint" }, say("cameraHint")),
      h(
        "div",
        { class: "actions" },
        button("primary", "camera", say("shutter"), take),
        button("quiet", undefined, say("cancel"), () => dialog.close()),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
