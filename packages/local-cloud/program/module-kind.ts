import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Whether Node.js treats the file as an ES module: by its name, or by the nearest package.json. */
export function isEsModule(program: string): boolean {
  if (/\.m[jt]s$/.test(program)) return true;
  if (/\.c[jt]s$/.test(program)) return false;
  for (let folder = dirname(program); ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest)) {
      return (JSON.parse(readFileSync(manifest, "utf8")) as { readonly type?: unknown }).type === "module";
    }
    if (dirname(folder) === folder) return false;
  }
}
