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
 * through a name of its own (DNS rebinding).
 */
import { createHash, randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { createServer, ServerResponse, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Duplex, type Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { setupError } from "../errors";
import type { FaultInjector } from "../faults";
import type { Authorizer, CredentialStore } from "../iam";
import { readHead, readSignature, type RequestHead, type Signature } from "../sigv4";
import { authenticate, type ErrorDialect } from "../sigv4/authenticate";
import { bufferedBody, plainBody, verifiedBody, type Body } from "../sigv4/body";
import { cloudError, isCloudError } from "./service";
import type { Caller, CloudError, CloudIdentity, CloudRequest, CloudService } from "./service";

/** A handler beside the AWS protocols: the console, a website, an HTTP API. */
export interface Route {
  /** `/_site` answers `/_site` and everything below `/_site/`. */
  readonly prefix: string;
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

/**
 * A body that no service read is read to its end, so that the client sees the answer and not a reset; up to this size.
 */
const DRAIN_LIMIT = 64 * 1024 * 1024;
/** The largest body, in bytes, that the gateway hashes itself: DynamoDB's own limit. */
const BUFFER_LIMIT = 16 * 1024 * 1024;
/** Longer than any client keeps an idle connection: a connection that both ends close at once breaks a request. */
const KEEP_ALIVE_MILLISECONDS = 10 * 60_000;
const ANONYMOUS: Caller = { kind: "anonymous", arn: "anonymous" };

/** @throws Error naming the port, the rule and the fix if the port is not available */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const services = new Map(options.services.map((service) => [service.name, service]));
  const onError = options.onError ?? ((error, what) => console.error(`${what}:`, error));
  const open = new Set<ServerResponse>();
  const pages = new WeakSet<ServerResponse>();
  const sockets = new Set<Socket>();
  const cutOff = new AbortController();
  setMaxListeners(0, cutOff.signal);
  let closing: Promise<void> | undefined;

  /** Ends the connections that carry no request. Node's own method counts one that has never sent anything as busy. */
  function endIdleConnections(): void {
    const busy = new Set([...open].map(({ req }) => req.socket));
    for (const socket of sockets) if (!busy.has(socket)) socket.destroySoon();
  }

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MILLISECONDS }, (request, response) => {
    open.add(response);
    if (closing) response.setHeader("connection", "close");
    response.on("close", () => {
      open.delete(response);
      drain(request);
      if (closing) endIdleConnections();
    });
    answer(request, response).catch((error: unknown) => {
      onError(error, `${request.method} ${request.url}`);
      if (response.headersSent) response.destroy();
      else endWith(response, 500, "text/plain", "Internal error of the local cloud.\n");
    });
  });

  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  /** Host, route, or AWS protocol. */
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isOwnHost(request.headers.host)) {
      const text = `The local cloud answers to 127.0.0.1 and localhost, not to "${request.headers.host ?? ""}".\n`;
      endWith(response, 421, "text/plain", text);
      return;
    }
    const head = readHead(request);
    const { target, path } = head;
    const isRead = request.method === "GET" || request.method === "HEAD";
    const isHomePage = isRead && target === "/" && request.headers.authorization === undefined;
    const route = options.routes?.find(({ prefix }) =>
      prefix === "/" ? isHomePage : path === prefix || path.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`),
    );
    if (route) {
      pages.add(response);
      await route.handle(request, response);
      return;
    }
    if (isHomePage) endWith(response, 200, "text/plain", greeting());
    else await answerAws(request, response, head);
  }

  async function answerAws(request: IncomingMessage, response: ServerResponse, head: RequestHead): Promise<void> {
    const id = randomUUID();
    response.setHeader("x-amzn-requestid", id);
    let service: CloudService | undefined;
    let body = plainBody(request);
    let caller = ANONYMOUS;
    let signature: Signature | undefined;
    const cloudRequest = () =>
      toCloudRequest({ id, head, request, body, caller, signature, authorizer: options.authorizer });
    try {
      signature = request.method === "OPTIONS" ? undefined : readSignature(head);
      service = services.get(signature?.service ?? "s3");
      if (!signature && isForJsonOrQueryService(request)) {
        service = undefined;
        throw cloudError("MissingAuthenticationTokenException", 403, "Request is missing Authentication Token");
      }
      if (!service) throw notServed(signature?.service ?? "s3");
      if (signature) {
        const dialect = dialectOf(service.name, request);
        body = await bodyOf(request, signature, dialect);
        const known = await authenticate({
          head,
          signature,
          credentials: options.credentials,
          dialect,
          bodyHash: async () =>
            createHash("sha256")
              .update(await body.bytes(BUFFER_LIMIT))
              .digest("hex"),
          now: Date.now(),
        });
        caller = known.caller;
      }
      await serve(service, cloudRequest(), response, request);
    } catch (error) {
      // A client that disconnected, such as a killed function, is no fault of ours.
      if (!isCloudError(error) && !request.socket.destroyed) {
        onError(error, `${service?.name ?? "gateway"} ${head.method} ${head.target}`);
      }
      const known = isCloudError(error)
        ? error
        : cloudError("InternalFailure", 500, "Internal error of the local cloud.");
      if (response.headersSent || response.destroyed) response.destroy();
      else if (service) service.writeError(known, cloudRequest(), response);
      else writeGenericError(known, id, request, response);
    }
  }

  /** Lets the service answer, with the faults that are scripted for this call. */
  async function serve(
    service: CloudService,
    cloudRequest: CloudRequest,
    response: ServerResponse,
    request: IncomingMessage,
  ): Promise<void> {
    const { faults } = options;
    if (!faults?.active) return service.handle(cloudRequest, response);
    const call = {
      service: service.name,
      operation: await service.operationOf(cloudRequest),
      caller: cloudRequest.caller.arn,
      accessKeyId: cloudRequest.signature?.accessKeyId,
    };
    const injected = faults.decide(call);
    if (injected.delayMilliseconds > 0) {
      await sleep(injected.delayMilliseconds, undefined, { signal: cutOff.signal }).catch(() => undefined);
    }
    // Not to the service any more: it is closing.
    if (cutOff.signal.aborted) request.socket.destroy();
    else if (injected.kill === "before") {
      faults.kill(call);
      request.socket.destroy();
    } else if (injected.refusal) {
      service.writeError(injected.refusal, cloudRequest, response);
    } else if (injected.dropAnswer || injected.kill === "after") {
      await service.handle(cloudRequest, unsentResponse(request));
      if (injected.kill === "after") faults.kill(call);
      request.socket.destroy();
    } else {
      await service.handle(cloudRequest, response);
    }
    return undefined;
  }

  function greeting(): string {
    const { identity, title = "Local cloud" } = options;
    const { accountId, region } = identity;
    return `${title}: account ${accountId}, region ${region}, serving ${[...services.keys()].join(", ")}.\n`;
  }

  function notServed(name: string): CloudError {
    return cloudError(
      "NotImplemented",
      501,
      `The local cloud does not serve "${name}". It serves ${[...services.keys()].join(", ")}.`,
    );
  }

  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close(graceMilliseconds = 5000) {
      closing ??= closeAll(graceMilliseconds);
      return closing;
    },
  };

  async function closeAll(graceMilliseconds: number): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const response of open) {
      // A page's event stream would hold the port open for as long as the page is open.
      if (pages.has(response) && response.headersSent) response.end();
      else if (!response.headersSent) response.setHeader("connection", "close");
    }
    endIdleConnections();
    const grace = setTimeout(() => {
      cutOff.abort();
      server.closeAllConnections();
    }, graceMilliseconds);
    await closed;
    clearTimeout(grace);
    await Promise.all(options.services.map(async (service) => service.close?.()));
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(portError(error, port)));
    server.listen(port, "127.0.0.1", resolve);
  });
}

function portError(error: NodeJS.ErrnoException, port: number): Error {
  const why = new Map([
    ["EADDRINUSE", "is in use by another program, and a port serves one program at a time. Stop that one"],
    ["EACCES", "may not be opened by this user: ports below 1024 are the system's. Use one above"],
  ]).get(error.code ?? "");
  if (why === undefined) return error;
  return setupError("PORT_UNAVAILABLE", `Port ${port} of 127.0.0.1 ${why}, or choose another.`, { cause: error });
}

/**
 * The body, according to the signature: verified if it signs a hash, plain if it signs a literal, buffered for the
 * gateway to hash if it signs neither.
 */
async function bodyOf(request: IncomingMessage, signature: Signature, dialect: ErrorDialect): Promise<Body> {
  const { payloadHash } = signature;
  if (payloadHash !== undefined && /^[0-9a-f]{64}$/.test(payloadHash)) {
    return verifiedBody(request, payloadHash, dialect);
  }
  const isPresignedS3 = signature.service === "s3" && signature.expiresIn !== undefined;
  if (payloadHash !== undefined || isPresignedS3) return plainBody(request);
  return bufferedBody(await plainBody(request).bytes(BUFFER_LIMIT));
}

function toCloudRequest(parts: {
  id: string;
  head: RequestHead;
  request: IncomingMessage;
  body: Body;
  caller: Caller;
  signature: Signature | undefined;
  authorizer: Pick<Authorizer, "authorize">;
}): CloudRequest {
  const { id, head, request, body, caller, signature, authorizer } = parts;
  return {
    id,
    method: head.method,
    // Joined, not resolved: `//host/…` as a reference would name another host.
    url: new URL(`http://${request.headers.host ?? "127.0.0.1"}${head.target}`),
    path: head.path,
    headers: request.headers,
    body: body.stream,
    signature,
    caller,
    bytes: (limit) => body.bytes(limit),
    authorize: (action, resource, context) => authorizer.authorize(caller, action, resource, context),
  };
}

