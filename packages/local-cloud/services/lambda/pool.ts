import type { DeclaredFunction } from "./declared";
import type { Sandbox } from "./sandbox";

/** The processes of one function, and the events that wait for one of them. */
export interface Pool {
  readonly declared: DeclaredFunction;
  readonly sandboxes: Sandbox[];
  /** Each process by the access key in its environment. */
  readonly accessKeys: Map<string, Sandbox>;
  readonly waiting: ((sandbox: Sandbox) => void)[];
  readonly size: PoolSize;
  /** Starts another process. */
  readonly launch: () => Launched;
  scaling?: NodeJS.Timeout;
  /** Invocations under way, including those that wait for a process. */
  running: number;
  /** Set when the runtime closes: a waiting event gets no process any more. */
  closed: boolean;
}

export interface PoolSize {
  /** Up to this many processes, a call that finds none free starts one at once. */
  readonly eager: number;
  /** Up to this many, one is started if all others are slow. */
  readonly most: number;
}

export interface Launched {
  readonly sandbox: Sandbox;
  readonly accessKeyId: string;
}

/** A call that takes longer than this is slow enough to start another process for the next one. */
const slowMs = 1_000;

export function createPool(declared: DeclaredFunction, size: PoolSize, launch: () => Launched): Pool {
  return { declared, size, launch, sandboxes: [], accessKeys: new Map(), waiting: [], running: 0, closed: false };
}

/** A free process, a new one, or the next one that becomes free. */
export async function acquire(pool: Pool): Promise<Sandbox> {
  for (const dead of pool.sandboxes.filter(({ alive, busy }) => !alive && !busy)) forget(pool, dead);
  // The most recently used is the likeliest to have everything in memory, and lets the others age.
  const free = pool.sandboxes.filter(({ busy }) => !busy).sort((a, b) => b.since - a.since)[0];
  if (free) return occupy(free);
  if (pool.sandboxes.length < pool.size.eager) return occupy(start(pool));
  return new Promise((resolve) => {
    pool.waiting.push(resolve);
    pool.scaling ??= setInterval(() => scale(pool), slowMs / 4);
  });
}

/** Frees a process for the next event that waits. */
export function release(pool: Pool, sandbox: Sandbox): void {
  sandbox.busy = false;
  sandbox.since = Date.now();
  if (!sandbox.alive) forget(pool, sandbox);
  if (pool.closed) return;
  const next = pool.waiting.shift();
  if (next) void acquire(pool).then(next);
}

/** Ends the processes that have been idle for at least this long, in milliseconds. */
export function endIdle(pool: Pool, idleMilliseconds: number): void {
  for (const sandbox of [...pool.sandboxes]) {
    if (sandbox.busy || Date.now() - sandbox.since < idleMilliseconds) continue;
    sandbox.kill();
    forget(pool, sandbox);
  }
}

/** Kills every process, waits until it is gone, and starts no other for waiting events. */
export async function closePool(pool: Pool): Promise<void> {
  pool.closed = true;
  clearInterval(pool.scaling);
  await Promise.all(pool.sandboxes.map((sandbox) => sandbox.close()));
}

/**
 * Another process for a function whose calls are slow, because it waits for something: it must not hold up all later
 * calls. Many quick calls share the existing processes; more would only take memory.
 */
function scale(pool: Pool): void {
  const slow = pool.sandboxes.every(({ since }) => Date.now() - since > slowMs);
  if (slow && pool.sandboxes.length < pool.size.most) pool.waiting.shift()?.(occupy(start(pool)));
  if (pool.waiting.length > 0) return;
  clearInterval(pool.scaling);
  delete pool.scaling;
}

function start(pool: Pool): Sandbox {
  const { sandbox, accessKeyId } = pool.launch();
  pool.sandboxes.push(sandbox);
  pool.accessKeys.set(accessKeyId, sandbox);
  return sandbox;
}

function forget(pool: Pool, sandbox: Sandbox): void {
  pool.sandboxes.splice(pool.sandboxes.indexOf(sandbox), 1);
  for (const [key, owner] of pool.accessKeys) if (owner === sandbox) pool.accessKeys.delete(key);
}

function occupy(sandbox: Sandbox): Sandbox {
  sandbox.busy = true;
  sandbox.since = Date.now();
  return sandbox;
}
