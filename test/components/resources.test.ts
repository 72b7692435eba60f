import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AvatarPipeline, type AvatarPipelineArgs } from "avatar-pipeline";
import { evaluate } from "./harness";

/** Together they declare every kind of child. */
const pipelines: readonly AvatarPipelineArgs[] = [
  {
    notifications: {
      sender: "avatars@school.example",
      successEmails: ["success@school.example"],
      failureEmails: ["failure@school.example"],
      operatorEmails: ["operators@school.example"],
    },
    audit: { enabled: true },
  },
  { site: { https: false } },
];

/** By parent, type and name, as URNs end. Without the page's files, which come and go with the page. */
async function childrenOf(args: AvatarPipelineArgs): Promise<readonly string[]> {
  const { resources } = await evaluate(() => [new AvatarPipeline("avatars", args)]);
  return resources
    .filter(({ type }) => type !== "aws:s3/bucketObjectv2:BucketObjectv2")
    .map(({ urn }) => urn.split("::").slice(2).join("::"));
}

describe("The deployed resources", () => {
  it("keep parent, type and name: a child that is renamed is replaced in every stack that is deployed", async () => {
    const golden = join(__dirname, "../../../test/components/resources.golden.json");
    const listed = JSON.parse(readFileSync(golden, "utf8")) as string[];
    const declared = new Set<string>();
    for (const args of pipelines) for (const child of await childrenOf(args)) declared.add(child);
    // A new child is added to the list. One that is gone needs an alias, or an upgrade note in CHANGELOG.md.
    expect({
      gone: listed.filter((child) => !declared.has(child)),
      added: [...declared].filter((child) => !listed.includes(child)).sort(),
    }).to.deep.equal({ gone: [], added: [] });
  });
});
