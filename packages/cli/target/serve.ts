import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { Cloud } from "pulumi-local-cloud";
import { createFaultInjector, type FaultInjector } from "pulumi-local-cloud/faults/index";
import { defaultStack } from "pulumi-local-cloud/program/config";
import { evaluateProgram } from "pulumi-local-cloud/program/evaluate";
import { runtimeNotice } from "pulumi-local-cloud/services/lambda/node-version";
import { refuseHeld } from "pulumi-local-cloud/storage/lock";
import { interruption, onSignals } from "../signals";
import { cannotRead } from "../system-errors";
import { pipelinesOf } from "./pipeline";
import { startingLine } from "./place";
import { checkOptions, findProgram } from "./program-file";

export interface ServeOptions {
  readonly port: number;
  /** The data folder. */
  readonly data: string;
  readonly program: string | undefined;
  readonly stack: string | undefined;
  readonly config: Readonly<Record<string, string>>;
  /** A server that also receives every mail: `smtp://host:port`. */
  readonly smtp: string | undefined;
  /** The file with a script of faults. */
  readonly faults: string | undefined;
}

/**
 * Runs the local mode until a signal ends it.
 *
 * @returns the exit status, once the service has ended
 */
export async function serve({ port, data, stack, config, smtp, ...files }: ServeOptions): Promise<number> {
  const interrupted = new AbortController();
  const ended = onSignals().then(() => interrupted.abort(interruption()));
  const program = findProgram(files.program);
  const started = { program, stack: stack ?? defaultStack };
  const faults = files.faults === undefined ? undefined : readFaults(files.faults);
  await checkOptions(program, { stack, config });
  refuseHeld(data);
  process.stdout.write(`${startingLine(data)}\n`);
  // Loaded here: the services take a while to load, and mistakes on the command line are reported before that.
  const [{ startLocalCloud }, { consoleRoute }, { factsRoute }] = await Promise.all([
    import("./start-cloud.js"),
    import("./console-route.js"),
    import("./running.js"),
  ]);
  const cloud = await startLocalCloud({
    port,
    data,
    graph: async ({ serves }) => {
      const graph = await evaluateProgram({
        ...started,
        serves,
        cache: resolve(data, "program"),
        config,
        signal: interrupted.signal,
        print: (text) => process.stderr.write(text),
      });
      const notice = runtimeNotice(graph, process.versions.node);
      if (notice !== undefined) process.stderr.write(`${notice}\n`);
      return graph;
    },
    routes: (parts) => [consoleRoute(parts), factsRoute(parts, { ...started, stays: true })],
    onWarning: (line) => process.stderr.write(`${line}\n`),
    ...(smtp === undefined ? {} : { smtp }),
    ...(faults ? { faults } : {}),
  });
  const isReady = !interrupted.signal.aborted;
  if (isReady) process.stdout.write(welcome(cloud, performance.now()));
  await ended;
  await cloud.close();
  return isReady ? 0 : 130;
}

function readFaults(file: string): FaultInjector {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw cannotRead(
      `--faults ${file}`,
      error,
      "name a script of faults, such as that in avatar-pipeline local --help",
    );
  }
  const faults = createFaultInjector({
    onInjection: ({ kind, service, operation, caller }) =>
      process.stderr.write(`fault: ${kind} at ${service} ${operation}, called by ${caller}\n`),
  });
  // Some editors write a byte order mark.
  faults.use(text.replace(/^\uFEFF/, ""), `--faults ${file}`);
  return faults;
}

/** @param milliseconds since the process began */
function welcome(cloud: Cloud, milliseconds: number): string {
  const { url } = cloud;
  const { credentials, region } = cloud.clientConfig;
  const [pipeline, ...more] = pipelinesOf(cloud.graph);
  const pages = [
    ...Object.values(cloud.sites).map((site) => ["Upload page", site]),
    ["Inbox", `${url}/_console/inbox`],
    ["Executions", `${url}/_console/executions`],
    ["Overview", `${url}/_console/`],
    ...[pipeline, ...more].map(({ photoBucket }) => ["Photo bucket", photoBucket]),
    ["Data", relative(process.cwd(), cloud.data) || "."],
  ];
  return (
    `\n${pages.map(([name = "", value = ""]) => `  ${name.padEnd(14)}${value}\n`).join("")}\n` +
    `  Any S3 client uploads as well; the folder below uploads/ is the student's id:\n\n` +
    `    export AWS_ACCESS_KEY_ID=${credentials.accessKeyId} AWS_REGION=${region}\n` +
    `    export AWS_SECRET_ACCESS_KEY=${credentials.secretAccessKey}\n` +
    `    aws s3 cp photo.jpg s3://${pipeline.photoBucket}/uploads/SV001/photo.jpg --endpoint-url ${url}\n\n` +
    `Ready in ${(milliseconds / 1000).toFixed(1)} s. Ctrl-C ends it; everything is kept.\n`
  );
}
