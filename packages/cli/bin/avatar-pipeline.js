#!/usr/bin/env node
"use strict";

const { existsSync } = require("node:fs");
const module_ = require("node:module");
const { join } = require("node:path");

/**
 * The command line: of a clone that is built, and of the package avatar-pipeline-cli, which this file is the command of
 * as well; else of that package as it is installed where the command is run, or beside this one.
 */
function findCommandLine() {
  const own = join(__dirname, "../../../build/packages/cli/main.js");
  if (existsSync(own)) return own;
  for (const place of [join(process.cwd(), "index.js"), __filename]) {
    try {
      return module_.createRequire(place).resolve("avatar-pipeline-cli");
    } catch {
      // Not to be found from there.
    }
  }
  return undefined;
}

const commandLine = findCommandLine();
if (commandLine === undefined) {
  // The package of the component is small: the local mode's face networks would add 200 MB to every consumer.
  console.error(
    "avatar-pipeline: the commands are a package of their own: run `npm install --save-dev avatar-pipeline-cli`; " +
      "in a clone of the project `npm run build` makes them.",
  );
  process.exit(1);
}

// Keeps the compiled code of all that is loaded between runs, where Node.js can (22.8 and newer).
module_.enableCompileCache?.();

require(commandLine)
  .main(process.argv.slice(2))
  .then(
    (status) => process.exit(status),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
