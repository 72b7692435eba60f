/**
 * How a service of the local cloud describes itself. `index.ts` beside this file lists the services, and the cloud
 * opens one after the other: none of them is named anywhere else but by services that call it.
 */
import type { FaultInjector } from "../faults";
import type { Route } from "../gateway";
import type { Caller, CloudEvent, CloudIdentity, CloudService } from "../gateway/service";
import type { Authorizer, CredentialStore, DeclaredResourcePolicy } from "../iam";
import type { ProgramGraph } from "../program/graph";
import type { FaceEngine } from "./rekognition/faces/engine";

export interface LocalService<Declared = unknown, Part = unknown> {
  /** The service's name in ARNs and signatures, where AWS has one: `s3`, `states`. */
  readonly name: string;
  /** Resource types that it reads, alone or together with the resource to which they belong. */
  readonly serves: readonly string[];
  /** The policies of its resources, inline ones included. */
  policies?(graph: ProgramGraph): readonly DeclaredResourcePolicy[];
  /**
   * Reads what the program declares for it. Runs for all services before any is opened, so that a mistake in the
   * program touches no file.
   *
   * @param warn receives a line for each part of the program that is left out
   * @throws Error that names the resource if the local cloud cannot run it
   */
  declared(graph: ProgramGraph, warn: (line: string) => void): Declared;
  open(context: ServiceContext, declared: Declared): Opened<Part> | Promise<Opened<Part>>;
  /**
   * Takes over what another service sends to one of its resources; services without it are no targets.
   *
   * @throws CloudError AccessDenied unless sender and source may do that
   */
  take?(part: Part, handover: Handover, authorizer: Authorizer): Promise<void>;
}

/** A service that is open. */
export interface Opened<Part> {
  /** What other services, pages and tests of this process work with. */
  readonly part: Part;
  /** What the gateway serves below the service's name in signatures; closed by the gateway. */
  readonly wire?: CloudService;
  /**
   * Its paths beside the AWS protocols.
   *
   * @param home the path of the page that `/` leads to where the program declares no website
   */
  routes?(home: string): readonly Route[];
  /** Takes an event onto the default bus, and fulfils once a kill cannot lose it. */
  publish?(event: CloudEvent): Promise<void>;
  /** Goes on with what an earlier run left, and begins what starts by itself. Called once every service is open. */
  start?(): void | Promise<void>;
  /** What it has under way: the cloud is idle when all services are at 0. */
  pending?(): number;
  /** Fulfils when nothing is pending; services that count alone are polled. */
  idle?(): Promise<void>;
  /** Ends what is under way, or keeps it for the next run; called last opened first, while the gateway still serves. */
  stop?(): Promise<void>;
  /** Releases its files, once no request is under way. */
  close?(): Promise<void>;
}

/** What a service is opened with. */
export interface ServiceContext {
  /** With the gateway's own address where the program read one. */
  readonly graph: ProgramGraph;
  readonly identity: CloudIdentity;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The data folder. */
  readonly data: string;
  /** A folder of that name in the data folder, made if it is missing. */
  readonly folder: (name: string) => string;
  readonly credentials: CredentialStore;
  readonly authorizer: Authorizer;
  readonly faults: FaultInjector | undefined;
  readonly options: ServiceOptions;
  /** Tells a person a line about something that nobody else hears of. */
  readonly warn: (line: string) => void;
  /** The part of a service that is before this one in the list. */
  readonly part: <Part>(service: LocalService<unknown, Part>) => Part;
  /** Whether resources with such an ARN belong to a service that takes handovers. */
  readonly takes: (arn: string) => boolean;
  /** Hands something over to the resource with the ARN; see {@link LocalService.take}. */
  readonly handOver: (handover: Handover) => Promise<void>;
  readonly publish: (event: CloudEvent) => Promise<void>;
}

/** What one service sends to a resource of another: an event to a target, a message to a subscriber. */
export interface Handover {
  /** The resource it goes to. */
  readonly arn: string;
  readonly body: string;
  /** Text attributes by name, for resources whose messages have them. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** The sending service: `events.amazonaws.com`. */
  readonly sender: string;
  /** The rule or topic from which it comes. */
  readonly sourceArn: string;
  /** The role that the sender takes for it, where the target asks for one. */
  readonly roleArn?: string | undefined;
  /** The id of the event, by which what it starts is named. */
  readonly id?: string;
  /** Whether to wait until what it starts has ended, and not only until it cannot get lost. */
  readonly untilEnded: boolean;
}

/** What whoever starts the cloud can set for its services. */
export interface ServiceOptions {
  /** What looks at faces; by default the networks. The caller's own is left open. */
  readonly engine?: FaceEngine | undefined;
  /** Whom the messages of a topic are mailed to that has no subscriber at all; by default nobody. */
  readonly fallbackEmail?: ((topicName: string) => string) | undefined;
  /** An SMTP server that gets every mail as well: `smtp://host:port`. */
  readonly smtp?: string | undefined;
  /** Receives every event of a bucket, once or more often, before it is delivered. */
  readonly onEvent?: ((event: CloudEvent) => void) | undefined;
  /** Receives every permission that a role was granted: who asked, for which action, on what. */
  readonly onAllowed?: ((caller: Caller, action: string, resource: string) => void) | undefined;
  /** Receives every line in a function's or an API's log. */
  readonly onLog?: ((line: { readonly source: string; readonly text: string }) => void) | undefined;
  /** The factor of retries' pauses, for tests; 1 by default. */
  readonly retryScale?: number | undefined;
  /** The factor of Wait states' times, for tests; 1 by default. */
  readonly waitScale?: number | undefined;
  /** Most processes of one function at a time; by default the number of cores, but at least 2. */
  readonly maxProcesses?: number | undefined;
  /** How long a function's process may be idle, in milliseconds; by default a minute. */
  readonly idleMilliseconds?: number | undefined;
}
