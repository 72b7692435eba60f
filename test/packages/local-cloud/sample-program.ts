import type { FaceEngine } from "../../../packages/local-cloud/services/rekognition/faces/engine";

/**
 * A small program of everything: an upload starts a machine, whose function writes a row, and whose end is published.
 */
export const sampleProgram = `
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
  new aws.iam.RolePolicyAttachment("write", { role: role.name, policyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole" });
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
export const blindEngine: FaceEngine = {
  ready: () => Promise.resolve(),
  detect: () => Promise.resolve([]),
  close: () => Promise.resolve(),
};
