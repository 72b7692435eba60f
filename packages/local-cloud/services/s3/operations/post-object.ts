import { basename } from "node:path/posix";
import type { Readable } from "node:stream";
import busboy from "busboy";
import { owns } from "../../../gateway/owned";
import type { CloudError } from "../../../gateway/service";
import { checkShared, readAttributes } from "../wire/attributes";
import { drain, maxBody, piecesOf } from "../wire/body";
import { addObject, causeOf, receive, using } from "../store/changes";
import { invalidArgument, s3Error } from "../wire/errors";
import { authorize, headerText, sendEmpty, sendXml, subjectOf, versionHeader, type Exchange } from "../wire/exchange";
import { checkKey } from "../wire/request-line";
import type { StoredObject } from "../store";
import { unowned, type Operation } from "./operation";
import { writeContext } from "./writing";
import { checkForm, type FormFields } from "./post-policy";

/** Bytes of all fields before the file, as on AWS. */
const maxFields = 20_000;

/** A form that has arrived up to its file. */
interface Form {
  readonly fields: FormFields;
  readonly file: Readable;
}

/** An upload by a browser form, whose fields replace headers. */
export const postObject: Operation = {
  name: "PostObject",
  headers: [
    "x-amz-acl",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-meta-*",
    "x-amz-server-side-encryption",
    "x-amz-signature",
    "x-amz-storage-class",
  ],
  perform: post,
};

/** Fields that are no headers and that are not served. */
const unservedFields = ["tagging", "content-md5"];

async function post(exchange: Exchange): Promise<void> {
  const { core, bucket, request } = exchange;
  const { fields, file } = await readForm(exchange);
  const key = checkKey(fields.get("key") ?? "");
  if (key === "") {
    const rule =
      "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.";
    throw invalidArgument("key", "", rule);
  }
  const grant = checkForm(fields, bucket.name, core.options, core.now(), maxBody);

  const field = (name: string) => fields.get(name);
  refuseFields(fields);
  checkShared(field, core.options.identity.accountId);
  const subject = subjectOf(core.options, grant.caller);
  const arn = core.arn(bucket.name, key);
  authorize(subject, bucket, "s3:PutObject", arn, writeContext(field));
  const answer = readAnswer(fields);
  const asHeader = (name: string) => (fields.has(name) ? headerText(fields.get(name) ?? "") : undefined);
  const attributes = readAttributes(asHeader, metadataOf(fields));

  const { blob, size, md5 } = await receive(core, fileChunks(file), grant);
  const object = await using(core, blob, async () => {
    // Fields after the file are ignored.
    await drain(request.body);
    const cause = causeOf(exchange, grant.caller);
    return addObject(core, bucket, { key, blob, size, etag: md5, attributes }, "POST Object", cause);
  });
  sendAnswer(exchange, object, answer);
}

/** @throws CloudError NotImplemented naming the first field of a feature that is not served */
function refuseFields(fields: FormFields): void {
  const unserved = [...fields.keys()].find(
    (name) => unservedFields.includes(name) || (name.startsWith("x-amz-") && !owns(postObject, name)),
  );
  if (unserved !== undefined) throw unowned(postObject, "field", unserved);
}

/** Reads the form up to its file, whose name then replaces `${filename}` in every field. */
async function readForm({ request }: Exchange): Promise<Form> {
  const fields = new Map<string, string>();
  let size = 0;
  const { body, headers } = request;
  const form = openForm(headers);
  // An error after the file has begun reaches its reader, who drains the rest of the request.
  return new Promise((resolve, reject) => {
    const fail = (error: CloudError) => {
      body.unpipe(form);
      reject(error);
    };
    form.on("field", (name, value, info) => {
      size += Buffer.byteLength(name) + Buffer.byteLength(value);
      if (size > maxFields || info.valueTruncated || info.nameTruncated) {
        return fail(s3Error("MaxPostPreDataLengthExceededError"));
      }
      const lower = name.toLowerCase();
      if (fields.has(lower)) {
        return fail(
          invalidArgument(name, value, `The form has the field '${name}' twice; a field may occur only once.`),
        );
      }
      fields.set(lower, value);
    });
    form.on("file", (name, file, { filename }) => {
      if (name.toLowerCase() !== "file") return fail(oneFile());
      // Clients may send a path; its last segment is the name.
      const last = basename((filename ?? "").replaceAll("\\", "/"));
      const named = [...fields].map(
        ([field, value]) =>
          [field, unexpanded.has(field) ? value : value.replaceAll("${filename}", () => last)] as const,
      );
      // An error of the file reaches its reader; if nobody reads on, it must not end the process.
      file.on("error", () => undefined);
      form.on("error", (error) => file.destroy(error instanceof Error ? error : undefined));
      resolve({ fields: new Map(named), file });
    });
    form.on("error", (error) => fail(malformed(error)));
    form.on("close", () => fail(oneFile()));
    body.on("error", (error) => form.destroy(error));
    body.pipe(form);
  });
}

async function* fileChunks(file: Readable): AsyncGenerator<Buffer> {
  try {
    yield* piecesOf(file);
  } catch (error) {
    throw malformed(error);
  }
}

/** The signed values are used unchanged. */
const unexpanded: ReadonlySet<string> = new Set(["policy", "x-amz-signature"]);

function openForm(headers: Exchange["request"]["headers"]) {
  try {
    return busboy({
      headers,
      preservePath: true,
      defParamCharset: "utf8",
      limits: { fieldSize: maxFields + 1, fieldNameSize: 1_000, files: 1 },
    });
  } catch (error) {
    throw malformed(error);
  }
}

function malformed(error: unknown) {
  const reason = error instanceof Error ? error.message : String(error);
  return s3Error(
    "MalformedPOSTRequest",
    undefined,
    `The body of your POST request is not well-formed multipart/form-data: ${reason}.`,
  );
}

function oneFile() {
  return invalidArgument("file", "0", "POST requires exactly one file upload per request.");
}

function metadataOf(fields: FormFields): Record<string, string> {
  const prefix = "x-amz-meta-";
  const entries = [...fields].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(prefix.length), headerText(value)]));
}

/** The answer that the form asks for. */
type Answer = { readonly status: 200 | 201 | 204 } | { readonly redirect: URL };

function readAnswer(fields: FormFields): Answer {
  const target = fields.get("success_action_redirect") ?? fields.get("redirect");
  // A target that is no address is ignored, as on AWS.
  if (target !== undefined && URL.canParse(target)) return { redirect: new URL(target) };
  const status = Number(fields.get("success_action_status"));
  return { status: status === 200 || status === 201 ? status : 204 };
}

function sendAnswer(exchange: Exchange, object: StoredObject, answer: Answer): void {
  const { bucket, request } = exchange;
  const path = `/${bucket.name}/${object.key.split("/").map(encodeURIComponent).join("/")}`;
  const location = request.url.origin + path;
  const headers = {
    etag: `"${object.etag}"`,
    location,
    "x-amz-server-side-encryption": "AES256",
    "x-amz-version-id": versionHeader(object.versionId),
  };
  if ("redirect" in answer) {
    answer.redirect.searchParams.set("bucket", bucket.name);
    answer.redirect.searchParams.set("key", object.key);
    answer.redirect.searchParams.set("etag", headers.etag);
    sendEmpty(exchange, 303, { ...headers, location: answer.redirect.href });
  } else if (answer.status === 201) {
    const content = { Location: location, Bucket: bucket.name, Key: object.key, ETag: headers.etag };
    sendXml(exchange, "PostResponse", content, headers, 201);
  } else {
    sendEmpty(exchange, answer.status, headers);
  }
}
