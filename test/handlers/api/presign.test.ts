import { GetObjectCommand, S3 } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl, S3RequestPresigner } from "@aws-sdk/s3-request-presigner";
import { expect } from "chai";
import fc from "fast-check";
import { presignGet, presignPost, signerFrom, type Signer } from "../../../handlers/api/presign";

const now = new Date("2026-03-01T08:00:00.000Z");
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };

const signers: readonly (readonly [string, Signer])[] = [
  ["AWS", { credentials, region: "ap-southeast-1" }],
  ["AWS, by a role", { credentials: { ...credentials, sessionToken: "a+token/of=a role" }, region: "eu-west-1" }],
  ["AWS in China", { credentials, region: "cn-north-1" }],
  ["an endpoint at an address", { credentials, region: "us-east-1", endpoint: "http://127.0.0.1:4566" }],
  ["an endpoint at a name", { credentials, region: "us-east-1", endpoint: "https://s3.school.example:9000" }],
];

/** The SDK's client as the function's environment would make it. */
function sdk(signer: Signer): S3 {
  return new S3({ ...signer, ...(signer.endpoint === undefined ? {} : { endpoint: signer.endpoint }) });
}

describe("Presigned forms and links", () => {
  for (const [where, signer] of signers) {
    it(`are the SDK's own, byte by byte: ${where}`, async () => {
      const rules = {
        bucket: "photos-1a2b",
        key: "uploads/SV001/01KJ.jpg",
        contentType: "image/jpeg",
        maxBytes: 1234,
        expiresAt: new Date(now.getTime() + 900_000),
      };
      // The SDK's presigner asks the clock itself; a client's clock offset is its only other source of time.
      const client = sdk(signer);
      client.config.systemClockOffset = now.getTime() - Date.now();
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- of another release of the SDK
      const theirs = await createPresignedPost(client, {
        Bucket: rules.bucket,
        Key: rules.key,
        Fields: { "Content-Type": rules.contentType, success_action_status: "201" },
        Conditions: [["content-length-range", 1, rules.maxBytes]],
        Expires: 900,
      });
      const ours = presignPost(signer, rules, atSecondOf(theirs.fields["X-Amz-Date"]));
      const expiresAt = policyOf(theirs.fields).expiration;
      const again = presignPost(
        signer,
        { ...rules, expiresAt: new Date(expiresAt) },
        atSecondOf(theirs.fields["X-Amz-Date"]),
      );
      expect(ours.url).to.equal(theirs.url);
      expect(again.fields).to.deep.equal(theirs.fields);

      const key = "avatars/SV001/01KJ/lẻ (1)'!*.jpg";
      const link = presignGet(signer, rules.bucket, key, 300, now);
      const { protocol, hostname, host, port, pathname } = new URL(link);
      const presigner = new S3RequestPresigner({ ...client.config, sha256: client.config.sha256 });
      const request = {
        method: "GET",
        protocol,
        hostname,
        path: pathname,
        query: {},
        headers: { host },
        ...(port === "" ? {} : { port: Number(port) }),
      };
      const signed = await presigner.presign(request, { expiresIn: 300, signingDate: now });
      expect(Object.fromEntries(new URL(link).searchParams)).to.deep.equal(signed.query);
      const command = new GetObjectCommand({ Bucket: rules.bucket, Key: key });
      expect(link.split("?")[0]).to.equal((await getSignedUrl(client, command)).split("?")[0]);
    });
  }

  it("name exactly one key, one content type and at most the declared bytes", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1 }), (key, maxBytes) => {
        const rules = { bucket: "photos", key, contentType: "image/png", maxBytes, expiresAt: now };
        const { fields } = presignPost({ credentials, region: "us-east-1" }, rules, now);
        const { conditions } = policyOf(fields);
        expect(conditions).to.deep.include({ key });
        expect(conditions).to.deep.include({ "Content-Type": "image/png" });
        expect(conditions).to.deep.include(["content-length-range", 1, maxBytes]);
        expect(conditions.some((rule) => JSON.stringify(rule).includes("starts-with"))).to.equal(
          key.includes("starts-with"),
        );
      }),
    );
  });

  it("are signed with what the function's environment says at that moment", () => {
    const env = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret", AWS_REGION: "eu-west-1" };
    expect(signerFrom(env)).to.deep.equal({
      credentials: { accessKeyId: "id", secretAccessKey: "secret" },
      region: "eu-west-1",
    });
    const local = { AWS_SESSION_TOKEN: "token", AWS_ENDPOINT_URL: "http://127.0.0.1:1" };
    expect(signerFrom({ ...env, ...local })).to.deep.include({ endpoint: "http://127.0.0.1:1" });
    expect(signerFrom({ ...env, ...local }).credentials.sessionToken).to.equal("token");
    expect(signerFrom({ ...local, AWS_ENDPOINT_URL_S3: "http://127.0.0.1:2" }).endpoint).to.equal("http://127.0.0.1:2");
  });
});

function policyOf(fields: Readonly<Record<string, string>>): { expiration: string; conditions: unknown[] } {
  return JSON.parse(Buffer.from(fields["Policy"] ?? "", "base64").toString()) as ReturnType<typeof policyOf>;
}

function atSecondOf(stamp = ""): Date {
  return new Date(stamp.replace(/(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)/, "$1-$2-$3:$4:$5"));
}
