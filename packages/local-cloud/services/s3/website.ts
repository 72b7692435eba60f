import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";

import { isCloudError } from "../../gateway/service";
import { notModified } from "./wire/conditions";
import { s3Error } from "./wire/errors";
import { authorize, currentObject, defined, nobody, subjectOf, type Core } from "./wire/exchange";
import { objectHeaders } from "./operations/get-object";
import type { DeclaredBucket, WebsiteConfiguration } from "./options";
import type { StoredObject } from "./store";

/** A bucket as a static website, for visitors without credentials. */
export interface WebsiteOptions extends WebsiteConfiguration {
  /**
   * The reader of the bucket. `everyone` is S3's own website endpoint: the bucket's policy must open `s3:GetObject` to
   * everybody. `distribution` is a CloudFront distribution in front of a private bucket, with its own access.
   */
  readonly reader: "everyone" | "distribution";
}

/**
 * Answers a visitor.
 *
 * @param path below the site's root, percent-encoded, with its leading slash and without a query
 * @param root of the site on this port, for redirects, without a slash at its end: `/site`
 */
export type WebsiteHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  root: string,
) => Promise<void>;

/** Makes the handler of a bucket's website. Errors become pages; the handler itself does not throw. */
export function websiteOf(core: Core, bucket: DeclaredBucket, site: WebsiteOptions): WebsiteHandler {
  function find(key: string): StoredObject {
    if (site.reader === "everyone") {
      authorize(subjectOf(core.options, nobody), bucket, "s3:GetObject", core.arn(bucket.name, key));
    }
    const object = currentObject(core, bucket.name, key);
    if (!object) throw s3Error("NoSuchKey", { Key: key });
    return object;
  }

  async function send(
    request: IncomingMessage,
    response: ServerResponse,
    object: StoredObject,
    status: number,
  ): Promise<void> {
    const header = (name: string) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(",") : value;
    };
    const headers = defined(objectHeaders(object));
    if (status === 200 && notModified(object, header)) {
      response.writeHead(304, { etag: `"${object.etag}"` }).end();
      return;
    }
    headers["content-length"] = String(object.size);
    if (request.method === "HEAD") {
      response.writeHead(status, headers).end();
      return;
    }
    const bytes = await core.store.read(object.blob, 0, object.size - 1);
    response.writeHead(status, headers);
    await pipeline(bytes, response);
  }

  async function sendError(request: IncomingMessage, response: ServerResponse, error: unknown): Promise<void> {
    if (!isCloudError(error)) throw error;
    const { code, status, message } = error;
    const page = site.errorDocument === undefined ? undefined : currentObject(core, bucket.name, site.errorDocument);
    if (page) return send(request, response, page, status);
    const body = `<!doctype html><title>${String(status)} ${code}</title><h1>${String(status)} ${code}</h1><p>${escapeHtml(message)}</p>`;
    response.writeHead(status, {
      "content-type": "text/html; charset=utf-8",
      "content-length": String(Buffer.byteLength(body)),
    });
    response.end(request.method === "HEAD" ? undefined : body);
  }

  return async (request, response, path, root) => {
    try {
      if (request.method !== "GET" && request.method !== "HEAD") {
        throw s3Error("MethodNotAllowed", { Method: request.method ?? "" });
      }
      const key = decode(path).slice(1);
      if (
        key !== "" &&
        !key.endsWith("/") &&
        !currentObject(core, bucket.name, key) &&
        currentObject(core, bucket.name, `${key}/${site.indexDocument}`)
      ) {
        // A folder without its slash: relative links of its index document would resolve wrongly.
        response.writeHead(302, { location: `${root}${path}/`, "content-length": "0" }).end();
        return;
      }
      await send(request, response, find(key === "" || key.endsWith("/") ? key + site.indexDocument : key), 200);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else await sendError(request, response, error);
    }
  };
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw s3Error("InvalidURI", { URI: path });
  }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
