import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileAnswer, type Answer } from "./http";
import { prefix } from "./pages/view";

export interface Assets {
  /** By the name after `/_console/assets/`. */
  readonly files: ReadonlyMap<string, Answer>;
  /** Addresses of the style sheets, in their order, and of the script. */
  readonly css: readonly string[];
  readonly js: string;
}

/**
 * Reads the style sheet, the script and the icon, which the build puts beside this file.
 *
 * @param styles the program's own, which come after the console's
 */
export function loadAssets(styles?: string): Assets {
  const read = (...path: string[]): string => readFileSync(join(__dirname, ...path), "utf8");
  return {
    files: new Map([
      ["console.css", fileAnswer("text/css; charset=utf-8", read("assets", "console.css"))],
      ["console.js", fileAnswer("text/javascript; charset=utf-8", script(read("browser", "script.js")))],
      ...(styles === undefined ? [] : [["program.css", fileAnswer("text/css; charset=utf-8", styles)] as const]),
      ["icon.svg", fileAnswer("image/svg+xml", read("assets", "icon.svg"))],
    ]),
    css: ["console.css", ...(styles === undefined ? [] : ["program.css"])].map((name) => `${prefix}/assets/${name}`),
    js: `${prefix}/assets/console.js`,
  };
}

/** Without the reference to a source map, which is not served. */
function script(text: string): string {
  return text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
}
