// @ts-check
/**
 * Writes docs/reference/openapi.json and docs/reference/http-api.md from the contract of the HTTP API, as it is built:
 * its problems, reasons, statuses and rules. `--check` only reports (exit 1) whether one is out of date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "prettier";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const load = createRequire(import.meta.url);
const { problems, fieldRules } = load(join(root, "build/handlers/contract/problems.js"));
const { reasons } = load(join(root, "build/handlers/contract/reasons.js"));

const text = { type: "string" };
const moment = { type: "string", format: "date-time" };
const uploadId = { type: "string", pattern: "^[0-9A-HJKMNP-TV-Z]{26}$" };
const reason = { type: "string", enum: Object.keys(reasons) };
const object = (properties, required = Object.keys(properties)) => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
const ref = (name) => ({ $ref: `#/components/schemas/${name}` });
const language = { anyOf: [{ type: "string", enum: ["vi", "en", ""] }, { type: "null" }] };

const schemas = {
  UploadRequest: {
    type: "object",
    properties: {
      studentId: { ...text, pattern: "^[A-Za-z0-9_.-]{1,64}$", description: fieldRules.studentId.en },
      fileName: { ...text, minLength: 1, maxLength: 255, description: fieldRules.fileName.en },
      contentType: { enum: ["image/jpeg", "image/png"], description: fieldRules.contentType.en },
      bytes: { type: "integer", minimum: 1, description: fieldRules.bytes.en },
      email: { anyOf: [{ type: "string", maxLength: 254 }, { type: "null" }], description: fieldRules.email.en },
      locale: { ...language, description: fieldRules.locale.en },
    },
    required: ["fileName", "contentType", "bytes"],
  },
  IssuedUpload: object({
    uploadId,
    url: { ...text, format: "uri" },
    fields: { type: "object", additionalProperties: text },
    expiresAt: moment,
  }),
  UploadState: object(
    {
      status: { enum: ["awaiting-upload", "processing", "accepted", "rejected", "failed"] },
      steps: {
        type: "array",
        items: object({
          name: text,
          state: { enum: ["waiting", "running", "done", "failed", "skipped"] },
          at: { anyOf: [moment, { type: "null" }] },
        }),
      },
      reason,
      message: text,
      avatar: object({ thumbnails: { type: "object", additionalProperties: text }, processedAt: moment }),
    },
    ["status", "steps"],
  ),
  Problem: object(
    {
      type: { enum: Object.keys(problems).map((name) => `urn:avatar-pipeline:problem:${name}`) },
      title: text,
      status: { enum: [...new Set(Object.values(problems).map(({ status }) => status))].sort() },
      detail: text,
      errors: {
        type: "array",
        items: object({ field: { enum: Object.keys(fieldRules) }, reason, message: text }, ["field", "message"]),
      },
    },
    ["type", "title", "status", "detail"],
  ),
  GatewayMessage: object({ message: text }),
};

const inNobodysBody = new Set(["upload-not-found"]);
const inNobodysStatus = new Set(["malformed-json", "body-too-large", "invalid-request", "invitation-foreign"]);

/** The answers of an operation that refuses with each problem but some. */
function answers(success, description, schema, without) {
  const refusals = Object.entries(problems).filter(([name]) => !without.has(name));
  const statuses = [...new Set(refusals.map(([, { status }]) => status))].sort();
  const problem = { "application/problem+json": { schema: ref("Problem") } };
  const own = statuses.map((status) => {
    const titles = refusals.filter(([, one]) => one.status === status).map(([name]) => name);
    return [String(status), { description: titles.join(", "), content: problem }];
  });
  const gateway = { "application/json": { schema: ref("GatewayMessage") } };
  return {
    [success]: { description, content: { "application/json": { schema: ref(schema) } } },
    ...Object.fromEntries(own),
    429: { description: "API Gateway's own: too many requests a second", content: gateway },
  };
}

const locale = {
  name: "locale",
  in: "query",
  schema: { enum: ["vi", "en"] },
  description: "The language of messages.",
};
const notFound = answers("200", "The state of the upload so far", "UploadState", inNobodysStatus);
// A path that no route has, such as one with a slash in place of an id, is answered by API Gateway itself.
notFound["404"].content = {
  ...notFound["404"].content,
  "application/json": { schema: ref("GatewayMessage") },
};

