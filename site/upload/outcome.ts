import type { StepStatus, UploadState } from "../../handlers/contract/api";
import { problemOf } from "../../handlers/contract/problems";
import { reasons } from "../../handlers/contract/reasons";
import { stepTitle } from "../../handlers/contract/step-titles";
import { announce, button, h, icon } from "../shared/dom";
import type { Refused } from "./api";
import type { App, Screen } from "./app";
import { alertBox, contactLine, heading, privacy } from "./screens";
import type { TextName } from "./texts";
import type { Trouble } from "./upload";

/** Screen 4: the photo's progress and outcome. */
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
      h(
        "div",
        { class: "actions" },
        button("quiet", undefined, say("cancel"), () => void app.startOver()),
      ),
    ),
    update(progress) {
      if (progress.phase !== "sending") return;
      const percent = Math.floor(progress.share * 100);
      bar.value = progress.share;
      text.textContent = say("sent", { percent });
      // Announcing every percent would keep a screen reader talking.
      if (Math.floor(percent / 25) > quarter) announce(say("sent", { percent }));
      quarter = Math.floor(percent / 25);
      showTrouble(trouble, app, progress.trouble);
    },
  };
}

function checkingScreen(app: App): Screen {
  const { say } = app;
  const list = h("ol", { class: "steps" });
  const trouble = h("div", { role: "status" });
  // A student who has waited long may prefer another photo; this one is still judged.
  const giveUp = button("quiet", undefined, say("startOver"), () => void app.startOver(), { hidden: true });
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
      h("div", { class: "actions" }, giveUp),
    ),
    update(progress) {
      if (progress.phase !== "processing") return;
      const isSlow = Date.now() - began > 30_000;
      showTrouble(trouble, app, progress.trouble ?? (isSlow ? "slow" : undefined));
      giveUp.hidden = !isSlow && progress.trouble === undefined;
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

function showTrouble(place: HTMLElement, { say }: App, name: Trouble | "slow"): void {
  if (place.dataset["shown"] === (name ?? "")) return;
  place.dataset["shown"] = name ?? "";
  place.replaceChildren(...(name === undefined ? [] : [h("p", { class: "notice" }, icon("cloud"), say(name))]));
}

/** Lines for the steps, except those that the upload's outcome skipped: they say nothing about the photo. */
function stepLines({ say, locale }: App, steps: readonly StepStatus[], isRejected = false): HTMLElement[] {
  const symbols = { done: "check", failed: "cross", running: "dots", waiting: "dots" };
  const texts: Readonly<Record<keyof typeof symbols, TextName>> = {
    done: "stateDone",
    running: "stateRunning",
    waiting: "stateWaiting",
    failed: isRejected ? "stateRefused" : "stateFailed",
  };
  return steps.flatMap(({ name, state }) =>
    state === "skipped"
      ? []
      : h(
          "li",
          { class: state },
          h("span", { class: "mark" }, icon(symbols[state])),
          h("span", {}, stepTitle(name)[locale]),
          // The mark's meaning in words; visible too, for readers who cannot distinguish the colours.
          h("span", { class: "state" }, say(texts[state])),
        ),
  );
}

function endedScreen(app: App, state: UploadState): Screen {
  const { say, locale } = app;
  if (state.status === "accepted") return acceptedScreen(app, state);
  const isRejected = state.status === "rejected";
  const reason = state.reason ?? "INTERNAL";
  const { title, remedy } = reasons[reason];
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
      // Shown if the remedy is to ask the school.
      (reason === "DUPLICATE_FACE" || reason === "INTERNAL") && contactLine(app.settings, say),
      isRejected && h("p", { class: "hint" }, say("rejectedHint")),
      h(
        "div",
        { class: "actions" },
        isRejected
          ? other("primary")
          : app.canResend && button("primary", "retry", say("sendAgain"), () => void app.resend()),
        !isRejected && other(app.canResend ? "quiet" : "primary"),
      ),
      h(
        "details",
        { class: "history" },
        h("summary", {}, say("showSteps")),
        h("ol", { class: "steps" }, ...stepLines(app, state.steps, isRejected)),
      ),
    ),
  };
}

function acceptedScreen(app: App, { avatar }: UploadState): Screen {
  const { say } = app;
  // The smallest thumbnail that is sharp at twice the size shown, else the largest one.
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

/** The student's options after a refusal by the API depend on its reason. */
function refusedScreen(app: App, refused: Refused | undefined): Screen {
  const { say, locale } = app;
  const problem = refused?.problem && problemOf(refused.problem, locale, refused);
  const title = problem?.title ?? reasons.INTERNAL.title[locale];
  const wrong = problem?.errors?.map(({ message }) => message).join(" ");
  const isAboutLink = refused?.problem?.startsWith("invitation-") === true;
  const isAboutDetails = refused?.errors.some(({ field }) => field === "studentId" || field === "email") === true;
  // Repeating the same is useless if the link, the request or the upload itself is refused.
  const isLasting = problem !== undefined && problem.status < 500;
  const change = isAboutDetails && app.photo !== undefined;
  const again = !isLasting && app.canResend;
  return {
    element: h(
      "section",
      { class: "ended failed" },
      h("div", { class: "badge" }, icon("warning")),
      heading(say("refusedHeading")),
      alertBox(title, wrong || (problem?.detail ?? reasons.INTERNAL.remedy[locale])),
      isAboutLink && contactLine(app.settings, say),
      !isAboutLink &&
        h(
          "div",
          { class: "actions" },
          change && button("primary", undefined, say("change"), () => app.go("details")),
          again && button("primary", "retry", say("sendAgain"), () => void app.resend()),
          button(change || again ? "quiet" : "primary", "camera", say("tryOther"), () => app.go("choose")),
        ),
    ),
  };
}
