import { defineCommand, option } from "../command";
import { config, data, defaultData, program, stack } from "../options";
import { usageError } from "../usage-error";

const defaultPort = "4180";

export const local = defineCommand({
  name: "local",
  summary: "Runs the whole pipeline on this machine as a service, until Ctrl-C.",
  synopses: ["[--port N] [--data DIR] [OPTION…]"],
  description: [
    "Runs the whole pipeline on this machine, until Ctrl-C: the upload page, its API, the functions, the state machine, " +
      "and a console with the inbox and the executions.",
  ],
  options: {
    port: option("N", `Port on 127.0.0.1, default ${defaultPort}; 0 takes any that is free.`, (text = defaultPort) => {
      const port = Number(text);
      if (/^\d+$/.test(text) && port <= 65_535) return port;
      throw usageError(`--port ${text}: a port is a whole number from 0 to 65535, and 0 takes any that is free.`);
    }),
    data: { ...data, help: `The folder that keeps everything, default ${defaultData}/ in the working directory.` },
    ...{ program, stack, config },
    smtp: option("URL", "A server that gets every mail as well, such as smtp://127.0.0.1:1025.", (text) => text),
    faults: option(
      "FILE",
      "A script of faults to inject; each is reported as it happens. For example:\n" +
        '{"rules": [{"service": "rekognition", "perSecond": 5, "fault": {"kind": "throttle"}}]}\n' +
        "The reference of faults lists all that it may hold.",
      (text) => text,
    ),
  },
  exits: [
    [0, "ended by Ctrl-C"],
    [1, "it could not start or bad usage"],
    [130, "Ctrl-C before it was ready"],
  ],
  async run({ values }) {
    return (await import("../target/serve.js")).serve(values);
  },
});
