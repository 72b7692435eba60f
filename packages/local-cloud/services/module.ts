/**
 * How a service of the local cloud describes itself. `index.ts` beside this file lists the services, and the cloud
 * opens one after the other: no other file names a service, except those of services that call it.
 */
import type { FaultInjector } from "../faults";
import type { Route } from "../gateway";
import type { Caller, CloudEvent, CloudIdentity, CloudService } from "../gateway/service";
import type { Authorizer, CredentialStore, DeclaredResourcePolicy, EncryptedResource } from "../iam";
import type { ProgramGraph } from "../program/graph";
import type { FaceEngine } from "./rekognition/faces/engine";

export interface LocalService<Declared = unknown, Part = unknown> {
  /** The service's name in ARNs and signatures, if AWS has one: `s3`, `states`. */
  readonly name: string;
  /** Resource types that it reads, alone or together with the resource to which they belong. */
  readonly serves: readonly string[];
  /** The policies of its resources, inline ones included. */
  policies?(graph: ProgramGraph): readonly DeclaredResourcePolicy[];
  /** Its resources that are encrypted with a customer's key. */
  encrypted?(graph: ProgramGraph): readonly EncryptedResource[];
  /**
   * Reads the program's declarations for it. Runs for all services before any is opened, so that a mistake in the
   * program touches no file.
   *
   * @param warn receives a line for each part of the program that is left out
   * @throws Error that names the resource if the local cloud cannot run it
   */
  declared(graph: ProgramGraph, warn: (line: string) => void): Declared;
  open(context: ServiceContext, declared: Declared): Opened<Part> | Promise<Opened<Part>>;
  /**
   * Accepts an item that another service sends to one of its resources; services without it are no targets.
   *
   * @throws CloudError AccessDenied unless sender and source are allowed to
   */
  take?(part: Part, handover: Handover, authorizer: Authorizer): Promise<void>;
}

/** A service that is open. */
export interface Opened<Part> {
  /** Its interface for other services, pages and tests of this process. */
  readonly part: Part;
  /** The handler that the gateway serves below the service's name in signatures; closed by the gateway. */
  readonly wire?: CloudService;
  /**
   * Its paths beside the AWS protocols.
   *
   * @param home the path of the page that `/` leads to if the program declares no website
   */
  routes?(home: string): readonly Route[];
  /** Accepts an event onto the default bus, and fulfils once a kill cannot lose it. */
  publish?(event: CloudEvent): Promise<void>;
  /** Sees every event before it is published, for example to prepare for the work that follows; must not throw. */
  observe?(event: CloudEvent): void;
  /**
   * Resumes the work that an earlier run left, and begins work that starts by itself. Called once every service is
   * open.
   */
  start?(): void | Promise<void>;
  /** Number of items under way: the cloud is idle when all services are at 0. */
  pending?(): number;
  /** Fulfils when nothing is pending; services that only count are polled. */
  idle?(): Promise<void>;
  /** Ends work under way, or keeps it for the next run; called last opened first, while the gateway still serves. */
  stop?(): Promise<void>;
  /** Releases its files, once no request is under way. */
  close?(): Promise<void>;
}

/** The context in which a service is opened. */
export interface ServiceContext {
  /** With the gateway's own address in place of the placeholder. */
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
  /** Reports to a person, in one line, something that nobody else sees. */
  readonly warn: (line: string) => void;
  /** The interface of a service that is before this one in the list. */
  readonly part: <Part>(service: LocalService<unknown, Part>) => Part;
  /** Whether resources with such an ARN belong to a service that accepts handovers. */
  readonly takes: (arn: string) => boolean;
  /** Hands something over to the resource with the ARN; see {@link LocalService.take}. */
  readonly handOver: (handover: Handover) => Promise<void>;
  readonly publish: (event: CloudEvent) => Promise<void>;
}

/** An item that one service sends to a resource of another: an event to a target, a message to a subscriber. */
export interface Handover {
  /** The receiving resource. */
  readonly arn: string;
  readonly body: string;
  /** Text attributes by name, for resources whose messages have them. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** The sending service: `events.amazonaws.com`. */
  readonly sender: string;
  /** The rule or topic that it comes from. */
  readonly sourceArn: string;
  /** The role that the sender assumes for it, if the target requires one. */
  readonly roleArn?: string | undefined;
  /** The id of the event; an execution that it starts is named after it. */
  readonly id?: string;
  /** Whether to wait until the started work has ended, and not only until it cannot get lost. */
  readonly untilEnded: boolean;
}

/** The caller's settings for the services. */
export interface ServiceOptions {
  /** The face engine; by default the networks. A caller's own engine is left open. */
  readonly engine?: FaceEngine | undefined;
  /** The recipient of messages of a topic without any subscriber; by default nobody. */
  readonly fallbackEmail?: ((topicName: string) => string) | undefined;
  /** An SMTP server that receives every mail as well: `smtp://host:port`. */
  readonly smtp?: string | undefined;
  /** Receives every event of a bucket, once or more often, before it is delivered. */
  readonly onEvent?: ((event: CloudEvent) => void) | undefined;
  /** Receives every permission that a role was granted: the caller, the action and the resource. */
  readonly onAllowed?: ((caller: Caller, action: string, resource: string) => void) | undefined;
  /** Receives every line in a function's or an API's log. */
  readonly onLog?: ((line: { readonly source: string; readonly text: string }) => void) | undefined;
  /** The factor of retries' pauses, for tests; 1 by default. */
  readonly retryScale?: number | undefined;
  /** The factor of Wait states' times, for tests; 1 by default. */
  readonly waitScale?: number | undefined;
  /** Maximum processes of one function at a time; by default the number of cores, but at least 2. */
  readonly maxProcesses?: number | undefined;
  /** Idle time after which a function's process ends, in milliseconds; by default a minute. */
  readonly idleMilliseconds?: number | undefined;
}
