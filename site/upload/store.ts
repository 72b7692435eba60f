import type { IssuedUpload } from "../../handlers/contract/api";

/** Every stored item has its time, so that it can be deleted if nobody comes back for it. */
interface Timed {
  /** Milliseconds since 1970. */
  readonly keptAt: number;
}

/**
 * A running upload, stored by the browser so that a reload, a closed page or an empty battery does not lose it; deleted
 * as soon as its outcome is known, because the next person at this machine may be another student. Every tab may have
 * one upload of its own, and touches no other.
 */
export interface Job extends Timed {
  /** Identifies the job in this browser, even before the API has named the upload. */
  readonly id: string;
  readonly studentId: string;
  readonly email: string;
  readonly fileName: string;
  /** Present until S3 has it. */
  photo?: Blob;
  issued?: IssuedUpload;
}

const shelf = "jobs";

/** The storage of this tab, and that of the whole browser. */
const tab: StorageOf = () => sessionStorage;
const browser: StorageOf = () => localStorage;

/** A file as IndexedDB keeps it: WebKit's private windows refuse Blobs there. */
interface KeptFile {
  readonly bytes: ArrayBuffer;
  readonly type: string;
  readonly name: string | undefined;
}

async function keptFile(file: Blob & { readonly name?: string }): Promise<KeptFile> {
  return { bytes: await file.arrayBuffer(), type: file.type, name: file.name };
}

/** Restores the file; an earlier version of the page stored it as a Blob. */
function fileOf(kept: KeptFile | Blob): Blob {
  if (kept instanceof Blob) return kept;
  const { bytes, type, name } = kept;
  return name === undefined ? new Blob([bytes], { type }) : new File([bytes], name, { type });
}

/** A job as IndexedDB keeps it. */
type KeptJob = Omit<Job, "photo"> & { readonly photo?: KeptFile | Blob };

const jobOf = ({ photo, ...job }: KeptJob): Job => (photo === undefined ? job : { ...job, photo: fileOf(photo) });

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("avatar-upload", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(shelf);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
}

/** The last operation on the database: each waits for the one before, so that deleted data do not come back. */
let last: Promise<unknown> = Promise.resolve();

/**
 * A browser that stores nothing (a private window, a full disk) still uploads; it only cannot resume after a reload.
 */
function use<Result>(act: (store: IDBObjectStore) => IDBRequest<Result>): Promise<Result | undefined> {
  return useWith(undefined, act);
}

/** As {@link use}, for a value that must be awaited first; a transaction would end meanwhile. */
function useWith<Value, Result>(
  value: Promise<Value> | undefined,
  act: (store: IDBObjectStore, value: Value | undefined) => IDBRequest<Result>,
): Promise<Result | undefined> {
  const before = last;
  const result = (async () => {
    try {
      await before;
      const ready = await value;
      const database = await open();
      try {
        return await new Promise<Result>((resolve, reject) => {
          const request = act(database.transaction(shelf, "readwrite").objectStore(shelf), ready);
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
        });
      } finally {
        database.close();
      }
    } catch {
      return undefined;
    }
  })();
  last = result;
  return result;
}

const jobKey = (apiUrl: string, id: string) => `job ${apiUrl} ${id}`;

/** Every job that the browser stores for this API, the latest first. */
export async function loadJobs(apiUrl: string): Promise<readonly Job[]> {
  const all = IDBKeyRange.bound(jobKey(apiUrl, ""), jobKey(apiUrl, "\uffff"));
  const jobs = ((await use((store) => store.getAll(all))) ?? []) as readonly KeptJob[];
  return jobs.map(jobOf).sort((one, other) => other.keptAt - one.keptAt);
}

export async function loadJob(apiUrl: string, id: string): Promise<Job | undefined> {
  const kept = (await use((store) => store.get(jobKey(apiUrl, id)))) as KeptJob | undefined;
  return kept && jobOf(kept);
}

export async function saveJob(apiUrl: string, job: Job): Promise<void> {
  const { photo, ...rest } = job;
  const kept = async (): Promise<KeptJob> => (photo === undefined ? rest : { ...rest, photo: await keptFile(photo) });
  await useWith(kept(), (store, value) => store.put(value, jobKey(apiUrl, job.id)));
}

export async function forgetJob(apiUrl: string, id: string): Promise<void> {
  await use((store) => store.delete(jobKey(apiUrl, id)));
}

/** A unique name. Not crypto.randomUUID, which is missing without HTTPS. */
export function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** This tab's job. */
export const jobInHand = {
  get: (apiUrl: string): string | undefined => read(tab, `job ${apiUrl}`),
  set: (apiUrl: string, id: string | undefined): void => write(tab, `job ${apiUrl}`, id),
};

/** How long a tab waits for another: a tab that the phone has suspended keeps its lock. */
const turnMilliseconds = 15_000;

