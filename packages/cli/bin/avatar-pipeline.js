#!/usr/bin/env node
// @ts-check
"use strict";

// Caches the compiled code of all modules between runs, if Node.js can (22.8 and newer).
/** @type {typeof import("node:module") & { enableCompileCache?(): void }} */
const modules = require("node:module");
modules.enableCompileCache?.();

require("../lib/main.js")
  .main(process.argv.slice(2))
  .then(
    (status) => process.exit(status),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
