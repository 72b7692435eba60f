import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** The connections and requests under way at a server, so that it can be closed in order. */
export interface Connections {
  readonly server: Server;
  /** Responses that have not ended. */
  readonly open: Set<ServerResponse>;
  readonly sockets: Set<Socket>;
  /** Responses that a route writes: its streams never end by themselves. */
  readonly pages: WeakSet<ServerResponse>;
  closing: boolean;
}

/**
 * A body that no service read is read to its end, so that the client sees the answer and not a reset; up to this size.
 */
const drainLimit = 64 * 1024 * 1024;

export function watchConnections(server: Server): Connections {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return { server, open: new Set(), sockets, pages: new WeakSet(), closing: false };
}

/** Counts a request as under way until its response has ended or its client is gone. */
export function track(connections: Connections, request: IncomingMessage, response: ServerResponse): void {
  connections.open.add(response);
  if (connections.closing) response.setHeader("connection", "close");
  response.on("close", () => {
    connections.open.delete(response);
    drain(request);
    if (connections.closing) endIdle(connections);
  });
}

/**
 * Accepts no more requests and waits for those under way.
 *
 * @param cutOff aborted after the grace, when requests that have not finished are cut off
 */
export async function closeConnections(
  connections: Connections,
  graceMilliseconds: number,
  cutOff: AbortController,
): Promise<void> {
  const { server, open, pages } = connections;
  connections.closing = true;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const response of open) {
    // A page's event stream would hold the port open for as long as the page is open.
    if (pages.has(response) && response.headersSent) response.end();
    else if (!response.headersSent) response.setHeader("connection", "close");
  }
  endIdle(connections);
  const grace = setTimeout(() => {
    cutOff.abort();
    server.closeAllConnections();
  }, graceMilliseconds);
  await closed;
  clearTimeout(grace);
}

/** Ends the connections that carry no request. Node's own method counts one that has never sent anything as busy. */
function endIdle({ open, sockets }: Connections): void {
  const busy = new Set([...open].map(({ req }) => req.socket));
  for (const socket of sockets) if (!busy.has(socket)) socket.destroySoon();
}

function drain(request: IncomingMessage): void {
  if (request.readableEnded || request.destroyed) return;
  let size = 0;
  request.unpipe();
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > drainLimit) request.destroy();
  });
  request.resume();
}
