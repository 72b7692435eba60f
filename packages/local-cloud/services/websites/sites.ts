import type { ProgramGraph } from "../../program/graph";
import type { WebsiteOptions } from "../s3";
import { blocksOf, nodesOf, textOf, type Block, type Node } from "../../program/nodes";
import { bucketTypes, readBuckets } from "../s3/graph";

export const distributionType = "aws:cloudfront/distribution:Distribution";

/** A bucket that is served to browsers: by its own website, or by a CloudFront distribution in front of it. */
export interface DeclaredSite {
  readonly bucket: string;
  readonly website: WebsiteOptions;
  /** Headers of every answer, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The declared websites and distributions, in the order of declaration; one for a bucket. */
export function readSites(graph: ProgramGraph): readonly DeclaredSite[] {
  const distributions = nodesOf(graph, distributionType).flatMap((node) => distributionSite(node, graph));
  const websites = readBuckets(graph).flatMap(({ name, website }) =>
    website ? [{ bucket: name, website: { ...website, reader: "everyone" as const }, headers: {} }] : [],
  );
  const behind = new Set(distributions.map(({ bucket }) => bucket));
  return [...distributions, ...websites.filter(({ bucket }) => !behind.has(bucket))];
}

/** For a distribution, its first origin that is a bucket, with the headers of the default behaviour. */
function distributionSite(node: Node, graph: ProgramGraph): DeclaredSite[] {
  const hosts = node.blocks("origins").map((origin) => textOf(origin["domainName"]) ?? "");
  const bucket = nodesOf(graph, ...bucketTypes)
    .map((found) => found.required("bucket"))
    .find((name) => hosts.some((host) => host.startsWith(`${name}.s3.`)));
  if (bucket === undefined) return [];
  const page = blocksOf(node.inputs["customErrorResponses"])
    .map((block) => textOf(block["responsePagePath"]))
    .find(Boolean);
  const policyId = textOf(node.block("defaultCacheBehavior")?.["responseHeadersPolicyId"]);
  const policy = nodesOf(graph, "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy").find(
    ({ id }) => id === policyId,
  );
  return [
    {
      bucket,
      website: {
        indexDocument: node.text("defaultRootObject") ?? "index.html",
        ...(page === undefined ? {} : { errorDocument: page.replace(/^\//, "") }),
        reader: "distribution",
      },
      headers: policy ? headersOf(policy) : {},
    },
  ];
}

/** The headers of a policy that have an effect over HTTP on this machine: HSTS has none. */
function headersOf(policy: Node): Record<string, string> {
  const security = policy.block("securityHeadersConfig") ?? {};
  const setting = (name: string, value: string): string | undefined =>
    textOf((security[name] as Block | undefined)?.[value]);
  const known: Readonly<Record<string, string | undefined>> = {
    "content-security-policy": setting("contentSecurityPolicy", "contentSecurityPolicy"),
    "x-frame-options": setting("frameOptions", "frameOption"),
    "referrer-policy": setting("referrerPolicy", "referrerPolicy"),
    "x-content-type-options": security["contentTypeOptions"] === undefined ? undefined : "nosniff",
  };
  const custom = blocksOf(policy.block("customHeadersConfig")?.["items"]).map((item) => [
    String(item["header"]).toLowerCase(),
    textOf(item["value"]),
  ]);
  return Object.fromEntries([...Object.entries(known), ...custom].filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
}
