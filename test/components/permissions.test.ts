import { AvatarPipeline } from "avatar-pipeline";
import { expect } from "chai";
import { functions, steps } from "../../handlers/functions";
import { evaluate, readable, statementsOf, type Evaluation } from "./harness";

const kebab = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();

describe("AvatarPipeline", () => {
  let world: Evaluation<readonly AvatarPipeline[]>;
  before(async () => {
    world = await evaluate(() => [
      new AvatarPipeline("avatars", { notifications: { sender: "avatars@school.example" } }),
    ]);
  });

  const permissions = (role: string) =>
    statementsOf(world.one("RolePolicy", role))
      .flatMap(({ Action, Resource, Condition }) =>
        [Action].flat().flatMap((action) =>
          [Resource].flat().map((on) => {
            const condition = Condition === undefined ? "" : ` if ${JSON.stringify(Condition)}`;
            return `${action} on ${readable(on)}${condition}`;
          }),
        ),
      )
      .sort();

  describe("allows", () => {
    const uploads = "s3:avatars-photos/uploads/*";
    const avatars = "s3:avatars-photos/avatars/*";
    const collection = "rekognition:collection/school-dev-avatars-c3f5ef39";
    const uploadTable = "dynamodb:table/avatars-uploads";
    const avatarTable = "dynamodb:table/avatars-avatars";
    const readUpload = `s3:GetObjectVersion on ${uploads}`;
    const showUpload = [`s3:GetObject on ${uploads}`, readUpload];
    const deleteUpload = `s3:DeleteObjectVersion on ${uploads}`;
    const deleteThumbnails = [
      's3:ListBucketVersions on s3:avatars-photos if {"StringLike":{"s3:prefix":"avatars/*"}}',
      `s3:DeleteObjectVersion on ${avatars}`,
    ];
    const mark = `dynamodb:UpdateItem on ${uploadTable}`;
    const readAvatar = `dynamodb:GetItem on ${avatarTable}`;
    const readRow = `dynamodb:GetItem on ${uploadTable}`;
    const own: Record<string, readonly string[]> = {
      ReceivePhoto: [mark, readRow, readAvatar, deleteUpload],
      CheckFormat: [mark, readUpload],
      DetectFace: [mark, ...showUpload, "rekognition:DetectFaces on *"],
      CheckDuplicate: [mark, readRow, readAvatar, ...showUpload, `rekognition:SearchFacesByImage on ${collection}`],
      CreateThumbnail: [mark, readUpload, `s3:PutObject on ${avatars}`],
      IndexFace: [
        mark,
        readRow,
        readAvatar,
        ...showUpload,
        `rekognition:IndexFaces on ${collection}`,
        `rekognition:SearchFaces on ${collection}`,
      ],
      SaveMetadata: [mark, readAvatar, `dynamodb:PutItem on ${avatarTable}`],
      DeleteOriginal: [
        mark,
        readAvatar,
        `dynamodb:UpdateItem on ${avatarTable}`,
        deleteUpload,
        ...deleteThumbnails,
        `rekognition:DeleteFaces on ${collection}`,
      ],
      NotifySuccess: [mark, readRow, readAvatar, "sns:Publish on sns:avatars-success"],
      Undo: [
        mark,
        readRow,
        readAvatar,
        `dynamodb:UpdateItem on ${avatarTable}`,
        deleteUpload,
        ...deleteThumbnails,
        `rekognition:DeleteFaces on ${collection}`,
        `rekognition:ListFaces on ${collection}`,
      ],
      NotifyFailure: [mark, readRow, "sns:Publish on sns:avatars-failure"],
      Reconcile: [
        mark,
        readRow,
        readAvatar,
        `dynamodb:Scan on ${uploadTable}`,
        `dynamodb:Scan on ${avatarTable}`,
        `dynamodb:UpdateItem on ${avatarTable}`,
        ...["ListFaces", "DeleteFaces", "IndexFaces", "SearchFaces"].map((a) => `rekognition:${a} on ${collection}`),
        ...deleteThumbnails,
        `s3:GetObject on ${avatars}`,
        's3:ListBucketVersions on s3:avatars-photos if {"StringLike":{"s3:prefix":"uploads/*"}}',
        `s3:DeleteObjectVersion on ${uploads}`,
        "states:StartExecution on states:stateMachine:avatars-flow",
        "states:DescribeExecution on states:execution:avatars-flow:*",
      ],
      StartMissed: [
        readRow,
        's3:ListBucketVersions on s3:avatars-photos if {"StringLike":{"s3:prefix":"uploads/*"}}',
        "states:StartExecution on states:stateMachine:avatars-flow",
      ],
      EraseStudent: [
        mark,
        `dynamodb:Scan on ${uploadTable}`,
        `dynamodb:DeleteItem on ${uploadTable}`,
        `dynamodb:DeleteItem on ${avatarTable}`,
        `rekognition:ListFaces on ${collection}`,
        `rekognition:DeleteFaces on ${collection}`,
        ...deleteThumbnails,
        's3:ListBucketVersions on s3:avatars-photos if {"StringLike":{"s3:prefix":"uploads/*"}}',
        `s3:DeleteObjectVersion on ${uploads}`,
      ],
      IssueUpload: [mark, `dynamodb:PutItem on ${uploadTable}`, `s3:PutObject on ${uploads}`],
      ReadStatus: [readRow, readAvatar, `s3:GetObject on ${avatars}`],
      MailStudent: [
        ...["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"].map((a) => `sqs:${a} on sqs:avatars-mail`),
        "dynamodb:UpdateItem on dynamodb:table/avatars-mail-counts",
        mark,
        readRow,
        `s3:GetObject on ${avatars}`,
        ...["ses:SendEmail", "ses:SendRawEmail"].flatMap((a) =>
          ["ses:identity/*", "ses:configuration-set/*"].map(
            (r) => `${a} on ${r} if {"StringEquals":{"ses:FromAddress":"avatars@school.example"}}`,
          ),
        ),
      ],
    };

    it("no role anything but those below", () => {
      const parts = [...Object.keys(own).map(kebab), "flow", "start"];
      expect(world.all("RolePolicy").map(({ name }) => name)).to.have.members(parts.map((part) => `avatars-${part}`));
      expect(Object.keys(own)).to.have.members(functions.map(({ name }) => name));
      expect(world.all("RolePolicyAttachment")).to.deep.equal([]);
    });

    for (const name of Object.keys(own)) {
      it(`${name} exactly what it needs`, () => {
        const part = `avatars-${kebab(name)}`;
        const logs = `logs:log-group:/aws/lambda/${part}-${part}:*`;
        const common = [
          `logs:CreateLogStream on ${logs}`,
          `logs:PutLogEvents on ${logs}`,
          "xray:PutTelemetryRecords on *",
          "xray:PutTraceSegments on *",
        ];
        expect(permissions(part)).to.deep.equal([...(own[name] ?? []), ...common].sort());
      });
    }

    it("the machine to call its functions, and to write its logs and traces", () => {
      const on = (actions: readonly string[]) => actions.map((action) => `${action} on *`);
      expect(permissions("avatars-flow")).to.deep.equal(
        [
          ...steps.map(({ name }) => `lambda:InvokeFunction on lambda:function:avatars-${kebab(name)}`),
          ...on(
            ["CreateLogDelivery", "DeleteLogDelivery", "GetLogDelivery", "ListLogDeliveries"].map((a) => `logs:${a}`),
          ),
          ...on(["UpdateLogDelivery", "PutResourcePolicy", "DescribeResourcePolicies"].map((a) => `logs:${a}`)),
          ...on(["logs:DescribeLogGroups", "xray:GetSamplingRules", "xray:GetSamplingTargets"]),
          ...on(["xray:PutTelemetryRecords", "xray:PutTraceSegments"]),
        ].sort(),
      );
    });

    it("the rules to start the machine", () => {
      expect(permissions("avatars-start")).to.deep.equal(["states:StartExecution on states:stateMachine:avatars-flow"]);
    });

    it("each role to be assumed by its one service", () => {
      for (const role of world.all("Role")) {
        const trust = JSON.parse(role.inputs["assumeRolePolicy"] as string) as {
          Statement: { Principal: { Service: string } }[];
        };
        const service = { "avatars-flow": "states", "avatars-start": "events" }[role.name] ?? "lambda";
        expect(trust.Statement.map(({ Principal }) => Principal)).to.deep.equal([
          { Service: `${service}.amazonaws.com` },
        ]);
      }
    });

    it("nothing on every resource but what has no resources: DetectFaces, X-Ray and the delivery of logs", () => {
      const everywhere = world
        .all("RolePolicy")
        .flatMap((policy) => statementsOf(policy))
        .filter(({ Resource }) => [Resource].flat().includes("*"))
        .flatMap(({ Action }) => Action);
      expect(
        everywhere.filter(
          (action) => !/^(rekognition:DetectFaces$|xray:|logs:.*(Deliver|Describe|PutResource))/.test(action),
        ),
      ).to.deep.equal([]);
      expect(everywhere.join()).not.to.include("*");
    });

    it("only the two rules to write to the queue of dead letters, and nobody without TLS", () => {
      const policy = JSON.parse(world.one("QueuePolicy", "avatars-dead-letters").inputs["policy"] as string) as {
        Statement: { Effect: string; Condition: Record<string, Record<string, string | string[]>> }[];
      };
      const [allow, deny] = policy.Statement;
      expect([allow!.Condition["ArnEquals"]!["aws:SourceArn"]!].flat().map(readable)).to.deep.equal([
        "events:rule/avatars-uploaded",
        "events:rule/avatars-interrupted",
      ]);
      expect(deny).to.deep.include({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } });
    });
  });
});
