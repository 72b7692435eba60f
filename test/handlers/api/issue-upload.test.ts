import { expect } from "chai";
import fc from "fast-check";
import type { IssuedUpload, ProblemDetails } from "../../../handlers/contract/api";
import type { HttpRequest } from "../../../handlers/api/http";
import type { Access } from "../../../handlers/api/invitation";
import { issueUpload, type IssueUploadSettings } from "../../../handlers/api/issue-upload/handler";
import { emailDomainRule } from "../../../handlers/contract/problems";
import { isEmail } from "../../../handlers/contract/students";
import { deleteDailyCounts } from "../../../handlers/stores/daily-counts";
import { everyUpload } from "../../../handlers/stores/uploads";
import { isUploadId } from "../../../handlers/contract/keys";
import { now } from "../../support/rows";
import { startTables, type Tables, uploadTable } from "../../support/with-tables";
import { aPost, bodyOf, collectLogs, dailyLimits, goodBody, limits, signer } from "./requests";

const settings = {
  uploadTable,
  photoBucket: "photos",
  limits,
  expirySeconds: 900,
  rowDays: 30,
  dailyLimits,
  functionName: "issue-upload",
  access: { mode: "open" as const },
  defaultLocale: "vi" as const,
  studentDomains: ["truong.edu.vn"],
};

