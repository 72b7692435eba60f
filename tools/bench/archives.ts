import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import { readAsset } from "../../packages/local-cloud/program/assets";
import { isAsset, type ArchiveNode, type AssetNode } from "../../packages/local-cloud/program/graph";

/** The size of a function's or layer's code. */
export interface ArchiveSize {
  readonly files: number;
  readonly bytes: number;
  /** As the zip file that Lambda receives. */
  readonly zipped: number;
  /** All files together as one gzip stream. */
  readonly gzipped: number;
}

export function measureArchive(archive: ArchiveNode, what: string): ArchiveSize {
  const files = filesOf(archive, "", what);
  return {
    files: files.length,
    bytes: files.reduce((sum, [, content]) => sum + content.length, 0),
    // A zip file has a header and a directory entry for each file, with its name in both, and an end record.
    zipped: files.reduce(
      (sum, [name, content]) => sum + 30 + 46 + 2 * name.length + deflateRawSync(content).length,
      22,
    ),
    gzipped: gzipSync(Buffer.concat(files.map(([, content]) => content))).length,
  };
}

function filesOf(node: ArchiveNode | AssetNode, name: string, what: string): [name: string, content: Buffer][] {
  if (isAsset(node)) return [[name, readAsset(node, what)]];
  if (node.$archive === "assets") {
    return Object.entries(node.assets).flatMap(([member, inner]) => filesOf(inner, join(name, member), what));
  }
  if (node.$archive === "remote") throw new Error(`${what} is at ${node.uri}; its size is not known here.`);
  const { path } = node;
  if (!statSync(path).isDirectory()) return [[name, readFileSync(path)]];
  return readdirSync(path).flatMap((member) =>
    filesOf({ $archive: "file", path: join(path, member) }, join(name, member), what),
  );
}
