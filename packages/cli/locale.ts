import type { Locale } from "../../handlers/contract/reasons";

/** The language of this terminal if the catalogue of reasons has it, else English. */
export function terminalLocale(): Locale {
  const { LC_ALL, LC_MESSAGES, LANG } = process.env;
  // An empty variable counts as not set.
  return [LC_ALL, LC_MESSAGES, LANG].find((language) => language)?.startsWith("vi") === true ? "vi" : "en";
}
