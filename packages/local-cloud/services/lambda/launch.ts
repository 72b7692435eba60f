import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CloudIdentity } from "../../gateway/service";
import type { CredentialStore } from "../../iam";
import type { DeclaredFunction } from "./declared";
import { environmentOf } from "./environment";
import type { Launched } from "./pool";
import { Sandbox } from "./sandbox";
import { linkRuntimePackages, unpack } from "./unpack";

/** The folders that the functions' processes need. */
export interface RuntimeFolders {
  /** The folder for the code of functions and layers. */
  readonly code: string;
  /** The node_modules folder with the packages of Lambda's own runtime. */
  readonly runtimePackages: string;
  /** A folder that every function may write to. */
  readonly temporary: string;
}

/** The common inputs of all functions' processes, beside each function's own code. */
export interface LaunchOptions {
  readonly identity: CloudIdentity;
  readonly endpoint: string;
  readonly credentials: CredentialStore;
  readonly folders: RuntimeFolders;
  /** Receives whole lines of the function's output. */
  readonly log: (source: string, line: string) => void;
}

/** @param packagesFrom folders that are searched for the SDK, nearest first */
export function makeFolders(storage: string, packagesFrom: readonly string[]): RuntimeFolders {
  const code = join(storage, "functions");
  const temporary = join(storage, "tmp");
  for (const folder of [code, temporary]) mkdirSync(folder, { recursive: true });
  // Nothing lies above a function on Lambda; here it may be a project whose package.json declares ES modules.
  writeFileSync(join(code, "package.json"), "{}\n");
  return { code, temporary, runtimePackages: linkRuntimePackages(join(storage, "runtime"), packagesFrom) };
}

/**
 * Unpacks a function and its layers.
 *
 * @returns a function that starts a process of that function, with credentials of its own
 */
export function launcherOf(declared: DeclaredFunction, options: LaunchOptions): () => Launched {
  const { identity, endpoint, folders, log } = options;
  const { runtimePackages, temporary } = folders;
  const root = unpack(declared.code, folders.code, declared.name);
  const layers = declared.layers.map(({ name, code }) => unpack(code, folders.code, `layer-${name}`));
  return () => {
    const environment = randomUUID();
    const credentials = options.credentials.issue({
      roleArn: declared.roleArn,
      sessionName: declared.name,
      environment,
    });
    const sandbox = new Sandbox({
      declared,
      root,
      onLine: (line) => log(declared.name, line),
      environment: environmentOf(declared, {
        identity,
        endpoint,
        credentials,
        root,
        layers,
        runtimePackages,
        temporary,
        logStream: `${new Date().toISOString().slice(0, 10).replaceAll("-", "/")}/[$LATEST]${environment.replaceAll("-", "")}`,
      }),
    });
    return { sandbox, accessKeyId: credentials.accessKeyId };
  };
}
