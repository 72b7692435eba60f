import { delimiter, join } from "node:path";
import type { Credentials } from "../../iam";
import type { CloudIdentity } from "../../gateway/service";
import type { DeclaredFunction } from "./declared";

/** The inputs of a function process's environment, beside the function itself. */
export interface Surroundings {
  readonly identity: CloudIdentity;
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly credentials: Credentials;
  /** The folder with the function's code. */
  readonly root: string;
  /** Folders of the layers, which Lambda would mount at /opt. */
  readonly layers: readonly string[];
  /** The node_modules folder with the packages that the runtime includes. */
  readonly runtimePackages: string;
  /** A folder that the function may write to. */
  readonly temporary: string;
  readonly logStream: string;
}

/** Names that Lambda sets itself: it refuses a function that declares one of them. */
const reservedNames = new Set([
  "_HANDLER",
  "_X_AMZN_TRACE_ID",
  "AWS_DEFAULT_REGION",
  "AWS_REGION",
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_FUNCTION_NAME",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_FUNCTION_VERSION",
  "AWS_LAMBDA_INITIALIZATION_TYPE",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_LAMBDA_RUNTIME_API",
  "LAMBDA_TASK_ROOT",
  "LAMBDA_RUNTIME_DIR",
]);

/** Variables that Windows and the dynamic loader need to start any program at all. */
const fromThisMachine = ["PATH", "SystemRoot", "SYSTEMROOT", "ComSpec", "PATHEXT", "windir", "LD_LIBRARY_PATH"];

/** @throws Error naming the variable if the function declares one that Lambda reserves */
export function checkEnvironment(declared: Pick<DeclaredFunction, "name" | "environment">): void {
  const reserved = Object.keys(declared.environment).find((name) => reservedNames.has(name));
  if (reserved !== undefined) {
    throw new Error(
      `Function ${declared.name} declares the environment variable ${reserved}, which Lambda sets itself and refuses. ` +
        `Give it another name.`,
    );
  }
}

/**
 * The whole environment of a function's process: the declared variables and those that Lambda sets. From this machine's
 * own environment it gets only the variables that a process needs to start, so that no credentials or settings of the
 * person at the keyboard reach it.
 */
export function environmentOf(declared: DeclaredFunction, around: Surroundings): NodeJS.ProcessEnv {
  const { identity, credentials, layers } = around;
  const inherited = Object.fromEntries(
    fromThisMachine.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
  const packageFolders = [
    ...layers.flatMap((layer) => [
      join(layer, "nodejs", "node_modules"),
      // `node24` for nodejs24.x, as on Lambda.
      join(layer, "nodejs", declared.runtime.replace(/^nodejs(\d+)\.x$/, "node$1"), "node_modules"),
    ]),
    around.runtimePackages,
  ];
  return {
    ...inherited,
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    HOME: around.temporary,
    TMPDIR: around.temporary,
    TEMP: around.temporary,
    TMP: around.temporary,
    // No file of the person at the keyboard: neither profiles nor credentials.
    AWS_CONFIG_FILE: join(around.temporary, "no-aws-config"),
    AWS_SHARED_CREDENTIALS_FILE: join(around.temporary, "no-aws-credentials"),
    AWS_EC2_METADATA_DISABLED: "true",
    // For this machine's Node.js, which is not the declared runtime's.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    AWS_ENDPOINT_URL: around.endpoint,
    NODE_PATH: packageFolders.join(delimiter),
    ...declared.environment,
    _HANDLER: declared.handler,
    AWS_REGION: identity.region,
    AWS_DEFAULT_REGION: identity.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${declared.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: declared.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(declared.memorySize),
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${declared.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: around.logStream,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: credentials.sessionToken }),
    LAMBDA_TASK_ROOT: around.root,
  };
}
