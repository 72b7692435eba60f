/**
 * The services of the local cloud, in the order in which they are opened and started: a service is listed below those
 * whose parts it uses. They stop from the last to the first.
 */
import { roleTypes } from "../iam/graph";
import { keyTypes } from "../iam/keys";
import { apigateway } from "./apigateway/module";
import { dynamodb } from "./dynamodb/module";
import { events } from "./events/module";
import { lambda } from "./lambda/module";
import { mail } from "./mail/module";
import type { LocalService } from "./module";
import { rekognition } from "./rekognition/module";
import { s3 } from "./s3/module";
import { ses } from "./ses/module";
import { sns } from "./sns/module";
import { sqs } from "./sqs/module";
import { states } from "./states/module";
import { websites } from "./websites/module";

export const services: readonly LocalService[] = [
  mail,
  s3,
  dynamodb,
  sqs,
  sns,
  lambda,
  // Before states: machines stop first, and their last status changes still find the bus open.
  events,
  states,
  rekognition,
  ses,
  apigateway,
  websites,
];

/** Types for which the local cloud keeps, does or allows something. */
export const servedTypes: readonly string[] = [...roleTypes, ...keyTypes, ...services.flatMap(({ serves }) => serves)];
