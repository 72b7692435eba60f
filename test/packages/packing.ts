import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional: boolean }>>;
}

/** A package as npm would publish it, unpacked. */
export interface Packed {
  readonly folder: string;
  readonly manifest: Manifest;
  /** The archive's size in bytes. */
  readonly size: number;
  /** Relative to the package's folder. */
  readonly paths: readonly string[];
}

/** Packs the package of a folder, whose files must be built, and unpacks it below another folder. */
export async function pack(source: string, below: string): Promise<Packed> {
  mkdirSync(below, { recursive: true });
  const options = ["pack", "--json", "--ignore-scripts", "--pack-destination", below];
  const [packed] = JSON.parse((await run("npm", options, { cwd: source })).stdout) as [
    { filename: string; size: number; files: { path: string }[] },
  ];
  await run("tar", ["-xzf", join(below, packed.filename), "-C", below]);
  const folder = join(below, "package");
  return {
    folder,
    manifest: readManifest(folder),
    size: packed.size,
    paths: packed.files.map(({ path }) => path),
  };
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

/** npm's handling of a packed package in a project; the caller supplies its dependencies. */
export function install({ folder, manifest }: Packed, project: string): void {
  const place = join(project, "node_modules", manifest.name);
  cpSync(folder, place, { recursive: true });
  for (const [command, file] of Object.entries(manifest.bin ?? {})) {
    link(join(place, file), join(project, "node_modules/.bin", command));
  }
}

export function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}
