/** What the stack tells the page, in `settings.json` beside it; written by components/upload-site.ts. */
export interface Settings {
  /** Where the upload API is, without a final slash. */
  readonly apiUrl: string;
  /** The language the page begins with. */
  readonly locale: "vi" | "en";
  readonly limits: {
    readonly maxBytes: number;
    readonly maxPixels: number;
    /** Pixels of the shorter side. */
    readonly minSide: number;
  };
}

/** Reads the settings; they lie beside the page, wherever that is. */
export async function loadSettings(): Promise<Settings> {
  const response = await fetch("settings.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`settings.json: ${response.status}`);
  return (await response.json()) as Settings;
}
