import { problems, type ProblemName } from "../../handlers/contract/problems";
import type { Locale } from "../../handlers/contract/reasons";
import { announce, button, h, icon } from "../shared/dom";
import type { App, Screen, ScreenName } from "./app";
import { readStatus } from "./api";
import { firstCrop, squareOf, type Crop } from "./crop";
import { isForged, takeInvitation, type Invitation } from "./invitation";
import { progressScreen } from "./outcome";
import { cutSquare, openPhoto, PhotoError, type OpenPhoto } from "./photo";
import { adjustScreen, chooseScreen, contactLine, detailsScreen, heading } from "./screens";
import { asksEmail, loadSettings, type Clock, type Settings } from "./settings";
import {
  chosenLanguage,
  draft,
  forgetJob,
  jobInHand,
  lastOutcome,
  loadJobs,
  newId,
  saveJob,
  sweep,
  type Job,
} from "./store";
import { sayIn } from "./texts";
import { runUpload, type Progress } from "./upload";

// Signals outdated.js that this browser can run the page.
document.documentElement.dataset["started"] = "";

const main = document.getElementById("main") as HTMLElement;
const languageButton = document.getElementById("language") as HTMLButtonElement;
const title = document.getElementById("title") as HTMLElement;

let locale: Locale = chosenLanguage.get() === "en" ? "en" : "vi";
/** Rebuilds the current screen, for example after a change of language. */
let redraw = (): void => undefined;

function speak(to: Locale): void {
  locale = to;
  const say = sayIn(to);
  document.documentElement.lang = to;
  title.textContent = say("title");
  languageButton.textContent = say("switchLanguage");
  languageButton.lang = to === "vi" ? "en" : "vi";
}

/** Shows a screen; focus goes to its heading unless the same screen was shown before, in another language. */
function show(element: HTMLElement, isNew: boolean): void {
  const opened = [...main.querySelectorAll("details")].map(({ open }) => open);
  main.replaceChildren(element);
  // A screen reader that reaches the live region later would read the last screen's words as news.
  if (isNew) announce("");
  else element.querySelectorAll("details").forEach((details, index) => (details.open = opened[index] ?? details.open));
  const head = element.querySelector("h1");
  document.title = [head?.textContent, sayIn(locale)("title")].filter(Boolean).join(" – ");
  if (!isNew) return;
  scrollTo(0, 0);
  head?.focus({ preventScroll: true });
}

/** Shows that the page cannot be used, and why: a heading and the text below it, in a language. */
function showTrouble(what: (to: Locale) => readonly [string, ...(Node | false)[]]): void {
  redraw = () => {
    const [name, ...below] = what(locale);
    show(
      h("section", { class: "ended" }, h("div", { class: "badge" }, icon("warning")), heading(name), ...below),
      false,
    );
  };
  redraw();
}

function showNotLoaded(): void {
  showTrouble((to) => {
    const say = sayIn(to);
    const again = button("primary", "retry", say("tryAgain"), () => void start());
    return [say("notLoaded"), h("p", { class: "lead" }, say("notLoadedHint")), h("div", { class: "actions" }, again)];
  });
}

/** Shows the link's fault in the API's words. */
function showUninvited(problem: ProblemName, settings: Settings): void {
  const { title, detail } = problems[problem];
  showTrouble((to) => [title[to], h("p", { class: "lead" }, detail[to]), contactLine(settings, sayIn(to))]);
}

/** The invitation's fault, as far as the page can check. */
async function linkProblem(
  { access, invitationKey }: Settings,
  invitation: Invitation | "broken" | undefined,
  now: number,
): Promise<ProblemName | undefined> {
  if (access === "open") return undefined;
  if (invitation === undefined) return "invitation-missing";
  if (invitation === "broken") return "invitation-invalid";
  // Checked before the signature: a late student with an unchanged link should learn to ask for a new one.
  if (invitation.expires < now) return "invitation-expired";
  const isFalse = invitationKey !== undefined && (await isForged(invitation, invitationKey));
  return isFalse ? "invitation-invalid" : undefined;
}

