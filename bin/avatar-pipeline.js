#!/usr/bin/env node
"use strict";

const { existsSync } = require("node:fs");
const { join } = require("node:path");

const cli = join(__dirname, "../build/local/cli.js");
if (!existsSync(cli)) {
  // The published package holds the component alone; the local mode's engine would add 200 MB to every consumer.
  console.error(
    "avatar-pipeline: the commands are not built here. In a clone of the project run `npm run build`; " +
      "the package on its own holds the component, not the local mode.",
  );
  process.exit(1);
}

// Keeps the compiled code of all that is loaded between runs, where Node.js can (22.8 and newer).
require("node:module").enableCompileCache?.();

require(cli)
  .main(process.argv.slice(2))
  .then(
    (status) => process.exit(status),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
