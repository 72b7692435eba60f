import { expect } from "chai";
import fc from "fast-check";
import type { ProblemDetails, UploadState } from "../../../handlers/contract/api";
import type { HttpRequest } from "../../../handlers/api/http";
import { readStatus, stepsOf } from "../../../handlers/api/read-status/handler";
import type { Item } from "../../../handlers/stores/dynamodb";
import { reasonCodes } from "../../../handlers/contract/reasons";
import { anAvatar, now, uploadIdAt } from "../../support/rows";
import { avatarTable, startTables, type Tables, uploadTable } from "../../support/with-tables";
import { aGet, bodyOf, collectLogs, signer } from "./requests";

const phases = [["ReceivePhoto"], ["CheckFormat"], ["CreateThumbnail", "IndexFace"], ["SaveMetadata"]];
const settings = {
  uploadTable,
  avatarTable,
  photoBucket: "photos",
  phases,
  access: { mode: "open" as const },
  defaultLocale: "vi" as const,
};
const uploadId = uploadIdAt(1);

describe("GET /uploads/{uploadId}", () => {
  let tables: Tables;
  let logs: ReturnType<typeof collectLogs>;
  before(async () => (tables = await startTables()));
  after(() => tables.close());
  beforeEach(async () => {
    await tables.clear();
    logs = collectLogs();
  });
  afterEach(() => logs.restore());

  const handle = (request: HttpRequest) =>
    readStatus(settings, { dynamodb: tables.dynamodb, signer: () => signer, now: () => now })(request);
  const stateOf = async (changes: Partial<HttpRequest> = {}) => {
    const response = await handle(aGet(uploadId, changes));
    expect(response.statusCode).to.equal(200);
    expect(response.headers["cache-control"]).to.equal("no-store");
    return bodyOf<UploadState>(response);
  };
  const put = (more: Item) => tables.putUpload({ upload_id: { S: uploadId }, student_id: { S: "SV001" }, ...more });
  const steps = (...names: string[]): Item => ({
    steps: { M: Object.fromEntries(names.map((name) => [name, { S: now.toISOString() }])) },
  });

  it("tells of an upload that is awaited: every step waits", async () => {
    await put({ status: { S: "awaiting-upload" } });
    const state = await stateOf();
    expect(state.status).to.equal("awaiting-upload");
    expect(state.steps).to.deep.equal(phases.flat().map((name) => ({ name, state: "waiting", at: null })));
    expect(state).to.have.all.keys("status", "steps");
  });

  it("tells how far the photo is", async () => {
    await put({ status: { S: "processing" }, step: { S: "CheckFormat" }, ...steps("ReceivePhoto", "CheckFormat") });
    const at = now.toISOString();
    expect((await stateOf()).steps).to.deep.equal([
      { name: "ReceivePhoto", state: "done", at },
      { name: "CheckFormat", state: "running", at },
      { name: "CreateThumbnail", state: "waiting", at: null },
      { name: "IndexFace", state: "waiting", at: null },
      { name: "SaveMetadata", state: "waiting", at: null },
    ]);
  });

  it("gives reason and remedy of a refusal in the student's language, unless another is asked for", async () => {
    await put({
      status: { S: "rejected" },
      step: { S: "CheckFormat" },
      reason: { S: "FILE_CORRUPT" },
      locale: { S: "en" },
      ...steps("ReceivePhoto", "CheckFormat"),
    });
    const state = await stateOf({ headers: { "accept-language": "vi" } });
    expect(state.reason).to.equal("FILE_CORRUPT");
    expect(state.message).to.match(/^The photo file is damaged or incomplete\. /);
    expect(state.steps.map((step) => step.state)).to.deep.equal(["done", "failed", "skipped", "skipped", "skipped"]);
    expect((await stateOf({ queryStringParameters: { locale: "vi" } })).message).to.match(/^Tệp ảnh bị hỏng/);
  });

  it("links to the thumbnails of an accepted photo for five minutes", async () => {
    await put({ status: { S: "accepted" }, ...steps("ReceivePhoto") });
    await tables.putAvatar(anAvatar({ uploadId, thumbnails: { "256": `avatars/SV001/${uploadId}/256.jpg` } }));
    const { avatar, steps: done } = await stateOf();
    expect(avatar?.processedAt).to.equal("2026-02-01T00:00:00.000Z");
    const link = new URL(avatar?.thumbnails["256"] ?? "");
    expect(link.pathname).to.equal(`/avatars/SV001/${uploadId}/256.jpg`);
    expect(link.searchParams.get("X-Amz-Expires")).to.equal("300");
    expect(done.every((step) => step.state === "done")).to.equal(true);
  });

  it("shows no avatar once a newer photo has replaced it, and none that was not accepted", async () => {
    await put({ status: { S: "accepted" } });
    await tables.putAvatar(anAvatar({ uploadId: uploadIdAt(2) }));
    expect(await stateOf()).not.to.have.property("avatar");
    await put({ status: { S: "rejected" }, reason: { S: "NO_FACE" } });
    await tables.putAvatar(anAvatar({ uploadId }));
    expect(await stateOf()).not.to.have.property("avatar");
  });

  it("says nothing but what the contract names: no student, no address, no face", async () => {
    await put({
      status: { S: "rejected" },
      reason: { S: "DUPLICATE_FACE" },
      email: { S: "an@truong.edu.vn" },
      face_id: { S: "face-1" },
      yielded_to: { S: "SV002" },
      execution_arn: { S: "arn:aws:states" },
    });
    const response = await handle(aGet(uploadId));
    expect(Object.keys(bodyOf<object>(response)).sort()).to.deep.equal(["message", "reason", "status", "steps"]);
    expect(response.body).not.to.match(/SV00|truong|face-1|arn:/);
  });

  it("has a message for every reason", async () => {
    for (const reason of reasonCodes) {
      await put({ status: { S: "rejected" }, reason: { S: reason } });
      expect((await stateOf()).message, reason).to.match(/\S/);
    }
  });

  it("does not know an id that was never issued", async () => {
    const response = await handle(aGet(uploadIdAt(9), { headers: { "accept-language": "en" } }));
    expect(response.statusCode).to.equal(404);
    expect(bodyOf<ProblemDetails>(response)).to.deep.equal({
      type: "urn:avatar-pipeline:problem:upload-not-found",
      title: "This upload was not found",
      status: 404,
      detail: "It may be too old. Upload the photo again.",
    });
  });

  it("answers everything malformed with 404 and problem details, never 500", async () => {
    const id = fc.oneof(
      fc.string(),
      fc.constantFrom("..", "\u0000", "__proto__", uploadId.toLowerCase(), `${uploadId} `),
    );
    const request = fc.record(
      {
        pathParameters: fc.dictionary(fc.constantFrom("uploadId", "x"), id),
        headers: fc.dictionary(fc.constantFrom("accept-language", "x"), fc.string()),
        queryStringParameters: fc.dictionary(fc.constantFrom("locale", "x"), fc.string()),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(request, async (malformed) => {
        const response = await handle(malformed);
        expect(response.statusCode).to.equal(404);
        expect(bodyOf<ProblemDetails>(response).type).to.equal("urn:avatar-pipeline:problem:upload-not-found");
      }),
      { numRuns: 300 },
    );
  });
});

describe("The steps' states", () => {
  const at = now.toISOString();
  const states = (row: Parameters<typeof stepsOf>[0]) => stepsOf(row, phases).map((step) => step.state);

  it("have both branches run at the same time", () => {
    const begun = { ReceivePhoto: at, CheckFormat: at, CreateThumbnail: at, IndexFace: at };
    expect(states({ status: "processing", step: "IndexFace", steps: begun })).to.deep.equal([
      "done",
      "done",
      "running",
      "running",
      "waiting",
    ]);
  });

  it("tell which branch failed, and that it took the other with it", () => {
    const begun = { ReceivePhoto: at, CheckFormat: at, CreateThumbnail: at, IndexFace: at };
    expect(states({ status: "rejected", step: "IndexFace", steps: begun })).to.deep.equal([
      "done",
      "done",
      "skipped",
      "failed",
      "skipped",
    ]);
  });

  it("name the step that it had come to when the upload ended elsewhere", () => {
    const begun = { ReceivePhoto: at, CheckFormat: at };
    for (const step of ["Undo", "Unknown"]) {
      expect(states({ status: "failed", step, steps: begun })[1]).to.equal("failed");
    }
    expect(states({ status: "failed", steps: {} })).to.deep.equal(phases.flat().map(() => "skipped"));
  });

  it("never say that a step runs once the upload has ended, nor that two phases run at once", () => {
    const status = fc.constantFrom("awaiting-upload", "processing", "accepted", "rejected", "failed" as const);
    const names = phases.flat();
    fc.assert(
      fc.property(status, fc.subarray(names), fc.constantFrom(...names, "Undo"), (ended, begun, step) => {
        const row = { status: ended, step, steps: Object.fromEntries(begun.map((name) => [name, at])) };
        const running = stepsOf(row as Parameters<typeof stepsOf>[0], phases).filter(
          ({ state }) => state === "running",
        );
        if (ended !== "processing" && ended !== "awaiting-upload") expect(running).to.have.length(0);
        const where = running.map(({ name }) => phases.findIndex((phase) => phase.includes(name)));
        expect(new Set(where).size).to.be.at.most(1);
      }),
    );
  });
});
