/* eslint-disable @typescript-eslint/no-require-imports -- Pulumi's Node.js host requires this file as it is. */
/* global require */
// @ts-check
/**
 * The policy pack: `pulumi preview --policy-pack node_modules/avatar-pipeline/policy`.
 * The rules are in rules.js, so that tests can read them without starting the pack's server.
 */
const { PolicyPack } = require("@pulumi/policy");
const { policies } = require("./rules.js");

new PolicyPack("avatar-pipeline", { policies, enforcementLevel: "mandatory" });
