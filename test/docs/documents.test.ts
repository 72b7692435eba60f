import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(__dirname, "../../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

describe("The documents", () => {
  for (const script of ["draw-flow", "args-table"]) {
    it(`hold what scripts/${script}.mjs makes of the sources`, () => {
      execFileSync(process.execPath, [join(root, "scripts", `${script}.mjs`), "--check"], { stdio: "pipe" });
    });
  }

  const documents = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md"];
  for (const document of documents) {
    it(`link from ${document} to files and headings that are there`, () => {
      for (const [, target = ""] of read(document).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^(https?:|mailto:)/.test(target)) continue;
        const [path = "", anchor] = target.split("#");
        const file = path === "" ? document : join(dirname(document), path);
        expect(existsSync(join(root, file)), target).to.equal(true);
        if (anchor === undefined) continue;
        const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, text = ""]) =>
          text
            .toLowerCase()
            .replace(/[^\p{L}\p{N} -]/gu, "")
            .replaceAll(" ", "-"),
        );
        expect(headings, target).to.include(anchor);
      }
    });

    it(`name in ${document} only npm scripts that exist`, () => {
      const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
      for (const [, name = ""] of read(document).matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)) {
        expect(Object.keys(scripts), name).to.include(name);
      }
    });
  }
});
