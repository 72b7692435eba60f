/**
 * The resource graph of a Pulumi program, as plain JSON: the program's declarations, with every promise awaited, every
 * secret unwrapped and every computed output filled in.
 */
export interface ProgramGraph {
  readonly project: string;
  readonly stack: string;
  readonly region: string;
  readonly accountId: string;
  readonly partition: string;
  /** In the order of registration: a resource comes after everything that its inputs depend on. */
  readonly resources: readonly ResourceNode[];
  readonly stackOutputs: Readonly<Record<string, unknown>>;
}

export interface ResourceNode {
  /** Unique: `urn:pulumi:STACK::PROJECT::PARENT_TYPE$TYPE::NAME`, as the Pulumi engine writes it. */
  readonly urn: string;
  /** The type token, for example `aws:s3/bucket:Bucket`. */
  readonly type: string;
  /** The logical name, which the program gives. */
  readonly name: string;
  /** The physical id; empty for components. */
  readonly id: string;
  /** False for components, true for every resource of a provider. */
  readonly custom: boolean;
  /** True for a component whose children only its own plugin knows: nothing below it is in the graph. */
  readonly remote: boolean;
  /** URN of the parent; the stack itself is not a node. */
  readonly parent?: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Inputs and computed outputs together, as the program sees them; archives and assets are only in `inputs`. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** URNs of the resources that its inputs depend on. */
  readonly dependencies: readonly string[];
}

/** A file's content that the program declares, in place of Pulumi's asset classes. */
export type AssetNode =
  | { readonly $asset: "text"; readonly text: string }
  | { readonly $asset: "file"; readonly path: string }
  | { readonly $asset: "remote"; readonly uri: string };

/** A folder's content that the program declares, in place of Pulumi's archive classes. */
export type ArchiveNode =
  | { readonly $archive: "assets"; readonly assets: Readonly<Record<string, AssetNode | ArchiveNode>> }
  /** A folder, or a `.zip`, `.tar`, `.tgz` file. */
  | { readonly $archive: "file"; readonly path: string }
  | { readonly $archive: "remote"; readonly uri: string };

export function isAsset(value: unknown): value is AssetNode {
  return typeof value === "object" && value !== null && "$asset" in value;
}

export function isArchive(value: unknown): value is ArchiveNode {
  return typeof value === "object" && value !== null && "$archive" in value;
}

/**
 * Replaces the gateway's address during the evaluation: the port is known only when the gateway listens, and the graph
 * is kept from run to run. Port 0 never answers, and a URL with it parses.
 */
export const placeholderHost = "127.0.0.1:0";

/**
 * The graph with the gateway's real address wherever the program used the placeholder's. HTTPS in the program is HTTP
 * on this machine, where nobody is in between.
 */
export function atAddress(graph: ProgramGraph, host: string): ProgramGraph {
  const text = JSON.stringify(graph)
    .replace(/https:\/\/127\.0\.0\.1:0(?!\d)/g, `http://${host}`)
    .replace(/127\.0\.0\.1:0(?!\d)/g, host);
  return JSON.parse(text) as ProgramGraph;
}
