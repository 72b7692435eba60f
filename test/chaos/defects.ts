import type { ArchiveNode, AssetNode, ProgramGraph } from "../../packages/local-cloud/program/graph";

/**
 * Defects planted in the serialized functions, to check that a chaos run finds them. Each replaces a piece of a
 * function's text, and fails if the text no longer contains the piece.
 */
export type Defect = (graph: ProgramGraph) => ProgramGraph;

function replaceIn(part: string, piece: RegExp, by: string): Defect {
  return (graph) => {
    let replaced = 0;
    const resources = graph.resources.map((node) => {
      if (node.type !== "aws:lambda/function:Function" || !node.name.endsWith(part)) return node;
      const archive = node.inputs["code"] as Extract<ArchiveNode, { $archive: "assets" }>;
      const assets = Object.fromEntries(
        Object.entries(archive.assets).map(([name, asset]) => {
          const { text } = asset as Extract<AssetNode, { $asset: "text" }>;
          replaced += piece.test(text) ? 1 : 0;
          return [name, { ...asset, text: text.replace(piece, by) }];
        }),
      );
      return { ...node, inputs: { ...node.inputs, code: { ...archive, assets } } };
    });
    if (replaced !== 1) throw new Error(`The defect's piece ${String(piece)} stands ${replaced} times in ${part}.`);
    return { ...graph, resources };
  };
}

export const defects: Readonly<Record<string, Defect>> = {
  /** Undo does not delete the indexed face. */
  "undo-leaves-face": replaceIn("-undo", /if \(removable\.length > 0\)/, "if (false)"),
  /** Undo does not delete the thumbnails. */
  "undo-leaves-thumbnails": replaceIn(
    "-undo",
    /await \(?(?:0, )?deleteThumbnails\)?\(clients\.s3/,
    "await (() => undefined)(clients.s3",
  ),
  /** IndexFace confirms without checking its rivals. */
  "race-not-contested": replaceIn("-index-face", /for \(const rival of rivals\)/, "for (const rival of [])"),
};
