#!/usr/bin/env node
"use strict";

const { main } = require("../build/local/cli.js");

main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
