/**
 * EventBridge: the declared rules of the default bus, delivered at least once.
 *
 *   openEventBus({ folder, rules, faults?, retryDelay?, onDrop?, now? }): Promise<EventBus>
 * .publish(event)    resolves once its deliveries are kept in the folder; a kill after that loses nothing
 * .start()           begins to deliver, first the deliveries that the last run left
 *     .idle()  .pending  .close()
 *   rule    { name, arn, pattern?, enabled?, targets }
 *   target  { id, arn, deliver(input, { event, ruleArn, attempt }), input? | inputPath? | inputTransformer?,
 *             maximumRetryAttempts?, maximumEventAgeInSeconds?, deadLetter?(body, attributes) }
 *
 *   eventsService({ identity, bus }): CloudService      PutEvents, for clients with events of their own
 *   newEvent(identity, { source, detailType, detail, resources?, time? }): CloudEvent
 *   readPattern(pattern, where): (value) => boolean     event patterns, and SNS filter policies
 *
 * A delivery is a fault injector's call of service `events`, operation `Deliver`, caller the rule's name.
 */
import { randomUUID } from "node:crypto";

import { jsonService } from "../../gateway/json-service";
import { cloudError, type CloudEvent, type CloudIdentity, type CloudService } from "../../gateway/service";
import type { EventBus } from "./bus";

export { openEventBus, type EventBus, type EventBusOptions } from "./bus";
export type { TargetInput } from "./input";
export { readPattern, type Matches } from "./pattern";
export type { DeclaredRule, DeclaredTarget, Delivery } from "./rules";

/** An event in EventBridge's shape, with a fresh id. */
export function newEvent(
  identity: CloudIdentity,
  event: {
    readonly source: string;
    readonly detailType: string;
    readonly detail: Record<string, unknown>;
    /** ARNs. */
    readonly resources?: readonly string[];
    /** Default now. */
    readonly time?: Date;
  },
): CloudEvent {
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": event.detailType,
    source: event.source,
    account: identity.accountId,
    time: (event.time ?? new Date()).toISOString().replace(/\.\d{3}/, ""),
    region: identity.region,
    resources: event.resources ?? [],
    detail: event.detail,
  };
}

/** Maximum entries of one PutEvents. */
const maxEntries = 10;

/** The `events` API, limited to putting events on the default bus. */
export function eventsService(options: { identity: CloudIdentity; bus: Pick<EventBus, "publish"> }): CloudService {
  const { identity, bus } = options;
  const busArn = `arn:${identity.partition}:events:${identity.region}:${identity.accountId}:event-bus/default`;
  return jsonService({
    name: "events",
    targetPrefix: "AWSEvents",
    members: {
      PutEvents: {
        Entries: [{ Source: true, DetailType: true, Detail: true, EventBusName: true, Resources: true, Time: true }],
      },
    },
    operations: {
      async PutEvents(input, request) {
        const { Entries } = input;
        if (!Array.isArray(Entries) || Entries.length < 1 || Entries.length > maxEntries) {
          throw cloudError("ValidationException", 400, `Entries has to be a list of 1 to ${maxEntries} events.`);
        }
        request.authorize("events:PutEvents", busArn);
        const results = await Promise.all(Entries.map((entry) => putEvent(entry as PutEntry)));
        return { FailedEntryCount: results.filter((result) => "ErrorCode" in result).length, Entries: results };
      },
    },
  });

  async function putEvent(entry: PutEntry): Promise<{ EventId: string } | { ErrorCode: string; ErrorMessage: string }> {
    const { Source, DetailType, Detail, EventBusName = "default", Resources, Time } = entry;
    const refuse = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage });
    if (!Source || !DetailType || !Detail) {
      return refuse("InvalidArgument", "Source, DetailType and Detail are required.");
    }
    if (EventBusName !== "default" && EventBusName !== busArn) {
      return refuse("ResourceNotFoundException", `Event bus ${EventBusName} does not exist; there is "default".`);
    }
    if (Source.startsWith("aws.")) return refuse("NotAuthorizedForSourceException", "Not authorized for the source.");
    const detail = parseObject(Detail);
    if (!detail) return refuse("MalformedDetail", "Detail is malformed.");
    const time = Time === undefined ? {} : { time: new Date(Time * 1000) };
    const event = newEvent(identity, {
      source: Source,
      detailType: DetailType,
      detail,
      resources: Resources ?? [],
      ...time,
    });
    await bus.publish(event);
    return { EventId: event.id };
  }
}

interface PutEntry {
  readonly Source?: string;
  readonly DetailType?: string;
  /** JSON text. */
  readonly Detail?: string;
  readonly EventBusName?: string;
  readonly Resources?: string[];
  /** Epoch seconds. */
  readonly Time?: number;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
