/**
 * A small cloud on one machine, made from a program's resource graph: every declared resource gets its counterpart.
 *
 *   startCloud({ graph, port, data, engine?, faults?, … }): Promise<Cloud>
 *
 * It knows AWS's resource types and nothing of what the program is for.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { FaceEngine } from "./services/rekognition/faces/engine";
import { networkEngine } from "./services/rekognition/faces/network-engine";
import { atAddress, type ProgramGraph } from "./program/graph";
import { httpApis } from "./services/apigateway";
import { readResourcePolicies, readRoles } from "./iam/graph";
import { settlePort } from "./gateway/address";
import { readApis, readFunctions, readMachines } from "./services/lambda/graph";
import { lockFolder, refuseHeld, type Lock } from "./storage/lock";
import { destinationsOf, readQueues, readRules, readTopics, type Parties } from "./services/events/graph";
import { lazyService } from "./gateway/lazy";
import { nodesOf } from "./program/nodes";
import { sitePath, siteRoutes } from "./services/websites/routes";
import { runSchedules } from "./services/events/schedules";
import { readSites } from "./services/websites/sites";
import { publishObjects, readBuckets, readTables } from "./services/s3/graph";
import { leftOut, SERVED } from "./services/inert";
import { startDynamoDb } from "./services/dynamodb";
import { eventsService, openEventBus, type EventBus } from "./services/events";
import type { FaultInjector } from "./faults";
import { startGateway, type Gateway, type Route } from "./gateway";
import { createAuthorizer, createCredentialStore, type Credentials } from "./iam";
import { createFunctionRuntime, lambdaService, type FunctionRuntime, type LogLine } from "./services/lambda";
import { openMailbox, type Mailbox } from "./services/mail";
import { rekognitionService } from "./services/rekognition";
import { s3Service, type S3Service } from "./services/s3";
import {
  cloudError,
  type Caller,
  type CloudEvent,
  type CloudIdentity,
  type CloudRequest,
  type CloudService,
} from "./gateway/service";
import { createSns, type Sns } from "./services/sns";
import { startSqs, type Sqs } from "./services/sqs";
import { createMachines, statesService, type Machines } from "./services/states";

export interface CloudOptions {
  /**
   * As `evaluateProgram` returns it, with the placeholder's address. A function is called once the folder is this
   * process's, with the types that this cloud serves, for `evaluateProgram`.
   */
  readonly graph: ProgramGraph | ((cloud: { readonly serves: readonly string[] }) => Promise<ProgramGraph>);
  /** 0 takes any free port. */
  readonly port: number;
  /** The folder that keeps everything; made if it is not there. */
  readonly data: string;
  /** What looks at faces; by default the networks. The caller's own is left open. */
  readonly engine?: FaceEngine;
  readonly faults?: FaultInjector;
  /** The cloud's name, which greets whoever asks for `/` where no page is there; default "Local cloud". */
  readonly title?: string;
  /**
   * What the roles' credentials derive from; default one that is the same for all clouds. With the same secret a URL
   * that was presigned before a restart is still valid after it.
   */
  readonly secret?: string;
  /** Whom the messages of a topic are mailed to that has no subscriber at all; by default nobody. */
  readonly fallbackEmail?: (topicName: string) => string;
  /** An SMTP server that gets every mail as well: `smtp://host:port`. */
  readonly smtp?: string;
  /** Routes beside the AWS protocols, such as the console's; the first of them is the home page without a website. */
  readonly routes?: (parts: CloudParts) => readonly Route[];
  /** Told what is left out, once at the start, and what goes wrong without anybody to tell. */
  readonly onWarning?: (line: string) => void;
  /** Told of every event of a bucket, once or more often, before it is delivered. */
  readonly onEvent?: (event: CloudEvent) => void;
  /** Told of all that a role was allowed: who asked, for which action, on what. */
  readonly onAllowed?: ((caller: Caller, action: string, resource: string) => void) | undefined;
  /** Told of every line in a function's log. */
  readonly onLog?: (line: LogLine) => void;
  /** What the pauses of retries are multiplied with, for tests; 1 by default. */
  readonly retryScale?: number;
  /** What the times of Wait states are multiplied with, for tests; 1 by default. */
  readonly waitScale?: number;
  /** Most processes of one function at a time; by default the number of cores, but at least 2. */
  readonly maxProcesses?: number;
  /** How long a function's process may be idle, in milliseconds; by default a minute. */
  readonly idleMilliseconds?: number;
}

/** The services, for pages and tests of this process. */
export interface CloudParts {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** For SDK clients of the person at this machine: `new S3(cloud.clientConfig)`. */
  readonly clientConfig: { readonly endpoint: string; readonly region: string; readonly credentials: Credentials };
  /** With this cloud's address where the program read one. */
  readonly graph: ProgramGraph;
  readonly identity: CloudIdentity;
  readonly data: string;
  readonly s3: S3Service;
  readonly functions: FunctionRuntime;
  readonly machines: Machines;
  readonly mailbox: Mailbox;
  readonly bus: EventBus;
}