async function start(): Promise<void> {
  // Before any request, since a slow one would leave it in the address for as long.
  const invitation = takeInvitation();
  speak(locale);
  main.replaceChildren(h("p", { class: "loading lead" }, sayIn(locale)("loading")));
  let loaded: Awaited<ReturnType<typeof loadSettings>>;
  try {
    loaded = await loadSettings();
  } catch {
    showNotLoaded();
    return;
  }
  const { settings, now } = loaded;
  // Also if the link is refused: old data are deleted whoever opens the page.
  await sweep(settings.apiUrl);
  if (chosenLanguage.get() === undefined) speak(settings.locale);
  const problem = await linkProblem(settings, invitation, now());
  if (problem !== undefined) {
    showUninvited(problem, settings);
    return;
  }
  // If anybody may upload, no link is needed; an unreadable one does no harm.
  await new Page(settings, now, invitation === "broken" ? undefined : invitation).begin();
}

/** The screens in their order; the browser's back button goes through them as well. */
const way: readonly ScreenName[] = ["choose", "adjust", "details"];

/** The tab's record of a photo that was not sent yet. */
interface Entered {
  readonly screen: ScreenName;
  readonly crop: Crop;
  readonly details: App["details"];
}

/** The running page. */
class Page implements App {
  photo: App["photo"];
  crop = firstCrop();
  fault: App["fault"];
  showsErrors = false;
  progress: Progress | undefined;
  readonly details: { studentId: string; email: string; consent: boolean };
  private screen: ScreenName = "choose";
  private shown: Screen | undefined;
  /** The details sent last, for another attempt. */
  private sent: Blob | undefined;
  /** This tab's current or last upload. */
  private job: Job | undefined;
  /** Set from the tap on "send" on: a second tap is ignored. */
  private isStarting = false;
  private running = new AbortController();
  /** Counts the student's actions; a slow operation is dropped if the student has done something else meanwhile. */
  private turn = 0;

  constructor(
    readonly settings: Settings,
    private readonly now: Clock,
    readonly invitation: Invitation | undefined,
  ) {
    this.details = { studentId: invitation?.studentId ?? "", email: invitation?.email ?? "", consent: false };
    redraw = () => {
      if (this.hasBegun) this.draw(false);
    };
    addEventListener("dragover", (event) => {
      event.preventDefault();
      document.body.classList.toggle("dragging", !this.isUnderWay);
    });
    for (const end of ["dragleave", "drop"]) addEventListener(end, () => document.body.classList.remove("dragging"));
    addEventListener("drop", (event) => {
      event.preventDefault();
      this.take(event.dataTransfer);
    });
    addEventListener("paste", (event) => this.take(event.clipboardData));
    history.scrollRestoration = "manual";
    addEventListener("popstate", ({ state }) => this.goBack(state));
    // The last event that a phone is sure to deliver to a page.
    document.addEventListener("visibilitychange", () => this.keepEntered());
    addEventListener("pagehide", () => this.keepEntered());
  }

  get locale(): Locale {
    return locale;
  }

  get say() {
    return sayIn(locale);
  }

  get canResend(): boolean {
    return this.sent !== undefined;
  }

  private get phase(): Progress["phase"] | undefined {
    return this.progress?.phase;
  }

  /** Whether the current state is known; until then no photo and no way back may replace it. */
  private get hasBegun(): boolean {
    return this.shown !== undefined;
  }

  private get isUnderWay(): boolean {
    return this.screen === "progress" && this.phase !== "ended" && this.phase !== "refused";
  }

