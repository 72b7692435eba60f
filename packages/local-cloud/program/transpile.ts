import { readFileSync } from "node:fs";
import Module from "node:module";
import { dirname } from "node:path";
import type TypeScript from "typescript";

interface CompilingModule extends Module {
  _compile(code: string, filename: string): void;
}

/** Returns a file's text as JavaScript, for `require` or for `import`. */
export type Transpile = (text: string, filename: string, kind: "commonjs" | "module") => string;

/**
 * Transpiles TypeScript as `pulumi up` does: each file by itself, without checking types, under the nearest
 * tsconfig.json's options.
 *
 * TypeScript's own transpiler and not a faster one, because the serializer of callbacks loads TypeScript in any case,
 * so it costs almost nothing, and because the serialized code is then the same as under `pulumi up`.
 *
 * @param fromPulumi resolves from the Pulumi package, so that both use the same TypeScript
 */
export function transpiler(program: string, fromPulumi: NodeJS.Require): Transpile {
  let typescript: typeof TypeScript | undefined;
  let options: TypeScript.CompilerOptions | undefined;
  return (text, fileName, kind) => {
    typescript ??= load(fromPulumi, program);
    options ??= compilerOptions(typescript, program);
    const module = kind === "module" ? typescript.ModuleKind.ESNext : typescript.ModuleKind.CommonJS;
    const { outputText, diagnostics = [] } = typescript.transpileModule(text, {
      fileName,
      compilerOptions: { ...options, module },
      reportDiagnostics: true,
    });
    refuseErrors(typescript, diagnostics);
    return outputText;
  };
}

/** TypeScript produces output for any text; text that it cannot parse is reported by file, line and column. */
function refuseErrors(typescript: typeof TypeScript, diagnostics: readonly TypeScript.Diagnostic[]): void {
  // Errors without a file are about options, which `pulumi up` ignores too.
  const errors = diagnostics.filter(({ file }) => file !== undefined);
  if (errors.length === 0) return;
  const host = {
    getCurrentDirectory: () => process.cwd(),
    getCanonicalFileName: (name: string) => name,
    getNewLine: () => "\n",
  };
  const text = typescript.formatDiagnostics(errors, host).trim();
  // The message has the place; the stack of this function adds nothing.
  throw Object.assign(new SyntaxError(text), { hideStack: true });
}

/** Makes `require` understand TypeScript files. */
export function transpileOnRequire(transpile: Transpile): void {
  const compile = (module: Module, filename: string): void => {
    const text = transpile(readFileSync(filename, "utf8"), filename, "commonjs");
    // On while Node.js compiles the file, so that its map is known, and off again before the file runs: Pulumi makes
    // hundreds of stacks that nobody reads, and mapping them was a twelfth of an evaluation's time. It is on again when
    // an error is described.
    process.setSourceMapsEnabled(true);
    try {
      (module as CompilingModule)._compile(withoutMaps(text), filename);
    } finally {
      process.setSourceMapsEnabled(false);
    }
  };
  const { _extensions } = Module as unknown as {
    _extensions: Record<string, (module: Module, filename: string) => void>;
  };
  _extensions[".ts"] = compile;
  _extensions[".cts"] = compile;
}

/** The text, which switches source maps off as it begins to run. On its first line, so that places stay the same. */
function withoutMaps(text: string): string {
  const [directive = ""] = /^"use strict";/.exec(text) ?? [];
  return `${directive}globalThis.process.setSourceMapsEnabled(false);${text.slice(directive.length)}`;
}

function load(fromPulumi: NodeJS.Require, program: string): typeof TypeScript {
  for (const find of [fromPulumi, Module.createRequire(program), require]) {
    try {
      return find("typescript") as typeof TypeScript;
    } catch {
      continue;
    }
  }
  throw Object.assign(
    new Error(`${program} is TypeScript, and the package typescript is not installed. Run \`npm install typescript\`.`),
    {
      hideStack: true,
    },
  );
}

function compilerOptions(typescript: typeof TypeScript, program: string): TypeScript.CompilerOptions {
  const { sys } = typescript;
  const path = typescript.findConfigFile(dirname(program), (file) => sys.fileExists(file));
  const json: unknown = path === undefined ? {} : typescript.readConfigFile(path, (file) => sys.readFile(file)).config;
  // With the configurations that it extends; the list of files does not matter here, so none are searched.
  const host = { ...sys, readDirectory: () => [] };
  const { options } = typescript.parseJsonConfigFileContent(json ?? {}, host, dirname(path ?? program));
  return {
    target: typescript.ScriptTarget.ES2022,
    esModuleInterop: true,
    ...options,
    moduleResolution: typescript.ModuleResolutionKind.Node10,
    isolatedModules: true,
    inlineSourceMap: true,
    inlineSources: false,
    sourceMap: false,
    declaration: false,
    noEmit: false,
    incremental: false,
  };
}
