import type { Locale } from "../handlers/lib/reasons";
import type { App, Screen, ScreenName } from "./app";
import { readStatus } from "./api";
import { firstCrop, squareOf } from "./crop";
import { button, h } from "./dom";
import { invitationIn, type Invitation } from "./invitation";
import { progressScreen } from "./outcome";
import { cutSquare, openPhoto, PhotoError } from "./photo";
import { adjustScreen, chooseScreen, detailsScreen, heading } from "./screens";
import { loadSettings, type Settings } from "./settings";
import { chosenLanguage, forgetJob, lastOutcome, loadJob, saveJob, type Job } from "./store";
import { sayIn, type TextName } from "./texts";
import { runUpload, type Progress } from "./upload";

const main = document.getElementById("main") as HTMLElement;
const languageButton = document.getElementById("language") as HTMLButtonElement;
const title = document.getElementById("title") as HTMLElement;

let locale: Locale = chosenLanguage.get() === "en" ? "en" : "vi";
/** Builds what is shown anew, as after a change of language. */
let redraw = (): void => undefined;

function speak(to: Locale): void {
  locale = to;
  const say = sayIn(to);
  document.documentElement.lang = to;
  title.textContent = say("title");
  languageButton.textContent = say("switchLanguage");
  languageButton.lang = to === "vi" ? "en" : "vi";
}

/** Shows something; focus goes to its heading unless it was there before, in another language. */
function show(element: HTMLElement, isNew: boolean): void {
  main.replaceChildren(element);
  const head = element.querySelector("h1");
  document.title = [head?.textContent, sayIn(locale)("title")].filter(Boolean).join(" – ");
  if (!isNew) return;
  scrollTo(0, 0);
  head?.focus({ preventScroll: true });
}

/** Shows that the page cannot be used, and why. */
function showTrouble(name: TextName, hint: TextName, retry?: () => void): void {
  redraw = () => {
    const say = sayIn(locale);
    const again = retry && h("div", { class: "actions" }, button("primary", "retry", say("tryAgain"), retry));
    show(h("section", {}, heading(say(name)), h("p", { class: "lead" }, say(hint)), again), false);
  };
  redraw();
}

async function start(): Promise<void> {
  speak(locale);
  let settings: Settings;
  try {
    settings = await loadSettings();
  } catch {
    showTrouble("notLoaded", "notLoadedHint", () => void start());
    return;
  }
  if (chosenLanguage.get() === undefined) speak(settings.locale);
  const invitation = invitationIn(location.hash);
  if (invitation === "broken") return showTrouble("inviteBroken", "inviteBrokenHint");
  if (settings.access === "invite" && invitation === undefined)
    return showTrouble("inviteMissing", "inviteMissingHint");
  const isLate = settings.access === "invite" && invitation !== undefined && invitation.expires < Date.now();
  if (isLate) return showTrouble("inviteExpired", "inviteExpiredHint");
  await new Page(settings, invitation).begin();
}

/** The page at work. */
class Page implements App {
  photo: App["photo"];
  crop = firstCrop();
  fault: App["fault"];
  progress: Progress | undefined;
  readonly details: App["details"];
  private screen: ScreenName = "choose";
  private shown: Screen | undefined;
  /** What was sent last, for another try. */
  private sent: Blob | undefined;
  private running = new AbortController();

  constructor(
    readonly settings: Settings,
    readonly invitation: Invitation | undefined,
  ) {
    this.details = { studentId: invitation?.studentId ?? "", email: invitation?.email ?? "", consent: false };
    redraw = () => this.draw(false);
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", (event) => {
      event.preventDefault();
      this.take(event.dataTransfer);
    });
    addEventListener("paste", (event) => this.take(event.clipboardData));
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

  /** Goes on with what was under way when the page was last open. */
  async begin(): Promise<void> {
    const { apiUrl } = this.settings;
    const job = await loadJob(apiUrl);
    const isOthers = this.invitation !== undefined && job?.studentId !== this.invitation.studentId;
    if (job !== undefined && !isOthers) return this.run(job);
    const outcome = lastOutcome.get(apiUrl);
    if (outcome !== undefined) {
      try {
        const state = await readStatus(apiUrl, outcome, locale, this.invitation?.token);
        this.progress = { phase: "ended", state };
        this.screen = "progress";
      } catch {
        lastOutcome.set(apiUrl, undefined);
      }
    }
    this.draw(false);
  }

  go(screen: ScreenName): void {
    if (screen === "choose") {
      this.running.abort();
      this.fault = undefined;
      lastOutcome.set(this.settings.apiUrl, undefined);
    }
    this.screen = screen;
    this.draw(true);
  }

  async open(file: Blob): Promise<void> {
    show(h("section", {}, heading(this.say("opening")), h("progress", { "aria-label": this.say("opening") })), true);
    try {
      this.photo = await openPhoto(file, this.settings.limits);
      this.crop = firstCrop();
      this.fault = undefined;
      this.screen = "adjust";
    } catch (error) {
      this.fault = error instanceof PhotoError ? error.fault : "INTERNAL";
      this.screen = "choose";
    }
    this.draw(true);
  }

  async send(): Promise<void> {
    const { photo, settings } = this;
    if (photo === undefined) return;
    try {
      this.sent = await cutSquare(photo, squareOf(photo, this.crop), settings.limits);
      this.resend();
    } catch (error) {
      this.fault = error instanceof PhotoError ? error.fault : "INTERNAL";
      this.screen = "choose";
      this.draw(true);
    }
  }

  resend(): void {
    if (this.sent === undefined) return;
    const { studentId, email } = this.details;
    const fileName = this.photo?.fileName ?? "photo.jpg";
    const job: Job = { studentId, email, fileName, photo: this.sent, startedAt: Date.now() };
    void saveJob(this.settings.apiUrl, job).then(() => this.run(job));
  }

  private async run(job: Job): Promise<void> {
    const { apiUrl } = this.settings;
    this.running.abort();
    this.running = new AbortController();
    this.screen = "progress";
    const token = this.invitation?.token;
    const onProgress = (progress: Progress) => this.receive(progress);
    await runUpload(job, { apiUrl, locale, token, onProgress, signal: this.running.signal });
    if (this.progress?.phase !== "ended" && this.progress?.phase !== "refused") return;
    await forgetJob(apiUrl);
    if (this.progress.phase === "ended") lastOutcome.set(apiUrl, job.issued?.uploadId);
  }

  /** Shows progress in place, or on a new screen when the upload enters a new phase. */
  private receive(progress: Progress): void {
    const isNew = this.progress?.phase !== progress.phase || this.shown?.update === undefined;
    this.progress = progress;
    if (isNew) this.draw(true);
    else this.shown?.update?.(progress);
  }

  /** Takes a photo that was dropped or pasted, where one is asked for. */
  private take(data: DataTransfer | null): void {
    const file = data?.files[0];
    if (file !== undefined && this.screen !== "progress") void this.open(file);
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
// Another invitation pasted into the same tab.
addEventListener("hashchange", () => location.reload());
void start();