describe("POST /uploads", () => {
  let tables: Tables;
  let logs: ReturnType<typeof collectLogs>;
  before(async () => (tables = await startTables()));
  after(() => tables.close());
  beforeEach(() => (logs = collectLogs()));
  afterEach(() => logs.restore());

  let serial = 0;
  const handle = (request: HttpRequest) =>
    issueUpload(settings, {
      dynamodb: tables.dynamodb,
      signer: () => signer,
      now: () => now,
      random: () => Buffer.alloc(10, (serial += 1)),
      print: () => undefined,
    })(request);
  const problemOf = async (body: unknown, changes: Partial<HttpRequest> = {}) => {
    const response = await handle(aPost(body, changes));
    expect(response.headers["content-type"]).to.equal("application/problem+json; charset=utf-8");
    const problem = bodyOf<ProblemDetails>(response);
    expect(problem.status).to.equal(response.statusCode);
    return problem;
  };

  it("answers with an id and a form for one key that the server chose", async () => {
    const response = await handle(aPost({ ...goodBody, email: "an@truong.edu.vn", locale: "en" }));
    expect(response.statusCode).to.equal(201);
    const { uploadId, url, fields, expiresAt } = bodyOf<IssuedUpload>(response);
    expect(isUploadId(uploadId)).to.equal(true);
    expect(url).to.equal("https://photos.s3.ap-southeast-1.amazonaws.com/");
    expect(fields["key"]).to.equal(`uploads/SV001/${uploadId}.jpg`);
    expect(fields["Content-Type"]).to.equal("image/jpeg");
    expect(expiresAt).to.equal("2026-03-01T08:15:00.000Z");
    expect(await tables.upload(uploadId)).to.deep.equal({
      upload_id: { S: uploadId },
      student_id: { S: "SV001" },
      status: { S: "awaiting-upload" },
      email: { S: "an@truong.edu.vn" },
      locale: { S: "en" },
      created_at: { S: now.toISOString() },
      expires_at: { N: String(Date.UTC(2026, 2, 31, 8) / 1000) },
    });
  });

  it("reads a body that API Gateway encoded", async () => {
    const body = Buffer.from(JSON.stringify(goodBody)).toString("base64");
    expect((await handle(aPost(body, { isBase64Encoded: true }))).statusCode).to.equal(201);
  });

  it("allows no more bytes than were declared", async () => {
    const { fields } = bodyOf<IssuedUpload>(await handle(aPost({ ...goodBody, bytes: 77 })));
    const policy = JSON.parse(Buffer.from(fields["Policy"] ?? "", "base64").toString()) as { conditions: unknown[] };
    expect(policy.conditions).to.deep.include(["content-length-range", 1, 77]);
  });

  it("takes an empty e-mail address as none, and the reader's language where none is given", async () => {
    const request = aPost({ ...goodBody, email: "", locale: null }, { headers: { "accept-language": "fr, en;q=0.9" } });
    const { uploadId } = bodyOf<IssuedUpload>(await handle(request));
    const row = await tables.upload(uploadId);
    expect(row).not.to.have.property("email");
    expect(row?.["locale"]?.S).to.equal("en");
  });

  const refused: readonly (readonly [string, object, string, string?])[] = [
    ["a student id with a slash", { studentId: "a/b" }, "studentId"],
    ["a student id of two dots", { studentId: ".." }, "studentId"],
    ["a student id of 65 characters", { studentId: "a".repeat(65) }, "studentId"],
    ["a student id with Vietnamese letters", { studentId: "Nguyễn" }, "studentId"],
    ["a student id that is a number", { studentId: 7 }, "studentId"],
    ["no file name", { fileName: undefined }, "fileName"],
    ["a file name of 256 characters", { fileName: `${"a".repeat(252)}.jpg` }, "fileName"],
    ["a HEIC", { fileName: "a.heic", contentType: "image/heic" }, "fileName", "FORMAT_NOT_SUPPORTED"],
    ["a name without extension", { fileName: "photo" }, "fileName", "FORMAT_NOT_SUPPORTED"],
    ["a PNG named .jpg", { contentType: "image/png" }, "contentType"],
    ["no content type", { contentType: null }, "contentType"],
    ["a content type with parameters", { contentType: "image/jpeg; q=1" }, "contentType"],
    ["no bytes", { bytes: 0 }, "bytes"],
    ["bytes that are a text", { bytes: "10" }, "bytes"],
    ["half a byte", { bytes: 1.5 }, "bytes"],
    ["one byte too many", { bytes: limits.maxBytes + 1 }, "bytes", "FILE_TOO_LARGE"],
    ["an e-mail address with a line break", { email: "a@b.vn\nBcc: c@d.vn" }, "email"],
    ["two e-mail addresses", { email: "a@b.vn,c@d.vn" }, "email"],
    ["an e-mail address that no school gave", { email: "an@gmail.com" }, "email"],
    ["an address of a domain below the school's", { email: "an@x.truong.edu.vn" }, "email"],
    ["an address of a domain that ends like the school's", { email: "an@xtruong.edu.vn" }, "email"],
    ["a language that is not spoken here", { locale: "fr" }, "locale"],
  ];
  for (const [what, change, field, reason] of refused) {
    it(`refuses ${what}, naming the field`, async () => {
      const problem = await problemOf({ ...goodBody, ...change });
      expect(problem.status).to.equal(422);
      expect(problem.type).to.equal("urn:avatar-pipeline:problem:invalid-request");
      const wrong = problem.errors?.find((error) => error.field === field);
      expect(wrong?.reason).to.equal(reason);
      expect(wrong?.message).to.match(/\S/);
    });
  }

  it("names every field that is wrong, and stores nothing", async () => {
    await tables.clear();
    const problem = await problemOf({});
    expect(problem.errors?.map(({ field }) => field)).to.deep.equal(["studentId", "fileName", "contentType", "bytes"]);
    expect((await tables.dynamodb.scan({ TableName: uploadTable })).Count).to.equal(0);
  });

  it("speaks the language asked for: in the body, in the query, in the header, else its own", async () => {
    const english = "Some of the information is not valid";
    const vietnamese = "Có thông tin chưa đúng";
    const header = { headers: { "accept-language": "en-GB,en;q=0.8" } };
    expect((await problemOf({})).title).to.equal(vietnamese);
    expect((await problemOf({}, header)).title).to.equal(english);
    expect((await problemOf({}, { queryStringParameters: { locale: "en" } })).title).to.equal(english);
    expect((await problemOf({}, { ...header, queryStringParameters: { locale: "vi" } })).title).to.equal(vietnamese);
    expect((await problemOf({ locale: "vi" }, header)).title).to.equal(vietnamese);
    expect((await problemOf({}, { headers: { "accept-language": "en;q=0, de" } })).title).to.equal(vietnamese);
  });

  it("takes an address of the school's domain in any case", async () => {
    const response = await handle(aPost({ ...goodBody, email: "An@Truong.EDU.vn" }));
    const row = await tables.upload(bodyOf<IssuedUpload>(response).uploadId);
    expect(row?.["email"]?.S).to.equal("An@Truong.EDU.vn");
  });

  it("takes no address at all where the school lists no domain, and says why in the reader's language", async () => {
    const unlisted = issueUpload(
      { ...settings, studentDomains: [] },
      {
        dynamodb: tables.dynamodb,
        signer: () => signer,
        now: () => now,
        random: () => Buffer.alloc(10, 99),
        print: () => undefined,
      },
    );
    const problem = bodyOf<ProblemDetails>(
      await unlisted(aPost({ ...goodBody, email: "an@truong.edu.vn", locale: "en" })),
    );
    expect(problem.errors).to.deep.equal([{ field: "email", message: emailDomainRule.en }]);
  });

  it("says that it is busy, not that it is broken, when the table is throttled", async () => {
    const throttle = Object.assign(new Error("slow down"), { name: "ThrottlingException" });
    const busy = issueUpload(settings, {
      dynamodb: { putItem: () => Promise.reject(throttle), updateItem: () => Promise.reject(throttle) },
      signer: () => signer,
      now: () => now,
      random: () => Buffer.alloc(10),
      print: () => undefined,
    });
    const response = await busy(aPost(goodBody));
    expect(response.statusCode).to.equal(503);
    expect(response.headers["retry-after"]).to.equal("2");
  });

  describe("counts the uploads of a day", () => {
    beforeEach(() => tables.clear());
    const limited = (dailyLimits: IssueUploadSettings["dailyLimits"], access: Access = { mode: "open" }) => {
      const printed: string[] = [];
      const post = (studentId: string, at: Date, headers: Record<string, string> = {}) =>
        issueUpload(
          { ...settings, access, dailyLimits },
          {
            dynamodb: tables.dynamodb,
            signer: () => signer,
            now: () => at,
            random: () => Buffer.alloc(10, (serial += 1)),
            print: (line) => void printed.push(line),
          },
        )(aPost({ ...goodBody, studentId, locale: "en" }, { headers }));
      return { post, printed };
    };

    it("of each student, by UTC, and says when to come again", async () => {
      const { post, printed } = limited({ perStudent: 3, ifOpen: 100 });
      const evening = new Date("2026-03-01T21:30:00.000Z");
      for (let i = 0; i < 3; i += 1) expect((await post("SV001", evening)).statusCode).to.equal(201);
      const refused = await post("SV001", evening);
      expect(refused.statusCode).to.equal(429);
      expect(refused.headers["retry-after"]).to.equal("9000");
      const problem = bodyOf<ProblemDetails>(refused);
      expect(problem).to.deep.include({ type: "urn:avatar-pipeline:problem:student-limit", retryAfter: 9000 });
      expect(problem.detail).to.include("in 3 hours");
      expect((await post("SV002", evening)).statusCode, "another student").to.equal(201);
      expect((await post("SV001", new Date("2026-03-02T00:00:00.000Z"))).statusCode, "the next day").to.equal(201);
      expect(printed).to.deep.equal([]);
    });

    it("and gives exactly as many as the limit to requests at the same moment", async () => {
      const { post } = limited({ perStudent: 20, ifOpen: 100 });
      const answers = await Promise.all(Array.from({ length: 50 }, () => post("SV001", now)));
      expect(answers.filter(({ statusCode }) => statusCode === 201)).to.have.length(20);
    });

    it("of everybody while anybody can upload, with a metric for the alarm", async () => {
      const { post, printed } = limited({ perStudent: 3, ifOpen: 2 });
      for (const student of ["SV001", "SV002"]) expect((await post(student, now)).statusCode).to.equal(201);
      const refused = await post("SV003", now);
      expect([refused.statusCode, bodyOf<ProblemDetails>(refused).type]).to.deep.equal([
        429,
        "urn:avatar-pipeline:problem:pipeline-limit",
      ]);
      expect(JSON.parse(printed[0] ?? "")).to.deep.include({ FunctionName: "issue-upload", UploadsOverDailyLimit: 1 });
    });

    it("and no request that is refused for another reason", async () => {
      const { post } = limited({ perStudent: 1, ifOpen: 100 });
      for (let i = 0; i < 3; i += 1) expect((await post("not an id", now)).statusCode).to.equal(422);
      const invited = limited({ perStudent: 1, ifOpen: 1 }, { mode: "invite", publicKey: "A".repeat(43) });
      for (let i = 0; i < 3; i += 1) expect((await invited.post("SV001", now)).statusCode).to.equal(401);
      expect((await tables.dynamodb.scan({ TableName: uploadTable })).Count).to.equal(0);
    });

    it("in items that are no uploads, expire, and go with the student", async () => {
      const { post } = limited({ perStudent: 3, ifOpen: 100 });
      await post("SV001", now);
      const rows: string[] = [];
      for await (const { studentId } of everyUpload(tables.dynamodb, uploadTable)) rows.push(studentId);
      expect(rows).to.deep.equal(["SV001"]);
      const count = async () => tables.upload("2026-03-01/student/SV001");
      expect((await count())?.["expires_at"]?.N).to.equal(String(now.getTime() / 1000 + 86_400));
      await deleteDailyCounts(tables.dynamodb, uploadTable, "SV001", new Date(now.getTime() + 86_400_000));
      expect(await count()).to.equal(undefined);
    });
  });

  it("logs one line a request, without the body", async () => {
    await handle(aPost({ ...goodBody, email: "an@truong.edu.vn" }));
    await handle(aPost({ ...goodBody, email: "not an address" }));
    expect(logs.lines).to.have.length(2);
    for (const line of logs.lines) expect(line).not.to.match(/truong|address|SV001|Signature/);
    expect(JSON.parse(logs.lines[1] ?? "")).to.deep.include({ status: 422, fields: ["email"] });
  });

  it("answers everything malformed with 4xx and problem details, never 500", async () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom("..", "", "\u0000", "__proto__", 1e308, -0, "a".repeat(300)),
    );
    const almostGood = fc
      .record({
        studentId: anything,
        fileName: anything,
        contentType: anything,
        bytes: anything,
        email: anything,
        locale: anything,
      })
      .chain((broken) =>
        fc.subarray(Object.keys(broken) as (keyof typeof broken)[], { minLength: 1 }).map((names) => ({
          ...goodBody,
          ...Object.fromEntries(names.map((name) => [name, broken[name]])),
        })),
      )
      .map((body) => JSON.stringify(body));
    const body = fc.oneof(almostGood, fc.json(), fc.string(), fc.base64String(), fc.constant(undefined));
    const header = fc.oneof(fc.string(), fc.constantFrom("en;q=1.0000", "vi;q=x", ",,;;", "*"));
    const request = fc.record(
      {
        body,
        isBase64Encoded: fc.boolean(),
        headers: fc.dictionary(fc.constantFrom("accept-language", "content-type", "x"), header),
        queryStringParameters: fc.dictionary(fc.constantFrom("locale", "x"), fc.string()),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(request, async (malformed) => {
        const response = await handle(malformed as HttpRequest);
        // A broken request may still be valid: then the form must be correct.
        if (response.statusCode === 201) {
          expect(bodyOf<IssuedUpload>(response).fields["key"]).to.match(
            /^uploads\/[\w.-]{1,64}\/[0-9A-Z]{26}\.(jpe?g|png)$/,
          );
          return;
        }
        expect(response.statusCode).to.be.within(400, 499);
        const problem = bodyOf<ProblemDetails>(response);
        expect(problem).to.include.keys("type", "title", "status", "detail");
        expect(problem.status).to.equal(response.statusCode);
      }),
      { numRuns: 1500 },
    );
  });
});

describe("An e-mail address", () => {
  for (const good of ["a@b.vn", "Nguyen.Van-An+avatar@sv.hcmut.edu.vn", "o'neil@x.example", `${"a".repeat(64)}@b.vn`]) {
    it(`can be ${good}`, () => expect(isEmail(good)).to.equal(true));
  }
  for (const bad of [
    "a..b@c.vn",
    ".a@b.vn",
    "a.@b.vn",
    "a",
    "a@b",
    "a@@b.vn",
    "a b@c.vn",
    "<a@b.vn>",
    "a@b.vn;c@d.vn",
    "a@-b.vn",
    "ă@b.vn",
    "a@b.vn\r",
  ]) {
    it(`cannot be ${JSON.stringify(bad)}`, () => expect(isEmail(bad)).to.equal(false));
  }
});
