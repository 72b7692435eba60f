/* eslint-disable @typescript-eslint/no-require-imports -- Pulumi's Node.js host requires this file as it is. */
/* global require, process */
// @ts-check
/**
 * The component as a Pulumi provider, for programs in YAML, Python, Go, C# and Java.
 *
 * Not componentProviderHost: it compiles the component's TypeScript sources at every start, which takes some seconds
 * and some hundred megabytes and requires the sources in the package. The schema is generated once and checked in; a
 * test compares it with the sources.
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
