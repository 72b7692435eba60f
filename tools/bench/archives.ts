import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import { readAsset } from "../../packages/local-cloud/program/assets";
import { isAsset, type ArchiveNode, type AssetNode, type ProgramGraph } from "../../packages/local-cloud/program/graph";
import { functionLabels } from "./local-mode";

/** The size limits of an archive, in bytes. */
const mostZipped = 16 * 1024;
const mostLayerGzipped = 150 * 1024;

/** The size of a function's or layer's code. */
export interface ArchiveSize {
  readonly files: number;
  readonly bytes: number;
  /** As the zip file that Lambda receives. */
  readonly zipped: number;
  /** All files together as one gzip stream. */
  readonly gzipped: number;
}

/** The archive of a function or a layer, as it is deployed. */
export interface DeployedArchive extends ArchiveSize {
  readonly archive: string;
  readonly isTooLarge: boolean;
}

/** All archives of a program: its functions', in the order of {@link functionLabels}, then its layers'. */
export function measureArchives(graph: ProgramGraph): readonly DeployedArchive[] {
  const functions = [...functionLabels(graph)];
  const layers = new Map(functions.flatMap(([, { layers }]) => layers.map(({ name, code }) => [name, code] as const)));
  return [
    ...functions.map(([label, { code }]): DeployedArchive => {
      const size = measureArchive(code, label);
      return { archive: label, ...size, isTooLarge: size.zipped > mostZipped };
    }),
    ...[...layers].map(([name, code]): DeployedArchive => {
      const size = measureArchive(code, name);
      return { archive: `layer ${name}`, ...size, isTooLarge: size.gzipped > mostLayerGzipped };
    }),
  ];
}

export const archiveHeads = ["archive", "files", "bytes", "zipped", "gzipped"];

export function archiveRows(archives: readonly DeployedArchive[]): (readonly (string | number)[])[] {
  return archives.map(({ archive, files, bytes, zipped, gzipped }) => [archive, files, bytes, zipped, gzipped]);
}

/** Makes the command fail if an archive is over its limit. */
export function reportTooLarge(archives: readonly DeployedArchive[]): void {
  for (const { archive, zipped, gzipped } of archives.filter(({ isTooLarge }) => isTooLarge)) {
    console.error(`${archive} is too large: ${zipped} bytes zipped, ${gzipped} gzipped.`);
    process.exitCode = 1;
  }
}

function measureArchive(archive: ArchiveNode, what: string): ArchiveSize {
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
