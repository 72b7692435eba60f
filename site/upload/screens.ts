import { emailDomainRule, fieldRules } from "../../handlers/contract/problems";
import { reasons } from "../../handlers/contract/reasons";
import { isEmail, isOfDomain, isStudentId } from "../../handlers/contract/students";
import { button, h, icon } from "../shared/dom";
import type { App, Screen } from "./app";
import { hasLiveCamera, isTouch, takePhoto } from "./camera";
import { cropper, preview } from "./crop";
import type { PhotoFault } from "./photo";
import { asksEmail, type Settings } from "./settings";
import type { Say, TextName } from "./texts";

/** A screen's head: the progress, and the one thing to do. */
export function heading(text: string, stage?: string): HTMLElement {
  // Focus goes here when the screen changes, so that a screen reader begins with it.
  return h("header", {}, stage && h("p", { class: "stage" }, stage), h("h1", { tabindex: -1 }, text));
}

/** A box with a fault and its fix. */
export function alertBox(title: string, remedy: string): HTMLElement {
  const text = h("div", {}, h("strong", {}, title), h("p", {}, remedy));
  return h("div", { class: "alert", role: "alert" }, icon("warning"), text);
}

function faultText(fault: PhotoFault, { say, locale }: App): [string, string] {
  if (fault === "HEIC_NOT_DECODED") return [say("heicTitle"), say("heicRemedy")];
  if (fault === "BROWSER_TOO_OLD") return [say("oldTitle"), say("oldRemedy")];
  return [reasons[fault].title[locale], reasons[fault].remedy[locale]];
}

/** Screen 1: choosing the photo, from any source. */
export function chooseScreen(app: App): Screen {
  const { say, invitation } = app;
  const trouble = h("div", {});
  const show = (title: string, remedy: string) => trouble.replaceChildren(alertBox(title, remedy));
  if (app.fault !== undefined) show(...faultText(app.fault, app));
  // iPhones convert to JPEG if HEIC is not in the list; other systems would only hide the HEIC photos.
  const convertsHeic = isTouch() && !navigator.userAgent.includes("Android");
  const accept = convertsHeic ? "image/jpeg,image/png" : "image/jpeg,image/png,image/heic,image/heif,.heic,.heif";
  const input = (id: string, more: Record<string, string> = {}) =>
    h("input", {
      type: "file",
      id,
      accept,
      hidden: true,
      ...more,
      onchange: (event: Event) => {
        const { files } = event.target as HTMLInputElement;
        if (files?.[0]) void app.open(files[0]);
      },
    });
  const file = input("file");
  const camera = input("camera", { capture: "user" });
  let isTaking = false;
  const useCamera = async () => {
    if (isTouch()) {
      camera.click();
      return;
    }
    if (isTaking) return;
    isTaking = true;
    try {
      const photo = await takePhoto(say);
      if (photo !== undefined) await app.open(photo);
    } catch {
      show(say("noCamera"), say("noCameraHint"));
    } finally {
      isTaking = false;
    }
  };
  const canTake = isTouch() || hasLiveCamera();
  const takeButton = (look: "primary" | "secondary") =>
    canTake && button(look, "camera", say("takePhoto"), () => void useCamera());
  const fileButton = (look: "primary" | "secondary") => button(look, "image", say("chooseFile"), () => file.click());
  const tip = (name: TextName) => h("li", {}, icon("check"), say(name));
  return {
    element: h(
      "section",
      {},
      heading(say("chooseHeading"), say("stage", { number: 1 })),
      h("p", { class: "lead" }, ...greeting(app)),
      trouble,
      h(
        "div",
        { class: "drop" },
        icon("face"),
        // A phone has a camera; on a computer the photo is usually stored already.
        ...(isTouch()
          ? [takeButton("primary"), fileButton("secondary")]
          : [fileButton("primary"), takeButton("secondary")]),
        !isTouch() && h("p", { class: "hint" }, say("dropHint")),
        file,
        camera,
      ),
      h("h2", {}, say("tips")),
      h("ul", { class: "tips" }, tip("tipAlone"), tip("tipLight"), tip("tipBare")),
      invitation === undefined ? undefined : privacy(app),
    ),
  };
}

function greeting({ say, invitation }: App): string[] {
  if (invitation === undefined) return [say("chooseIntro")];
  const hello = invitation.name === undefined ? "" : say("greeting", { name: invitation.name }) + " ";
  return [hello, say("forStudent", { id: invitation.studentId }), " ", say("chooseIntro")];
}

/** Screen 2: the square. */
export function adjustScreen(app: App): Screen {
  const { say, photo } = app;
  if (photo === undefined) return chooseScreen(app);
  return {
    element: h(
      "section",
      { class: "adjust" },
      heading(say("cropHeading"), say("stage", { number: 2 })),
      h("p", { class: "lead" }, say(isTouch() ? "cropHintTouch" : "cropHint")),
      cropper(photo, app.crop, app.settings.limits.minSide, say),
      h(
        "div",
        { class: "handy" },
        button("primary", "check", say("cropDone"), () => app.go("details")),
      ),
      button("quiet", undefined, say("otherPhoto"), () => app.go("choose")),
    ),
  };
}

