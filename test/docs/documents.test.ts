import { expect } from "chai";
import { execFile, execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { parse as parseYaml } from "yaml";
import { findingKinds } from "../../handlers/reconcile/findings";

const root = join(__dirname, "../../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const run = promisify(execFile);

const documents = [
  "README.md",
  "README.vi.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "examples/README.md",
  ...readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`),
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

interface Block {
  readonly language: string;
  readonly code: string;
}

/** The fenced blocks of a document, and the rest of its text. */
function blocksOf(document: string): { readonly blocks: readonly Block[]; readonly prose: string } {
  const blocks: Block[] = [];
  const prose = read(document).replace(/^```(\w*)\n([\s\S]*?)^```$/gm, (_, language: string, code: string) => {
    blocks.push({ language, code });
    return "";
  });
  return { blocks, prose };
}

/** Every command in a document: the lines of its shell blocks, and the code in its sentences. */
function commandsOf(document: string): readonly string[] {
  const { blocks, prose } = blocksOf(document);
  const shell = blocks.filter(({ language }) => language === "sh").map(({ code }) => code.replace(/\\\n\s*/g, " "));
  const lines = shell.flatMap((code) => code.split("\n")).map((line) => line.replace(/\s#\s.*$/, ""));
  const spans = [...prose.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code.replace(/\s+/g, " "));
  return [...lines, ...spans].flatMap((line) => line.replace(/\$\([^)]*\)/g, "VALUE").split(/ && | \| /));
}

/** The stack outputs that are read, also inside another command. */
const outputsAskedFor = (document: string) =>
  [...read(document).matchAll(/pulumi stack output (\w+)/g)].map(([, name = ""]) => name);

/** A heading as GitHub links to it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

const readable = { reportDiagnostics: true, compilerOptions: { target: ts.ScriptTarget.ESNext } };

describe("The documents", () => {
  for (const script of ["draw-flow", "args-table", "command-line", "roles-table"]) {
    it(`hold what tools/generate/${script}.mjs makes of the sources`, () => {
      execFileSync(process.execPath, [join(root, "tools/generate", `${script}.mjs`), "--check"], { stdio: "pipe" });
    });
  }

  for (const document of documents) {
    it(`link from ${document} to files and headings that are there`, () => {
      for (const [, target = ""] of blocksOf(document).prose.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^(https?:|mailto:)/.test(target)) continue;
        const [path = "", anchor] = target.split("#");
        const file = path === "" ? document : join(dirname(document), path);
        expect(existsSync(join(root, file)), target).to.equal(true);
        if (anchor === undefined) continue;
        const headings = [...blocksOf(file).prose.matchAll(/^#+ (.+)$/gm)].map(([, text = ""]) => anchorOf(text));
        expect(headings, target).to.include(anchor);
      }
    });

    it(`name in ${document} only npm scripts and files of tools/ that exist`, () => {
      const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
      for (const [, name = ""] of read(document).matchAll(/\bnpm run (?:--silent )?([a-z][\w:-]*)/g)) {
        expect(Object.keys(scripts), name).to.include(name);
      }
      for (const [path] of read(document).matchAll(/\btools\/[\w./-]+\.(?:mjs|ts)\b/g)) {
        expect(existsSync(join(root, path)), path).to.equal(true);
      }
    });

    it(`give in ${document} shell, JSON, YAML and JavaScript that can be read`, () => {
      for (const { language, code } of blocksOf(document).blocks) {
        if (language === "json") JSON.parse(code);
        else if (language === "yaml") parseYaml(code);
        else if (language === "sh") execFileSync("sh", ["-n"], { input: code, stdio: "pipe" });
        else if (language === "js") expect(ts.transpileModule(code, readable).diagnostics).to.deep.equal([]);
        else expect(language).to.be.oneOf(["ts", "mermaid", "text"]);
      }
    });

    it(`set in ${document} only configuration, and ask only for outputs, that the stack has`, () => {
      const { name, config } = parseYaml(read("Pulumi.yaml")) as { name: string; config: Record<string, unknown> };
      const program = read("index.ts");
      for (const command of commandsOf(document)) {
        const key = /^pulumi config set (?:--path )?'?([\w:-]+)/.exec(command)?.[1];
        if (key === undefined || key === "KEY" || key.startsWith("aws:")) continue;
        expect(Object.keys(config), key).to.include(key.replace(`${name}:`, ""));
      }
      for (const output of outputsAskedFor(document)) expect(program).to.include(`export const ${output} =`);
    });
  }

  describe("and the command line", () => {
    const help = new Map<string, string>();
    before(async () => {
      const helpOf = async (...args: string[]) =>
        (await run(process.execPath, [join(root, "packages/cli/bin/avatar-pipeline.js"), ...args, "--help"])).stdout;
      const commands = [...(await helpOf()).matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name = ""]) => name);
      for (const name of commands) help.set(name, await helpOf(name));
    });

    /** Whether a help text explains the option, or names it in its usage. */
    const has = (text: string, option: string) => new RegExp(`(^|[\\s[(|])${option}(?![\\w-])`, "m").test(text);

    for (const document of documents) {
      it(`agree in ${document} on the commands and their options`, () => {
        for (const command of commandsOf(document)) {
          const words = command
            .replace(/\bnpm run process( --)?/, "avatar-pipeline process")
            .replace(/\bnpm start --/, "avatar-pipeline local")
            .trim()
            .split(/\s+/);
          const options = words.filter((word) => /^\[?--[a-z]/.test(word)).map((word) => word.replace(/[[\]]/g, ""));
          const at = words.findIndex((word) => /^(.*\/)?avatar-pipeline(\.js)?$/.test(word));
          const name = words[at + 1];
          if (at >= 0 && name !== undefined && /^[a-z]+$/.test(name) && words[0] !== "npm") {
            expect([...help.keys()], command).to.include(name);
            for (const option of options) {
              expect(has(help.get(name) ?? "", option), `${command}: ${option}`).to.equal(true);
            }
          } else if (words[0]?.startsWith("--") === true) {
            // An option alone, in a sentence: some command must have it.
            const known = [...help.values()].some((text) => has(text, options[0] ?? ""));
            expect(known, command).to.equal(true);
          }
        }
      });
    }

    it("agree that the README names every command", () => {
      for (const name of help.keys()) {
        expect(read("README.md")).to.match(new RegExp(`\`${name}\`|avatar-pipeline ${name}`));
      }
    });
  });

  it("give TypeScript that compiles against the component", () => {
    const context =
      'import * as aws from "@pulumi/aws";\nimport { AvatarPipeline } from "avatar-pipeline";\n' +
      "declare const avatars: AvatarPipeline;\ndeclare const role: aws.iam.Role;\n";
    const snippets = new Map<string, string>();
    for (const document of documents) {
      blocksOf(document).blocks.forEach(({ language, code }, index) => {
        // A block without imports continues a program that has the pipeline and a role.
        const text = /^import /m.test(code) ? code : context + code + "export {};\n";
        if (language === "ts") snippets.set(join(root, `${document.replaceAll("/", "-")}-${index}.ts`), text);
      });
    }
    expect(snippets.size).to.be.greaterThan(0);
    const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)) as {
      config: { compilerOptions: object };
    };
    const { options } = ts.convertCompilerOptionsFromJson(
      { ...config.compilerOptions, incremental: false, tsBuildInfoFile: undefined, types: ["node"] },
      root,
    );
    const host = ts.createCompilerHost(options);
    const fileExists = host.fileExists.bind(host);
    const readFile = host.readFile.bind(host);
    const getSourceFile = host.getSourceFile.bind(host);
    host.fileExists = (path) => snippets.has(path) || fileExists(path);
    host.readFile = (path) => snippets.get(path) ?? readFile(path);
    host.getSourceFile = (path, target, ...rest) => {
      const text = snippets.get(path);
      return text === undefined ? getSourceFile(path, target, ...rest) : ts.createSourceFile(path, text, target);
    };
    const program = ts.createProgram([...snippets.keys()], options, host);
    const problems = [...snippets.keys()].flatMap((path) => {
      const file = program.getSourceFile(path);
      return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
        ({ messageText }) => `${path.slice(root.length + 1)}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
      );
    });
    expect(problems).to.deep.equal([]);
  });

  it("list the outputs that the component has, and no others", () => {
    const listed = [...read("docs/reference/outputs.md").matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, names = ""]) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
    );
    const { resources } = JSON.parse(read("provider/schema.json")) as {
      resources: Record<string, { properties: Record<string, unknown> }>;
    };
    const outputs = Object.keys(resources["avatar-pipeline:index:AvatarPipeline"]?.properties ?? {});
    expect(listed.sort()).to.deep.equal(outputs.sort());
  });

  it("say what to do for every alarm and every finding", () => {
    const operations = read("docs/guides/operate.md");
    const alarms = [...read("components/oversight/alarms.ts").matchAll(/\balarm\(\s*"([a-z-]+)"/g)].map(
      ([, name = ""]) => name,
    );
    expect(alarms).to.include("flow-failed");
    const rows = [...operations.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, names = ""]) =>
      [...names.matchAll(/`([\w-]+)`/g)].map(([, name = ""]) => name),
    );
    expect(rows).to.include.members([...alarms, ...Object.keys(findingKinds)]);
  });
});
