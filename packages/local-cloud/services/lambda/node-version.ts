import type { ProgramGraph } from "../../program/graph";
import { nodesOf } from "../../program/nodes";
import { functionType } from "./graph";

/**
 * The notice that this machine's Node.js is not the runtime of the program's functions; undefined if it is.
 *
 * @param version this machine's Node.js, `24.9.0`
 */
export function runtimeNotice(graph: ProgramGraph, version: string): string | undefined {
  const runtimes = nodesOf(graph, functionType).map((node) => node.text("runtime") ?? "");
  const majors = runtimes.flatMap((runtime) => /^nodejs(\d+)\.x$/.exec(runtime)?.[1] ?? []);
  const others = [...new Set(majors)].filter((major) => major !== version.split(".")[0]).sort();
  if (others.length === 0) return undefined;
  return (
    `The functions are declared for ${others.map((major) => `nodejs${major}.x`).join(" and ")} and run on Node.js ` +
    `${version} here. Use Node.js ${others.at(-1) ?? ""} to run them as AWS does.`
  );
}
