import { resolve } from "node:path";
import type { FaultInjector } from "./faults";
import { startGateway, type Gateway, type Route } from "./gateway";
import { settlePort } from "./gateway/address";
import type { CloudIdentity } from "./gateway/service";
import { createAuthorizer, createCredentialStore, type Credentials } from "./iam";
import { readRoles } from "./iam/graph";
import { readKeys } from "./iam/keys";
import { atAddress, type ProgramGraph } from "./program/graph";
import { servedTypes, services } from "./services";
import type { EventBus } from "./services/events";
import { events } from "./services/events/module";
import { leftOut } from "./services/inert";
import type { FunctionRuntime } from "./services/lambda";
import { lambda } from "./services/lambda/module";
import type { Mailbox } from "./services/mail";
import { mail } from "./services/mail/module";
import type { ServiceOptions } from "./services/module";
import { openServices, type OpenServices } from "./services/open";
import type { S3Service } from "./services/s3";
import { readBuckets } from "./services/s3/graph";
import { s3 } from "./services/s3/module";
import type { Machines } from "./services/states";
import { states } from "./services/states/module";
import { websites } from "./services/websites/module";
import { operatorSecret } from "./storage/credentials";
import { lockFolder, refuseHeld, type Lock } from "./storage/lock";

export interface CloudOptions extends ServiceOptions {
  /**
   * The graph as `evaluateProgram` returns it, with the placeholder's address. A function is called once this process
   * holds the folder, with the types that this cloud serves, for `evaluateProgram`.
   */
  readonly graph: ProgramGraph | ((cloud: { readonly serves: readonly string[] }) => Promise<ProgramGraph>);
  /** 0 takes any free port. */
  readonly port: number;
  /**
   * The folder that keeps everything, for its owner alone; made if it is missing. It also keeps the operator's secret, so
   * that a URL that was presigned before a restart is still valid after it.
   */
  readonly data: string;
  readonly faults?: FaultInjector | undefined;
  /** The cloud's name, shown at `/` if there is no page; default "Local cloud". */
  readonly title?: string | undefined;
  /** Routes beside the AWS protocols, such as the console's; the first of them is the home page without a website. */
  readonly routes?: ((parts: CloudParts) => readonly Route[]) | undefined;
  /** Receives a line for each type that is left out, once at the start, and for each failure that nobody else sees. */
  readonly onWarning?: ((line: string) => void) | undefined;
}

/** The services, for pages and tests of this process. */
export interface CloudParts {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** For SDK clients of the person at this machine: `new S3(cloud.clientConfig)`. */
  readonly clientConfig: { readonly endpoint: string; readonly region: string; readonly credentials: Credentials };
  /** With this cloud's address in place of the placeholder. */
  readonly graph: ProgramGraph;
  readonly identity: CloudIdentity;
  readonly data: string;
  readonly s3: S3Service;
  readonly functions: FunctionRuntime;
  readonly machines: Machines;
  readonly mailbox: Mailbox;
  readonly bus: EventBus;
}

export interface Cloud extends CloudParts {
  readonly port: number;
  readonly buckets: readonly string[];
  /** Bucket to the address of its website. */
  readonly sites: Readonly<Record<string, string>>;
  /** Resolves when no event is undelivered and no execution runs. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts a cloud. Work that an earlier one left in the folder continues: undelivered events, and executions that had
 * not ended.
 *
 * @throws SetupError in one line if the folder or the port is not available; Error if the program declares something
 * that cannot work on AWS either, such as a role that its function may not assume
 */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const data = resolve(options.data);
  // First, so that a second start reports the running cloud, which holds the port.
  refuseHeld(data);
  const port = await settlePort(options.port);
  const lock = lockFolder(data);
  try {
    const graph = typeof options.graph === "function" ? await options.graph({ serves: servedTypes }) : options.graph;
    return await assemble(atAddress(graph, `127.0.0.1:${port}`), { ...options, data, port }, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function assemble(graph: ProgramGraph, options: CloudOptions, lock: Lock): Promise<Cloud> {
  const { data, port, faults, onWarning: warn = () => undefined } = options;
  const { partition, region, accountId } = graph;
  const identity: CloudIdentity = { partition, region, accountId };
  const url = `http://127.0.0.1:${port}`;
  const credentials = createCredentialStore({ identity, secret: operatorSecret(data) });
  const authorizer = createAuthorizer({
    identity,
    roles: readRoles(graph),
    resourcePolicies: services.flatMap((service) => service.policies?.(graph) ?? []),
    keys: readKeys(graph),
    encrypted: services.flatMap((service) => service.encrypted?.(graph) ?? []),
    onAllowed: options.onAllowed,
  });
  for (const line of [...leftOut(graph, servedTypes), ...authorizer.unknownManagedPolicies]) warn(line);
  const open = await openServices(services, {
    graph,
    identity,
    url,
    data,
    credentials,
    authorizer,
    faults,
    options,
    warn,
  });
  const parts: CloudParts = {
    url,
    clientConfig: { endpoint: url, region, credentials: credentials.operator },
    graph,
    identity,
    data,
    s3: open.part(s3),
    functions: open.part(lambda),
    machines: open.part(states),
    mailbox: open.part(mail),
    bus: open.part(events),
  };
  let gateway: Gateway | undefined;
  try {
    const pages = options.routes?.(parts) ?? [];
    gateway = await startGateway({
      port,
      identity,
      title: options.title,
      services: open.wires,
      credentials,
      authorizer,
      routes: [...pages, ...open.routes(pages[0]?.prefix ?? "/_console")],
      onError: (error, what) => warn(`${what}: ${describe(error)}`),
      faults,
    });
    await open.start();
    lock.announce(url);
    return cloudOf(parts, open, gateway, lock);
  } catch (error) {
    await gateway?.close().catch(() => undefined);
    await open.abandon();
    throw error;
  }
}

function cloudOf(parts: CloudParts, open: OpenServices, gateway: Gateway, lock: Lock): Cloud {
  const { graph, url } = parts;
  const sites = Object.entries(open.part(websites)).map(([bucket, path]) => [bucket, url + path] as const);
  let closing: Promise<void> | undefined;
  return {
    ...parts,
    port: gateway.port,
    buckets: readBuckets(graph).map(({ name }) => name),
    sites: Object.fromEntries(sites),
    idle: () => open.idle(),
    close() {
      closing ??= closeAll(open, gateway).finally(() => lock.release());
      return closing;
    },
  };
}

/** From the outermost in: no new work begins; work under way ends or is kept for the next run. */
async function closeAll(open: OpenServices, gateway: Gateway): Promise<void> {
  await open.stop();
  // Closes the services' wires as well, once no request is under way.
  await gateway.close();
  await open.close();
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
