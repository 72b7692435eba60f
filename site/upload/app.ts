import type { Locale } from "../../handlers/contract/reasons";
import type { Crop } from "./crop";
import type { Invitation } from "./invitation";
import type { OpenPhoto, PhotoFault } from "./photo";
import type { Settings } from "./settings";
import type { Say } from "./texts";
import type { Progress } from "./upload";

/** The page's screens: one task each. */
export type ScreenName = "choose" | "adjust" | "details" | "progress";

/** The state and actions available to the screens. */
export interface App {
  readonly settings: Settings;
  readonly locale: Locale;
  readonly say: Say;
  readonly invitation: Invitation | undefined;
  /** The current photo, the square's position in it, and the fault of the last photo that was chosen. */
  readonly photo: OpenPhoto | undefined;
  readonly crop: Crop;
  readonly fault: PhotoFault | undefined;
  /** The entered details, kept for another attempt. */
  readonly details: { studentId: string; email: string; consent: boolean };
  /**
   * Whether the details were sent with mistakes: these are named again when the screen is drawn in another language.
   */
  showsErrors: boolean;
  readonly progress: Progress | undefined;
  /** Whether the photo last sent is still at hand. */
  readonly canResend: boolean;
  go(screen: ScreenName): void;
  /** Checks and opens a file, then shows its preview or its fault. */
  open(file: Blob): Promise<void>;
  /** Sends the square's content. */
  send(): Promise<void>;
  resend(): Promise<void>;
  /** Cancels the current upload, unless it has already arrived, for another photo. */
  startOver(): Promise<void>;
}

/** A screen: its elements, and a way to show later progress without a rebuild. */
export interface Screen {
  readonly element: HTMLElement;
  update?(progress: Progress): void;
}
