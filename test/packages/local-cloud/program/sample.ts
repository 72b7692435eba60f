import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** Node's packages of this repository, wherever the compiled tests lie. */
const packages = realpathSync(resolve(dirname(require.resolve("@pulumi/pulumi/package.json")), "../.."));

/**
 * A Pulumi project in a folder of its own, like a consumer's: its node_modules is this repository's.
 *
 * @param files file name to text; Pulumi.yaml and package.json are added unless given
 * @returns the folder
 */
export function sampleProject(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "program-"));
  symlinkSync(packages, join(folder, "node_modules"), "junction");
  const all = {
    "Pulumi.yaml": "name: sample\nruntime: nodejs\n",
    "package.json": JSON.stringify({ name: "sample", private: true }),
    ...files,
  };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}