const openapi = {
  openapi: "3.1.0",
  info: {
    title: "AvatarPipeline: uploads",
    version: load(join(root, "package.json")).version,
    description: "Issues the form that stores a photo, and reports how an upload ended.",
  },
  servers: [{ url: "{apiUrl}", variables: { apiUrl: { default: "/", description: "The stack output apiUrl." } } }],
  security: [{}, { invitation: [] }],
  paths: {
    "/uploads": {
      post: {
        operationId: "issueUpload",
        parameters: [locale],
        requestBody: { required: true, content: { "application/json": { schema: ref("UploadRequest") } } },
        responses: answers("201", "The form that stores the photo", "IssuedUpload", inNobodysBody),
      },
    },
    "/uploads/{uploadId}": {
      get: {
        operationId: "readStatus",
        parameters: [{ name: "uploadId", in: "path", required: true, schema: uploadId }, locale],
        responses: notFound,
      },
    },
  },
  components: {
    securitySchemes: {
      invitation: { type: "http", scheme: "bearer", description: "An invitation, if site.access is invited." },
    },
    schemas,
  },
};

const row = (cells) => `| ${cells.join(" | ")} |`;
const page = [
  "# HTTP API",
  "Generated by `npm run generate` from `handlers/contract`. [openapi.json](openapi.json) describes the same for programs; `npm run " +
    "test:judges` holds the running API to it.",
  "The stack output `apiUrl` is the base of both paths. Bodies are JSON. With invitations (`site.access`), each request carries " +
    "`Authorization: Bearer INVITATION`.",
  "## POST /uploads",
  "Issues the form that stores one photo. Body:",
  [
    row(["field", "rule"]),
    "|---|---|",
    ...Object.entries(fieldRules).map(([name, rule]) => row([`\`${name}\``, rule.en])),
  ].join("\n"),
  "`studentId` may be left out with an invitation. `email` and `locale` are optional. Answer 201: `uploadId`, `url` and `fields` of the " +
    "form to post as multipart/form-data with the photo as its last field, `file`, and `expiresAt`, after which S3 refuses the form.",
  "## GET /uploads/{uploadId}",
  "Reports the upload so far. Answer 200: `status` (`awaiting-upload`, `processing`, `accepted`, `rejected`, `failed`), `steps` with " +
    "`name`, `state` (`waiting`, `running`, `done`, `failed`, `skipped`) and the time `at`; after a refusal `reason` and `message`; for the " +
    "student's current avatar `avatar.thumbnails`, links by size that can be read for five minutes, and `avatar.processedAt`. `?locale=vi` " +
    "or `?locale=en` chooses the language of messages.",
  "## Refusals",
  "Problem details (RFC 9457) as `application/problem+json`; `type` is `urn:avatar-pipeline:problem:NAME`. `invalid-request` lists every " +
    "wrong field in `errors`. API Gateway itself answers 429 beyond the route's rate.",
  [
    row(["status", "name", "title", "detail"]),
    "|---|---|---|---|",
    ...Object.entries(problems).map(([name, { status, title, detail }]) =>
      row([status, `\`${name}\``, title.en, detail.en]),
    ),
  ].join("\n"),
  "## Reasons",
  [
    row(["reason", "title"]),
    "|---|---|",
    ...Object.entries(reasons).map(([name, { title }]) => row([`\`${name}\``, title.en])),
  ].join("\n"),
].join("\n\n");

const files = {
  "docs/reference/openapi.json": await format(JSON.stringify(openapi), { parser: "json", printWidth: 120 }),
  "docs/reference/http-api.md": await format(`${page}\n`, {
    parser: "markdown",
    printWidth: 140,
    proseWrap: "preserve",
  }),
};
for (const [name, content] of Object.entries(files)) {
  const path = join(root, name);
  let current = "";
  try {
    current = readFileSync(path, "utf8");
  } catch {
    // Not there yet.
  }
  if (current === content) continue;
  if (process.argv.includes("--check")) {
    console.error(`${name} is out of date: run npm run generate.`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, content);
    console.log(`${name} written`);
  }
}