  /** Resumes the upload that was running when the page was last open. */
  async begin(): Promise<void> {
    const { apiUrl } = this.settings;
    const jobs = (await loadJobs(apiUrl)).filter(({ studentId }) => !this.isOthers(studentId));
    const inHand = jobInHand.get(apiUrl);
    const own = jobs.find(({ id }) => id === inHand);
    if (own !== undefined) return this.run(own, true);
    await this.recallOutcome();
    if (this.screen === "choose") await this.restore();
    // A tab without an upload of its own resumes a closed tab's; of several students' uploads, the latest one.
    const [latest] = jobs;
    if (this.screen === "choose" && latest !== undefined) return this.run(latest, true);
    this.draw(false);
  }

  /** Whether the link is for another student than this one. */
  private isOthers(studentId: string | undefined): boolean {
    return this.invitation !== undefined && studentId !== this.invitation.studentId;
  }

  /** Shows this tab's last outcome. */
  private async recallOutcome(): Promise<void> {
    const { apiUrl } = this.settings;
    const outcome = lastOutcome.get(apiUrl);
    if (outcome === undefined) return;
    try {
      const state = await readStatus(apiUrl, outcome, locale, this.invitation?.token);
      this.progress = { phase: "ended", state };
      this.screen = "progress";
    } catch {
      lastOutcome.set(apiUrl, undefined);
    }
  }

  /** Restores a photo that was chosen before the page was reloaded. */
  private async restore(): Promise<void> {
    const { apiUrl, limits } = this.settings;
    const kept = await draft.load<Entered>(apiUrl);
    if (kept === undefined || this.isOthers(kept.entered.details.studentId)) return draft.forget(apiUrl);
    try {
      this.photo = await openPhoto(kept.file, limits);
      this.screen = kept.entered.screen;
      this.crop = kept.entered.crop;
      Object.assign(this.details, kept.entered.details);
    } catch {
      await draft.forget(apiUrl);
    }
  }

  go(screen: ScreenName): void {
    this.turn += 1;
    this.showsErrors = false;
    if (screen === "choose") {
      if (this.screen === "progress") this.forgetDetails();
      this.leaveOutcome();
      void draft.forget(this.settings.apiUrl);
    }
    const isOnward = way.indexOf(screen) > way.indexOf(this.screen) && this.screen !== "progress";
    if (isOnward) history.pushState(screen, "");
    else history.replaceState(screen, "");
    this.screen = screen;
    this.draw(true);
  }

  /** The next photo may be another student's: the form keeps neither this student's ID and address nor the consent. */
  private forgetDetails(): void {
    const { invitation } = this;
    Object.assign(this.details, {
      studentId: invitation?.studentId ?? "",
      email: invitation?.email ?? "",
      consent: false,
    });
  }

  private leaveOutcome(): void {
    const { apiUrl } = this.settings;
    this.running.abort();
    this.fault = undefined;
    jobInHand.set(apiUrl, undefined);
    lastOutcome.set(apiUrl, undefined);
  }

  /** Handles the browser's back button. During an upload it leaves the page, and opening the page again resumes. */
  private goBack(state: unknown): void {
    if (this.isUnderWay || !this.hasBegun) return;
    const screen = way.find((name) => name === state) ?? "choose";
    if (this.screen === "progress" || this.photo === undefined || screen === "choose") return this.go("choose");
    this.turn += 1;
    this.screen = screen;
    this.draw(true);
  }

  async open(file: Blob): Promise<void> {
    const turn = (this.turn += 1);
    show(h("section", {}, heading(this.say("opening")), h("progress", { "aria-label": this.say("opening") })), true);
    let photo: OpenPhoto;
    try {
      photo = await openPhoto(file, this.settings.limits);
    } catch (error) {
      if (turn === this.turn) this.refuse(error);
      return;
    }
    if (turn !== this.turn) return;
    this.photo = photo;
    this.crop = firstCrop();
    this.leaveOutcome();
    if (this.screen === "progress") {
      this.forgetDetails();
      this.screen = "choose";
    }
    void draft.keepPhoto(this.settings.apiUrl, file);
    this.go("adjust");
  }

  private refuse(error: unknown): void {
    this.go("choose");
    this.fault = error instanceof PhotoError ? error.fault : "INTERNAL";
    this.draw(true);
  }

