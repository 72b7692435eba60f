import { createHash } from "node:crypto";
import { Readable, Transform } from "node:stream";

import { cloudError } from "../gateway/errors";
import { refusal, type ErrorDialect } from "./authenticate";

/** The default limit of a body that a service reads whole, in bytes. */
const defaultLimit = 8 * 1024 * 1024;

/** A request's body, which is read as a stream or as a whole, once. */
export interface Body {
  readonly stream: Readable;
  bytes(limit?: number): Promise<Buffer>;
}

/** A body as it arrives on the wire. */
export function plainBody(source: Readable): Body {
  let whole: Promise<Buffer> | undefined;
  return { stream: source, bytes: (limit = defaultLimit) => (whole ??= collect(source, limit)) };
}

/** A body that is already in memory. */
export function bufferedBody(content: Buffer): Body {
  return {
    stream: Readable.from(content.length > 0 ? [content] : [], { objectMode: false }),
    async bytes(limit = defaultLimit) {
      if (content.length > limit) throw tooLarge(limit);
      return Promise.resolve(content);
    },
  };
}

/** A body whose end fails unless it has the hash that was signed for it. */
export function verifiedBody(source: Readable, sha256: string, dialect: ErrorDialect): Body {
  const hash = createHash("sha256");
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const actual = hash.digest("hex");
      if (actual === sha256) {
        done();
        return;
      }
      done(
        refusal(
          "alteredBody",
          dialect,
          "The provided 'x-amz-content-sha256' header does not match what was computed.",
          {
            ClientComputedContentSHA256: sha256,
            S3ComputedContentSHA256: actual,
          },
        ),
      );
    },
  });
  // A service may answer without reading: then nobody else listens, and an unhandled error ends the process.
  check.on("error", () => undefined);
  source.on("error", (error) => check.destroy(error));
  source.on("close", () => {
    if (!source.readableEnded) check.destroy(new Error("The client went away before its body had arrived."));
  });
  return plainBody(source.pipe(check));
}

async function collect(source: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  if (source.errored) throw source.errored;
  // Not `for await`: leaving it early would destroy the request and with it the answer.
  await new Promise<void>((resolve, reject) => {
    source.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else reject(tooLarge(limit));
    });
    source.once("end", resolve);
    source.once("error", reject);
    source.once("close", () => reject(new Error("The client went away before its body had arrived.")));
  });
  return Buffer.concat(chunks);
}

function tooLarge(limit: number) {
  return cloudError(
    "RequestEntityTooLarge",
    413,
    `The body is larger than the ${limit} bytes that this operation takes.`,
  );
}
