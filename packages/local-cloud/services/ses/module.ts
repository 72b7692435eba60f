import { lazyService } from "../../gateway/lazy";
import { nodesOf } from "../../program/nodes";
import { mail } from "../mail/module";
import type { LocalService } from "../module";

const identityType = "aws:sesv2/emailIdentity:EmailIdentity";

/** SES. A program without an identity relies on those of its account, which count as verified. */
export const ses: LocalService<readonly string[], undefined> = {
  name: "ses",
  serves: [identityType, "aws:sesv2/configurationSet:ConfigurationSet"],
  declared: (graph) => nodesOf(graph, identityType).map((node) => node.required("emailIdentity")),
  open({ identity, part }, identities) {
    const mailbox = part(mail);
    const wire = lazyService("ses", async () => {
      const { sesService } = await import("./index.js");
      return sesService({ identity, mailbox, identities: identities.length === 0 ? undefined : identities });
    });
    return { part: undefined, wire };
  },
};