  async send(): Promise<void> {
    const { photo, settings } = this;
    if (photo === undefined || this.isStarting) return;
    const { turn } = this;
    this.isStarting = true;
    try {
      const square = await cutSquare(photo, squareOf(photo, this.crop), settings.limits);
      if (turn !== this.turn) return;
      this.sent = square;
    } catch (error) {
      if (turn === this.turn) this.refuse(error);
      return;
    } finally {
      this.isStarting = false;
    }
    await this.resend();
  }

  async resend(): Promise<void> {
    if (this.sent === undefined || this.isStarting) return;
    this.isStarting = true;
    const { apiUrl } = this.settings;
    const { studentId } = this.details;
    // A draft may hold an address that the page has asked for before its settings changed.
    const email = asksEmail(this.settings, this.invitation) ? this.details.email : "";
    const fileName = this.photo?.fileName ?? "photo.jpg";
    const job: Job = { id: newId(), studentId, email, fileName, photo: this.sent, keptAt: Date.now() };
    const { turn } = this;
    await saveJob(apiUrl, job);
    this.isStarting = false;
    if (turn !== this.turn) return forgetJob(apiUrl, job.id);
    void draft.forget(apiUrl);
    await this.run(job, false);
  }

  async startOver(): Promise<void> {
    this.running.abort();
    if (this.job !== undefined) await forgetJob(this.settings.apiUrl, this.job.id);
    this.go("choose");
  }

  private async run(job: Job, isResumed: boolean): Promise<void> {
    const { apiUrl } = this.settings;
    this.turn += 1;
    this.running.abort();
    this.running = new AbortController();
    const { signal } = this.running;
    this.job = job;
    jobInHand.set(apiUrl, job.id);
    lastOutcome.set(apiUrl, undefined);
    this.progress =
      job.photo === undefined
        ? { phase: "processing", state: undefined, trouble: undefined }
        : { phase: "sending", share: 0, trouble: undefined };
    this.screen = "progress";
    this.draw(true);
    const token = this.invitation?.token;
    const onProgress = (progress: Progress) => this.receive(progress);
    await runUpload(job, { apiUrl, locale, token, now: this.now, onProgress, isResumed, signal });
    if (signal.aborted) return;
    // This comes first, so that a reload at this moment finds one of the two.
    if (this.phase === "ended") lastOutcome.set(apiUrl, job.issued?.uploadId);
    jobInHand.set(apiUrl, undefined);
    await forgetJob(apiUrl, job.id);
  }

  /** Shows progress in place, or on a new screen if the upload enters a new phase. */
  private receive(progress: Progress): void {
    if (progress.phase === "gone") return this.go("choose");
    const isNew = this.progress?.phase !== progress.phase || this.shown?.update === undefined;
    this.progress = progress;
    if (isNew) this.draw(true);
    else this.shown?.update?.(progress);
  }

  /** Takes a dropped or pasted photo if the current screen can use one. */
  private take(data: DataTransfer | null): void {
    const file = data?.files[0];
    if (file !== undefined && this.hasBegun && !this.isUnderWay) void this.open(file);
  }

  private keepEntered(): void {
    const { screen, crop, details } = this;
    const entered: Entered = { screen, crop, details };
    if (screen === "adjust" || screen === "details") draft.keepEntered(this.settings.apiUrl, entered);
  }

  private draw(isNew: boolean): void {
    const screens = { choose: chooseScreen, adjust: adjustScreen, details: detailsScreen, progress: progressScreen };
    this.shown = screens[this.screen](this);
    show(this.shown.element, isNew);
    if (this.screen === "progress" && this.progress !== undefined) this.shown.update?.(this.progress);
  }
}

languageButton.addEventListener("click", () => {
  speak(locale === "vi" ? "en" : "vi");
  chosenLanguage.set(locale);
  redraw();
});
// Another invitation was pasted into the same tab.
addEventListener("hashchange", () => location.reload());
void start();
