import type { Locale } from "../../handlers/contract/reasons";
import type { Crop } from "./crop";
import type { Invitation } from "./invitation";
import type { OpenPhoto, PhotoFault } from "./photo";
import type { Settings } from "./settings";
import type { Say } from "./texts";
import type { Progress } from "./upload";

/** The page's screens: one task each. */
export type ScreenName = "choose" | "adjust" | "details" | "progress";

/** What the screens see and can do. */
export interface App {
  readonly settings: Settings;
  readonly locale: Locale;
  readonly say: Say;
  readonly invitation: Invitation | undefined;
  /** The photo at work, where the square lies in it, and what was wrong with the last one that was chosen. */
  readonly photo: OpenPhoto | undefined;
  readonly crop: Crop;
  readonly fault: PhotoFault | undefined;
  /** What was entered; kept for another try. */
  readonly details: { studentId: string; email: string; consent: boolean };
  /** Whether the details were sent with mistakes: they are named again when the screen is drawn in another language. */
  showsErrors: boolean;
  readonly progress: Progress | undefined;
  /** Whether the photo last sent is still at hand. */
  readonly canResend: boolean;
  go(screen: ScreenName): void;
  /** Checks and opens a file, and goes on to its preview, or says what is wrong with it. */
  open(file: Blob): Promise<void>;
  /** Sends what the square holds. */
  send(): Promise<void>;
  resend(): Promise<void>;
  /** Gives up the upload under way, as far as it has not arrived, for another photo. */
  startOver(): Promise<void>;
}

/** A screen: what is shown, and how it takes up later progress without being built anew. */
export interface Screen {
  readonly element: HTMLElement;
  update?(progress: Progress): void;
}
