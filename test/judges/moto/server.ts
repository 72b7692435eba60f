import { spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pythonCommands, source } from "../tools";

/** The outcome of a function's invocation, as the runtime would post it. */
export interface Outcome {
  readonly failed: boolean;
  /** JSON text: the result, or `errorType` and `errorMessage`. */
  readonly payload: string;
}

export interface Moto {
  /** The endpoint of every service. */
  readonly url: string;
  close(): Promise<void>;
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const closed = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await closed(server);
  return port;
}

/**
 * Starts moto as a process of its own.
 *
 * @param invoke runs a function by its name
 */
export async function startMoto(
  accountId: string,
  invoke: (name: string, payload: string) => Promise<Outcome> = () =>
    Promise.reject(new Error("There is no function.")),
): Promise<Moto> {
  const functions = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      invoke((request.url ?? "").slice(1), Buffer.concat(chunks).toString()).then(
        (outcome) => response.end(JSON.stringify(outcome)),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
  });
  const [functionsPort, port] = [await listening(functions), await freePort()];
  const child = spawn(join(pythonCommands(), "python"), [source("moto/server.py")], {
    env: {
      ...process.env,
      FUNCTIONS: `http://127.0.0.1:${functionsPort}`,
      MOTO_PORT: String(port),
      MOTO_ACCOUNT_ID: accountId,
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => {
      resolve();
    });
    child.once("exit", (code) => {
      reject(new Error(`moto ended with ${String(code)}: ${errors}`));
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.stdin.end();
      child.kill();
      await ended;
      await closed(functions);
    },
  };
}
