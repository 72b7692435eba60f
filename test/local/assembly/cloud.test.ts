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
import { startCloud, type Cloud, type CloudOptions } from "../../../local/cloud";
import type { FaceEngine } from "../../../local/faces/engine";
import { evaluateProgram } from "../../../local/program/evaluate";
import type { ProgramGraph } from "../../../local/program/graph";
import { sampleProject } from "../program/sample";

/** A small program of everything: an upload starts a machine, whose function writes a row, and whose end is told. */
const PROGRAM = `
  import * as aws from "@pulumi/aws";
  import * as pulumi from "@pulumi/pulumi";
  const trust = (service: string) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }] });
  const allow = (...statements: { Action: string[]; Resource: pulumi.Input<string>[] }[]) =>
    pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements.map((statement) => ({ Effect: "Allow", ...statement })) });

  const bucket = new aws.s3.Bucket("photos");
  new aws.s3.BucketVersioning("photos", { bucket: bucket.bucket, versioningConfiguration: { status: "Enabled" } });
  new aws.s3.BucketNotification("photos", { bucket: bucket.bucket, eventbridge: true });
  const table = new aws.dynamodb.Table("rows", { hashKey: "id", attributes: [{ name: "id", type: "S" }], billingMode: "PAY_PER_REQUEST" });
  const topic = new aws.sns.Topic("told", { displayName: "Told" });
  new aws.sns.TopicSubscription("told", { topic: topic.arn, protocol: "email", endpoint: "lan@school.example" });
  const quiet = new aws.sns.Topic("quiet");
  const queue = new aws.sqs.Queue("ends");

  const role = new aws.iam.Role("write", { assumeRolePolicy: trust("lambda.amazonaws.com") });
  new aws.iam.RolePolicy("write", { role: role.id, policy: allow({ Action: ["dynamodb:PutItem"], Resource: [table.arn] }, { Action: ["sns:Publish"], Resource: [topic.arn] }) });
  const write = new aws.lambda.CallbackFunction("write", {
    role,
    codePathOptions: { extraExcludePackages: ["typescript"] },
    environment: { variables: { TABLE: table.name, TOPIC: topic.arn } },
    callbackFactory: () => {
      const { DynamoDB } = require("@aws-sdk/client-dynamodb");
      const { SNS } = require("@aws-sdk/client-sns");
      const [dynamodb, sns] = [new DynamoDB({}), new SNS({})];
      return async ({ key }: { key: string }) => {
        await dynamodb.putItem({ TableName: process.env.TABLE, Item: { id: { S: key } } });
        await sns.publish({ TopicArn: process.env.TOPIC, Subject: "Written", Message: key });
        if (key.includes("scan")) await dynamodb.scan({ TableName: process.env.TABLE });
        return { written: key };
      };
    },
  });
  const machineRole = new aws.iam.Role("machine", { assumeRolePolicy: trust("states.amazonaws.com") });
  new aws.iam.RolePolicy("machine", { role: machineRole.name, policy: allow({ Action: ["lambda:InvokeFunction"], Resource: [write.arn] }) });
  const machine = new aws.sfn.StateMachine("machine", {
    roleArn: machineRole.arn,
    definition: pulumi.jsonStringify({ StartAt: "Write", States: { Write: { Type: "Task", Resource: write.arn, End: true } } }),
  });
  const startRole = new aws.iam.Role("start", { assumeRolePolicy: trust("events.amazonaws.com") });
  new aws.iam.RolePolicy("start", { role: startRole.name, policy: allow({ Action: ["states:StartExecution"], Resource: [machine.arn] }) });
  const uploaded = new aws.cloudwatch.EventRule("uploaded", {
    eventPattern: pulumi.jsonStringify({ source: ["aws.s3"], "detail-type": ["Object Created"], detail: { bucket: { name: [bucket.bucket] }, object: { key: [{ prefix: "in/" }] } } }),
  });
  new aws.cloudwatch.EventTarget("uploaded", { rule: uploaded.name, arn: machine.arn, roleArn: startRole.arn, inputTransformer: { inputPaths: { key: "$.detail.object.key" }, inputTemplate: '{"key":<key>}' } });
  const ended = new aws.cloudwatch.EventRule("ended", { eventPattern: JSON.stringify({ source: ["aws.states"], detail: { status: ["SUCCEEDED", "FAILED"] } }) });
  new aws.cloudwatch.EventTarget("ended", { rule: ended.name, arn: queue.arn, inputPath: "$.detail.status" });
  new aws.sqs.QueuePolicy("ends", { queueUrl: queue.url, policy: pulumi.jsonStringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage", Resource: queue.arn, Condition: { ArnEquals: { "aws:SourceArn": ended.arn } } }] }) });

  const site = new aws.s3.Bucket("site");
  new aws.s3.BucketPublicAccessBlock("site", { bucket: site.bucket, blockPublicPolicy: false, restrictPublicBuckets: false });
  new aws.s3.BucketPolicy("site", { bucket: site.bucket, policy: pulumi.jsonStringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: pulumi.interpolate\`\${site.arn}/*\` }] }) });
  const website = new aws.s3.BucketWebsiteConfiguration("site", { bucket: site.bucket, indexDocument: { suffix: "index.html" } });
  new aws.s3.BucketObjectv2("index.html", { bucket: site.bucket, key: "index.html", content: "<p>hello</p>", contentType: "text/html" });
  new aws.cloudwatch.LogGroup("logs");
  new aws.ec2.Vpc("net", { cidrBlock: "10.0.0.0/16" });

  const api = new aws.apigatewayv2.Api("api", { protocolType: "HTTP" });
  const integration = new aws.apigatewayv2.Integration("api", { apiId: api.id, integrationType: "AWS_PROXY", integrationUri: write.invokeArn, payloadFormatVersion: "2.0" });
  new aws.apigatewayv2.Route("api", { apiId: api.id, routeKey: "GET /write", target: pulumi.interpolate\`integrations/\${integration.id}\` });
  new aws.apigatewayv2.Stage("api", { apiId: api.id, name: "$default", autoDeploy: true });

  export const names = { bucket: bucket.bucket, table: table.name, queue: queue.url, machine: machine.arn, topic: quiet.arn };
  export const origin = pulumi.interpolate\`http://\${website.websiteEndpoint}\`;
  export const apiUrl = api.apiEndpoint;
`;

