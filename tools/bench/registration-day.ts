import { machine } from "../../handlers/machine";
import { wayOf } from "./cost";
import { prices } from "./prices";

/**
 * Simulates a registration day: how long a burst of uploads takes to drain at Rekognition's rate, its cost, and whether
 * any upload runs out of retries.
 *
 *   npm run bench:registration-day -- [--uploads 10000] [--minutes 10] [--rate 5] [--seed 1] [--json]
 *
 * Discrete events over the retry policy in handlers/machine.ts and a few others. Each Rekognition operation has its own
 * token bucket. The machine retries a throttled step (after the SDK's own three attempts) after a full-jitter delay;
 * every retry is a billed state transition.
 */
interface Policy {
  readonly name: string;
  readonly interval: number;
  readonly backoff: number;
  readonly maxDelay: number;
  readonly maxAttempts: number;
}

interface Stage {
  readonly name: string;
  /** Rekognition calls in this step; each needs a token. */
  readonly operations: readonly string[];
  /** The step's other time, in seconds. */
  readonly seconds: number;
}

/** The steps between which an upload waits; times are those of a warm function with Rekognition's usual answer. */
const stages: readonly Stage[] = [
  { name: "ReceivePhoto", operations: [], seconds: 0.05 },
  { name: "CheckFormat", operations: [], seconds: 0.2 },
  { name: "DetectFace", operations: ["DetectFaces"], seconds: 0.6 },
  { name: "CheckDuplicate", operations: ["SearchFacesByImage"], seconds: 0.6 },
  { name: "IndexFace", operations: ["IndexFaces", "SearchFaces"], seconds: 0.9 },
  { name: "SaveMetadata", operations: [], seconds: 0.05 },
  { name: "DeleteOriginal", operations: [], seconds: 0.1 },
  { name: "NotifySuccess", operations: [], seconds: 0.1 },
];

/** Transitions of an upload without retries: its states from the start to Accepted, with both branches. */
const baseTransitions = wayOf(undefined).length;

/** The SDK's own attempts in one run of a function, at most 0.5 s and 1 s apart. */
const sdkAttempts = 3;

/** The memory of the functions that wait, in GB. */
const functionGb = 0.25;

interface Outcome {
  readonly policy: string;
  readonly accepted: number;
  readonly failed: number;
  readonly drainMinutes: number;
  readonly medianMinutes: number;
  readonly p99Minutes: number;
  readonly transitionsPerUpload: number;
  readonly mostRetriesInAStep: number;
  readonly callsPerUpload: number;
  readonly dollarsPerThousand: number;
}

/** mulberry32: small, and identical on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

interface Waiting {
  readonly at: number;
  readonly upload: number;
  readonly stage: number;
  readonly attempt: number;
}

/** A binary heap by time. */
class Agenda {
  private readonly entries: Waiting[] = [];

  push(entry: Waiting): void {
    const heap = this.entries;
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent] as Waiting;
      if (above.at <= entry.at) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = entry;
  }

  pop(): Waiting | undefined {
    const heap = this.entries;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Waiting).at < (heap[child] as Waiting).at) child += 1;
      if ((heap[child] as Waiting).at >= last.at) break;
      heap[i] = heap[child] as Waiting;
      i = child;
    }
    heap[i] = last;
    return first;
  }
}

