import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProgramGraph } from "./graph";

/** The kept graph, with all inputs of its evaluation. */
interface Kept {
  readonly key: string;
  /** Absolute path to a digest of its content, of a folder's listing, or "absent". */
  readonly files: Readonly<Record<string, string>>;
  readonly graph: ProgramGraph;
}

const cacheFile = "graph.json";

/**
 * The graph that was kept under a key, unless one of the files that it depends on has changed.
 *
 * @param key the request: everything that changes the graph and is in no file
 */
export function recall(folder: string, key: string): ProgramGraph | undefined {
  let kept: Kept;
  try {
    kept = JSON.parse(readFileSync(join(folder, cacheFile), "utf8")) as Kept;
  } catch {
    // None yet, or an incomplete one: the program is evaluated again.
    return undefined;
  }
  if (kept.key !== withOwnText(key)) return undefined;
  const current = Object.entries(kept.files).every(([path, digest]) => digestOf(path) === digest);
  return current ? kept.graph : undefined;
}

/** Keeps a graph. An unwritable folder is no failure: only the next start is slower. */
export function remember(folder: string, key: string, graph: ProgramGraph, files: readonly string[]): void {
  const kept: Kept = {
    key: withOwnText(key),
    files: Object.fromEntries(files.map((path) => [path, digestOf(path)])),
    graph,
  };
  try {
    mkdirSync(folder, { recursive: true });
    const temporary = join(folder, `${cacheFile}.${process.pid}`);
    writeFileSync(temporary, JSON.stringify(kept));
    renameSync(temporary, join(folder, cacheFile));
  } catch {
    return;
  }
}

/** The key and this program host's own text: changed output computations change the graph. */
function withOwnText(key: string): string {
  const hash = createHash("sha256").update(key).update(process.version);
  for (const name of readdirSync(__dirname).sort()) {
    if (name.endsWith(".js")) hash.update(readFileSync(join(__dirname, name)));
  }
  return hash.digest("hex");
}

function digestOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return "absent";
  const hash = createHash("sha256");
  if (stat.isDirectory()) hash.update(readdirSync(path).sort().join("\0"));
  else hash.update(readFileSync(path));
  return hash.digest("hex");
}