/** No test here shows a face. */
const engine: FaceEngine = {
  ready: () => Promise.resolve(),
  detect: () => Promise.resolve([]),
  close: () => Promise.resolve(),
};

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
    graph = await evaluateProgram({ program: join(sampleProject({ "index.ts": PROGRAM }), "index.ts") });
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
    const failure = await open().then(
      () => "none",
      (error: Error) => error.message,
    );
    expect(failure).to.match(
      /^The data folder .* is in use by another local mode \(process \d+, which answers at http:\/\/127\.0\.0\.1:\d+\)\. Stop that one, or choose another folder with --data DIR\.$/,
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
    const failure = await startCloud({ graph, port, data: elsewhere, engine }).then(
      () => "none",
      (error: Error) => error.message,
    );
    other.close();
    expect(failure).to.equal(
      `Port ${port} is in use by another program. Stop that one, or choose another with --port N.`,
    );
    expect(existsSync(elsewhere)).to.equal(false);
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
    const failure = await startCloud({ graph: { ...graph, resources }, port: 0, data: elsewhere, engine }).then(
      () => "none",
      (error: Error) => error.message,
    );
    expect(failure).to.include("lambda.amazonaws.com is not authorized to perform: sts:AssumeRole");
    expect(existsSync(join(elsewhere, "lock"))).to.equal(false);
    rmSync(elsewhere, { recursive: true });
  });
});
