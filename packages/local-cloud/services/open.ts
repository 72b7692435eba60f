import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Route } from "../gateway";
import type { CloudService } from "../gateway/service";
import type { LocalService, Opened, ServiceContext } from "./module";

/** All services, open. */
export interface OpenServices {
  part<Part>(service: LocalService<unknown, Part>): Part;
  /** The services that the gateway serves, and closes. */
  readonly wires: readonly CloudService[];
  /** @param home see {@link Opened.routes} */
  routes(home: string): readonly Route[];
  start(): Promise<void>;
  /** Fulfils when nothing is pending anywhere. */
  idle(): Promise<void>;
  /** From the last service to the first: no new work begins; work under way ends or is kept. */
  stop(): Promise<void>;
  /** Releases the services' resources, once no request is under way. */
  close(): Promise<void>;
  /** Closes everything, including the wires, even if parts of it fail: for a start that failed. */
  abandon(): Promise<void>;
}

/** The part of the context that is the same for all services; the rest depends on the other services. */
export type Surroundings = Omit<ServiceContext, "folder" | "part" | "takes" | "handOver" | "publish">;

const idlePollMs = 20;

/**
 * Opens services one after the other.
 *
 * @throws errors of a service's `declared` or `open`, after closing the services opened so far
 */
export async function openServices(
  services: readonly LocalService[],
  surroundings: Surroundings,
): Promise<OpenServices> {
  const { graph, data, warn, authorizer } = surroundings;
  const opened = new Map<string, Opened<unknown>>();
  const all = (): Opened<unknown>[] => [...opened.values()];

  /** Enforces the order of the list: a service that asks for a part too early is in the wrong place in it. */
  const partOf = <Part>({ name }: LocalService<unknown, Part>): Part => {
    const found = opened.get(name);
    if (!found) throw new Error(`The service ${name} is not open yet: list it before the one that uses it.`);
    return found.part as Part;
  };
  const taker = (arn: string): LocalService | undefined =>
    services.find((service) => service.take !== undefined && service.name === arn.split(":")[2]);

  const context: ServiceContext = {
    ...surroundings,
    folder(name) {
      mkdirSync(join(data, name), { recursive: true });
      return join(data, name);
    },
    part: partOf,
    takes: (arn) => taker(arn) !== undefined,
    async handOver(handover) {
      const service = taker(handover.arn);
      if (!service?.take) throw new Error(`No service takes what is sent to ${handover.arn}.`);
      await service.take(partOf(service), handover, authorizer);
    },
    async publish(event) {
      for (const service of all()) service.observe?.(event);
      const bus = all().find((service) => service.publish !== undefined);
      await bus?.publish?.(event);
    },
  };

  const stop = async (): Promise<void> => {
    for (const service of all().reverse()) await service.stop?.();
  };
  const close = async (): Promise<void> => {
    for (const service of all().reverse()) await service.close?.();
  };
  async function abandon(): Promise<void> {
    for (const service of all().reverse()) {
      for (const end of [() => service.stop?.(), () => service.wire?.close?.(), () => service.close?.()]) {
        await Promise.resolve()
          .then(end)
          .catch(() => undefined);
      }
    }
  }

  const declared = services.map((service) => ({ service, declared: service.declared(graph, warn) as never }));
  try {
    for (const { service, declared: own } of declared) opened.set(service.name, await service.open(context, own));
  } catch (error) {
    await abandon();
    throw error;
  }
  return {
    part: partOf,
    wires: all().flatMap(({ wire }) => wire ?? []),
    routes: (home) => all().flatMap((service) => service.routes?.(home) ?? []),
    async start() {
      for (const service of all()) await service.start?.();
    },
    async idle() {
      do {
        for (const service of all()) await service.idle?.();
        await sleep(idlePollMs);
      } while (all().some((service) => (service.pending?.() ?? 0) > 0));
    },
    stop,
    close,
    abandon,
  };
}
