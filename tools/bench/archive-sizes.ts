/**
 * The sizes of the functions' archives and of the layer, or what one archive consists of, largest part first.
 *
 *   npm run bench:archives -- [NAME]
 *
 * NAME is a function as the table lists it, such as NotifyFailure. The parts are the functions and values that the
 * serializer found within the handler's reach, by their names in the source. MailStudent is measured as well, so the
 * program is evaluated with a sender.
 */
import { deflateRawSync } from "node:zlib";
import { readAsset } from "../../packages/local-cloud/program/assets";
import { archiveHeads, archiveRows, measureArchives, reportTooLarge } from "./archives";
import { benchGraph, functionLabels, printTable } from "./local-mode";

/** The serializer's names for the handler's parts: `__name` of a function, `__name_member` of a value in a value. */
const beginsPart = /\n(?=(?:async )?function\*? __|var __|exports\.)/;
const nameOfPart = /^(?:(?:async )?function\*?|var) __([A-Za-z0-9]+)/;

/** The parts of a serialized handler by name, in characters. */
function partsOf(text: string): readonly (readonly [name: string, characters: number])[] {
  const sizes = new Map<string, number>();
  for (const part of text.split(beginsPart)) {
    const name = nameOfPart.exec(part)?.[1] ?? "(entry)";
    sizes.set(name, (sizes.get(name) ?? 0) + part.length + 1);
  }
  return [...sizes].sort(([, a], [, b]) => b - a);
}

async function main(): Promise<void> {
  const name = process.argv[2];
  const graph = await benchGraph({ sender: "avatars@school.example" });
  if (name === undefined) {
    const archives = measureArchives(graph);
    printTable(archiveHeads, archiveRows(archives));
    reportTooLarge(archives);
    return;
  }
  const code = functionLabels(graph).get(name)?.code;
  const file = code?.$archive === "assets" ? code.assets["__index.js"] : undefined;
  if (file === undefined || !("$asset" in file)) {
    const known = [...functionLabels(graph).keys()].join(", ");
    throw new Error(`${name}: there is no such function. Name one of ${known}.`);
  }
  const text = readAsset(file, name).toString();
  printTable(["part", "characters"], partsOf(text));
  console.log(`\n${text.length} characters, ${deflateRawSync(text).length} bytes deflated.`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
