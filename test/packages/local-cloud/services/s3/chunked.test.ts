import { createHash, createHmac, randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";

import { expect } from "chai";
import fc from "fast-check";

import { ChunkedDecoder } from "../../../../../packages/local-cloud/services/s3/wire/chunked";
import { signingKey } from "../../../../../packages/local-cloud/sigv4";
import { bucket, identity, startS3, type TestS3 } from "./harness";

/** Decodes a stream cut at the given places. */
function decode(decoder: ChunkedDecoder, stream: Buffer, cuts: readonly number[] = []): Buffer {
  const edges = [0, ...[...cuts].sort((a, b) => a - b), stream.length];
  const pieces = edges.slice(1).flatMap((end, i) => decoder.push(stream.subarray(edges[i], end)));
  decoder.finish();
  return Buffer.concat(pieces);
}

/** Frames data without signatures. */
function frame(chunks: readonly Uint8Array[], trailers: Readonly<Record<string, string>> = {}): Buffer {
  const framed = chunks
    .filter((chunk) => chunk.length > 0)
    .flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n")]);
  const end = Object.entries(trailers).map(([name, value]) => `${name}:${value}\r\n`);
  return Buffer.concat([...framed, Buffer.from(`0\r\n${end.join("")}\r\n`)]);
}

/** The example of the S3 API reference, "Signature calculations for … multiple chunks": 66,560 bytes of `a`. */
const example = {
  key: signingKey("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", {
    scopeDate: "20130524",
    region: "us-east-1",
    service: "s3",
  }),
  timestamp: "20130524T000000Z",
  scope: "20130524/us-east-1/s3/aws4_request",
  seed: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
};
const exampleStream = Buffer.concat([
  Buffer.from("10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n"),
  Buffer.alloc(65_536, "a"),
  Buffer.from("\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n"),
  Buffer.alloc(1024, "a"),
  Buffer.from("\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"),
]);

describe("local S3: aws-chunked bodies", () => {
  it("decode the same however the stream is cut (property)", () => {
    const chunks = fc.array(fc.uint8Array({ minLength: 0, maxLength: 40 }), { maxLength: 6 });
    fc.assert(
      fc.property(chunks, fc.boolean(), fc.array(fc.nat(400)), (data, trailing, cuts) => {
        const trailers: Record<string, string> = trailing ? { "x-amz-checksum-crc32": "AAAAAA==" } : {};
        const stream = frame(data, trailers);
        const decoder = new ChunkedDecoder();
        const within = cuts.map((cut) => Math.min(cut, stream.length));
        expect(decode(decoder, stream, within).equals(Buffer.concat(data))).to.equal(true);
        expect(Object.fromEntries(decoder.trailers)).to.deep.equal(trailers);
      }),
    );
  });

  it("are refused when cut short anywhere, or when anything follows", () => {
    const stream = frame([Buffer.from("hello"), Buffer.from("world")], { "x-amz-checksum-crc32": "AAAAAA==" });
    for (let end = 0; end < stream.length; end++) {
      expect(() => decode(new ChunkedDecoder(), stream.subarray(0, end)), `${end}`).to.throw();
    }
    expect(() => decode(new ChunkedDecoder(), Buffer.concat([stream, Buffer.from("x")]))).to.throw(/behind its end/);
  });

  it("verify the example of the API reference, cut anywhere", () => {
    for (const cuts of [[], [1, 50, 88, 89], [65_626, 65_627], [66_000, 66_800]]) {
      expect(decode(new ChunkedDecoder(example), exampleStream, cuts).equals(Buffer.alloc(66_560, "a"))).to.equal(true);
    }
  });

  it("are refused when a signed chunk is changed, left out or moved", () => {
    const changed = Buffer.from(exampleStream);
    changed[66_000] = 0x62;
    expect(() => decode(new ChunkedDecoder(example), changed)).to.throw(/signature/);
    const first = exampleStream.indexOf("400;chunk-signature");
    const without = exampleStream.subarray(first);
    expect(() => decode(new ChunkedDecoder(example), without)).to.throw(/signature/);
    const unsigned = frame([Buffer.from("x")]);
    expect(() => decode(new ChunkedDecoder(example), unsigned)).to.throw(/no signature/);
    expect(() => decode(new ChunkedDecoder(), exampleStream)).to.throw(/does not announce/);
  });

  describe("over the wire, signed chunk by chunk", () => {
    let cloud: TestS3;
    before(async () => (cloud = await startS3({ buckets: [bucket("plain")] })));
    after(() => cloud.stop());

    /** Signs head, chunks and trailers as the SDKs for Java and C++ do over plain HTTP. */
    async function upload(data: Buffer, options: { trailer?: string; forge?: boolean }) {
      const timestamp = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
      const scope = `${timestamp.slice(0, 8)}/${identity.region}/s3/aws4_request`;
      const key = signingKey("test", { scopeDate: timestamp.slice(0, 8), region: identity.region, service: "s3" });
      const sha = (text: string | Buffer) => createHash("sha256").update(text).digest("hex");
      const hmac = (text: string) => createHmac("sha256", key).update(text).digest("hex");
      const { hostname, port, host } = new URL(cloud.gateway.url);
      const headers: Record<string, string> = {
        "content-encoding": "aws-chunked",
        host,
        "x-amz-content-sha256": `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${options.trailer ? "-TRAILER" : ""}`,
        "x-amz-date": timestamp,
        "x-amz-decoded-content-length": String(data.length),
        ...(options.trailer ? { "x-amz-trailer": "x-amz-checksum-crc32c" } : {}),
      };
      const names = Object.keys(headers).sort();
      const canonical = [
        "PUT",
        "/plain/signed",
        "",
        ...names.map((name) => `${name}:${headers[name] ?? ""}`),
        "",
        names.join(";"),
        headers["x-amz-content-sha256"],
      ].join("\n");
      let previous = hmac(["AWS4-HMAC-SHA256", timestamp, scope, sha(canonical)].join("\n"));
      headers.authorization = `AWS4-HMAC-SHA256 Credential=local/${scope},SignedHeaders=${names.join(";")},Signature=${previous}`;

      const parts: Buffer[] = [];
      const chunks = [data.subarray(0, 65_536), data.subarray(65_536)].filter(({ length }) => length > 0);
      for (const chunk of [...chunks, Buffer.alloc(0)]) {
        previous = hmac(["AWS4-HMAC-SHA256-PAYLOAD", timestamp, scope, previous, sha(""), sha(chunk)].join("\n"));
        parts.push(Buffer.from(`${chunk.length.toString(16)};chunk-signature=${previous}\r\n`), chunk);
        if (chunk.length > 0) parts.push(Buffer.from("\r\n"));
      }
      if (options.trailer) {
        const line = `x-amz-checksum-crc32c:${options.trailer}\n`;
        const signature = hmac(["AWS4-HMAC-SHA256-TRAILER", timestamp, scope, previous, sha(line)].join("\n"));
        const sent = options.forge ? "0".repeat(64) : signature;
        parts.push(Buffer.from(`${line.trim()}\r\nx-amz-trailer-signature:${sent}\r\n`));
      }
      parts.push(Buffer.from("\r\n"));
      const body = Buffer.concat(parts);
      return new Promise<{ status: number; text: string }>((resolve, reject) => {
        const request = httpRequest(
          {
            hostname,
            port,
            path: "/plain/signed",
            method: "PUT",
            headers: { ...headers, "content-length": body.length },
          },
          (response) => {
            let text = "";
            response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
            response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
          },
        );
        request.on("error", reject);
        request.end(body);
      });
    }

    it("store the data without its framing", async () => {
      const data = randomBytes(100_000);
      expect(await upload(data, {})).to.include({ status: 200 });
      expect(cloud.s3.headObject("plain", "signed")).to.include({
        size: 100_000,
        etag: createHash("md5").update(data).digest("hex"),
      });
      expect(cloud.s3.headObject("plain", "signed")?.headers).to.not.have.property("content-encoding");
    });

    it("verify the trailer's checksum and signature", async () => {
      const data = Buffer.concat([Buffer.alloc(65_536), Buffer.from("123456789")]);
      const wrong = await upload(data, { trailer: "4waSgw==" });
      expect(wrong.status).to.equal(400);
      expect(wrong.text).to.contain("<Code>BadDigest</Code>");
      const forged = await upload(data, { trailer: "4waSgw==", forge: true });
      expect(forged.text).to.contain("<Code>SignatureDoesNotMatch</Code>");
      // The check value of CRC-32C: that of the digits 1 to 9 is e3069283.
      expect(await upload(Buffer.from("123456789"), { trailer: "4waSgw==" })).to.include({ status: 200 });
    });
  });
});