/** A labelled input with its hint, and its error while there is one. */
function field(
  id: string,
  label: string,
  hint: string,
  input: HTMLInputElement,
): { element: HTMLElement; refuse: (problem: string | undefined) => void } {
  const error = h("p", { class: "error", id: `${id}-error` });
  input.id = id;
  input.setAttribute("aria-describedby", `${id}-hint ${id}-error`);
  return {
    element: h(
      "div",
      { class: "field" },
      h("label", { for: id }, label),
      h("p", { class: "hint", id: `${id}-hint` }, hint),
      input,
      error,
    ),
    refuse: (problem) => {
      input.setAttribute("aria-invalid", String(problem !== undefined));
      error.replaceChildren(...(problem === undefined ? [] : [icon("warning"), problem]));
    },
  };
}

/** Screen 3: whose photo it is, and consent. */
export function detailsScreen(app: App): Screen {
  const { say, locale, photo, details, invitation, settings } = app;
  if (photo === undefined) return chooseScreen(app);
  const studentId = h("input", {
    value: details.studentId,
    required: true,
    maxlength: 64,
    autocomplete: "username",
    autocapitalize: "characters",
    spellcheck: "false",
    oninput: () => (details.studentId = studentId.value.trim()),
  });
  const email = h("input", {
    type: "email",
    value: details.email,
    maxlength: 254,
    autocomplete: "email",
    oninput: () => (details.email = email.value.trim()),
  });
  const consent = h("input", {
    type: "checkbox",
    id: "consent",
    required: true,
    checked: details.consent,
    "aria-describedby": "consent-error",
    onchange: () => (details.consent = consent.checked),
  });
  const consentError = h("p", { class: "error", id: "consent-error" });
  const idField = field("student-id", say("studentId"), say("studentIdHint"), studentId);
  const emailField = field(
    "email",
    say("email"),
    say("emailHint", { domains: settings.studentDomains.map((domain) => `@${domain}`).join(", ") }),
    email,
  );
  const asksId = invitation === undefined;
  const wantsEmail = asksEmail(settings, invitation);
  const isUnknownTo = settings.mail && invitation !== undefined && invitation.email === undefined;

  const check = (): HTMLElement | undefined => {
    const idRule = details.studentId === "" ? say("studentIdMissing") : fieldRules.studentId[locale];
    const idProblem = asksId && !isStudentId(details.studentId) ? idRule : undefined;
    const emailProblem = wantsEmail && details.email !== "" ? emailFault(app) : undefined;
    const consentProblem = details.consent ? undefined : say("consentMissing");
    idField.refuse(idProblem);
    emailField.refuse(emailProblem);
    consent.setAttribute("aria-invalid", String(consentProblem !== undefined));
    consentError.replaceChildren(...(consentProblem === undefined ? [] : [icon("warning"), consentProblem]));
    return idProblem ? studentId : emailProblem ? email : consentProblem ? consent : undefined;
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const wrong = check();
    app.showsErrors = wrong !== undefined;
    if (wrong === undefined) {
      void app.send();
      return;
    }
    wrong.focus({ preventScroll: true });
    // By default, Firefox and WebKit show the field at the very edge, cut off.
    wrong.closest(".field")?.scrollIntoView({ block: "center" });
  };
  if (app.showsErrors) check();
  return {
    element: h(
      "section",
      {},
      heading(say(asksId ? "detailsHeading" : "detailsHeadingInvited"), say("stage", { number: 3 })),
      h("div", { class: "summary" }, preview(photo, app.crop, say("yourPhoto"))),
      !asksId && h("p", { class: "lead" }, say("forStudent", { id: invitation.studentId })),
      h(
        "form",
        // The page's own words, in the page's language, in place of the browser's.
        { novalidate: true, onsubmit: submit },
        asksId && idField.element,
        wantsEmail && emailField.element,
        isUnknownTo && h("p", { class: "hint" }, say("emailUnknown")),
        h(
          "div",
          { class: "field consent" },
          consent,
          h("label", { for: "consent" }, say("consent", { organization: organizationOf(app) })),
          consentError,
        ),
        privacy(app, true),
        h(
          "div",
          { class: "actions" },
          button("primary", "send", say("send")),
          button("quiet", undefined, say("back"), () => app.go("adjust")),
        ),
      ),
    ),
  };
}

function emailFault({ details, locale, settings }: App): string | undefined {
  if (!isEmail(details.email)) return fieldRules.email[locale];
  return isOfDomain(details.email, settings.studentDomains) ? undefined : emailDomainRule[locale];
}

function organizationOf({ settings, say }: App): string {
  return settings.organization ?? say("defaultOrganization");
}

/** The contact, if the school has set one. */
export function contactLine({ contact }: Settings, say: Say): HTMLElement | false {
  if (contact === undefined) return false;
  const whom = isEmail(contact) ? h("a", { href: `mailto:${contact}` }, contact) : contact;
  return h("p", { class: "hint" }, say("contact"), " ", whom);
}

/** The use of the photo, and how to have it erased. */
export function privacy(app: App, open = false): HTMLElement {
  const { say, settings } = app;
  const contact = settings.contact ?? say("defaultContact");
  const days = settings.originalDays;
  return h(
    "details",
    { class: "privacy", open },
    h("summary", {}, say("privacyHeading")),
    h("p", {}, say("privacyUse"), days !== undefined && " " + say("privacyFault", { days })),
    h("p", {}, say("privacyKeep")),
    h("p", {}, say("privacyLocation")),
    h("p", {}, say("privacyErase", { contact })),
  );
}
