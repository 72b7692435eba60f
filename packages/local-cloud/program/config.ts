import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { parse } from "yaml";
import { setupError } from "../errors";

/** The stack name of a program that is run without one; it needs no file. */
export const defaultStack = "dev";

/** A program's location, and Pulumi's information about it. */
export interface Project {
  /** The folder of Pulumi.yaml, or of the program if there is none: the program's working directory. */
  readonly folder: string;
  readonly name: string;
  readonly stack: string;
  /** `namespace:key` to the value as Pulumi hands it over: objects and lists as JSON text. */
  readonly config: Readonly<Record<string, string>>;
}

/** The files that a project is read from, whether they exist or not. */
export interface ProjectFiles {
  readonly folder: string;
  readonly project: string;
  readonly stack: string;
}

/**
 * Pulumi.yaml, upward from the program, and Pulumi.STACK.yaml beside it, or in the folder that Pulumi.yaml sets for
 * stacks.
 */
export function projectFiles(program: string, stack: string): ProjectFiles {
  const folder = projectFolder(dirname(program));
  const project = join(folder, "Pulumi.yaml");
  const stacks = (existsSync(project) ? plainSetting(project, "stackConfigDir") : undefined) ?? ".";
  return { folder, project, stack: join(resolve(folder, stacks), `Pulumi.${stack}.yaml`) };
}

/** A setting of Pulumi.yaml that is one line of plain text, without loading a YAML parser. */
export function plainSetting(projectFile: string, name: "main" | "stackConfigDir"): string | undefined {
  const line = new RegExp(`^${name}:\\s*["']?([^"'#\\n]+?)["']?\\s*(?:#.*)?$`, "m");
  return line.exec(readFileSync(projectFile, "utf8"))?.[1];
}

/**
 * Checks a person's settings for one run, before the run: a name that nothing reads would be ignored silently.
 *
 * @param settings `stack` as given, undefined if none was; `config` as {@link readProject}'s overrides
 * @param names the person's names for the two settings
 * @throws Error, in one line, for a stack without a file, and for a value that neither the project nor the stack has,
 * where the project declares its values
 */
export async function checkSettings(
  program: string,
  settings: { readonly stack: string | undefined; readonly config: Readonly<Record<string, string>> },
  names: { readonly stack: string; readonly config: string } = { stack: "stack", config: "config" },
): Promise<void> {
  const { stack = defaultStack, config } = settings;
  const files = projectFiles(program, stack);
  if (settings.stack !== undefined && !existsSync(files.stack)) {
    const others = stacksIn(dirname(files.stack));
    if (others.length > 0 || stack !== defaultStack) {
      const fix = others.length > 0 ? `Name one of its stacks: ${others.join(", ")}.` : `Leave ${names.stack} out.`;
      throw new Error(`${names.stack} ${stack}: there is no ${files.stack}. ${fix}`);
    }
  }
  if (Object.keys(config).length === 0) return;
  const yaml = await import("yaml");
  const project = readYaml(files.project, yaml.parse);
  const name = projectName(project);
  const declared = record(project["config"]);
  if (Object.keys(declared).length === 0) return;
  const plain = (key: string): string => (key.startsWith(`${name}:`) ? key.slice(name.length + 1) : key);
  const known = new Set([...Object.keys(declared), ...Object.keys(valuesOf(files, yaml.parse))].map(plain));
  for (const [key, value] of Object.entries(config)) {
    // Other namespaces belong to providers, whose values no project declares.
    if (known.has(plain(key)) || plain(key).includes(":")) continue;
    const own = [...known].filter((one) => !one.includes(":")).sort();
    throw new Error(
      `${names.config} ${key}=${value}: the project ${name} has no such value. It has: ${own.join(", ")}.`,
    );
  }
}

function stacksIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
}

/**
 * Reads Pulumi.yaml (upward from the program) and Pulumi.STACK.yaml beside it.
 *
 * @param overrides `namespace:key` or `key` (of the project's namespace) to a value that replaces the stack's
 * @throws Error that names file and key if a value is encrypted: only `pulumi` has the key
 */
export async function readProject(
  program: string,
  stack: string,
  overrides: Readonly<Record<string, string>> = {},
): Promise<Project> {
  const files = projectFiles(program, stack);
  // Loaded here and not above: a start with a kept graph needs no YAML.
  const yaml = await import("yaml");
  const project = readYaml(files.project, yaml.parse);
  const name = projectName(project);
  const qualified = (key: string): string => (key.includes(":") ? key : `${name}:${key}`);

  const config: Record<string, string> = {};
  for (const [key, value] of Object.entries(record(project["config"]))) {
    const declared = projectDefault(value);
    if (declared !== undefined) config[qualified(key)] = declared;
  }
  const overridden = new Set(Object.keys(overrides).map(qualified));
  for (const [key, value] of Object.entries(valuesOf(files, yaml.parse))) {
    if (isSecret(value)) {
      if (overridden.has(qualified(key))) continue;
      throw setupError(
        "VALUE_ENCRYPTED",
        `${files.stack}: ${key} is encrypted, and the local mode has no key to it. Give a value for local use.`,
        { key },
      );
    }
    config[qualified(key)] = asText(value);
  }
  for (const [key, value] of Object.entries(overrides)) config[qualified(key)] = value;
  return { folder: files.folder, name, stack, config };
}

function projectName(project: Readonly<Record<string, unknown>>): string {
  return typeof project["name"] === "string" ? project["name"] : "local";
}

/** The values in the stack's file, under the keys as written there. */
function valuesOf(files: ProjectFiles, read: typeof parse): Record<string, unknown> {
  return record(readYaml(files.stack, read)["config"]);
}

function projectFolder(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "Pulumi.yaml"))) return folder;
    if (dirname(folder) === folder) return start;
  }
}

function readYaml(path: string, read: typeof parse): Record<string, unknown> {
  if (!existsSync(path)) return {};
  try {
    return record(read(readFileSync(path, "utf8")));
  } catch (error) {
    throw new Error(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** In Pulumi.yaml a key is a plain value, or a declaration with `value` or `default`. */
function projectDefault(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return asText(value);
  const declaration = record(value);
  const chosen = declaration["value"] ?? declaration["default"];
  return chosen === undefined ? undefined : asText(chosen);
}

function isSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(isSecret);
  return "secure" in value || Object.values(value).some(isSecret);
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
