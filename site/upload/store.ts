import type { IssuedUpload } from "../../handlers/contract/api";

/** Whatever is kept says since when, so that it can be deleted when nobody has come back for it. */
interface Timed {
  /** Milliseconds since 1970. */
  readonly keptAt: number;
}

/**
 * An upload under way, kept by the browser so that a reload, a closed page or an empty battery does not lose it; gone
 * as soon as its outcome is known, because the next person at this machine may be another student. Every tab may have
 * one of its own in hand, and touches no other.
 */
export interface Job extends Timed {
  /** Tells it from the others in this browser, from before the API has named the upload. */
  readonly id: string;
  readonly studentId: string;
  readonly email: string;
  readonly fileName: string;
  /** Until S3 has it. */
  photo?: Blob;
  issued?: IssuedUpload;
}

const shelf = "jobs";

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("avatar-upload", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(shelf);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
}

/** A browser that keeps nothing (a private window, a full disk) still uploads; it only cannot go on after a reload. */
async function use<Result>(act: (store: IDBObjectStore) => IDBRequest<Result>): Promise<Result | undefined> {
  try {
    const database = await open();
    try {
      return await new Promise((resolve, reject) => {
        const request = act(database.transaction(shelf, "readwrite").objectStore(shelf));
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
      });
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}

const jobKey = (apiUrl: string, id: string) => `job ${apiUrl} ${id}`;

/** Every job that the browser keeps for this API, the latest first. */
export async function loadJobs(apiUrl: string): Promise<readonly Job[]> {
  const all = IDBKeyRange.bound(jobKey(apiUrl, ""), jobKey(apiUrl, "\uffff"));
  const jobs = ((await use((store) => store.getAll(all))) ?? []) as readonly Job[];
  return [...jobs].sort((one, other) => other.keptAt - one.keptAt);
}

export async function loadJob(apiUrl: string, id: string): Promise<Job | undefined> {
  return (await use((store) => store.get(jobKey(apiUrl, id)))) as Job | undefined;
}

export async function saveJob(apiUrl: string, job: Job): Promise<void> {
  await use((store) => store.put(job, jobKey(apiUrl, job.id)));
}

export async function forgetJob(apiUrl: string, id: string): Promise<void> {
  await use((store) => store.delete(jobKey(apiUrl, id)));
}

/** A name that nothing else has. Not crypto.randomUUID, which is not there without HTTPS. */
export function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Which job this tab has in hand. */
export const jobInHand = {
  get: (apiUrl: string): string | undefined => read(sessionStorage, `job ${apiUrl}`),
  set: (apiUrl: string, id: string | undefined): void => write(sessionStorage, `job ${apiUrl}`, id),
};

/** How long a tab waits for another: one that the phone has put to sleep keeps its turn. */
const turnMilliseconds = 15_000;

/**
 * Does something for a job while no other tab does, in browsers and on pages that can tell.
 *
 * @throws when the signal ends the wait
 */
export async function inTurn<Result>(id: string, signal: AbortSignal, act: () => Promise<Result>): Promise<Result> {
  // Not there without HTTPS.
  const locks = navigator.locks as LockManager | undefined;
  if (locks === undefined) return act();
  const wait = new AbortController();
  const leave = () => wait.abort();
  const timer = setTimeout(leave, turnMilliseconds);
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await locks.request(id, { signal: wait.signal }, () => {
      clearTimeout(timer);
      return act();
    });
  } catch (error) {
    if (!wait.signal.aborted || signal.aborted) throw error;
    return act();
  } finally {
    clearTimeout(timer);
  }
}

/** A photo that was chosen but not sent yet, and what was entered with it. */
export interface Draft<Entered> {
  readonly file: Blob;
  readonly entered: Entered;
}

interface KeptPhoto extends Timed {
  readonly file: Blob;
}

/** What a tab knows of its draft; the photo is too large for a tab's storage and lies with the jobs. */
interface DraftNote {
  readonly id: string;
  readonly entered?: unknown;
}

const draftKey = (apiUrl: string, id = "") => `draft ${apiUrl} ${id}`;

function noteOf(apiUrl: string): DraftNote | undefined {
  const text = read(sessionStorage, draftKey(apiUrl));
  return text === undefined ? undefined : (JSON.parse(text) as DraftNote);
}

const writeNote = (apiUrl: string, note: DraftNote | undefined) =>
  write(sessionStorage, draftKey(apiUrl), note && JSON.stringify(note));

/**
 * The draft of this tab: phones drop a page's memory while its student looks something up in another app. What was
 * entered lies in the tab's own storage, so that nobody else at this machine comes upon it, and so does the name of the
 * photo: each photo has a new one, so that a tab never comes upon another's, not even a tab that was duplicated.
 */
export const draft = {
  async keepPhoto(apiUrl: string, file: Blob): Promise<void> {
    void draft.forget(apiUrl);
    const id = newId();
    writeNote(apiUrl, { id });
    const kept: KeptPhoto = { file, keptAt: Date.now() };
    await use((store) => store.put(kept, draftKey(apiUrl, id)));
  },
  keepEntered(apiUrl: string, entered: object): void {
    const note = noteOf(apiUrl);
    if (note !== undefined) writeNote(apiUrl, { id: note.id, entered });
  },
  async load<Entered>(apiUrl: string): Promise<Draft<Entered> | undefined> {
    const note = noteOf(apiUrl);
    if (note?.entered === undefined) return undefined;
    const kept = (await use((store) => store.get(draftKey(apiUrl, note.id)))) as KeptPhoto | undefined;
    return kept && { file: kept.file, entered: note.entered as Entered };
  },
  async forget(apiUrl: string): Promise<void> {
    const note = noteOf(apiUrl);
    if (note === undefined) return;
    writeNote(apiUrl, undefined);
    await use((store) => store.delete(draftKey(apiUrl, note.id)));
  },
};

/** An hour: then the draft's tab is closed, or its student is elsewhere. The tab itself finds an older one all the same. */
const draftMilliseconds = 3_600_000;

/** A day. A form of yesterday is no longer good, nor is anybody waiting for its outcome. */
const jobMilliseconds = 24 * 3_600_000;

/**
 * Deletes the drafts and jobs for which nobody will come back, of every API that this origin ever had. A browser does
 * nothing while no page is open, so that this is what keeps a photo from staying for ever: call it whenever one is.
 *
 * @param apiUrl the API whose draft is this tab's own, which stays
 */
export async function sweep(apiUrl: string): Promise<void> {
  const own = draftKey(apiUrl, noteOf(apiUrl)?.id);
  for (const key of ((await use((store) => store.getAllKeys())) ?? []) as readonly string[]) {
    if (key === own) continue;
    const { keptAt } = ((await use((store) => store.get(key))) ?? {}) as Partial<Timed>;
    // A time to come is one by a clock that was wrong.
    const age = keptAt === undefined ? Infinity : Math.abs(Date.now() - keptAt);
    const kept = key.startsWith("draft ") ? draftMilliseconds : jobMilliseconds;
    if (age >= kept) await use((store) => store.delete(key));
  }
}

/** The outcome last seen, for as long as this tab is open. */
export const lastOutcome = {
  get: (apiUrl: string): string | undefined => read(sessionStorage, `outcome ${apiUrl}`),
  set: (apiUrl: string, uploadId: string | undefined): void => write(sessionStorage, `outcome ${apiUrl}`, uploadId),
};

/** The language that the visitor chose. */
export const chosenLanguage = {
  get: (): string | undefined => read(localStorage, "language"),
  set: (language: string): void => write(localStorage, "language", language),
};

function read(storage: Storage, key: string): string | undefined {
  try {
    return storage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(storage: Storage, key: string, value: string | undefined): void {
  try {
    if (value === undefined) storage.removeItem(key);
    else storage.setItem(key, value);
  } catch {
    // As above: what cannot be kept is done without.
  }
}
