import { resolve } from "node:path";
import type { ArchiveNode, AssetNode } from "./graph";

const signatureKey = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";
const resource = "5cf8f73096256a8f31e491e813e4eb8e";

/** The shape of Pulumi's asset and archive classes, whichever copy of the package made them. */
interface PulumiAssetLike {
  readonly __pulumiAsset?: unknown;
  readonly __pulumiArchive?: unknown;
  readonly text?: unknown;
  readonly path?: unknown;
  readonly uri?: unknown;
  readonly assets?: unknown;
}

/**
 * A resource's inputs as plain JSON: promises awaited, secrets unwrapped, assets and archives described, and other
 * resources replaced by their URN and id.
 * Undefined members are left out, as Pulumi leaves them out on the wire.
 */
export async function plain(value: unknown): Promise<unknown> {
  const awaited: unknown = await value;
  if (awaited === null || typeof awaited !== "object") return typeof awaited === "function" ? undefined : awaited;
  if (Array.isArray(awaited)) return Promise.all(awaited.map(plain));
  if (isMarked(awaited, "__pulumiAsset")) return asset(awaited);
  if (isMarked(awaited, "__pulumiArchive")) return archive(awaited);
  const members = awaited as Record<string, unknown>;
  if (members[signatureKey] === secret) return plain(members["value"]);
  if (members[signatureKey] === resource) return { urn: members["urn"], id: members["id"] ?? "" };
  const entries = await Promise.all(Object.entries(members).map(async ([key, member]) => [key, await plain(member)]));
  return Object.fromEntries(entries.filter(([, member]) => member !== undefined)) as Record<string, unknown>;
}

function isMarked(value: object, mark: "__pulumiAsset" | "__pulumiArchive"): value is PulumiAssetLike {
  return mark in value;
}

/** A member of an asset: text, or a promise of it. */
async function textOf(member: unknown): Promise<string> {
  const text: unknown = await Promise.resolve(member);
  if (typeof text === "string") return text;
  throw new Error(`An asset of the program is made from ${JSON.stringify(text)}, which is no text.`);
}

async function asset(value: PulumiAssetLike): Promise<AssetNode> {
  if (value.text !== undefined) return { $asset: "text", text: await textOf(value.text) };
  // Relative to the working directory, which is the project's folder, as for the Pulumi engine.
  if (value.path !== undefined) return { $asset: "file", path: resolve(await textOf(value.path)) };
  return { $asset: "remote", uri: await textOf(value.uri) };
}

async function archive(value: PulumiAssetLike): Promise<ArchiveNode> {
  if (value.path !== undefined) return { $archive: "file", path: resolve(await textOf(value.path)) };
  if (value.uri !== undefined) return { $archive: "remote", uri: await textOf(value.uri) };
  const assets = (await Promise.resolve(value.assets)) as Record<string, unknown>;
  const entries = await Promise.all(
    Object.entries(assets).map(async ([name, member]) => [name, (await plain(member)) as AssetNode | ArchiveNode]),
  );
  return { $archive: "assets", assets: Object.fromEntries(entries) as Record<string, AssetNode | ArchiveNode> };
}

/** Policies as the text that the provider makes of them: a program may give a document as an object. */
export function withPoliciesAsText(inputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [
      name,
      /^(policy|assumeRolePolicy)$/.test(name) && typeof value === "object" && value !== null
        ? JSON.stringify(value)
        : value,
    ]),
  );
}

/** The same value without assets and archives: a provider's answer about the resource. */
export function withoutFiles(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(withoutFiles);
  if ("$asset" in value || "$archive" in value) return undefined;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, member]) => [key, withoutFiles(member)] as const)
      .filter(([, member]) => member !== undefined),
  );
}
