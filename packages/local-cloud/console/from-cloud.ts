import { join } from "node:path";
import type { CloudParts } from "../cloud";
import { logsIn } from "./logs";
import type { ConsoleSources } from "./sources";

/** The parts of a running cloud that the console reads. */
export type ConsoleParts = Pick<CloudParts, "graph" | "url" | "machines" | "mailbox" | "data">;

/** A running cloud as the console's sources. */
export function fromCloud({ graph, url, machines, mailbox, data }: ConsoleParts): ConsoleSources {
  return {
    stack: { name: `${graph.project}/${graph.stack}`, region: graph.region, endpoint: url },
    machines,
    mails: mailbox,
    logs: logsIn(join(data, "logs")),
  };
}
