import { expect } from "chai";
import { asMachineError, step } from "../../../handlers/runtime/step";

describe("What the machine is told of a service's error", () => {
  const sdkError = (name: string, more: object = {}) => Object.assign(new Error("why"), { name }, more);
  const answered = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } });

  // The names that the SDK retries as throttling, whatever the status; and that of KMS, which SNS passes on.
  const throttles = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "KMSThrottlingException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
  ];
  const cases: readonly (readonly [string, Error, string])[] = [
    ...throttles.map((name) => [name, sdkError(name, answered(400)), "Throttled"] as const),
    ["an unknown name with status 429", sdkError("Later", answered(429)), "Throttled"],
    ["what the SDK knows to be throttling", sdkError("Later", { $retryable: { throttling: true } }), "Throttled"],
    ["a status of 503", sdkError("Unknown", answered(503)), "Unavailable"],
    ["no answer in time", sdkError("TimeoutError"), "Unavailable"],
    ["a line that broke", sdkError("Error", { code: "ECONNRESET" }), "Unavailable"],
    ["an answer that broke off", sdkError("Error", { code: "ERR_STREAM_PREMATURE_CLOSE" }), "Unavailable"],
    ["a refusal", sdkError("AccessDeniedException", answered(400)), "AccessDeniedException"],
    ["a mistake of ours", new TypeError("x is not a function"), "TypeError"],
  ];
  for (const [what, error, name] of cases) {
    it(`is ${name} for ${what}`, () => {
      const told = asMachineError(error);
      expect(told.name).to.equal(name);
      expect(told.message, "why, for whoever reads the execution").to.include(error.message);
    });
  }

  it("is an error even where what was thrown is none", () => {
    expect(asMachineError("oops")).to.include({ name: "Error", message: "oops" });
  });
});

describe("A photo that S3 does not know", () => {
  const errorFor = async (name: string, photo: object | undefined): Promise<string> => {
    const handle = step("Any", () => Promise.reject(Object.assign(new Error("why"), { name })));
    return handle({ photo }).then(
      () => "none",
      (error: unknown) => (error as Error).name,
    );
  };
  const minutesOld = (minutes: number) => ({ uploadedAt: new Date(Date.now() - minutes * 60_000).toISOString() });

  for (const name of ["NoSuchKey", "NoSuchVersion", "InvalidS3ObjectException"]) {
    it(`is not there yet while it is young, and gone later: ${name}`, async () => {
      expect(await errorFor(name, minutesOld(1))).to.equal("NotYetThere");
      expect(await errorFor(name, minutesOld(29))).to.equal("NotYetThere");
      expect(await errorFor(name, minutesOld(31))).to.equal(name);
    });
  }

  it("is not meant by other errors, nor by an input without a photo", async () => {
    expect(await errorFor("AccessDenied", minutesOld(1))).to.equal("AccessDenied");
    expect(await errorFor("NoSuchKey", undefined)).to.equal("NoSuchKey");
    expect(await errorFor("NoSuchKey", {})).to.equal("NoSuchKey");
  });
});
