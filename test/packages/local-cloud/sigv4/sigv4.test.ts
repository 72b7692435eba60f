import { expect } from "chai";
import fc from "fast-check";
import { createHash } from "node:crypto";

import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

import {
  isHmac,
  readHead,
  readSignature,
  signatureMatches,
  timeOf,
  type RawRequest,
} from "../../../../packages/local-cloud/sigv4";

const nothing = createHash("sha256").update("").digest("hex");
const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/** A request of AWS's published test suite. */
function vector(url: string, signature: string, headers: string[] = []): RawRequest {
  const signed = ["host", ...headers.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase()), "x-amz-date"];
  return {
    method: "GET",
    url,
    rawHeaders: [
      ...["Host", "example.amazonaws.com", "X-Amz-Date", "20150830T123600Z", ...headers, "Authorization"],
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, " +
        `SignedHeaders=${[...new Set(signed)].sort().join(";")}, Signature=${signature}`,
    ],
  };
}

function matches(request: RawRequest, payloadHash: string, key: string): boolean {
  const head = readHead(request);
  const signature = readSignature(head);
  return signature !== undefined && signatureMatches(head, signature, key, payloadHash);
}

describe("a signature", () => {
  it("is that of AWS's own test suite", () => {
    const vectors = [
      vector("/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
      vector("/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    ];
    for (const head of vectors) {
      expect(matches(head, nothing, secret)).to.equal(true);
      expect(matches(head, nothing, `${secret}x`)).to.equal(false);
      expect(matches({ ...head, method: "POST" }, nothing, secret)).to.equal(false);
    }
  });

  it("is all of its 64 digits, in either case, and nothing behind them", () => {
    const digits = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    expect(matches(vector("/", digits.toUpperCase()), nothing, secret)).to.equal(true);
    for (const other of [`${digits}zz`, `${digits}00`, digits.slice(0, 62), ""]) {
      if (other !== "") expect(matches(vector("/", other), nothing, secret), other).to.equal(false);
      expect(isHmac(other, Buffer.from("key"), "text")).to.equal(false);
    }
  });

  it("is read with all that it says", () => {
    const head = vector("/", "00", ["X-Amz-Security-Token", "token", "X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"]);
    expect(readSignature(readHead(head))).to.deep.include({
      accessKeyId: "AKIDEXAMPLE",
      scopeDate: "20150830",
      region: "us-east-1",
      service: "service",
      signedHeaders: ["host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"],
      signature: "00",
      timestamp: "20150830T123600Z",
      sessionToken: "token",
      payloadHash: "UNSIGNED-PAYLOAD",
    });
    expect(timeOf("20150830T123600Z")).to.equal(Date.parse("2015-08-30T12:36:00Z"));
    expect(readSignature(readHead({ url: "/a?b=c", rawHeaders: ["Host", "x"] }))).to.equal(undefined);
  });

  it("of the SDK matches for any key, and for no other than it was made for", async () => {
    const client = new S3Client({
      endpoint: "http://127.0.0.1:4566",
      region: "ap-southeast-1",
      credentials: { accessKeyId: "local", secretAccessKey: secret },
    });
    const key = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((text) => !/^\.{1,2}$/.test(text));
    await fc.assert(
      fc.asyncProperty(key, key, async (mine, other) => {
        const url = async (Key: string) => {
          const signed = await getSignedUrl(client, new GetObjectCommand({ Bucket: "photos", Key }));
          return signed.slice("http://127.0.0.1:4566".length).split("?") as [path: string, query: string];
        };
        const [[path, query], [otherPath]] = [await url(`uploads/${mine}`), await url(`uploads/${other}`)];
        const head = { method: "GET", url: `${path}?${query}`, rawHeaders: ["Host", "127.0.0.1:4566"] };
        expect(matches(head, "UNSIGNED-PAYLOAD", secret)).to.equal(true);
        expect(matches({ ...head, url: `${otherPath}?${query}` }, "UNSIGNED-PAYLOAD", secret)).to.equal(mine === other);
      }),
      { numRuns: 100 },
    );
  });

  it("that is malformed is refused by what is wrong with it, whatever it holds", () => {
    const refused = (authorization: string) => () =>
      readSignature(readHead({ rawHeaders: ["Authorization", authorization, "X-Amz-Date", "20150830T123600Z"] }));
    expect(refused("Basic abc")).to.throw("the algorithm has to be AWS4-HMAC-SHA256");
    expect(refused("AWS4-HMAC-SHA256 SignedHeaders=host, Signature=0")).to.throw("it has no Credential");
    expect(refused("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0")).to.throw(
      "the credential 'a/b' has to be KEY/YYYYMMDD/REGION/SERVICE/aws4_request",
    );
    const week = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=604801";
    expect(() => readSignature(readHead({ url: week, rawHeaders: [] }))).to.throw("X-Amz-Expires is 604801");
    fc.assert(
      fc.property(fc.string(), (text) => {
        const codes = ["AuthorizationHeaderMalformed", "AuthorizationQueryParametersError"];
        for (const head of [
          { rawHeaders: ["Authorization", `AWS4-HMAC-SHA256 ${text}`] },
          { url: `/?X-Amz-Algorithm=AWS4-HMAC-SHA256&${text}`, rawHeaders: [] },
        ]) {
          expect(() => readSignature(readHead(head)))
            .to.throw()
            .with.property("code")
            .that.is.oneOf(codes);
        }
      }),
    );
  });
});
