import { createHash, type Hash } from "node:crypto";

import { isHmac } from "../../../sigv4";
import { s3Error } from "./errors";

/**
 * The `aws-chunked` framing of bodies, decoded as it arrives.
 *
 *   HEX[;chunk-signature=…]\r\n DATA \r\n … 0[;chunk-signature=…]\r\n [NAME:VALUE\r\n …] \r\n
 *
 * Written from "Authenticating requests: transferring payload in multiple chunks" of the S3 API reference.
 */

/** The start of the chain of a signed stream's signatures. */
export interface ChunkSigning {
  readonly key: Buffer;
  /** `YYYYMMDDTHHMMSSZ` */
  readonly timestamp: string;
  /** `YYYYMMDD/REGION/s3/aws4_request` */
  readonly scope: string;
  /** The signature of the request's head. */
  readonly seed: string;
}

const emptySha256 = createHash("sha256").digest("hex");
/** A chunk's head is a number and a signature; trailers are a checksum and a signature. */
const maxLine = 8 * 1024;
const maxTrailers = 16;

type State = "size" | "data" | "data-end" | "trailer" | "done";

export class ChunkedDecoder {
  /** Trailing headers in lower case; complete after {@link finish}. */
  readonly trailers = new Map<string, string>();
  private state: State = "size";
  private line = "";
  private left = 0;
  private previous: string;
  private chunkSignature = "";
  private hash: Hash | undefined;

  /** @param signing verifies the signature of every chunk and of the trailers; without it they carry none */
  constructor(private readonly signing?: ChunkSigning) {
    this.previous = signing?.seed ?? "";
  }

  /**
   * Takes the next piece of the stream, wherever it was cut, and returns the data in it.
   *
   * @throws CloudError IncompleteBody, SignatureDoesNotMatch or MalformedTrailerError
   */
  push(piece: Buffer): Buffer[] {
    const data: Buffer[] = [];
    let at = 0;
    while (at < piece.length) {
      if (this.state === "data") {
        const slice = piece.subarray(at, at + this.left);
        at += slice.length;
        this.left -= slice.length;
        this.hash?.update(slice);
        data.push(slice);
        if (this.left === 0) this.state = "data-end";
        continue;
      }
      if (this.state === "done") throw malformed("there is data behind its end");
      const feed = piece.indexOf(0x0a, at);
      const end = feed < 0 ? piece.length : feed + 1;
      this.line += piece.toString("latin1", at, end);
      at = end;
      if (this.line.length > maxLine) throw malformed("a chunk's head is too long");
      if (feed < 0) break;
      const line = this.line;
      this.line = "";
      if (!line.endsWith("\r\n")) throw malformed("a line does not end in CR LF");
      this.takeLine(line.slice(0, -2));
    }
    return data;
  }

  /** Must be called at the stream's end. @throws CloudError if the stream is incomplete */
  finish(): void {
    if (this.state !== "done") throw s3Error("IncompleteBody");
  }

  private takeLine(line: string): void {
    switch (this.state) {
      case "size":
        return this.takeHead(line);
      case "data-end":
        if (line !== "") throw malformed("a chunk is longer than its head says");
        this.checkChunk();
        this.state = "size";
        return;
      default:
        return this.takeTrailer(line);
    }
  }

  private takeHead(line: string): void {
    const [, size, signature] = /^([0-9a-fA-F]{1,13})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line) ?? [];
    if (size === undefined) throw malformed(`'${line.slice(0, 100)}' is no head of a chunk`);
    if ((signature !== undefined) !== (this.signing !== undefined)) {
      throw malformed(
        this.signing
          ? "a chunk has no signature"
          : "a chunk has a signature that x-amz-content-sha256 does not announce",
      );
    }
    this.chunkSignature = signature ?? "";
    this.hash = this.signing && createHash("sha256");
    this.left = parseInt(size, 16);
    if (this.left > 0) this.state = "data";
    else {
      this.checkChunk();
      this.state = "trailer";
    }
  }

  private takeTrailer(line: string): void {
    if (line !== "") {
      const colon = line.indexOf(":");
      if (colon <= 0 || this.trailers.size >= maxTrailers) throw s3Error("MalformedTrailerError");
      this.trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
      return;
    }
    const signature = this.trailers.get("x-amz-trailer-signature");
    this.trailers.delete("x-amz-trailer-signature");
    this.state = "done";
    if (!this.signing || (this.trailers.size === 0 && signature === undefined)) return;
    const text = [...this.trailers].map(([name, value]) => `${name}:${value}\n`).join("");
    const hash = createHash("sha256").update(text).digest("hex");
    this.verify(["AWS4-HMAC-SHA256-TRAILER", ...this.link(this.signing), hash], signature ?? "");
  }

  private checkChunk(): void {
    if (!this.signing || !this.hash) return;
    const digest = this.hash.digest("hex");
    this.verify(["AWS4-HMAC-SHA256-PAYLOAD", ...this.link(this.signing), emptySha256, digest], this.chunkSignature);
    this.previous = this.chunkSignature;
  }

  /** Every signature includes the previous one, so that no chunk can be left out or moved. */
  private link(signing: ChunkSigning): string[] {
    return [signing.timestamp, signing.scope, this.previous];
  }

  private verify(lines: readonly string[], given: string): void {
    if (!this.signing) return;
    if (!isHmac(given, this.signing.key, lines.join("\n"))) throw s3Error("SignatureDoesNotMatch");
  }
}

function malformed(why: string) {
  return s3Error("IncompleteBody", undefined, `The aws-chunked body is malformed: ${why}.`);
}
