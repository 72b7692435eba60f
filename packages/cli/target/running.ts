import { request } from "node:http";
import type { Cloud, CloudParts } from "pulumi-local-cloud";
import { operatorKeyId, readOperatorSecret } from "pulumi-local-cloud/storage/credentials";
import { holderOf } from "pulumi-local-cloud/storage/lock";
import type { Route } from "pulumi-local-cloud/gateway/index";
import { pipelinesOf, type Pipeline } from "./pipeline";

/** The program and stack that a local mode was started with. */
export interface StartedWith {
  /** The program's entry file. */
  readonly program: string;
  /** The stack that names its configuration. */
  readonly stack: string;
}

/** A local mode that a command can send photos to: its own, or one that is already running. */
export interface Service {
  readonly url: string;
  readonly started: StartedWith;
  /** The pipelines of its program, at least one. */
  readonly pipelines: readonly Pipeline[];
  readonly clientConfig: Cloud["clientConfig"];
  /** The number of undelivered events and running executions; 0 if the local mode no longer responds. */
  pending(): Promise<number>;
  /** Whether it still responds. */
  isThere(): Promise<boolean>;
}

const path = "/_local";

/** The response of {@link path}. */
interface Facts extends StartedWith {
  readonly region: string;
  readonly pipelines: readonly Pipeline[];
  readonly pending: number;
  /** Whether it runs until somebody ends it; one that a command started for itself ends with that command. */
  readonly stays: boolean;
}

/** Serves the facts about this local mode to other commands on this machine. */
export function factsRoute(
  { graph, identity, bus, machines, functions }: CloudParts,
  started: StartedWith & Pick<Facts, "stays">,
): Route {
  const pipelines = pipelinesOf(graph);
  return {
    prefix: path,
    handle(_request, response) {
      const pending = bus.pending + machines.pending + functions.pendingEvents;
      const facts: Facts = { ...started, region: identity.region, pipelines, pending };
      response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
      response.end(JSON.stringify(facts));
    },
  };
}

/** A command's own cloud as a service. */
export function serviceOf(cloud: Cloud, started: StartedWith): Service {
  const { url, clientConfig } = cloud;
  return {
    url,
    started,
    pipelines: pipelinesOf(cloud.graph),
    clientConfig,
    pending: () => Promise.resolve(cloud.bus.pending + cloud.machines.pending + cloud.functions.pendingEvents),
    isThere: () => Promise.resolve(true),
  };
}

/** The holder of a data folder: a local mode that commands can use, or a process that has to end first. */
export type Occupant =
  | { readonly is: "service"; readonly service: Service }
  /** Another command, which ends by itself. */
  | { readonly is: "command"; readonly pid: number }
  /** It does not respond: it is starting, ending or hanging. */
  | { readonly is: "silent"; readonly pid: number };

/** The holder of a data folder; undefined if there is none. */
export async function findOccupant(data: string): Promise<Occupant | undefined> {
  const holder = holderOf(data);
  if (holder === undefined) return undefined;
  const { url, pid } = holder;
  const facts = url === undefined ? undefined : await readFacts(url);
  if (url === undefined || !facts) return { is: "silent", pid };
  if (!facts.stays) return { is: "command", pid };
  return {
    is: "service",
    service: {
      url,
      started: { program: facts.program, stack: facts.stack },
      pipelines: facts.pipelines,
      clientConfig: {
        endpoint: url,
        region: facts.region,
        credentials: { accessKeyId: operatorKeyId, secretAccessKey: readOperatorSecret(data) ?? "" },
      },
      pending: async () => (await readFacts(url))?.pending ?? 0,
      isThere: async () => (await readFacts(url)) !== undefined,
    },
  };
}

/** With `node:http` instead of `fetch`, whose pooled connection would delay the end of the process. */
function readFacts(url: string): Promise<Facts | undefined> {
  return new Promise((resolve) => {
    const asked = request(url + path, { agent: false, timeout: 3_000 }, (response) => {
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