/**
 * Works on a job while no other tab does, in browsers and on pages that support locks.
 *
 * @throws if the signal ends the wait
 */
export async function inTurn<Result>(id: string, signal: AbortSignal, act: () => Promise<Result>): Promise<Result> {
  // Missing without HTTPS.
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
    return await act();
  } finally {
    clearTimeout(timer);
  }
}

/** A photo that was chosen but not sent yet, and the details entered with it. */
export interface Draft<Entered> {
  readonly file: Blob;
  readonly entered: Entered;
}

interface KeptPhoto extends Timed {
  readonly file: KeptFile | Blob;
}

/** The tab's record of its draft; the photo is too large for a tab's storage and is stored with the jobs. */
interface DraftNote {
  readonly id: string;
  readonly entered?: unknown;
}

const draftKey = (apiUrl: string, id = "") => `draft ${apiUrl} ${id}`;

function noteOf(apiUrl: string): DraftNote | undefined {
  const text = read(tab, draftKey(apiUrl));
  return text === undefined ? undefined : (JSON.parse(text) as DraftNote);
}

const writeNote = (apiUrl: string, note: DraftNote | undefined) =>
  write(tab, draftKey(apiUrl), note && JSON.stringify(note));

/**
 * The draft of this tab: phones drop a page's memory while its student looks something up in another app. The entered
 * details are in the tab's own storage, so that nobody else at this machine sees them, and so is the photo's name: each
 * photo has a new name, so that a tab never opens another tab's photo, not even a duplicated tab.
 */
export const draft = {
  async keepPhoto(apiUrl: string, file: Blob): Promise<void> {
    void draft.forget(apiUrl);
    const id = newId();
    writeNote(apiUrl, { id });
    const kept = async (): Promise<KeptPhoto> => ({ file: await keptFile(file), keptAt: Date.now() });
    await useWith(kept(), (store, value) => store.put(value, draftKey(apiUrl, id)));
  },
  keepEntered(apiUrl: string, entered: object): void {
    const note = noteOf(apiUrl);
    if (note !== undefined) writeNote(apiUrl, { id: note.id, entered });
  },
  async load<Entered>(apiUrl: string): Promise<Draft<Entered> | undefined> {
    const note = noteOf(apiUrl);
    if (note?.entered === undefined) return undefined;
    const kept = (await use((store) => store.get(draftKey(apiUrl, note.id)))) as KeptPhoto | undefined;
    return kept && { file: fileOf(kept.file), entered: note.entered as Entered };
  },
  async forget(apiUrl: string): Promise<void> {
    const note = noteOf(apiUrl);
    if (note === undefined) return;
    writeNote(apiUrl, undefined);
    await use((store) => store.delete(draftKey(apiUrl, note.id)));
  },
};

/** An hour: by then the draft's tab is closed, or its student has left. The tab itself still finds an older draft. */
const draftMilliseconds = 3_600_000;

/** A day. Yesterday's form has expired, and nobody is waiting for its outcome. */
const jobMilliseconds = 24 * 3_600_000;

/**
 * Deletes the drafts and jobs for which nobody will come back, of every API that this origin ever had. A browser does
 * nothing while no page is open, so only this call keeps a photo from staying forever: make it whenever the page opens.
 *
 * @param apiUrl the API whose draft is this tab's own, which stays
 */
export async function sweep(apiUrl: string): Promise<void> {
  const own = draftKey(apiUrl, noteOf(apiUrl)?.id);
  for (const key of ((await use((store) => store.getAllKeys())) ?? []) as readonly string[]) {
    if (key === own) continue;
    const { keptAt } = ((await use((store) => store.get(key))) ?? {}) as Partial<Timed>;
    // A time in the future comes from a clock that was wrong.
    const age = keptAt === undefined ? Infinity : Math.abs(Date.now() - keptAt);
    const kept = key.startsWith("draft ") ? draftMilliseconds : jobMilliseconds;
    if (age >= kept) await use((store) => store.delete(key));
  }
}

/** The last outcome shown, for as long as this tab is open. */
export const lastOutcome = {
  get: (apiUrl: string): string | undefined => read(tab, `outcome ${apiUrl}`),
  set: (apiUrl: string, uploadId: string | undefined): void => write(tab, `outcome ${apiUrl}`, uploadId),
};

/** The language that the visitor chose. */
export const chosenLanguage = {
  get: (): string | undefined => read(browser, "language"),
  set: (language: string): void => write(browser, "language", language),
};

/** If cookies are blocked, even accessing a storage throws. */
type StorageOf = () => Storage;

function read(storage: StorageOf, key: string): string | undefined {
  try {
    return storage().getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(storage: StorageOf, key: string, value: string | undefined): void {
  try {
    if (value === undefined) storage().removeItem(key);
    else storage().setItem(key, value);
  } catch {
    // The page works without any data that it cannot store.
  }
}
