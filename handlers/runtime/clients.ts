import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { Rekognition } from "@aws-sdk/client-rekognition";
import type { S3 } from "@aws-sdk/client-s3";
import type { SESv2 } from "@aws-sdk/client-sesv2";
import type { SFN } from "@aws-sdk/client-sfn";
import type { SNS } from "@aws-sdk/client-sns";

/**
 * The clients of the functions' handlers, made once per process. A definition names the clients that its handler needs,
 * and only those are serialized into the function.
 *
 * Each factory requires the SDK itself: the Lambda runtime includes it, the deployer need not.
 */
export type ClientsOf<Clients> = { readonly [Name in keyof Clients]: () => Clients[Name] };

/**
 * The options of every SDK client: three attempts of each call with short pauses (the machine makes the longer
 * retries), and a time limit on each attempt. An attempt must end long before the function's own timeout, so that the
 * SDK can repeat it; by default it would wait for ever. `requestTimeout` covers the response up to its head;
 * `socketTimeout` ends a body that stalls.
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

/** A client that only some photos need: loaded for the first of them, so that a cold start does not pay for it. */
export type Lazy<Client> = () => Client;

export const lazyS3 = (): Lazy<S3> => {
  let client: S3 | undefined;
  return () => (client ??= s3());
};

/** The function of the layer `avatar-imaging` that shows a photo as the thumbnails will. */
export interface Pictures {
  renderPicture(photo: Uint8Array, options: { longSide: number; quality: number }): Promise<Buffer>;
}

export const lazyPictures = (): Lazy<Pictures> => () => require("avatar-imaging") as Pictures;
