/**
 * The one port of the local cloud.
 *
 *   startGateway({ port, identity, services, credentials, authorizer, faults?, routes?, onError? }): Promise<Gateway>
 *   gateway.url           http://127.0.0.1:PORT, the value for AWS_ENDPOINT_URL
 *   gateway.port
 *   gateway.close()       finishes the requests under way, closes the services, then releases the port
 *
 * A request goes, in this order,
 *   1. to the first route whose prefix it has (`/_console`; a bucket's name cannot begin with `_`). The prefix `/`
 *      stands for an unsigned GET or HEAD of exactly `/`;
 *   2. if it is signed, to the service of its credential scope, once the signature is verified;
 *   3. otherwise to S3, as an anonymous caller: browsers' form posts, preflights and public objects.
 * Any region is accepted in the scope, so that a client configured for another region works as well.
 *
 * Requests with a Host other than this machine's own names are refused: this keeps a web page from reaching the port
 * through a name of its own (DNS rebinding). Requests of pages of other origins are refused as well: see `pages.ts`.
 */
import { setMaxListeners } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { FaultInjector } from "../faults";
import type { Authorizer, CredentialStore } from "../iam";
import { readHead } from "../sigv4";
import { answerAws, type Aws } from "./aws";
import { closeConnections, track, watchConnections, type Connections } from "./connections";
import { listen } from "./listen";
import { foreignPage, isOwnHost, isPlainNavigation, properAddress, refusalOf } from "./pages";
import { endWith } from "./reply";
import type { CloudIdentity, CloudService } from "./service";

/** A handler beside the AWS protocols: the console, a website, an HTTP API. */
export interface Route {
  /** `/_site` answers `/_site` and everything below `/_site/`. */
  readonly prefix: string;
  /** Whether links of other pages may lead to it: its answers are pages, and a GET has no effect. */
  readonly servesPages?: boolean | undefined;
  /** Whether the program lets pages of this origin send such a request; by default only this port's own may. */
  allowsOrigin?(origin: string, request: IncomingMessage): boolean;
  handle(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
}

export interface GatewayOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly identity: CloudIdentity;
  readonly services: readonly CloudService[];
  readonly credentials: CredentialStore;
  readonly authorizer: Pick<Authorizer, "authorize">;
  /** The cloud's name, shown at `/` if there is no page; default "Local cloud". */
  readonly title?: string | undefined;
  readonly faults?: FaultInjector | undefined;
  readonly routes?: readonly Route[] | undefined;
  /** Receives errors inside a service or route, a fault of ours; by default they go to stderr. */
  readonly onError?: ((error: unknown, what: string) => void) | undefined;
}

export interface Gateway {
  readonly url: string;
  readonly port: number;
  /**
   * Accepts no more requests, finishes those under way, closes the services.
   *
   * @param graceMilliseconds after which requests that have not finished are cut off, default 5000; the streams
   * of live pages are ended at once
   */
  close(graceMilliseconds?: number): Promise<void>;
}

/** Longer than any client keeps an idle connection: a connection that both ends close at once breaks a request. */
const keepAliveMilliseconds = 10 * 60_000;

interface GatewayState {
  readonly options: GatewayOptions;
  readonly aws: Aws;
  readonly connections: Connections;
}

/** @throws Error naming the port, the rule and the fix if the port is not available */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { credentials, authorizer, faults } = options;
  const services = new Map(options.services.map((service) => [service.name, service]));
  const onError = options.onError ?? ((error, what) => console.error(`${what}:`, error));
  const cutOff = new AbortController();
  setMaxListeners(0, cutOff.signal);
  const server = createServer({ keepAliveTimeout: keepAliveMilliseconds }, (request, response) => {
    track(connections, request, response);
    answer(state, request, response).catch((error: unknown) => {
      onError(error, `${request.method} ${request.url}`);
      if (response.headersSent) response.destroy();
      else endWith(response, 500, "text/plain", "Internal error of the local cloud.\n");
    });
  });
  const connections = watchConnections(server);
  const aws: Aws = { services, credentials, authorizer, faults, cutOff: cutOff.signal, onError };
  const state: GatewayState = { options, aws, connections };
  let closing: Promise<void> | undefined;

  async function close(graceMilliseconds: number): Promise<void> {
    await closeConnections(connections, graceMilliseconds, cutOff);
    await Promise.all(options.services.map(async (service) => service.close?.()));
  }

  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: (graceMilliseconds = 5000) => (closing ??= close(graceMilliseconds)),
  };
}

/** Host, route, or AWS protocol. */
async function answer(state: GatewayState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isOwnHost(request.headers.host)) {
    const text = `The local cloud answers to 127.0.0.1 and localhost, not to "${request.headers.host ?? ""}".\n`;
    endWith(response, 421, "text/plain", text);
    return;
  }
  const head = readHead(request);
  const { target, path } = head;
  const isRead = request.method === "GET" || request.method === "HEAD";
  const isHomePage = isRead && target === "/" && request.headers.authorization === undefined;
  const route = state.options.routes?.find(({ prefix }) =>
    prefix === "/" ? isHomePage : path === prefix || path.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`),
  );
  const port = request.socket.localPort ?? 0;
  const page = foreignPage(request, port);
  if (page !== undefined && (route ?? isHomePage)) {
    const isLink = (isHomePage || route?.servesPages === true) && isPlainNavigation(request);
    if (!isLink && !route?.allowsOrigin?.(page, request)) {
      endWith(response, 403, "text/plain", `${refusalOf(page)}\n`);
      return;
    }
  }
  if (route) {
    const address = route.servesPages ? properAddress(request, port) : undefined;
    if (address !== undefined) {
      response.writeHead(307, { location: address, "content-length": 0 }).end();
      return;
    }
    state.connections.pages.add(response);
    await route.handle(request, response);
    return;
  }
  if (isHomePage) endWith(response, 200, "text/plain", greeting(state));
  else await answerAws(state.aws, request, response, head, page);
}

function greeting({ options, aws }: GatewayState): string {
  const { identity, title = "Local cloud" } = options;
  const { accountId, region } = identity;
  return `${title}: account ${accountId}, region ${region}, serving ${[...aws.services.keys()].join(", ")}.\n`;
}
