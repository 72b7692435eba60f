import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { Rekognition } from "@aws-sdk/client-rekognition";
import type { S3 } from "@aws-sdk/client-s3";
import type { SESv2 } from "@aws-sdk/client-sesv2";
import type { SFN } from "@aws-sdk/client-sfn";
import type { SNS } from "@aws-sdk/client-sns";

/**
 * What the functions' handlers work with, made once per process. A definition names what its handler needs, and only
 * that is serialized into the function.
 *
 * The SDK is required where a client is made: the Lambda runtime has it, the deployer need not.
 */
export type ClientsOf<Clients> = { readonly [Name in keyof Clients]: () => Clients[Name] };

/**
 * How every SDK client is made: three attempts of each call, after short pauses (longer patience is the machine's), and
 * none of them hangs. Such a call must end long before the function's own time does, so that the SDK can repeat it; by
 * default it would wait for ever. `requestTimeout` ends with the head of an answer; a body that stalls is ended by
 * `socketTimeout`.
 */
const sdkOptions = {
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: 2_000,
    requestTimeout: 8_000,
    socketTimeout: 8_000,
    throwOnRequestTimeout: true,
  },
};

export const dynamodb = (): DynamoDB =>
  new (require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb")).DynamoDB(sdkOptions);

export const rekognition = (): Rekognition =>
  new (require("@aws-sdk/client-rekognition") as typeof import("@aws-sdk/client-rekognition")).Rekognition(sdkOptions);

export const s3 = (): S3 => new (require("@aws-sdk/client-s3") as typeof import("@aws-sdk/client-s3")).S3(sdkOptions);

export const ses = (): SESv2 =>
  new (require("@aws-sdk/client-sesv2") as typeof import("@aws-sdk/client-sesv2")).SESv2(sdkOptions);

export const sfn = (): SFN =>
  new (require("@aws-sdk/client-sfn") as typeof import("@aws-sdk/client-sfn")).SFN(sdkOptions);

export const sns = (): SNS =>
  new (require("@aws-sdk/client-sns") as typeof import("@aws-sdk/client-sns")).SNS(sdkOptions);

/** The clock. */
export const now = () => () => new Date();

export type Sleep = (milliseconds: number) => Promise<void>;

export const sleep = (): Sleep => (milliseconds) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
