import { ask } from "./api";

/** What the stack tells the page, in `settings.json` beside it; written by components/page/upload-site.ts. */
export interface Settings {
  /** Where the upload API is, without a final slash. */
  readonly apiUrl: string;
  /** The language the page begins with. */
  readonly locale: "vi" | "en";
  readonly limits: Limits;
  /** Whether a link signed by the school is needed. */
  readonly access: "open" | "invite";
  /** Where links are needed: the school's public key, 32 bytes in base64url, so that a false link is told at once. */
  readonly invitationKey?: string;
  /** Whether students get mail of their own, so that asking for an address makes sense. */
  readonly mail: boolean;
  /** About how many days a photo is kept that could not be processed, where the stack decides that. */
  readonly originalDays?: number;
  /** Who asks for the photo, as the page names it; without it "the school". */
  readonly organization?: string;
  /** Whom to write to, to have photo and face erased: an address, or words. */
  readonly contact?: string;
}

export interface Limits {
  readonly maxBytes: number;
  readonly maxPixels: number;
  /** Pixels of the shorter side. */
  readonly minSide: number;
}

/** Tells the time in milliseconds since 1970. */
export type Clock = () => number;

/**
 * Reads the settings; they lie beside the page, wherever that is.
 *
 * @returns with them the server's own clock, as a phone's may be wrong
 */
export async function loadSettings(): Promise<{ settings: Settings; now: Clock }> {
  const { response, text } = await ask("settings.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`settings.json: ${response.status}`);
  const date = Date.parse(response.headers.get("date") ?? "");
  const ahead = Number.isNaN(date) ? 0 : date - Date.now();
  return { settings: JSON.parse(text) as Settings, now: () => Date.now() + ahead };
}
