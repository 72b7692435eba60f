import { expect } from "chai";
import fc from "fast-check";
import { generateKeyPairSync, sign } from "node:crypto";
import type { IssuedUpload, ProblemDetails } from "../../../handlers/contract/api";
import { readInvitation } from "../../../handlers/api/invitation";
import { invitationHeader, type Claims } from "../../../handlers/contract/invitations";
import { issueUpload } from "../../../handlers/api/issue-upload/handler";
import { readStatus } from "../../../handlers/api/read-status/handler";
import { isEmail, isStudentId } from "../../../handlers/contract/students";
import { publicKeyOf, signInvitation } from "../../../packages/cli/commands/invite/keys";
import { now, uploadIdAt } from "../../support/rows";
import { avatarTable, startTables, type Tables, uploadTable } from "../../support/with-tables";
import { aGet, aPost, bodyOf, collectLogs, dailyLimits, goodBody, limits, signer } from "./requests";

const { privateKey } = generateKeyPairSync("ed25519");
const publicKey = publicKeyOf(privateKey);
const inAWeek = Math.floor(now.getTime() / 1000) + 7 * 86_400;
/** Signs any payload, as the school's own program might. */
const signText = (payload: string) => {
  const signed = `${invitationHeader}.${Buffer.from(payload).toString("base64url")}`;
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString("base64url")}`;
};
const anInvitation: Claims = { studentId: "SV001", name: "Nguyễn Văn An", expires: inAWeek };

describe("An invitation", () => {
  it("is read as it was signed", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
        fc.string({ minLength: 1, unit: "grapheme" }),
        fc.nat(),
        (studentId, name, expires) => {
          const invitation = { studentId, name, expires };
          expect(readInvitation(signInvitation(invitation, privateKey), publicKey)).to.deep.equal(invitation);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("is worth nothing when one character of it is changed", () => {
    const token = signInvitation(anInvitation, privateKey);
    for (let at = 0; at < token.length; at += 1) {
      const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
      // The last character of a signature has unused bits: another character may stand for the same bytes.
      const isSame = Buffer.from(changed.slice(-86), "base64url").equals(Buffer.from(token.slice(-86), "base64url"));
      if (isSame && changed.slice(0, -86) === token.slice(0, -86)) continue;
      expect(readInvitation(changed, publicKey), `character ${at}`).to.equal(undefined);
    }
  });

  it("is worth nothing when another key signed it, or none did", () => {
    const foreign = signInvitation(anInvitation, generateKeyPairSync("ed25519").privateKey);
    expect(readInvitation(foreign, publicKey)).to.equal(undefined);
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    const [, claims = "", signature = ""] = signInvitation(anInvitation, privateKey).split(".");
    for (const token of [
      `${none}.${claims}.`,
      `${none}.${claims}.${signature}`,
      `${invitationHeader}.${claims}.`,
      "",
    ]) {
      expect(readInvitation(token, publicKey)).to.equal(undefined);
    }
  });

  const noInvitations = [
    "hello",
    "",
    "null",
    '"SV001"',
    "17",
    "[]",
    "{}",
    '{"sub":"SV001"}',
    '{"sub":"SV001","exp":1e999}',
    '{"sub":"SV001","exp":1.5}',
    '{"sub":"SV001","exp":"4000000000"}',
    '{"sub":"..","exp":4000000000}',
    '{"sub":17,"exp":4000000000}',
  ];
  for (const payload of noInvitations) {
    it(`is none when what was signed is ${payload === "" ? "nothing" : payload}`, () => {
      expect(readInvitation(signText(payload), publicKey)).to.equal(undefined);
    });
  }

  it("says no address that is none, and no name that is none or too long", () => {
    const read = (claims: object) =>
      readInvitation(signText(JSON.stringify({ sub: "SV001", exp: 1, ...claims })), publicKey);
    const bare = { studentId: "SV001", expires: 1 };
    const twoAddresses = "an@truong.edu.vn, binh@truong.edu.vn";
    for (const email of ["an", twoAddresses, "an@truong.edu.vn\r\nBcc: b@c.vn", 17, null, ["an@truong.edu.vn"]]) {
      expect(read({ email })).to.deep.equal(bare);
    }
    for (const name of ["n".repeat(201), 17, null, {}]) expect(read({ name })).to.deep.equal(bare);
    expect(read({ name: "n".repeat(200) })).to.deep.equal({ ...bare, name: "n".repeat(200) });
  });

  it("never throws, whatever was signed, and says only what its rules allow", () => {
    const anything = fc.anything();
    const claims = fc.record(
      {
        sub: fc.oneof(fc.constant("SV001"), anything),
        exp: fc.oneof(fc.constant(4_000_000_000), fc.double(), anything),
        name: fc.oneof(fc.string({ maxLength: 300 }), anything),
        email: fc.oneof(fc.emailAddress(), fc.string(), anything),
      },
      { requiredKeys: [] },
    );
    const json = fc.oneof(claims, fc.jsonValue()).map((value) => {
      // A value without JSON (a BigInt, a circular object) cannot be a payload.
      try {
        return JSON.stringify(value);
      } catch {
        return "";
      }
    });
    let read = 0;
    fc.assert(
      fc.property(fc.oneof(json, fc.json(), fc.string({ unit: "binary" })), (payload) => {
        const invitation = readInvitation(signText(payload), publicKey);
        if (invitation === undefined) return;
        read += 1;
        const { studentId, name = "", email, expires } = invitation;
        expect(isStudentId(studentId) && Number.isSafeInteger(expires) && name.length <= 200).to.equal(true);
        expect(email === undefined || isEmail(email)).to.equal(true);
      }),
      { numRuns: 500 },
    );
    // Otherwise the property would hold vacuously.
    expect(read).to.be.above(0);
  });

  it("never throws, whatever the token is", () => {
    fc.assert(fc.property(fc.string(), (token) => readInvitation(token, publicKey) === undefined));
    const parts = fc.tuple(fc.base64String(), fc.base64String(), fc.base64String());
    fc.assert(fc.property(parts, (part) => readInvitation(part.join("."), publicKey) === undefined));
  });
});

describe("The API of a stack that needs invitations", () => {
  let tables: Tables;
  let logs: ReturnType<typeof collectLogs>;
  before(async () => (tables = await startTables()));
  after(() => tables.close());
  beforeEach(async () => {
    await tables.clear();
    logs = collectLogs();
  });
  afterEach(() => logs.restore());

  const access = { mode: "invite" as const, publicKey };
  const shared = { uploadTable, photoBucket: "photos", defaultLocale: "vi" as const, access };
  const form = { limits, expirySeconds: 900, rowDays: 30, dailyLimits, functionName: "issue-upload" };
  const post = (body: unknown, token?: string) =>
    issueUpload(
      { ...shared, ...form, studentDomains: ["mail.example"] },
      {
        dynamodb: tables.dynamodb,
        signer: () => signer,
        now: () => now,
        random: () => Buffer.alloc(10, 1),
        print: () => undefined,
      },
    )(aPost(body, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } }));
  const get = (token?: string) =>
    readStatus(
      { ...shared, avatarTable, phases: [] },
      { dynamodb: tables.dynamodb, signer: () => signer, now: () => now },
    )(aGet(uploadIdAt(1), { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } }));
  const tokenOf = (changes: Partial<Claims> = {}) => signInvitation({ ...anInvitation, ...changes }, privateKey);

  it("takes the student's id and address from the invitation", async () => {
    const body = { ...goodBody, studentId: undefined };
    const token = tokenOf({ email: "an@truong.edu.vn" });
    const response = await post({ ...body, email: "other@mail.example" }, token);
    expect(response.statusCode).to.equal(201);
    const { uploadId, fields } = bodyOf<IssuedUpload>(response);
    expect(fields["key"]).to.equal(`uploads/SV001/${uploadId}.jpg`);
    expect((await tables.upload(uploadId))?.["email"]?.S).to.equal("an@truong.edu.vn");
  });

  it("has nobody mailed whom the invitation does not name, whatever the holder of the link asks for", async () => {
    const response = await post({ ...goodBody, email: "stranger@mail.example" }, tokenOf());
    expect(response.statusCode).to.equal(201);
    expect(await tables.upload(bodyOf<IssuedUpload>(response).uploadId)).not.to.have.property("email");
  });

  const refused: readonly (readonly [string, () => string | undefined, number, string])[] = [
    ["no invitation", () => undefined, 401, "invitation-missing"],
    ["one that was changed", () => tokenOf().replace(/.$/, "*"), 403, "invitation-invalid"],
    ["one that has expired", () => tokenOf({ expires: now.getTime() / 1000 }), 403, "invitation-expired"],
    ["one that says nothing, though it is signed", () => signText("hello"), 403, "invitation-invalid"],
    ["one that would never expire", () => signText('{"sub":"SV001","exp":1e999}'), 403, "invitation-invalid"],
    ["another student's", () => tokenOf({ studentId: "SV002" }), 403, "invitation-foreign"],
  ];
  for (const [what, token, status, problem] of refused) {
    it(`refuses an upload with ${what}`, async () => {
      const response = await post(goodBody, token());
      expect(response.statusCode).to.equal(status);
      expect(bodyOf<ProblemDetails>(response).type).to.equal(`urn:avatar-pipeline:problem:${problem}`);
      expect((await tables.dynamodb.scan({ TableName: uploadTable })).Count).to.equal(0);
    });
  }

  it("tells the outcome to the student alone, also after the invitation has expired", async () => {
    const row = { upload_id: { S: uploadIdAt(1) }, student_id: { S: "SV001" }, status: { S: "accepted" } };
    await tables.putUpload(row);
    expect((await get(tokenOf())).statusCode).to.equal(200);
    expect((await get(tokenOf({ expires: 0 }))).statusCode).to.equal(200);
    expect((await get(tokenOf({ studentId: "SV002" }))).statusCode).to.equal(404);
    expect((await get()).statusCode).to.equal(401);
    expect((await get("no.token.at-all")).statusCode).to.equal(403);
  });
});