export interface Cloud extends CloudParts {
  readonly port: number;
  readonly buckets: readonly string[];
  /** Bucket to the address of its website. */
  readonly sites: Readonly<Record<string, string>>;
  /** Resolves when no event is undelivered and no execution runs. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

const IDLE_POLL_MS = 20;

/**
 * Starts a cloud. What an earlier one left in the folder goes on: events that were not delivered, executions that had
 * not ended.
 *
 * @throws Error in one line when the folder or the port cannot be had, or when the program declares something that
 * cannot work on AWS either, such as a role that its function may not assume
 */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const data = resolve(options.data);
  // First: who starts it twice is to hear of the one that runs, whose port it is.
  refuseHeld(data);
  const port = await settlePort(options.port);
  const lock = lockFolder(data);
  const opened: (() => Promise<void>)[] = [];
  try {
    const graph = typeof options.graph === "function" ? await options.graph({ serves: SERVED }) : options.graph;
    return await assemble({ ...options, graph, data, port, lock, opened });
  } catch (error) {
    for (const close of opened.reverse()) await close().catch(() => undefined);
    lock.release();
    throw error;
  }
}

interface Assembly extends CloudOptions {
  readonly graph: ProgramGraph;
  readonly lock: Lock;
  /** What is to be closed if the rest does not come to be. */
  readonly opened: (() => Promise<void>)[];
}

