import * as grpc from "@grpc/grpc-js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerMessages from "@pulumi/pulumi/proto/provider_pb.js";
import monitorService from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import monitorMessages from "@pulumi/pulumi/proto/resource_pb.js";
import { expect } from "chai";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import structMessages from "google-protobuf/google/protobuf/struct_pb.js";
import { answer } from "../components/harness";
import { messageOf } from "../support/errors";

const root = join(__dirname, "../../..");
const run = promisify(execFile);

interface Call<Request> {
  readonly request: Request;
}
type Reply = (error: Error | null, response?: unknown) => void;
interface Registration {
  getType(): string;
  getName(): string;
  getParent(): string;
  getCustom(): boolean;
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
}

/** The engine's side of a deployment, as far as a provider needs it: it takes registrations and answers like AWS. */
async function startEngine(): Promise<{ address: string; registered: Registration[]; logs: string[]; stop(): void }> {
  const registered: Registration[] = [];
  const logs: string[] = [];
  const empty = (_: unknown, reply: Reply) => reply(null, new emptyMessages.Empty());
  const server = new grpc.Server();
  server.addService(monitorService.ResourceMonitorService, {
    supportsFeature: (_: unknown, reply: Reply) => {
      const response = new monitorMessages.SupportsFeatureResponse();
      response.setHassupport(true);
      reply(null, response);
    },
    registerResource: ({ request }: Call<Registration>, reply: Reply) => {
      registered.push(request);
      const [type, name] = [request.getType(), request.getName()];
      const urn = `urn:pulumi:dev::school::${type}::${name}`;
      const inputs = request.getObject()?.toJavaScript() ?? {};
      const where = { partition: "aws", region: "ap-southeast-1", urn };
      const made = request.getCustom() ? answer({ type, name, inputs }, where) : { id: "", state: inputs };
      const response = new monitorMessages.RegisterResourceResponse();
      response.setUrn(urn);
      response.setId(made.id ?? "");
      response.setObject(structMessages.Struct.fromJavaScript(made.state as never));
      reply(null, response);
    },
    registerResourceOutputs: empty,
    signalAndWaitForShutdown: empty,
  });
  server.addService(engineService.EngineService, {
    log: ({ request }: Call<{ getMessage(): string }>, reply: Reply) => {
      logs.push(request.getMessage());
      empty(undefined, reply);
    },
  });
  const port = await new Promise<number>((done, failed) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? failed(error) : done(bound),
    ),
  );
  return { address: `127.0.0.1:${port}`, registered, logs, stop: () => server.forceShutdown() };
}

interface Client {
  getSchema(request: unknown, reply: (error: Error | null, response: { getSchema(): string }) => void): void;
  construct(request: unknown, reply: (error: Error | null, response: Constructed) => void): void;
  close(): void;
}
interface Constructed {
  getUrn(): string;
  getState(): { toJavaScript(): Record<string, unknown> };
}

describe("The component provider", () => {
  let engine: Awaited<ReturnType<typeof startEngine>>;
  let child: ChildProcess;
  let client: Client;

  before(async () => {
    engine = await startEngine();
    // A folder without a package.json, as in a YAML or Python program.
    child = spawn(process.execPath, [join(root, "provider/index.js"), engine.address], { cwd: "/" });
    const [line] = (await once(child.stdout!, "data")) as [Buffer];
    const Provider = providerService.ResourceProviderClient as unknown as new (...given: unknown[]) => Client;
    client = new Provider(`127.0.0.1:${line.toString().trim()}`, grpc.credentials.createInsecure());
  });
  after(async () => {
    client.close();
    child.kill();
    await once(child, "exit");
    engine.stop();
  });

  const construct = (name: string, inputs: Record<string, unknown>, type = "avatar-pipeline:index:AvatarPipeline") => {
    const request = new providerMessages.ConstructRequest();
    request.setProject("school");
    request.setStack("dev");
    request.setOrganization("organization");
    request.setMonitorendpoint(engine.address);
    request.setParallel(16);
    request.setType(type);
    request.setName(name);
    request.setInputs(structMessages.Struct.fromJavaScript(inputs as never));
    return new Promise<Constructed>((done, failed) =>
      client.construct(request, (error, response) => (error ? failed(error) : done(response))),
    );
  };

  it("has a schema that says what the sources say", async () => {
    await run(process.execPath, [join(root, "tools/generate/provider-schema.mjs"), "--check"]);
  });

  it("gives its schema with the package's version, without a union, a callback or a plain any in it", async () => {
    const text = await new Promise<string>((done, failed) =>
      client.getSchema(new providerMessages.GetSchemaRequest(), (error, response) =>
        error ? failed(error) : done(response.getSchema()),
      ),
    );
    const schema = JSON.parse(text) as { name: string; version: string; resources: object; types: object };
    const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as typeof schema;
    expect(schema).to.include({ name, version });
    expect(Object.keys(schema.resources)).to.deep.equal(["avatar-pipeline:index:AvatarPipeline"]);
    expect(text).not.to.match(/oneOf|pulumi\.json#\/Any/);
    expect(Object.keys(schema.types)).to.include("avatar-pipeline:index:SiteLocale");
  });

  it("makes a pipeline from another language's inputs, in a folder without a package.json", async () => {
    const made = await construct("avatars", {
      thumbnail: { sizes: [128] },
      notifications: { failureEmails: ["registry@school.example"] },
      site: { enabled: false },
    });
    expect(made.getUrn()).to.equal("urn:pulumi:dev::school::avatar-pipeline:index:AvatarPipeline::avatars");
    const outputs = made.getState().toJavaScript();
    expect(outputs["stateMachineArn"]).to.match(/^arn:aws:states:.*:stateMachine:avatars-flow-/);
    expect(outputs["faceCollectionId"]).to.equal("school-dev-avatars-c3f5ef39");
    expect(outputs).not.to.have.property("siteUrl");
    const named = (type: string, name: string) =>
      engine.registered.find((one) => one.getType() === type && one.getName() === name)!;
    const thumbnails = named("aws:lambda/function:Function", "avatars-create-thumbnail").getObject()!.toJavaScript();
    const { variables } = thumbnails["environment"] as { variables: Record<string, string> };
    expect(JSON.parse(variables["THUMBNAIL_RULES"]!)).to.deep.include({ sizes: [128] });
    for (const resource of engine.registered.filter((one) => one.getCustom())) {
      expect(resource.getParent(), resource.getName()).to.equal(made.getUrn());
    }
  });

  it("refuses bad options with the same words", async () => {
    const message = await construct("avatars", { face: { maxYaw: 400 } }).then(() => "made", messageOf);
    expect(message).to.include("face.maxYaw is 400, but must be a number from 0 to 90 degrees");
  });

  it("refuses a type that it does not have", async () => {
    const message = await construct("avatars", {}, "avatar-pipeline:index:Other").then(() => "made", messageOf);
    expect(message).to.include("This package has no avatar-pipeline:index:Other");
  });
});
