import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, normalize, resolve } from "node:path";
import { readAsset } from "../../program/assets";
import { isAsset, type ArchiveNode, type AssetNode } from "../../program/graph";

/**
 * Writes an archive that the program declares to a folder, once: the folder's name is a digest of its content, and an
 * existing folder is not written again.
 *
 * @returns the folder
 * @throws Error naming the archive if it is not available here
 */
export function unpack(archive: ArchiveNode, parent: string, what: string): string {
  const folder = join(parent, `${what}-${fingerprint(archive, what)}`);
  if (existsSync(folder)) return folder;
  // Beside it first, so that an interrupted start leaves nothing that looks complete.
  const temporary = `${folder}.${process.pid}.part`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  write(archive, temporary, what);
  for (const old of readdirSync(parent)) {
    if (old.startsWith(`${what}-`) && old.length === basename(folder).length && join(parent, old) !== folder) {
      rmSync(join(parent, old), { recursive: true, force: true });
    }
  }
  renameSync(temporary, folder);
  return folder;
}

function write(node: ArchiveNode | AssetNode, target: string, what: string): void {
  if (isAsset(node)) {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, readAsset(node, what));
    return;
  }
  switch (node.$archive) {
    case "assets":
      for (const [name, member] of Object.entries(node.assets)) write(member, inside(target, name, what), what);
      return;
    case "file":
      cpSync(folderOf(node.path, what), target, { recursive: true });
      return;
    case "remote":
      throw new Error(`${what} is an archive at ${node.uri}: the local mode fetches nothing. Give it a local folder.`);
  }
}

function folderOf(path: string, what: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  throw new Error(
    existsSync(path)
      ? `${what} is made from ${path}, a packed archive, which the local mode does not unpack. Give it the folder.`
      : `${what} is made from ${path}, which does not exist. Run the build that makes it.`,
  );
}

function inside(folder: string, name: string, what: string): string {
  const path = resolve(folder, normalize(name));
  if (
    path !== folder &&
    !path.startsWith(folder + (folder.endsWith("/") ? "" : "/")) &&
    !path.startsWith(`${folder}\\`)
  ) {
    throw new Error(`${what} holds "${name}", which leads out of it. Give it a path below the archive's root.`);
  }
  return path;
}

/** A digest: from the content for archives in memory; from names, sizes and times for folders on disk. */
function fingerprint(node: ArchiveNode, what: string): string {
  const hash = createHash("sha256");
  const visit = (name: string, member: ArchiveNode | AssetNode): void => {
    hash.update(`\0${name}\0`);
    if (isAsset(member)) hash.update(readAsset(member, what));
    else if (member.$archive === "assets") {
      for (const [key, value] of Object.entries(member.assets)) visit(`${name}/${key}`, value);
    } else if (member.$archive === "file") visitFolder(folderOf(member.path, what));
    else hash.update(member.uri);
  };
  const visitFolder = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visitFolder(path);
      else {
        const { size, mtimeMs } = statSync(path);
        hash.update(`${path}\0${size}\0${mtimeMs}\0`);
      }
    }
  };
  visit("", node);
  return hash.digest("hex").slice(0, 12);
}

/** The packages of Lambda's Node.js runtime: version 3 of the SDK, and nothing else. */
const runtimeScopes = ["@aws-sdk", "@smithy"];

/**
 * A node_modules folder with the packages that a function finds on Lambda without shipping them, as links to the ones
 * installed here.
 *
 * @param from folders whose module paths are searched, nearest first
 */
export function linkRuntimePackages(parent: string, from: readonly string[]): string {
  const target = join(parent, "node_modules");
  rmSync(target, { recursive: true, force: true });
  for (const scope of runtimeScopes) {
    mkdirSync(join(target, scope), { recursive: true });
    for (const root of from.flatMap(modulePaths)) {
      if (!existsSync(join(root, scope))) continue;
      for (const name of readdirSync(join(root, scope))) {
        const link = join(target, scope, name);
        if (!existsSync(link)) symlinkSync(join(root, scope, name), link, "junction");
      }
    }
  }
  return target;
}

function modulePaths(folder: string): string[] {
  const own = join(folder, "node_modules");
  return dirname(folder) === folder ? [own] : [own, ...modulePaths(dirname(folder))];
}
