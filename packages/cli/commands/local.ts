import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { Cloud } from "pulumi-local-cloud";
import { createFaultInjector, type FaultInjector } from "pulumi-local-cloud/faults/index";
import { checkSettings, DEFAULT_STACK } from "pulumi-local-cloud/program/config";
import { evaluateProgram } from "pulumi-local-cloud/program/evaluate";
import { pipelinesOf } from "../target/pipeline";
import { findProgram } from "../target/program-file";
import { interruption, onSignals } from "../signals";
import { cannotRead } from "../system-errors";
import { readConfig, readData, readOptions, readPort, usageError } from "../command";

export const DEFAULT_DATA = ".avatar-pipeline";
const DEFAULT_PORT = "4180";

const HELP = `Usage: avatar-pipeline local [--port N] [--data DIR]

Runs the whole pipeline on this machine, until Ctrl-C: the upload page, its API, the functions, the state machine,
and a console with the inbox and the executions.

  --port N            Port on 127.0.0.1, default ${DEFAULT_PORT}; 0 takes any that is free.
  --data DIR          Where everything is kept, default ${DEFAULT_DATA}/ in the working directory.
  --program FILE      The Pulumi program, default the project's in the working directory.
  --stack NAME        Its stack, which names the configuration Pulumi.NAME.yaml; default dev.
  --config KEY=VALUE  A configuration value for this run alone; can be given again.
  --smtp URL          A server that gets every mail as well, such as smtp://127.0.0.1:1025.
  --faults FILE       A script of faults to inject, to see what becomes of them; each is told as it happens. Such as:
                      {"rules": [{"service": "rekognition", "perSecond": 5, "fault": {"kind": "throttle"}}]}
                      All that it may hold is told in faults.md.
  --help

Exit status: 0 ended by Ctrl-C, 1 it could not start or bad usage, 130 Ctrl-C before it was ready.
`;

/** @returns the exit status, once the service has ended */
export async function local(args: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions("local", args, {
    port: { type: "string", default: DEFAULT_PORT },
    data: { type: "string", default: DEFAULT_DATA },
    program: { type: "string" },
    stack: { type: "string" },
    config: { type: "string", multiple: true, default: [] },
    smtp: { type: "string" },
    faults: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals[0] !== undefined) {
    throw usageError(`"${positionals[0]}" is one argument too many; see avatar-pipeline local --help.`);
  }
  const interrupted = new AbortController();
  const ended = onSignals().then(() => interrupted.abort(interruption()));
  const data = readData(values.data);
  const program = findProgram(values.program);
  const started = { program, stack: values.stack ?? DEFAULT_STACK };
  const config = readConfig(values.config);
  const faults = values.faults === undefined ? undefined : readFaults(values.faults);
  const port = readPort(values.port);
  await checkSettings(program, { stack: values.stack, config }, { stack: "--stack", config: "--config" });
  // Now and not before: all the services take a while to load, and a mistake on the command line is told at once.
  const [{ startLocalCloud }, { consoleRoute }, { factsRoute }] = await Promise.all([
    import("../target/start-cloud.js"),
    import("../target/console-route.js"),
    import("../target/running.js"),
  ]);
  const cloud = await startLocalCloud({
    port,
    data,
    graph: ({ serves }) =>
      evaluateProgram({
        ...started,
        serves,
        cache: resolve(data, "program"),
        config,
        signal: interrupted.signal,
        print: (text) => process.stderr.write(text),
      }),
    routes: (parts) => [consoleRoute(parts), factsRoute(parts, { ...started, stays: true })],
    onWarning: (line) => process.stderr.write(`${line}\n`),
    ...(values.smtp === undefined ? {} : { smtp: values.smtp }),
    ...(faults ? { faults } : {}),
  });
  if (!interrupted.signal.aborted) process.stdout.write(welcome(cloud, performance.now()));
  await ended;
  await cloud.close();
  return 0;
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
  // Some editors put a byte order mark in front.
  faults.use(text.replace(/^\uFEFF/, ""), `--faults ${file}`);
  return faults;
}

/** @param milliseconds since the process began */
function welcome(cloud: Cloud, milliseconds: number): string {
  const { url, identity } = cloud;
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
    `    AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_REGION=${identity.region} \\\n` +
    `      aws s3 cp photo.jpg s3://${pipeline.photoBucket}/uploads/SV001/photo.jpg --endpoint-url ${url}\n\n` +
    `Ready in ${(milliseconds / 1000).toFixed(1)} s. Ctrl-C ends it; everything is kept.\n`
  );
}