/** A token bucket that holds one second's worth. */
function bucket(rate: number): (at: number) => boolean {
  let tokens = rate;
  let last = 0;
  return (at) => {
    // A call that waited inside the SDK may come after one that is simulated later.
    tokens = Math.min(rate, tokens + Math.max(0, at - last) * rate);
    last = Math.max(last, at);
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}

function simulate(policy: Policy, uploads: number, seconds: number, rate: number, seed: number): Outcome {
  const random = randomFrom(seed);
  const buckets = new Map(stages.flatMap(({ operations }) => operations).map((name) => [name, bucket(rate)]));
  const agenda = new Agenda();
  const arrivals = Array.from({ length: uploads }, () => random() * seconds);
  arrivals.forEach((at, upload) => agenda.push({ at, upload, stage: 0, attempt: 0 }));
  const took: number[] = [];
  let [failed, retries, calls, billed, requests, mostRetries, drained] = [0, 0, 0, 0, 0, 0, 0];
  for (let next = agenda.pop(); next !== undefined; next = agenda.pop()) {
    const { upload, stage: index, attempt } = next;
    const stage = stages[index] as Stage;
    requests += 1;
    let at = next.at;
    let isThrottled = false;
    for (const operation of stage.operations) {
      const take = buckets.get(operation) as (at: number) => boolean;
      let got = false;
      for (let i = 0; i < sdkAttempts && !got; i += 1) {
        if (i > 0) at += random() * 0.5 * 2 ** (i - 1);
        calls += 1;
        got = take(at);
      }
      if (!got) {
        isThrottled = true;
        break;
      }
    }
    if (!isThrottled) at += stage.seconds;
    billed += at - next.at;
    if (isThrottled) {
      if (attempt >= policy.maxAttempts) {
        failed += 1;
        continue;
      }
      retries += 1;
      mostRetries = Math.max(mostRetries, attempt + 1);
      const delay = Math.min(policy.maxDelay, policy.interval * policy.backoff ** attempt);
      agenda.push({ at: at + random() * delay, upload, stage: index, attempt: attempt + 1 });
    } else if (index + 1 < stages.length) {
      agenda.push({ at, upload, stage: index + 1, attempt: 0 });
    } else {
      took.push(at - (arrivals[upload] as number));
      drained = Math.max(drained, at);
    }
  }
  took.sort((a, b) => a - b);
  const quantile = (q: number) => (took[Math.min(took.length - 1, Math.floor(q * took.length))] ?? 0) / 60;
  const transitions = baseTransitions * uploads + retries;
  const dollars =
    transitions * prices.transition +
    billed * functionGb * prices.gbSecond +
    requests * prices.invocation +
    // A throttled call is not charged.
    (uploads - failed) * 4 * prices.rekognitionCall;
  return {
    policy: policy.name,
    accepted: took.length,
    failed,
    drainMinutes: drained / 60,
    medianMinutes: quantile(0.5),
    p99Minutes: quantile(0.99),
    transitionsPerUpload: transitions / uploads,
    mostRetriesInAStep: mostRetries,
    callsPerUpload: calls / uploads,
    dollarsPerThousand: (dollars / uploads) * 1000,
  };
}

/** The machine's retry policy for throttling. */
function deployedPolicy(): Policy {
  const retry = machine.States["DetectFace"]?.Retry?.[0];
  if (retry === undefined) throw new Error("The machine: DetectFace has no Retry.");
  return {
    name: "deployed",
    interval: retry.IntervalSeconds,
    backoff: retry.BackoffRate,
    maxDelay: retry.MaxDelaySeconds,
    maxAttempts: retry.MaxAttempts,
  };
}

const others: readonly Policy[] = [
  { name: "AWS example", interval: 2, backoff: 2, maxDelay: Infinity, maxAttempts: 6 },
  { name: "cap 30 s", interval: 2, backoff: 1.5, maxDelay: 30, maxAttempts: 400 },
  { name: "cap 60 s", interval: 2, backoff: 1.5, maxDelay: 60, maxAttempts: 200 },
  { name: "cap 120 s", interval: 2, backoff: 1.5, maxDelay: 120, maxAttempts: 150 },
  { name: "cap 300 s", interval: 2, backoff: 1.5, maxDelay: 300, maxAttempts: 60 },
  { name: "cap 600 s", interval: 4, backoff: 2, maxDelay: 600, maxAttempts: 60 },
];

function main(): void {
  const argument = (name: string, otherwise: number) => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? otherwise : Number(process.argv[at + 1]);
  };
  const uploads = argument("uploads", 10_000);
  const minutes = argument("minutes", 10);
  const rate = argument("rate", 5);
  const seed = argument("seed", 1);
  const outcomes = [deployedPolicy(), ...others].map((policy) => simulate(policy, uploads, minutes * 60, rate, seed));
  if (process.argv.includes("--json")) {
    console.log(JSON.stringify({ uploads, minutes, rate, seed, outcomes }));
    return;
  }
  console.log(`${uploads} uploads within ${minutes} minutes, ${rate} requests a second for each Rekognition operation`);
  console.log(`(no policy can drain faster than ${(uploads / rate / 60).toFixed(1)} minutes)\n`);
  console.table(
    Object.fromEntries(
      outcomes.map(({ policy, ...rest }) => [
        policy,
        Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, Math.round(value * 100) / 100])),
      ]),
    ),
  );
}

main();
