import type { Locale } from "./reasons";

/** The content of `settings.json`, which a stack publishes beside its upload page. */
export interface PageSettings {
  /** The URL of the upload API, without a final slash. */
  readonly apiUrl: string;
  /** The language the page begins with. */
  readonly locale: Locale;
  readonly limits: PageLimits;
  /** Whether a link signed by the school is needed. */
  readonly access: "open" | "invite";
  /** If links are needed: the school's public key, 32 bytes in base64url, so that a false link is detected at once. */
  readonly invitationKey?: string | undefined;
  /** Whether students get mail of their own. */
  readonly mail: boolean;
  /** The domains of the addresses that mail can go to if no link is needed; empty if none. */
  readonly studentDomains: readonly string[];
  /** About how many days a photo that could not be processed is kept, if the stack decides that. */
  readonly originalDays?: number | undefined;
  /** The institution that asks for the photo, as named on the page; "the school" if absent. */
  readonly organization?: string | undefined;
  /** The contact for having photo and face erased: an address, or words. */
  readonly contact?: string | undefined;
}

export interface PageLimits {
  readonly maxBytes: number;
  readonly maxPixels: number;
  /** Pixels of the shorter side. */
  readonly minSide: number;
}
