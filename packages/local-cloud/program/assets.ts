import { readFileSync } from "node:fs";
import type { AssetNode } from "./graph";

/** The bytes of a single file that the program declares. */
export function readAsset(asset: AssetNode, what: string): Buffer {
  switch (asset.$asset) {
    case "text":
      return Buffer.from(asset.text);
    case "file":
      try {
        return readFileSync(asset.path);
      } catch (error) {
        throw new Error(`${what} is made from ${asset.path}, which cannot be read: ${(error as Error).message}`, {
          cause: error,
        });
      }
    case "remote":
      throw new Error(`${what} is a file at ${asset.uri}: the local mode fetches nothing. Give it a local file.`);
  }
}
