import busboy from "busboy";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import sharp from "sharp";
import type { Access } from "../../../handlers/api/invitation";
import { issueUpload } from "../../../handlers/api/issue-upload/handler";
import { readStatus } from "../../../handlers/api/read-status/handler";
import type { Endpoint } from "../../../handlers/api/http";
import { writeAvatarRow } from "../../../handlers/stores/avatar-row";
import { parseUploadKey, thumbnailKey } from "../../../handlers/contract/keys";
import type { ReasonCode } from "../../../handlers/contract/reasons";
import { aFace, aFormat } from "../../support/rows";
import { avatarTable, startTables, type Tables, uploadTable } from "../../support/with-tables";
import { asError } from "../../support/errors";

/**
 * The built page, in front of the real API's endpoints and real tables. Only the bucket and the flow behind it are
 * fakes: the bucket accepts what the signed form allows, and the flow writes the test's values into the upload's row.
 * The flow itself is tested with the page elsewhere, in the local mode.
 */
export interface Site {
  readonly url: string;
  /** The bucket's received photos, in order. */
  readonly received: { readonly key: string; readonly bytes: Buffer }[];
  /** The outcome of the next photos. */
  ending: Ending;
  /** Answers every request of this kind with 503 as long as it is set. */
  broken: "api" | undefined;
  /** Milliseconds by which the server's clock was advanced without waiting. */
  passed: number;
  readonly tables: Tables;
  close(): Promise<void>;
}

export type Ending =
  | { readonly status: "accepted" }
  | { readonly status: "rejected" | "failed"; readonly step: string; readonly reason: ReasonCode }
  /** Stays at this step until the outcome is set again. */
  | { readonly status: "processing"; readonly step: string };

export interface SiteOptions {
  readonly access?: Access;
  readonly mail?: boolean;
  readonly studentDomains?: readonly string[];
  readonly organization?: string;
  readonly contact?: string;
  /** How long the flow takes for a step. */
  readonly stepMilliseconds?: number;
}

const phases = [
  ["ReceivePhoto"],
  ["CheckFormat"],
  ["DetectFace"],
  ["CheckDuplicate"],
  ["CreateThumbnail", "IndexFace"],
  ["SaveMetadata"],
  ["DeleteOriginal"],
  ["NotifySuccess"],
];

const siteFolder = "lib/site";
const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

let built: ReadonlyMap<string, Buffer> | undefined;
/** The page's files, gzipped; read once, so that a build during the tests does not remove them. */
function builtPage(): ReadonlyMap<string, Buffer> {
  if (!existsSync(join(siteFolder, "index.html"))) throw new Error("The page is not built; run npm run build.");
  const zipped = (name: string) => [name, gzipSync(readFileSync(join(siteFolder, name)))] as const;
  return (built ??= new Map(readdirSync(siteFolder).map(zipped)));
}

