import { ask } from "./api";

/** The stack's settings for the page, in `settings.json` beside it; written by components/page/upload-site.ts. */
export interface Settings {
  /** The URL of the upload API, without a final slash. */
  readonly apiUrl: string;
  /** The language the page begins with. */
  readonly locale: "vi" | "en";
  readonly limits: Limits;
  /** Whether a link signed by the school is needed. */
  readonly access: "open" | "invite";
  /** If links are needed: the school's public key, 32 bytes in base64url, so that a false link is detected at once. */
  readonly invitationKey?: string;
  /** Whether students get mail of their own, so that asking for an address makes sense. */
  readonly mail: boolean;
  /** About how many days a photo that could not be processed is kept, if the stack decides that. */
  readonly originalDays?: number;
  /** The institution that asks for the photo, as named on the page; "the school" if absent. */
  readonly organization?: string;
  /** The contact for having photo and face erased: an address, or words. */
  readonly contact?: string;
}

export interface Limits {
  readonly maxBytes: number;
  readonly maxPixels: number;
  /** Pixels of the shorter side. */
  readonly minSide: number;
}

/** Returns the time in milliseconds since 1970. */
export type Clock = () => number;

/**
 * Reads the settings, which lie beside the page at any address.
 *
 * @returns the settings and the server's clock, as a phone's may be wrong
 */
export async function loadSettings(): Promise<{ settings: Settings; now: Clock }> {
  const { response, text } = await ask("settings.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`settings.json: ${response.status}`);
  const date = Date.parse(response.headers.get("date") ?? "");
  const ahead = Number.isNaN(date) ? 0 : date - Date.now();
  return { settings: JSON.parse(text) as Settings, now: () => Date.now() + ahead };
}