function dialectOf(service: string, request: IncomingMessage): ErrorDialect {
  if (service === "s3") return "s3";
  return isFormPost(request) ? "query" : "json";
}

function isForJsonOrQueryService(request: IncomingMessage): boolean {
  if (request.method !== "POST") return false;
  return request.headers["x-amz-target"] !== undefined || isFormPost(request);
}

function isFormPost(request: IncomingMessage): boolean {
  return request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") ?? false;
}

function writeGenericError(error: CloudError, id: string, request: IncomingMessage, response: ServerResponse): void {
  if (isForJsonOrQueryService(request) && !isFormPost(request)) {
    const body = JSON.stringify({ __type: error.code, message: error.message });
    return endWith(response, error.status, "application/x-amz-json-1.0", body);
  }
  const xml =
    `<?xml version="1.0" encoding="UTF-8"?>\n<ErrorResponse><Error><Type>Sender</Type><Code>${error.code}</Code>` +
    `<Message>${escapeXml(error.message)}</Message></Error><RequestId>${id}</RequestId></ErrorResponse>`;
  return endWith(response, error.status, "text/xml", xml);
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function endWith(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
}

/** A response for the service to write that is never sent: the effect takes place, the answer is lost. */
function unsentResponse(request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  const nowhere = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  // Only a server's own connections resume their responses; a stream into this one would wait for ever.
  nowhere.on("drain", () => response.emit("drain"));
  response.assignSocket(nowhere as unknown as Socket);
  return response;
}

function drain(request: Readable): void {
  if (request.readableEnded || request.destroyed) return;
  let size = 0;
  request.unpipe();
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > DRAIN_LIMIT) request.destroy();
  });
  request.resume();
}

function isOwnHost(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|\[::1\]|([a-z0-9.-]+\.)?localhost)(:\d+)?$/i.test(host ?? "");
}
