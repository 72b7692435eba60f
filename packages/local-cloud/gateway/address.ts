import { createServer } from "node:net";
import { setupError } from "../errors";

/**
 * The port that the gateway will have: services read the address in the program's declarations before the gateway
 * listens.
 *
 * @param port 0 for any that is free
 * @throws Error as the gateway's own, naming port and fix, before anything is changed
 */
export function settlePort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => {
      const inUse = error.code === "EADDRINUSE";
      const system = error.code === "EACCES" ? ": ports below 1024 are the system's" : "";
      const message = inUse
        ? `Port ${port} is in use by another program. Stop that one, or choose another.`
        : `Port ${port} cannot be opened (${error.code ?? error.message})${system}. Choose another.`;
      reject(setupError("PORT_UNAVAILABLE", message, { cause: error }));
    });
    probe.listen(port, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}
