import type { PageSettings } from "../../handlers/contract/page-settings";
import { ask } from "./api";
import type { Invitation } from "./invitation";

export type { PageLimits as Limits, PageSettings as Settings } from "../../handlers/contract/page-settings";

/**
 * Whether the student may give an address. With an invitation the school has given it, or has none: the page would
 * otherwise let the holder of a link have the school mail anybody.
 */
export function asksEmail({ mail, studentDomains }: PageSettings, invitation: Invitation | undefined): boolean {
  return mail && invitation === undefined && studentDomains.length > 0;
}

/** Returns the time in milliseconds since 1970. */
export type Clock = () => number;

/**
 * Reads the settings, which lie beside the page at any address.
 *
 * @returns the settings and the server's clock, as a phone's may be wrong
 */
export async function loadSettings(): Promise<{ settings: PageSettings; now: Clock }> {
  const { response, text } = await ask("settings.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`settings.json: ${response.status}`);
  const date = Date.parse(response.headers.get("date") ?? "");
  const ahead = Number.isNaN(date) ? 0 : date - Date.now();
  return { settings: JSON.parse(text) as PageSettings, now: () => Date.now() + ahead };
}