export async function startSite(options: SiteOptions = {}): Promise<Site> {
  const { access = { mode: "open" }, mail = false, studentDomains = [], stepMilliseconds = 20, ...texts } = options;
  const page = builtPage();
  const tables = await startTables();
  const dailyLimits = { perStudent: 20, ifOpen: 2000 };
  const limits = { maxBytes: 10_485_760, maxPixels: 50_000_000, minSide: 160 };
  let open = true;
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(asError(error).stack);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const apiUrl = `${origin}/_api`;
  const signer = () => ({
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    region: "ap-southeast-1",
    endpoint: origin,
  });
  const shared = { uploadTable, photoBucket: "photos", defaultLocale: "vi" as const, access };
  const now = () => new Date(Date.now() + site.passed);
  const form = { limits, expirySeconds: 900, rowDays: 30, dailyLimits, functionName: "issue-upload" };
  const issue = issueUpload(
    { ...shared, ...form, studentDomains },
    { dynamodb: tables.dynamodb, signer, now, random: () => randomBytes(10), print: () => undefined },
  );
  const read = readStatus({ ...shared, avatarTable, phases }, { dynamodb: tables.dynamodb, signer, now });
  const site: Site = {
    url: `${origin}/_site/`,
    received: [],
    ending: { status: "accepted" },
    broken: undefined,
    passed: 0,
    tables,
    close: async () => {
      open = false;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await tables.close();
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", origin);
    const path = decodeURIComponent(url.pathname);
    const upload = /^\/_api\/uploads(?:\/([^/]+))?$/.exec(path);
    if (upload !== null) {
      if (site.broken === "api") {
        response.statusCode = 503;
        response.end();
        return;
      }
      return answer(upload[1] === undefined ? issue : read, request, response, url, upload[1]);
    }
    if (path === "/_site/settings.json") {
      response.setHeader("content-type", "application/json");
      const { mode, ...key } = { ...access, ...(access.mode === "invite" ? { invitationKey: access.publicKey } : {}) };
      const settings = {
        apiUrl,
        locale: "vi",
        limits,
        access: mode,
        ...key,
        mail,
        studentDomains,
        originalDays: 7,
        ...texts,
      };
      response.end(JSON.stringify(settings));
      return;
    }
    if (path.startsWith("/_site/")) {
      const name = path.slice("/_site/".length) || "index.html";
      response.setHeader("content-type", types[extname(name)] ?? "application/octet-stream");
      // As CloudFront does.
      response.setHeader("content-encoding", "gzip");
      response.end(page.get(name));
      return;
    }
    if (path === "/photos" && request.method === "POST") return takeForm(request, response);
    if (path.startsWith("/photos/avatars/")) {
      response.setHeader("content-type", "image/jpeg");
      const photo = site.received.at(-1)?.bytes ?? Buffer.alloc(0);
      response.end(await sharp(photo).resize(512, 512).jpeg().toBuffer());
      return;
    }
    response.statusCode = 404;
    response.end();
  }

  /** Enforces the policy as S3 does: its key, its type, its size, its expiry. */
  async function takeForm(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fields: Record<string, string> = {};
    const chunks: Buffer[] = [];
    await new Promise<void>((resolve, reject) => {
      const form = busboy({ headers: request.headers });
      form.on("field", (name, value) => (fields[name] = value));
      form.on("file", (_name, file) => file.on("data", (chunk: Buffer) => chunks.push(chunk)));
      form.on("close", resolve).on("error", reject);
      request.pipe(form);
    });
    const bytes = Buffer.concat(chunks);
    const policy = JSON.parse(Buffer.from(fields["Policy"] ?? "", "base64").toString()) as {
      expiration: string;
      conditions: unknown[];
    };
    const range = policy.conditions.find((rule) => Array.isArray(rule)) as [string, number, number];
    const exact = policy.conditions
      .filter((rule) => !Array.isArray(rule))
      .map((rule) => Object.entries(rule as object));
    const isRight = exact.flat().every(([name, value]) => fields[name] === value);
    const isLate = Date.parse(policy.expiration) < now().getTime();
    if (!isRight || isLate || bytes.length < range[1] || bytes.length > range[2]) {
      response.statusCode = 403;
      response.end("<Error><Code>AccessDenied</Code></Error>");
      return;
    }
    const key = fields["key"] ?? "";
    site.received.push({ key, bytes });
    response.statusCode = 201;
    response.end("<PostResponse/>");
    void flow(key).catch((error: unknown) => open && console.error(error));
  }

  /** The values that the state machine would write into the rows. */
  async function flow(key: string): Promise<void> {
    const { studentId = "", issuedId: uploadId = "" } = parseUploadKey(key) ?? {};
    const steps: Record<string, { S: string }> = {};
    const put = async (more: Record<string, { S: string }>) => {
      const row = {
        upload_id: { S: uploadId },
        student_id: { S: studentId },
        locale: { S: "vi" },
        steps: { M: { ...steps } },
      };
      if (open) await tables.putUpload({ ...row, ...more });
    };
    for (const name of phases.flat()) {
      steps[name] = { S: new Date().toISOString() };
      await put({ status: { S: "processing" }, step: { S: name } });
      await new Promise((resolve) => setTimeout(resolve, stepMilliseconds));
      while (open && site.ending.status === "processing" && site.ending.step === name) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const { ending } = site;
      if ((ending.status === "rejected" || ending.status === "failed") && ending.step === name) {
        return put({ status: { S: ending.status }, step: { S: name }, reason: { S: ending.reason } });
      }
    }
    const thumbnails = Object.fromEntries(
      [64, 256, 512].map((size) => [size, thumbnailKey(studentId, uploadId, size)]),
    );
    const Item = writeAvatarRow({
      studentId,
      uploadId,
      uploadedAt: new Date().toISOString(),
      faceId: "face",
      thumbnails,
      ...aFormat,
      bytes: 1,
      face: aFace,
      processedAt: new Date().toISOString(),
      executionArn: "",
      replaces: [],
    });
    if (open) await tables.dynamodb.putItem({ TableName: avatarTable, Item });
    await put({ status: { S: "accepted" } });
  }

  return site;
}

async function answer(
  endpoint: Endpoint,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  uploadId: string | undefined,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { log } = console;
  console.log = () => undefined;
  try {
    const result = await endpoint({
      headers: request.headers as Record<string, string>,
      body: Buffer.concat(chunks).toString("base64"),
      isBase64Encoded: true,
      queryStringParameters: Object.fromEntries(url.searchParams),
      ...(uploadId === undefined ? {} : { pathParameters: { uploadId } }),
    });
    response.writeHead(result.statusCode, result.headers);
    response.end(result.body);
  } finally {
    console.log = log;
  }
}
