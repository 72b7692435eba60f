import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import type { CloudRequest } from "../../../gateway/service";
import { scopeText, signingKey } from "../../../sigv4";
import type { S3Options } from "../options";
import {
  algorithmOf,
  checksumAlgorithms,
  checksumHeader,
  hasherOf,
  type Checksum,
  type ChecksumAlgorithm,
} from "./checksums";
import { ChunkedDecoder, type ChunkSigning } from "./chunked";
import { s3Error } from "./errors";

/** The maximum size of one request: 5 GiB, as on AWS. */
export const maxBody = 5 * 1024 ** 3;

/** A request's body without its framing. */
export interface VerifiedBody {
  /**
   * The data as it arrives. Ends in an error if it does not match the headers and trailers: so none of it may count
   * before the end.
   */
  readonly chunks: AsyncIterable<Buffer>;
  /** The checksum that the client sent, after its verification; only valid after the end. */
  checksum(): Checksum | undefined;
}

type HeaderOf = (name: string) => string | undefined;

/**
 * Opens the body of a request: takes off `aws-chunked` framing, and checks length, MD5, checksums and the signatures
 * of chunks. (The SHA-256 of a body that is signed as a whole is part of the request's signature: the gateway's.)
 *
 * @throws CloudError if the headers contradict each other
 */
export function openBody(request: CloudRequest, header: HeaderOf, options: S3Options): VerifiedBody {
  const payload = header("x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD";
  const decoder = payload.startsWith("STREAMING-") ? decoderOf(payload, request, options) : undefined;
  const md5 = expectedMd5(header("content-md5"));
  const promised = promisedChecksum(header, decoder !== undefined);
  const length = decoder ? header("x-amz-decoded-content-length") : header("content-length");
  if (decoder && !/^\d+$/.test(length ?? "")) throw s3Error("MissingContentLength");
  let checksum: Checksum | undefined;

  async function* chunks(): AsyncGenerator<Buffer> {
    const md5Hash = md5 === undefined ? undefined : createHash("md5");
    const hasher = promised && hasherOf(promised.algorithm);
    let size = 0;
    for await (const piece of piecesOf(request.body)) {
      for (const data of decoder ? decoder.push(piece) : [piece]) {
        md5Hash?.update(data);
        hasher?.update(data);
        size += data.length;
        yield data;
      }
    }
    decoder?.finish();
    if (length !== undefined && size !== Number(length)) throw s3Error("IncompleteBody");
    if (md5Hash && md5Hash.digest("base64") !== md5) throw s3Error("BadDigest");
    if (promised && hasher) {
      const value = promised.value ?? decoder?.trailers.get(checksumHeader(promised.algorithm));
      if (value === undefined) throw s3Error("MalformedTrailerError");
      if (value !== (await hasher.digest())) throw badChecksum(promised.algorithm);
      checksum = { algorithm: promised.algorithm, type: "FULL_OBJECT", value };
    }
  }

  return { chunks: chunks(), checksum: () => checksum };
}

export function badChecksum(algorithm: ChecksumAlgorithm) {
  return s3Error("BadDigest", undefined, `The ${algorithm} you specified did not match the calculated checksum.`);
}

/** Chunks of a stream, which stays intact if its reader stops: the rest must be drained before the answer. */
export async function* piecesOf(stream: Readable): AsyncGenerator<Buffer> {
  for await (const piece of stream.iterator({ destroyOnReturn: false })) yield piece as Buffer;
}

/** All of a small body, such as the XML of a request. @throws CloudError EntityTooLarge above `limit` bytes */
export async function collect(body: VerifiedBody, limit: number): Promise<Buffer> {
  const all: Buffer[] = [];
  let size = 0;
  for await (const chunk of body.chunks) {
    size += chunk.length;
    if (size > limit) throw s3Error("EntityTooLarge");
    all.push(chunk);
  }
  return Buffer.concat(all);
}

/**
 * Reads the rest of a body and discards it. Clients that are still sending when the answer arrives, and the connection
 * closes, see a reset connection instead of the answer.
 */
export async function drain(body: Readable): Promise<void> {
  if (body.readableEnded || body.destroyed) return;
  body.unpipe();
  await new Promise<void>((resolve) => {
    // Not stream.finished, which also waits until the answer has been sent.
    for (const event of ["end", "close", "error"]) body.once(event, resolve);
    body.resume();
  });
}

function decoderOf(payload: string, request: CloudRequest, options: S3Options): ChunkedDecoder {
  switch (payload) {
    case "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
      return new ChunkedDecoder();
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD":
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER":
      return new ChunkedDecoder(chunkSigning(request, options));
    default:
      throw s3Error(
        "NotImplemented",
        { Header: "x-amz-content-sha256" },
        `The local S3 does not serve ${payload} bodies.`,
      );
  }
}

/** The gateway has verified the head's signature; the chunks' are chained to it. */
function chunkSigning(request: CloudRequest, options: S3Options): ChunkSigning {
  const { signature } = request;
  if (!signature || signature.expiresIn !== undefined) {
    throw s3Error(
      "InvalidRequest",
      undefined,
      "A body with signed chunks needs a signature in the Authorization header.",
    );
  }
  const { accessKeyId, sessionToken, timestamp } = signature;
  const credentials = options.credentials(accessKeyId, sessionToken);
  if (!credentials) throw s3Error("InvalidAccessKeyId", { AWSAccessKeyId: accessKeyId });
  return {
    key: signingKey(credentials.secretAccessKey, signature),
    timestamp,
    scope: scopeText(signature),
    seed: signature.signature,
  };
}

function expectedMd5(header: string | undefined): string | undefined {
  if (header !== undefined && Buffer.from(header, "base64").length !== 16) throw s3Error("InvalidDigest");
  return header;
}

/** The client's checksum: now, in a header, or after the data, in a trailer. */
function promisedChecksum(
  header: HeaderOf,
  chunked: boolean,
): { algorithm: ChecksumAlgorithm; value?: string } | undefined {
  const given = checksumAlgorithms.filter((algorithm) => header(checksumHeader(algorithm)) !== undefined);
  const trailer = header("x-amz-trailer");
  const trailing = trailer === undefined ? undefined : algorithmOf(trailer.trim());
  if (trailer !== undefined && (trailing === undefined || !chunked)) {
    throw s3Error("InvalidRequest", undefined, "The value specified in the x-amz-trailer header is not supported");
  }
  if (given.length + (trailing ? 1 : 0) > 1) {
    throw s3Error(
      "InvalidRequest",
      undefined,
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  }
  const [algorithm] = given;
  if (algorithm === undefined) return trailing && { algorithm: trailing };
  return { algorithm, value: header(checksumHeader(algorithm)) ?? "" };
}
