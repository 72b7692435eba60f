import { request } from "node:http";
import type { Cloud, CloudParts } from "../cloud";
import { holderOf } from "../cloud/assembly/lock";
import type { Route } from "../cloud/gateway";
import { pipelinesOf, type Pipeline } from "./pipeline";

/** A local mode that a command can send photos to: one of its own, or one that runs already. */
export interface Service {
  readonly url: string;
  readonly pipeline: Pipeline;
  readonly clientConfig: Cloud["clientConfig"];
  /** Events undelivered and executions running. */
  pending(): Promise<number>;
}

const PATH = "/_local";

/** What {@link PATH} answers. */
interface Facts {
  readonly region: string;
  readonly pipelines: readonly Pipeline[];
  readonly pending: number;
}

/** Tells other commands on this machine what runs here. */
export function factsRoute({ graph, identity, bus, machines, functions }: CloudParts): Route {
  const pipelines = pipelinesOf(graph);
  return {
    prefix: PATH,
    handle(_request, response) {
      const pending = bus.pending + machines.pending + functions.pendingEvents;
      const facts: Facts = { region: identity.region, pipelines, pending };
      response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
      response.end(JSON.stringify(facts));
    },
  };
}

/** A command's own cloud as a service. */
export function serviceOf(cloud: Cloud): Service {
  const { url, clientConfig } = cloud;
  const [pipeline] = pipelinesOf(cloud.graph);
  return {
    url,
    pipeline,
    clientConfig,
    pending: () => Promise.resolve(cloud.bus.pending + cloud.machines.pending + cloud.functions.pendingEvents),
  };
}

/** The local mode that has a data folder; undefined when there is none, or it does not answer. */
export async function findRunning(data: string): Promise<Service | undefined> {
  const url = holderOf(data)?.url;
  if (url === undefined) return undefined;
  const facts = await readFacts(url);
  const pipeline = facts?.pipelines[0];
  if (!facts || !pipeline) return undefined;
  return {
    url,
    pipeline,
    clientConfig: {
      endpoint: url,
      region: facts.region,
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    },
    pending: async () => (await readFacts(url))?.pending ?? 0,
  };
}

/** With `node:http` and not `fetch`, whose pooled connection would keep the process waiting at its end. */
function readFacts(url: string): Promise<Facts | undefined> {
  return new Promise((resolve) => {
    const asked = request(url + PATH, { agent: false, timeout: 3_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        try {
          resolve(JSON.parse(text) as Facts);
        } catch {
          resolve(undefined);
        }
      });
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(undefined));
    asked.end();
  });
}
