import type { Server } from "node:http";
import { setupError } from "../errors";

/** @throws Error naming the port, the rule and the fix if the port is not available */
export function listen(server: Server, port: number): Promise<void> {
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
