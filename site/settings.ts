/** What the stack tells the page, in `settings.json` beside it; written by components/upload-site.ts. */
export interface Settings {
  /** Where the upload API is, without a final slash. */
  readonly apiUrl: string;
  /** The language the page begins with. */
  readonly locale: "vi" | "en";
  readonly limits: Limits;
  /** Whether a link signed by the school is needed. */
  readonly access: "open" | "invite";
  /** Whether students get mail of their own, so that asking for an address makes sense. */
  readonly mail: boolean;
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

/** Reads the settings; they lie beside the page, wherever that is. */
export async function loadSettings(): Promise<Settings> {
  const response = await fetch("settings.json", { cache: "no-cache", signal: AbortSignal.timeout(20_000) });
  if (!response.ok) throw new Error(`settings.json: ${response.status}`);
  return (await response.json()) as Settings;
}
