import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { S3 } from "@aws-sdk/client-s3";
import { SNS } from "@aws-sdk/client-sns";
import { SQS } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCloud, type Cloud, type CloudOptions } from "../../../packages/local-cloud";
import { evaluateProgram } from "../../../packages/local-cloud/program/evaluate";
import type { ProgramGraph } from "../../../packages/local-cloud/program/graph";
import { errorOf } from "../../support/errors";
import { sampleProject } from "./program/sample";
import { blindEngine as engine, sampleProgram } from "./sample-program";

describe("the cloud of a program", () => {
  let graph: ProgramGraph;
  let data: string;
  let cloud: Cloud;
  const warnings: string[] = [];
  const names = () => graph.stackOutputs["names"] as Record<"bucket" | "table" | "queue" | "machine" | "topic", string>;
  const open = (more: Partial<CloudOptions> = {}): Promise<Cloud> =>
    startCloud({
      graph,
      port: 0,
      data,
      engine,
      onWarning: (line) => warnings.push(line),
      fallbackEmail: (topic) => `${topic}@inbox.local`,
      ...more,
    });

  before(async () => {
    graph = await evaluateProgram({ program: join(sampleProject({ "index.ts": sampleProgram }), "index.ts") });
    data = mkdtempSync(join(tmpdir(), "cloud-"));
    cloud = await open();
  });
  after(async () => {
    await cloud.close();
    rmSync(data, { recursive: true });
  });

  it("says what it leaves out", () => {
    expect(warnings).to.include("aws:ec2/vpc:Vpc has no local counterpart and is left out: net.");
    expect(warnings.filter((line) => line.includes("LogGroup"))).to.deep.equal([]);
  });

  it("leads an upload through rule, machine, function, table, topic and queue", async () => {
    const s3 = new S3(cloud.clientConfig);
    await s3.putObject({ Bucket: names().bucket, Key: "in/đ +%.txt", Body: "x" });
    await s3.putObject({ Bucket: names().bucket, Key: "elsewhere/a.txt", Body: "x" });
    await cloud.idle();
    const [execution, ...others] = [...cloud.machines.executions()];
    expect(others).to.deep.equal([]);
    expect(execution).to.include({ status: "SUCCEEDED", machineArn: names().machine });
    const { Items } = await new DynamoDB(cloud.clientConfig).scan({ TableName: names().table });
    expect(Items).to.deep.equal([{ id: { S: "in/đ +%.txt" } }]);
    expect(cloud.mailbox.list().map(({ to, subject }) => [to, subject])).to.deep.equal([
      [["lan@school.example"], "Written"],
    ]);
    const { Messages = [] } = await new SQS(cloud.clientConfig).receiveMessage({
      QueueUrl: names().queue.replace("127.0.0.1:0", `127.0.0.1:${cloud.port}`),
    });
    expect(Messages.map(({ Body }) => Body)).to.deep.equal(['"SUCCEEDED"']);
  });

  it("holds every function to its role", async () => {
    const { arn } = await cloud.machines.start(names().machine, '{"key":"scan"}');
    await cloud.idle();
    const execution = cloud.machines.execution(arn);
    expect(execution).to.include({ status: "FAILED", error: "AccessDeniedException" });
    expect(execution?.cause).to.include("is not authorized to perform: dynamodb:Scan on resource");
  });

  it("mails the messages of a topic that nobody subscribes to, so that they are seen", async () => {
    await new SNS(cloud.clientConfig).publish({ TopicArn: names().topic, Message: "anyone?" });
    expect(cloud.mailbox.list()[0]?.to[0]).to.match(/^quiet-[0-9a-f]{7}@inbox\.local$/);
  });

  it("serves the website, and leads to it from the root", async () => {
    const home = await fetch(`${cloud.url}/`);
    expect(home.url).to.equal(Object.values(cloud.sites)[0]);
    expect(await home.text()).to.equal("<p>hello</p>");
    expect((await fetch(`${cloud.url}/_site/nothing/`)).status).to.equal(404);
  });

  it("puts its own address where the program read an endpoint", () => {
    expect(cloud.graph.stackOutputs["origin"]).to.equal(cloud.url);
    expect(cloud.graph.stackOutputs["apiUrl"]).to.match(new RegExp(`^${cloud.url}/_api/[0-9a-f]{10}$`));
  });

  it("answers an API's request only if the function permits it", async () => {
    const response = await fetch(`${String(cloud.graph.stackOutputs["apiUrl"])}/write`);
    expect(response.status).to.equal(500);
  });

  it("keeps the folder to itself", async () => {
    const failure = (await errorOf(open())).message;
    expect(failure).to.match(
      /^The data folder .* is in use by another local mode \(process \d+, which answers at http:\/\/127\.0\.0\.1:\d+\)\. Stop that one, or choose another folder\.$/,
    );
  });

  it("goes on after a restart where it was, and gives way of what the program no longer declares", async () => {
    const machineArn = names().machine;
    const before = [...cloud.machines.executions()].length;
    await cloud.close();
    expect(existsSync(join(data, "lock"))).to.equal(false);
    const resources = graph.resources.filter(({ type }) => !type.startsWith("aws:s3/bucketObject"));
    cloud = await open({ graph: { ...graph, resources } });
    expect([...cloud.machines.executions()].length).to.equal(before);
    expect((await new DynamoDB(cloud.clientConfig).scan({ TableName: names().table })).Count).to.equal(2);
    expect(cloud.mailbox.list().length).to.be.greaterThan(1);
    expect((await fetch(Object.values(cloud.sites)[0] ?? "")).status).to.equal(404);
    const { arn } = await cloud.machines.start(machineArn, '{"key":"again"}');
    await cloud.idle();
    expect(cloud.machines.execution(arn)?.status).to.equal("SUCCEEDED");
  });

  it("takes over a folder whose holder was killed", async () => {
    await cloud.close();
    writeFileSync(join(data, "lock"), JSON.stringify({ pid: 2 ** 22 + 1, token: "x", url: "http://127.0.0.1:1" }));
    cloud = await open();
    expect(JSON.parse(readFileSync(join(data, "lock"), "utf8"))).to.include({ pid: process.pid, url: cloud.url });
  });

  it("touches nothing when the port is in use", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => other.once("listening", listening));
    const { port } = other.address() as AddressInfo;
    const elsewhere = join(data, "elsewhere");
    const failure = (await errorOf(startCloud({ graph, port, data: elsewhere, engine }))).message;
    other.close();
    expect(failure).to.equal(`Port ${port} is in use by another program. Stop that one, or choose another.`);
    expect(existsSync(elsewhere)).to.equal(false);
  });

  it("warns of nothing when it is closed before the face networks are loaded", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "cloud-"));
    const said: string[] = [];
    const collection = {
      ...graph.resources[0]!,
      urn: "urn:pulumi:dev::sample::aws:rekognition/collection:Collection::faces",
      type: "aws:rekognition/collection:Collection",
      name: "faces",
      inputs: { collectionId: "faces" },
      outputs: { collectionId: "faces" },
    };
    const hasty = await startCloud({
      graph: { ...graph, resources: [...graph.resources, collection] },
      port: 0,
      data: elsewhere,
      onWarning: (line) => said.push(line),
    });
    await hasty.close();
    // The engine's own answer to its end has been heard by then.
    await new Promise((resolve) => setImmediate(resolve));
    expect(said.filter((line) => line.includes("engine"))).to.deep.equal([]);
    rmSync(elsewhere, { recursive: true, force: true });
  });

  it("refuses a function whose role Lambda may not take, as AWS does, and leaves no lock", async () => {
    const resources = graph.resources.map((node) =>
      node.name === "write" && node.type === "aws:iam/role:Role"
        ? {
            ...node,
            inputs: {
              ...node.inputs,
              assumeRolePolicy: String(node.inputs["assumeRolePolicy"]).replace("lambda.", "ec2."),
            },
          }
        : node,
    );
    const elsewhere = mkdtempSync(join(tmpdir(), "cloud-"));
    const failure = (await errorOf(startCloud({ graph: { ...graph, resources }, port: 0, data: elsewhere, engine })))
      .message;
    expect(failure).to.include("lambda.amazonaws.com is not authorized to perform: sts:AssumeRole");
    expect(existsSync(join(elsewhere, "lock"))).to.equal(false);
    rmSync(elsewhere, { recursive: true });
  });
});
