import { expect } from "chai";
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { readInvitation } from "../../../handlers/api/invitation";
import { invitationHeader, writeClaims } from "../../../handlers/contract/invitations";
import { publicKeyOf, signInvitation } from "../../../packages/cli/commands/invite/keys";

const { privateKey } = generateKeyPairSync("ed25519");
const publicKey = publicKeyOf(privateKey);
const stranger = generateKeyPairSync("ed25519").privateKey;
const claims = { studentId: "SV001", expires: 4_000_000_000 };
const payloads = [claims, { ...claims, studentId: "SV002", email: "somebody@school.example" }].map((one) =>
  Buffer.from(writeClaims(one)).toString("base64url"),
);
const encoded = (header: object | string) =>
  Buffer.from(typeof header === "string" ? header : JSON.stringify(header)).toString("base64url");

const headers: Readonly<Record<string, string>> = {
  "the school's": invitationHeader,
  none: encoded({ alg: "none", typ: "JWT" }),
  "none in capitals": encoded({ alg: "NONE" }),
  "no algorithm": encoded({ typ: "JWT" }),
  "a shared secret": encoded({ alg: "HS256", typ: "JWT" }),
  "another curve": encoded({ alg: "ES256", typ: "JWT" }),
  "a key of its own": encoded({ alg: "EdDSA", typ: "JWT", jwk: stranger.export({ format: "jwk" }).x }),
  "a key to fetch": encoded({ alg: "EdDSA", jku: "https://evil.example/keys" }),
  "a key's path": encoded({ alg: "EdDSA", kid: "../../../dev/null" }),
  "other white space": encoded('{ "alg": "EdDSA", "typ": "JWT" }'),
  empty: "",
};

type Signature = (signed: string, payload: string) => string;
const own: Signature = (signed) => sign(null, Buffer.from(signed), privateKey).toString("base64url");
const keyed = (secret: string | Buffer): Signature => {
  return (signed) => createHmac("sha256", secret).update(signed).digest("base64url");
};
const signatures: Readonly<Record<string, Signature>> = {
  "a stranger's": (signed) => sign(null, Buffer.from(signed), stranger).toString("base64url"),
  "the public key as secret": keyed(publicKey),
  "the public key's bytes as secret": keyed(Buffer.from(publicKey, "base64url")),
  "an empty secret": keyed(""),
  none: () => "",
  zeros: () => Buffer.alloc(64).toString("base64url"),
  // The neutral point, with which some libraries verify anything under a key of small order.
  "the neutral point": () => Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]).toString("base64url"),
  "that of another token": () => signInvitation({ studentId: "SV003", expires: 1 }, privateKey).split(".")[2] ?? "",
  "that of the payload alone": (_signed, payload) => own(payload, payload),
  "its own, shortened": (signed, payload) => own(signed, payload).slice(0, -1),
  "its own, lengthened": (signed, payload) => `${own(signed, payload)}A`,
  "its own, with a part more": (signed, payload) => `${own(signed, payload)}.A`,
  "its own, padded": (signed, payload) => `${own(signed, payload)}==`,
  "its own, before a line break": (signed, payload) => `${own(signed, payload)}\n`,
  "its own, in hexadecimal": (signed) => sign(null, Buffer.from(signed), privateKey).toString("hex"),
  "its own, reversed": (signed) =>
    Buffer.from(sign(null, Buffer.from(signed), privateKey))
      .reverse()
      .toString("base64url"),
  "its own, with one bit changed": (signed) => {
    const bytes = Buffer.from(sign(null, Buffer.from(signed), privateKey));
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    return bytes.toString("base64url");
  },
};

describe("A forged invitation", () => {
  it("is none, for 374 tokens: every header with every signature", () => {
    let forged = 0;
    for (const [header, first] of Object.entries(headers)) {
      for (const [signature, signed] of Object.entries(signatures)) {
        for (const payload of payloads) {
          const token = `${first}.${payload}.${signed(`${first}.${payload}`, payload)}`;
          expect(readInvitation(token, publicKey), `header: ${header}; signature: ${signature}`).to.equal(undefined);
          forged++;
        }
      }
    }
    expect(forged).to.equal(374);
  });

  it("is none with a good signature under any header but the school's", () => {
    for (const [header, first] of Object.entries(headers)) {
      for (const payload of payloads) {
        const token = `${first}.${payload}.${own(`${first}.${payload}`, payload)}`;
        const read = readInvitation(token, publicKey);
        expect(read !== undefined, `header: ${header}`).to.equal(first === invitationHeader);
      }
    }
  });
});
