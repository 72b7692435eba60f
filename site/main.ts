import { messageOf } from "../handlers/lib/reasons";
import { stepTitle } from "../handlers/lib/step-titles";
import { issueUpload, postPhoto, readStatus, RefusedError } from "./api";
import { loadSettings } from "./settings";

const element = <Kind extends HTMLElement>(id: string) => document.getElementById(id) as Kind;

element<HTMLFormElement>("form").addEventListener("submit", (event) => {
  event.preventDefault();
  void upload();
});

async function upload(): Promise<void> {
  const outcome = element("outcome");
  const progress = element<HTMLProgressElement>("progress");
  const avatar = element<HTMLImageElement>("avatar");
  const photo = element<HTMLInputElement>("photo").files?.[0];
  if (photo === undefined) return;
  outcome.textContent = "";
  avatar.hidden = true;
  progress.hidden = false;
  try {
    const { apiUrl, locale } = await loadSettings();
    const issued = await issueUpload(apiUrl, {
      studentId: element<HTMLInputElement>("student").value.trim(),
      email: element<HTMLInputElement>("email").value.trim(),
      fileName: photo.name,
      contentType: photo.type,
      bytes: photo.size,
      locale,
    });
    await postPhoto(issued, photo, (share) => (progress.value = share));
    for (;;) {
      const state = await readStatus(apiUrl, issued.uploadId, locale);
      const lines = state.steps.map((step) => {
        const line = document.createElement("li");
        line.textContent = `${stepTitle(step.name)[locale]}: ${step.state}`;
        return line;
      });
      element("steps").replaceChildren(...lines);
      if (state.status === "accepted") {
        outcome.textContent = "Ảnh đã được chấp nhận.";
        const links = Object.entries(state.avatar?.thumbnails ?? {}).sort(([a], [b]) => Number(b) - Number(a));
        avatar.src = links[0]?.[1] ?? "";
        avatar.hidden = false;
        return;
      }
      if (state.status === "rejected" || state.status === "failed") {
        outcome.textContent = messageOf(state.reason ?? "INTERNAL", locale);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  } catch (error) {
    const problem = error instanceof RefusedError ? error.refused : undefined;
    const wrong = problem?.errors?.map(({ message }) => message).join(" ");
    outcome.textContent = wrong ?? problem?.detail ?? "Không kết nối được. Hãy thử lại.";
  } finally {
    progress.hidden = true;
  }
}