async function assemble(options: Assembly): Promise<Cloud> {
  const { data, port, lock, faults, opened, onWarning: warn = () => undefined } = options;
  const graph = atAddress(options.graph, `127.0.0.1:${port}`);
  const { partition, region, accountId } = graph;
  const identity: CloudIdentity = { partition, region, accountId };
  const own = faults ? { faults } : {};
  const folder = (name: string): string => {
    mkdirSync(join(data, name), { recursive: true });
    return join(data, name);
  };
  const opening = <Part>(part: Part, close: (part: Part) => Promise<void> | undefined): Part => {
    opened.push(async () => close(part));
    return part;
  };

  const credentials = createCredentialStore({ identity, secret: options.secret });
  const authorizer = createAuthorizer({
    identity,
    roles: readRoles(graph),
    resourcePolicies: readResourcePolicies(graph),
    ...(options.onAllowed ? { onAllowed: options.onAllowed } : {}),
  });
  const declaredFunctions = readFunctions(graph);
  const declaredMachines = readMachines(graph);
  for (const { roleArn } of declaredFunctions) authorizer.authorizeAssume("lambda.amazonaws.com", roleArn);
  for (const { roleArn } of declaredMachines) authorizer.authorizeAssume("states.amazonaws.com", roleArn);
  for (const line of [...leftOut(graph), ...authorizer.unknownManagedPolicies]) warn(line);

  const engine = options.engine ?? opening(networkEngine(), (part) => part.close());
  // The networks load while the rest does: who declares a collection is going to send photos.
  if (!options.engine && nodesOf(graph, "aws:rekognition/collection:Collection").length > 0) {
    engine.ready().catch((error: Error) => warn(error.message));
  }
  // The parts know each other in circles: rules start machines, machines tell the bus.
  const parties: Parties = {
    authorizer,
    functions: () => functions,
    machines: () => machines,
    sqs: () => sqs,
    sns: () => sns,
  };
  const mailbox = opening(
    await openMailbox({
      folder: folder("mail"),
      onSmtpError: warn,
      ...(options.smtp === undefined ? {} : { smtp: options.smtp }),
    }),
    (part) => part.close(),
  );
  const sqs: Sqs = await startSqs({ folder: folder("queues"), identity, queues: readQueues(graph) });
  opening(sqs, (part) => part.close?.());
  const sns: Sns = createSns({
    identity,
    topics: readTopics(graph, warn, options.fallbackEmail),
    mailbox,
    onError: warn,
    ...destinationsOf(parties),
  });
  const bus = opening(
    await openEventBus({ folder: folder("events"), rules: readRules(graph, parties, warn), onDrop: warn, ...own }),
    (part) => part.close(),
  );
  const buckets = readBuckets(graph);
  const sites = readSites(graph);
  const s3 = opening(
    s3Service({
      identity,
      storage: folder("buckets"),
      buckets,
      credentials: (accessKeyId, sessionToken) => credentials.find(accessKeyId, sessionToken),
      authorizeAs: (caller, action, resource, context) => authorizer.authorize(caller, action, resource, context),
      emit(event) {
        options.onEvent?.(event);
        return bus.publish(event);
      },
    }),
    (part) => part.close(),
  );
  const dynamodb = opening(
    await startDynamoDb({ folder: folder("tables"), identity, tables: readTables(graph) }),
    async (part) => part.close?.(),
  );
  const functions: FunctionRuntime = createFunctionRuntime({
    identity,
    storage: data,
    functions: declaredFunctions,
    credentials,
    endpoint: `http://127.0.0.1:${port}`,
    packagesFrom: [process.cwd(), __dirname],
    ...own,
    ...(options.onLog ? { onLog: options.onLog } : {}),
    ...(options.maxProcesses === undefined ? {} : { maxProcesses: options.maxProcesses }),
    ...(options.idleMilliseconds === undefined ? {} : { idleMilliseconds: options.idleMilliseconds }),
  });
  opening(functions, (part) => part.close());
  const machines: Machines = await createMachines({
    identity,
    storage: data,
    machines: declaredMachines,
    functions,
    authorizer,
    emit: (event) => bus.publish(event),
    onError: warn,
    ...(options.retryScale === undefined ? {} : { retryScale: options.retryScale }),
    ...(options.waitScale === undefined ? {} : { waitScale: options.waitScale }),
  });
  opening(machines, (part) => part.close());
  const rekognition = rekognitionService({
    identity,
    engine,
    storage: folder("faces"),
    ...(faults
      ? {
          searchLag: (operation: string, { caller }: CloudRequest) =>
            faults.staleness({ service: "rekognition", operation, caller: caller.arn }),
        }
      : {}),
    collections: nodesOf(graph, "aws:rekognition/collection:Collection").map((node) => node.required("collectionId")),
    async readObject(request, bucket, key, version) {
      request.authorize(
        version === undefined ? "s3:GetObject" : "s3:GetObjectVersion",
        `arn:${partition}:s3:::${bucket}/${key}`,
      );
      return readWhole(s3, bucket, key, version);
    },
  });
  opening(rekognition, async (part) => part.close?.());

  const url = `http://127.0.0.1:${port}`;
  const clientConfig = { endpoint: url, region, credentials: credentials.operator };
  const parts: CloudParts = { url, clientConfig, graph, identity, data, s3, functions, machines, mailbox, bus };
  const pages = options.routes?.(parts) ?? [];
  // Without any the program relies on what the account has, which is taken as verified.
  const identities = nodesOf(graph, "aws:sesv2/emailIdentity:EmailIdentity").map((node) =>
    node.required("emailIdentity"),
  );
  const services: readonly CloudService[] = [
    s3,
    dynamodb,
    rekognition,
    sns,
    sqs,
    lambdaService(functions),
    statesService(machines),
    eventsService({ identity, bus }),
    lazyService("ses", async () => {
      const { sesService } = await import("./services/mail/ses.js");
      return sesService({ identity, mailbox, ...(identities.length === 0 ? {} : { identities }) });
    }),
  ];
  const gateway = await startGateway({
    port,
    identity,
    title: options.title,
    services,
    credentials,
    authorizer,
    routes: [
      ...pages,
      httpApis({
        identity,
        apis: readApis(graph),
        functions,
        authorizer,
        ...(options.onLog ? { onLog: options.onLog } : {}),
      }),
      ...siteRoutes(sites, s3, pages[0]?.prefix ?? "/_console"),
    ],
    onError: (error, what) =>
      warn(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    ...own,
  });
  opening(gateway, (part) => part.close());

  await publishObjects(graph, s3, join(data, "objects.json"));
  bus.start();
  s3.start();
  await machines.resume();
  const stopSchedules = runSchedules(graph, identity, bus, warn);
  lock.announce(url);

  let closing: Promise<void> | undefined;
  return {
    ...parts,
    port: gateway.port,
    buckets: buckets.map(({ name }) => name),
    sites: Object.fromEntries(sites.map(({ bucket }) => [bucket, url + sitePath(bucket)])),
    async idle() {
      do {
        await bus.idle();
        await new Promise((done) => setTimeout(done, IDLE_POLL_MS));
      } while (bus.pending > 0 || machines.pending > 0 || functions.pendingEvents > 0);
    },
    close() {
      closing ??= closeAll({ stopSchedules, bus, machines, functions, gateway, mailbox }).finally(async () => {
        if (!options.engine) await engine.close();
        lock.release();
      });
      return closing;
    },
  };
}

/** From the outermost in: nothing new begins, what is under way ends or is kept for the next run. */
async function closeAll(parts: {
  readonly stopSchedules: () => void;
  readonly bus: EventBus;
  readonly machines: Machines;
  readonly functions: FunctionRuntime;
  readonly gateway: Gateway;
  readonly mailbox: Mailbox;
}): Promise<void> {
  parts.stopSchedules();
  await parts.machines.close();
  await parts.bus.close();
  await parts.functions.close();
  // Closes the services as well, once no request is under way.
  await parts.gateway.close();
  await parts.mailbox.close();
}

async function readWhole(s3: S3Service, bucket: string, key: string, version?: string): Promise<Buffer> {
  const found = await s3.getObject(bucket, key, version);
  if (!found) throw cloudError("NoSuchKey", 404, "The specified key does not exist.");
  const chunks: Buffer[] = [];
  for await (const chunk of found.body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
