// @ts-check
/**
 * Compiles the kernel to WebAssembly and writes it, as text, into ../kernel-module.generated.ts. `npm run generate` runs
 * it; with `--check` it writes nothing, and fails if the file differs from the compiled kernel.
 *
 * The generated file is committed beside its source, so that neither a build nor a deployment needs the compiler; a
 * test compares the two.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Buffer } from "node:buffer";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import asc from "assemblyscript/asc";

const home = dirname(fileURLToPath(import.meta.url));

/** The module's bytes. */
export async function compileKernel() {
  /** @type {Uint8Array | undefined} */
  let binary;
  const options = [
    "-O3",
    "--runtime",
    "stub",
    "--converge",
    "--noAssert",
    "--use",
    "abort=",
    "--initialMemory",
    "1",
    "--enable",
    "simd",
  ];
  const { error, stderr } = await asc.main(["index.ts", "--outFile", "kernel.wasm", "--baseDir", home, ...options], {
    readFile(name) {
      // The two kernels differ only in the memory and the vector loops.
      const differs = ["memory.ts", "vector.ts"].includes(basename(name));
      const file = differs ? name.replace(".ts", ".assembly.txt") : name;
      try {
        // TypeScript has no decorators for functions, so a comment in the source marks the functions to inline.
        return readFileSync(join(home, file), "utf8").replaceAll(
          /^\/\/ @inline$/gm,
          "// @ts-ignore: decorator\n@inline",
        );
      } catch {
        return null;
      }
    },
    writeFile(name, contents) {
      if (name.endsWith(".wasm") && typeof contents !== "string") binary = contents;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`AssemblyScript refuses the kernel:\n${stderr.toString()}`, { cause: error });
  return Buffer.from(binary);
}

/**
 * The generated file's text.
 *
 * @param {Buffer} binary
 */
export function generatedText(binary) {
  const lines = binary.toString("base64").match(/.{1,110}/g) ?? [];
  const text = lines.map((line) => `  "${line}",`).join("\n");
  return [
    "// Made from kernel/ by `npm run generate`. Do not edit.",
    "/** The kernel as WebAssembly, in base64. */",
    `export const kernelModule = [\n${text}\n].join("");\n`,
  ].join("\n");
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const binary = await compileKernel();
  const path = join(home, "..", "kernel-module.generated.ts");
  const text = generatedText(binary);
  if (!process.argv.includes("--check")) writeFileSync(path, text);
  else if (readFileSync(path, "utf8") !== text) {
    throw new Error(
      "packages/imaging/kernel-module.generated.ts is not what the kernel compiles to; run `npm run generate`.",
    );
  }
  process.stdout.write(`packages/imaging/kernel-module.generated.ts: ${binary.length} bytes of WebAssembly\n`);
}
