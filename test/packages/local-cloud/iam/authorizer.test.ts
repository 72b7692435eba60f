import { expect } from "chai";
import fc from "fast-check";

import { createAuthorizer, createCredentialStore } from "../../../../packages/local-cloud/iam";
import type { Caller, CloudIdentity } from "../../../../packages/local-cloud/gateway/service";

const identity: CloudIdentity = { partition: "aws", region: "ap-southeast-1", accountId: "000000000000" };
const roleArn = "arn:aws:iam::000000000000:role/avatars/index-face-1a2b";
const caller: Caller = { kind: "role", arn: "arn:aws:sts::000000000000:assumed-role/index-face-1a2b/index-face" };
const collection = "arn:aws:rekognition:ap-southeast-1:000000000000:collection/faces";
const queue = "arn:aws:sqs:ap-southeast-1:000000000000:dead";

const policy = (...Statement: object[]) => ({ Version: "2012-10-17", Statement });

const authorizer = createAuthorizer({
  identity,
  roles: [
    {
      arn: roleArn,
      trust: policy({ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } }),
      policies: [
        {
          name: "grants",
          document: JSON.stringify(
            policy(
              { Effect: "Allow", Action: "rekognition:SearchFaces", Resource: collection },
              { Effect: "Deny", Action: "rekognition:DeleteFaces", Resource: "*" },
            ),
          ),
        },
      ],
      managedPolicyArns: [
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
        "arn:aws:iam::aws:policy/AmazonS3FullAccess",
      ],
    },
  ],
  resourcePolicies: [
    {
      resource: "arn:aws:s3:::site",
      name: "site policy",
      document: policy({ Effect: "Allow", Action: "s3:GetObject", Principal: "*", Resource: "arn:aws:s3:::site/*" }),
    },
    {
      resource: queue,
      name: "queue policy",
      document: policy({
        Effect: "Allow",
        Action: "sqs:SendMessage",
        Principal: { Service: "events.amazonaws.com" },
        Resource: queue,
        Condition: { ArnEquals: { "aws:SourceArn": "arn:aws:events:ap-southeast-1:000000000000:rule/uploads" } },
      }),
    },
  ],
});

describe("the authorizer", () => {
  const ask = (who: Caller, action: string, resource: string) => () => authorizer.authorize(who, action, resource);

  it("allows what the role's policies and its managed policies allow", () => {
    expect(ask(caller, "rekognition:SearchFaces", collection)).not.to.throw();
    expect(ask(caller, "logs:PutLogEvents", "arn:aws:logs:ap-southeast-1:000000000000:log-group:x")).not.to.throw();
  });

  it("says in AWS's words what is missing", () => {
    expect(ask(caller, "rekognition:IndexFaces", collection))
      .to.throw(
        "User: arn:aws:sts::000000000000:assumed-role/index-face-1a2b/index-face is not authorized to perform: " +
          `rekognition:IndexFaces on resource: ${collection} because no identity-based policy allows the rekognition:IndexFaces action`,
      )
      .that.includes({ code: "AccessDenied", status: 403 });
  });

  it("says so when a policy denies it", () => {
    expect(ask(caller, "rekognition:DeleteFaces", collection)).to.throw(
      `rekognition:DeleteFaces on resource: ${collection} with an explicit deny in an identity-based policy`,
    );
  });

  it("lets the operator do everything and a role that is not declared nothing", () => {
    expect(ask({ kind: "operator", arn: "o" }, "s3:DeleteBucket", "arn:aws:s3:::site")).not.to.throw();
    const stranger: Caller = { kind: "role", arn: "arn:aws:sts::000000000000:assumed-role/other/f" };
    expect(ask(stranger, "rekognition:SearchFaces", collection)).to.throw("other/f is not authorized");
  });

  it("opens to everybody what a resource's policy opens", () => {
    const anonymous: Caller = { kind: "anonymous", arn: "anonymous" };
    expect(ask(anonymous, "s3:GetObject", "arn:aws:s3:::site/index.html")).not.to.throw();
    expect(ask(anonymous, "s3:GetObject", "arn:aws:s3:::sites/index.html")).to.throw(
      'User: anonymous is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::sites/index.html" because ' +
        "no resource-based policy allows the s3:GetObject action",
    );
  });

  it("holds services to the resource's policy and its conditions", () => {
    const send = (rule: string) => () =>
      authorizer.authorizeService("events.amazonaws.com", "sqs:SendMessage", queue, {
        "aws:SourceArn": `arn:aws:events:ap-southeast-1:000000000000:rule/${rule}`,
      });
    expect(send("uploads")).not.to.throw();
    expect(send("others")).to.throw("User: events.amazonaws.com is not authorized to perform: sqs:SendMessage");
  });

  it("holds services to the role's trust policy", () => {
    expect(() => authorizer.authorizeAssume("lambda.amazonaws.com", roleArn)).not.to.throw();
    expect(() => authorizer.authorizeAssume("states.amazonaws.com", roleArn)).to.throw("sts:AssumeRole");
  });

  it("lists the managed policies whose text it does not know", () => {
    expect(authorizer.unknownManagedPolicies).to.deep.equal([
      "Role index-face-1a2b has the managed policy arn:aws:iam::aws:policy/AmazonS3FullAccess, whose text is not known " +
        "here: it grants nothing in the local cloud. Grant what the role needs in a policy of its own.",
    ]);
  });
});

describe("the credential store", () => {
  const store = createCredentialStore({ identity, secret: "test" });
  const session = { roleArn, sessionName: "index-face" };

  it("knows the operator", () => {
    expect(store.find("local")).to.deep.equal({
      accessKeyId: "local",
      secretAccessKey: "test",
      caller: { kind: "operator", arn: "arn:aws:iam::000000000000:user/operator" },
    });
  });

  it("knows a role's session again, in another process as well", () => {
    const issued = store.issue(session);
    expect(issued.accessKeyId).to.match(/^ASIA[A-Z2-7]{16}$/);
    expect(issued.secretAccessKey).to.have.length(40);
    const later = createCredentialStore({ identity, secret: "test" }).find(issued.accessKeyId, issued.sessionToken);
    expect(later).to.deep.equal({ ...issued, caller });
  });

  it("tells the environments of one function apart, though their caller is the same", () => {
    const [one, two] = ["1", "2"].map((environment) => store.issue({ ...session, environment }));
    expect(one?.accessKeyId).not.to.equal(two?.accessKeyId);
    expect(store.find(two?.accessKeyId ?? "", two?.sessionToken)?.caller).to.deep.equal(caller);
  });

  it("does not know a key without its token, with another's, or with a forged one", () => {
    const issued = store.issue(session);
    const other = store.issue({ ...session, roleArn: `${roleArn}x` });
    expect(store.find(issued.accessKeyId)).to.equal(undefined);
    expect(store.find(issued.accessKeyId, other.sessionToken)).to.equal(undefined);
    expect(store.find(issued.accessKeyId, `${issued.sessionToken}A`)).to.equal(undefined);
    expect(
      createCredentialStore({ identity, secret: "another" }).find(issued.accessKeyId, issued.sessionToken),
    ).to.equal(undefined);
  });

  it("never knows a made-up key", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (key, token) => {
        if (key !== "local") expect(store.find(key, token)).to.equal(undefined);
      }),
    );
  });
});
