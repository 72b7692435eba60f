import type { StepStatus, UploadState } from "../handlers/api/contract";
import { reasons } from "../handlers/lib/reasons";
import { stepTitle } from "../handlers/lib/step-titles";
import type { App, Screen } from "./app";
import { announce, button, h, icon } from "./dom";
import { alertBox, heading, privacy } from "./screens";
import type { TextName } from "./texts";
import type { Progress } from "./upload";

/** Screen 4: the way of the photo, and how it ended. */
export function progressScreen(app: App): Screen {
  const { progress } = app;
  if (progress?.phase === "ended") return endedScreen(app, progress.state);
  if (progress?.phase === "refused") return refusedScreen(app, progress.refused);
  return progress?.phase === "processing" ? checkingScreen(app) : sendingScreen(app);
}

function sendingScreen(app: App): Screen {
  const { say } = app;
  const bar = h("progress", { max: 1, value: 0, "aria-label": say("sendingHeading") });
  const text = h("p", { class: "percent" });
  const trouble = h("div", { role: "status" });
  let quarter = 0;
  return {
    element: h(
      "section",
      {},
      heading(say("sendingHeading")),
      h("p", { class: "lead" }, say("sendingHint")),
      bar,
      text,
      trouble,
    ),
    update(progress) {
      if (progress.phase !== "sending") return;
      const percent = Math.floor(progress.share * 100);
      bar.value = progress.share;
      text.textContent = say("sent", { percent });
      // Every percent would keep a screen reader talking.
      if (Math.floor(percent / 25) > quarter) announce(say("sent", { percent }));
      quarter = Math.floor(percent / 25);
      showOffline(trouble, app, progress.offline);
    },
  };
}

function checkingScreen(app: App): Screen {
  const { say } = app;
  const list = h("ol", { class: "steps" });
  const trouble = h("div", { role: "status" });
  const began = Date.now();
  let shown = "";
  return {
    element: h(
      "section",
      {},
      heading(say("checkingHeading")),
      h("p", { class: "lead" }, say("checkingHint")),
      trouble,
      list,
    ),
    update(progress) {
      if (progress.phase !== "processing") return;
      showOffline(trouble, app, progress.offline, Date.now() - began > 30_000);
      const steps = progress.state?.steps ?? [];
      const news = steps.map(({ state }) => state).join();
      if (steps.length === 0 || news === shown) return;
      shown = news;
      list.replaceChildren(...stepLines(app, steps));
      const running = steps.filter(({ state }) => state === "running").at(-1);
      if (running !== undefined) announce(stepTitle(running.name)[app.locale]);
    },
  };
}

function showOffline(place: HTMLElement, { say }: App, offline: boolean, slow = false): void {
  const name: TextName | undefined = offline ? "offline" : slow ? "slow" : undefined;
  if (place.dataset["shown"] === (name ?? "")) return;
  place.dataset["shown"] = name ?? "";
  place.replaceChildren(...(name === undefined ? [] : [h("p", { class: "notice" }, icon("cloud"), say(name))]));
}

const stateTexts: Readonly<Record<StepStatus["state"], TextName>> = {
  done: "stateDone",
  running: "stateRunning",
  waiting: "stateWaiting",
  failed: "stateFailed",
  skipped: "stateSkipped",
};

function stepLines({ say, locale }: App, steps: readonly StepStatus[]): HTMLElement[] {
  const symbols = { done: "check", failed: "cross", running: "dots", waiting: "dots", skipped: "dots" };
  return steps.map(({ name, state }) =>
    h(
      "li",
      { class: state },
      h("span", { class: "mark" }, icon(symbols[state])),
      h("span", {}, stepTitle(name)[locale]),
      // The mark's meaning in words; for the eye too, where colours are not to be told apart.
      h("span", { class: "state" }, say(stateTexts[state])),
    ),
  );
}

function endedScreen(app: App, state: UploadState): Screen {
  const { say, locale } = app;
  if (state.status === "accepted") return acceptedScreen(app, state);
  const isRejected = state.status === "rejected";
  const { title, remedy } = reasons[state.reason ?? "INTERNAL"];
  const other = (look: "primary" | "quiet") =>
    button(look, isRejected ? "camera" : undefined, say("tryOther"), () => app.go("choose"));
  return {
    element: h(
      "section",
      { class: isRejected ? "ended rejected" : "ended failed" },
      h("div", { class: "badge" }, icon(isRejected ? "retry" : "warning")),
      heading(say(isRejected ? "rejectedHeading" : "failedHeading")),
      h("p", { class: "reason" }, title[locale] + "."),
      h("h2", {}, say("whatToDo")),
      h("p", {}, remedy[locale]),
      h(
        "div",
        { class: "actions" },
        isRejected
          ? other("primary")
          : app.canResend && button("primary", "retry", say("sendAgain"), () => app.resend()),
        !isRejected && other(app.canResend ? "quiet" : "primary"),
      ),
      h(
        "details",
        { class: "history" },
        h("summary", {}, say("showSteps")),
        h("ol", { class: "steps" }, ...stepLines(app, state.steps)),
      ),
    ),
  };
}

function acceptedScreen(app: App, { avatar }: UploadState): Screen {
  const { say } = app;
  // The smallest that is sharp at twice the size shown, else the largest there is.
  const sizes = Object.keys(avatar?.thumbnails ?? {})
    .map(Number)
    .sort((a, b) => a - b);
  const size = sizes.find((side) => side >= 384) ?? sizes.at(-1);
  const link = avatar?.thumbnails[String(size)];
  return {
    element: h(
      "section",
      { class: "ended accepted" },
      link === undefined
        ? h("div", { class: "badge" }, icon("check"))
        : h(
            "div",
            { class: "avatar" },
            h("img", { src: link, alt: say("avatarAlt"), width: 192, height: 192 }),
            h("div", { class: "badge" }, icon("check")),
          ),
      heading(say("acceptedHeading")),
      h("p", { class: "lead" }, say(avatar === undefined ? "replacedHint" : "acceptedHint")),
      h(
        "div",
        { class: "actions" },
        button("secondary", undefined, say("anotherPhoto"), () => app.go("choose")),
      ),
      privacy(app),
    ),
  };
}

function refusedScreen(app: App, refused: Extract<Progress, { phase: "refused" }>["refused"]): Screen {
  const { say, locale } = app;
  const problem = refused.title === "" ? undefined : refused;
  const isAboutDetails = problem?.errors !== undefined;
  const { title, remedy } = reasons.INTERNAL;
  return {
    element: h(
      "section",
      { class: "ended failed" },
      h("div", { class: "badge" }, icon("warning")),
      heading(say("refusedHeading")),
      alertBox(
        problem?.title ?? title[locale],
        problem?.errors?.map(({ message }) => message).join(" ") ?? problem?.detail ?? remedy[locale],
      ),
      h(
        "div",
        { class: "actions" },
        isAboutDetails
          ? button("primary", undefined, say("change"), () => app.go("details"))
          : app.canResend && button("primary", "retry", say("sendAgain"), () => app.resend()),
        button("quiet", undefined, say("tryOther"), () => app.go("choose")),
      ),
    ),
  };
}
