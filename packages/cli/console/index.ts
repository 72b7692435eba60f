/**
 * The avatars' part of the console: an overview of uploads and avatars, thumbnails, and the words for photos on the
 * local cloud's pages.
 *
 *   createConsole({ …sources, pipelines }, options)
 *
 *   /_console/                      avatars, uploads, how to upload, the machine
 *   /_console/thumbnails/{n}/{key}  a picture of the n-th pipeline
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createConsole as createGeneralConsole, type ConsoleOptions } from "pulumi-local-cloud/console/index";
import { fileAnswer } from "pulumi-local-cloud/console/http";
import type { ConsoleProgram } from "pulumi-local-cloud/console/program";
import { overviewPage } from "./pages/overview";
import type { AvatarSources } from "./sources";
import { words } from "./words";

export type { AvatarSources, PipelineSource } from "./sources";

export function createConsole(
  sources: AvatarSources,
  options: Pick<ConsoleOptions, "onError"> = {},
): ReturnType<typeof createGeneralConsole> {
  return createGeneralConsole(sources, { ...options, program: avatarsProgram(sources) });
}

function avatarsProgram(sources: AvatarSources): ConsoleProgram {
  return {
    words,
    overview: (layouts) => overviewPage(sources, layouts),
    // The build puts the stylesheet beside this file.
    styles: readFileSync(join(__dirname, "assets", "avatars.css"), "utf8"),
    async fileAt([first, index = "", ...key]) {
      if (first !== "thumbnails" || key.length === 0 || !/^\d+$/.test(index)) return undefined;
      const bytes = await sources.pipelines[Number(index)]?.thumbnail(key.join("/"));
      return bytes && fileAnswer("image/jpeg", bytes);
    },
  };
}
