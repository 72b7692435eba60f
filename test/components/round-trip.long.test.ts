import { expect } from "chai";
import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { AvatarPipeline, SiteAccess } from "avatar-pipeline";
import { makeUploadId } from "../../handlers/contract/keys";
import { publicKeyOf, signInvitation } from "../../packages/cli/commands/invite/keys";
import { evaluate, textFilesOf, type Evaluation } from "./harness";
import type { Ran, Scenario } from "./run-handler";

const { privateKey } = generateKeyPairSync("ed25519");
const authorization = `Bearer ${signInvitation({ studentId: "SV001", expires: 4_000_000_000 }, privateKey)}`;
const uploadId = makeUploadId(1, Buffer.alloc(10));
const good = JSON.stringify({ fileName: "a.jpg", contentType: "image/jpeg", bytes: 10 });
const row = {
  upload_id: { S: uploadId },
  student_id: { S: "SV001" },
  status: { S: "rejected" },
  reason: { S: "NO_FACE" },
  email: { S: "an@truong.edu.vn" },
};
const rejected = {
  type: "avatar.rejected",
  studentId: "SV001",
  uploadId,
  fileName: "a.jpg",
  reason: "NO_FACE",
};
type Given = Pick<Scenario, "name" | "input" | "answers">;
const table = (Item?: unknown) => ({ "DynamoDB.getItem": [{ result: { Item } }] });

const scenarios: Readonly<Record<string, readonly Given[]>> = {
  IssueUpload: [
    { name: "a body that is none", input: { headers: { authorization }, body: "{" }, answers: {} },
    { name: "no invitation", input: { body: good }, answers: {} },
    {
      name: "a changed invitation",
      input: { headers: { authorization: `${authorization.slice(0, -9)}AAAAAAAAA` } },
      answers: {},
    },
    { name: "fields that are wrong", input: { headers: { authorization }, body: "{}" }, answers: {} },
    {
      name: "a busy table",
      input: { headers: { authorization }, body: good },
      answers: { "DynamoDB.putItem": [{ error: { name: "ThrottlingException", message: "slow", status: 400 } }] },
    },
  ],
  ReadStatus: [
    { name: "no id", input: { headers: { authorization } }, answers: {} },
    { name: "an unknown id", input: { headers: { authorization }, pathParameters: { uploadId } }, answers: table() },
    { name: "a refusal", input: { headers: { authorization }, pathParameters: { uploadId } }, answers: table(row) },
  ],
  MailStudent: [
    { name: "nobody to mail", input: { Records: [{ messageId: "1", body: JSON.stringify(rejected) }] }, answers: {} },
    { name: "a message that is none", input: { Records: [{ messageId: "1", body: "{" }] }, answers: {} },
  ],
};

/** The module that defines the functions, for the handlers before serialization. */
const functionsFile = join(__dirname, "../../handlers/functions.js");

const execute = promisify(execFile);
const kebab = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();

describe("The API's and the mail's functions, serialized", () => {
  let world: Evaluation<readonly pulumi.Resource[]>;
  let folder: string;
  before(async () => {
    const site = { access: SiteAccess.Invite, invitationKey: publicKeyOf(privateKey) };
    const notifications = { sender: "avatars@school.example" };
    world = await evaluate(() => [new AvatarPipeline("avatars", { site, notifications })]);
    folder = mkdtempSync(join(tmpdir(), "avatar-functions-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function run(module: string, name: string, given: readonly Scenario[]): Promise<readonly Ran[]> {
    const file = join(folder, "scenarios.json");
    writeFileSync(file, JSON.stringify(given));
    const runner = join(__dirname, "./run-handler.js");
    const own = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret", AWS_REGION: "eu-west-1" };
    const { stdout } = await execute(process.execPath, [runner, module, name, file], { env: own });
    // Ids are made of random bytes.
    return JSON.parse(stdout.replace(/\b01KDY[0-9A-Z]{21}\b/g, "AN-UPLOAD-ID")) as Ran[];
  }

  for (const name of Object.keys(scenarios)) {
    it(`answer as they were written, and need nothing but the SDK and Node.js: ${name}`, async () => {
      const { inputs } = world.one("Function", `avatars-${kebab(name)}`);
      const text = (await textFilesOf(inputs["code"]))["__index.js"] ?? "";
      const needed = [...text.matchAll(/require\("([^"]+)"\)/g)].map(([, module = ""]) => module);
      expect(needed.filter((module) => !isBuiltin(module) && !module.startsWith("@aws-sdk/client-"))).to.deep.equal([]);
      const { variables: environment } = inputs["environment"] as { variables: Record<string, string> };
      const given = (scenarios[name] ?? []).map((scenario) => ({ ...scenario, environment }));
      const module = join(folder, `${name}.js`);
      writeFileSync(module, text);
      const serialized = await run(module, "", given);
      expect(serialized).to.deep.equal(await run(functionsFile, name, given));
      // Beyond its settings: each scenario ended with an answer, or with the intended error.
      const ends = serialized.map(
        ({ output, error }) => (output as { statusCode?: number } | undefined)?.statusCode ?? error?.name,
      );
      const expected = {
        IssueUpload: [400, 401, 403, 422, 503],
        ReadStatus: [404, 404, 200],
        MailStudent: [undefined, undefined],
      };
      expect(ends).to.deep.equal(expected[name as keyof typeof expected]);
    });
  }
});
