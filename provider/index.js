/* eslint-disable @typescript-eslint/no-require-imports -- Pulumi's Node.js host requires this file as it is. */
/* global require, process */
// @ts-check
/**
 * The component as a Pulumi provider, for programs in YAML, Python, Go, C# and Java.
 *
 * Not componentProviderHost: that one compiles the component's TypeScript sources each time it starts, some seconds and
 * some hundred megabytes, and would need them in the package. The schema is generated once and checked in; a test
 * holds it to the sources.
 */
const { provider } = require("@pulumi/pulumi");
const { AvatarPipeline } = require("../lib/index.js");
const { version } = require("../package.json");
const schema = require("./schema.json");

const token = "avatar-pipeline:index:AvatarPipeline";

/** @type {import("@pulumi/pulumi").provider.Provider} */
const avatarPipelineProvider = {
  version,
  schema: JSON.stringify({ ...schema, version }),
  async construct(name, type, inputs, options) {
    if (type !== token) throw new Error(`This package has no ${type}; it has ${token}.`);
    const pipeline = new AvatarPipeline(name, inputs, options);
    const outputs = Object.keys(schema.resources[token].properties);
    return {
      urn: pipeline.urn,
      state: Object.fromEntries(outputs.map((output) => [output, Reflect.get(pipeline, output)])),
    };
  },
};

void provider.main(avatarPipelineProvider, process.argv.slice(2));
