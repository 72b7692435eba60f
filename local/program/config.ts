import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { parse } from "yaml";

/** Where a program lives, and what Pulumi would tell it about itself. */
export interface Project {
  /** The folder of Pulumi.yaml, or of the program when there is none: the program's working directory. */
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

/** Pulumi.yaml, upward from the program, and Pulumi.STACK.yaml beside it. */
export function projectFiles(program: string, stack: string): ProjectFiles {
  const folder = projectFolder(dirname(program));
  return { folder, project: join(folder, "Pulumi.yaml"), stack: join(folder, `Pulumi.${stack}.yaml`) };
}

/**
 * Reads Pulumi.yaml (upward from the program) and Pulumi.STACK.yaml beside it.
 *
 * @param overrides `namespace:key` or `key` (of the project's namespace) to a value that replaces the stack's
 * @throws Error that names file and key when a value is encrypted: only `pulumi` holds the key to it
 */
export async function readProject(
  program: string,
  stack: string,
  overrides: Readonly<Record<string, string>> = {},
): Promise<Project> {
  const { folder, project: projectFile, stack: stackFile } = projectFiles(program, stack);
  // Loaded here and not above: a start with a kept graph needs no YAML.
  const yaml = await import("yaml");
  const project = readYaml(projectFile, yaml.parse);
  const name = typeof project["name"] === "string" ? project["name"] : "local";
  const qualified = (key: string): string => (key.includes(":") ? key : `${name}:${key}`);

  const config: Record<string, string> = {};
  for (const [key, value] of Object.entries(record(project["config"]))) {
    const declared = projectDefault(value);
    if (declared !== undefined) config[qualified(key)] = declared;
  }
  const overridden = new Set(Object.keys(overrides).map(qualified));
  for (const [key, value] of Object.entries(record(readYaml(stackFile, yaml.parse)["config"]))) {
    if (isSecret(value)) {
      if (overridden.has(qualified(key))) continue;
      throw new Error(
        `${stackFile}: ${key} is encrypted, and the local mode has no key to it. ` +
          `Give a value for local use: --config ${key}=VALUE.`,
      );
    }
    config[qualified(key)] = asText(value);
  }
  for (const [key, value] of Object.entries(overrides)) config[qualified(key)] = value;
  return { folder, name, stack, config };
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
