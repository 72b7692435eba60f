import type { StoredObject } from "../store";
import { s3Error } from "./errors";

type HeaderOf = (name: string) => string | undefined;

/**
 * Evaluates a read's conditional headers (RFC 9110, section 13.2.2).
 *
 * @param prefix `x-amz-copy-source-` for the source of a copy, for which "not modified" is a failed precondition too
 * @returns whether the client's copy is still current: the answer is then 304 without a body
 * @throws CloudError PreconditionFailed
 */
export function notModified(object: StoredObject, header: HeaderOf, prefix = ""): boolean {
  const failed = (condition: string) => s3Error("PreconditionFailed", { Condition: condition });
  const match = header(`${prefix}if-match`);
  const noneMatch = header(`${prefix}if-none-match`);
  const since = seconds(header(`${prefix}if-modified-since`));
  const unmodified = seconds(header(`${prefix}if-unmodified-since`));
  const modified = Math.floor(object.lastModified / 1000);

  if (match !== undefined) {
    if (!lists(match, object.etag)) throw failed("If-Match");
  } else if (unmodified !== undefined && modified > unmodified) throw failed("If-Unmodified-Since");

  let fresh = false;
  if (noneMatch !== undefined) fresh = lists(noneMatch, object.etag);
  else if (since !== undefined) fresh = modified <= since;
  if (fresh && prefix !== "") throw failed(noneMatch === undefined ? "If-Modified-Since" : "If-None-Match");
  return fresh;
}

function lists(header: string, etag: string): boolean {
  return header.split(",").some((candidate) => {
    const bare = candidate.trim().replace(/^W\//, "").replaceAll('"', "");
    return bare === "*" || bare === etag;
  });
}

/** Seconds since 1970 of an HTTP date; invalid dates are ignored. */
function seconds(date: string | undefined): number | undefined {
  const time = date === undefined ? NaN : Date.parse(date);
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000);
}

/** The first and last byte of a part of an object. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a `Range` header. One that is malformed, or asks for several ranges, is ignored, as on S3.
 *
 * @throws CloudError InvalidRange if none of its bytes exist
 */
export function readRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "") ?? [];
  if (header === undefined || first === undefined || last === undefined || (first === "" && last === "")) {
    return undefined;
  }
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== "" && last !== "" && Number(last) < start) return undefined;
  if (start >= size) throw s3Error("InvalidRange", { RangeRequested: header, ActualObjectSize: String(size) });
  return { start, end };
}
