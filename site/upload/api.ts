/** The page's side of the HTTP API; the shapes are those of its contract. */
import type { IssuedUpload, ProblemDetails, UploadRequest, UploadState } from "../../handlers/contract/api";
import { problemNamed, type FieldError, type ProblemName } from "../../handlers/contract/problems";

export type { IssuedUpload, UploadState };

/** The refusal of the API or S3. Its words come from the catalogue, so that they follow the page's language. */
export interface Refused {
  readonly status: number;
  /** Undefined if the API did not answer itself: S3's own words are for developers. */
  readonly problem: ProblemName | undefined;
  readonly errors: readonly FieldError[];
  /** Seconds after which the same request can be good, if the API said so. */
  readonly retryAfter?: number | undefined;
}

/** Thrown if a server answered with an error. */
export class RefusedError extends Error {
  constructor(readonly refused: Refused) {
    super(`${refused.status} ${refused.problem ?? ""}`);
  }
}

/** Thrown if no answer came: the connection is down or too slow. */
export class OfflineError extends Error {}

/**
 * Sends a request and reads the whole answer, within 20 seconds and no longer than the signal allows.
 *
 * @throws the error of fetch if there is no answer
 */
export async function ask(url: string, init: RequestInit = {}): Promise<{ response: Response; text: string }> {
  // Browsers got AbortSignal.timeout and AbortSignal.any later than everything else that the page needs.
  const end = new AbortController();
  const leave = () => end.abort();
  const timer = setTimeout(leave, 20_000);
  if (init.signal?.aborted) leave();
  init.signal?.addEventListener("abort", leave);
  try {
    const response = await fetch(url, { ...init, signal: end.signal });
    return { response, text: await response.text() };
  } finally {
    clearTimeout(timer);
    init.signal?.removeEventListener("abort", leave);
  }
}

async function call<Body>(url: string, init: RequestInit = {}): Promise<Body> {
  let answer: Awaited<ReturnType<typeof ask>>;
  try {
    answer = await ask(url, init);
  } catch (error) {
    throw new OfflineError(String(error));
  }
  const { response, text } = answer;
  if (response.ok) return JSON.parse(text) as Body;
  throw new RefusedError({ status: response.status, ...refusalIn(text) });
}

/** The API's details of its refusal; nothing if a gateway in between answered instead. */
function refusalIn(text: string): Pick<Refused, "problem" | "errors" | "retryAfter"> {
  try {
    const { type, errors, retryAfter } = JSON.parse(text) as Partial<ProblemDetails>;
    return { problem: problemNamed(type), errors: (errors ?? []) as readonly FieldError[], retryAfter };
  } catch {
    return { problem: undefined, errors: [] };
  }
}

/** Identifies the student if the school uses invitations. */
function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** Requests an upload's id and form. */
export function issueUpload(
  apiUrl: string,
  order: UploadRequest,
  token: string | undefined,
  signal: AbortSignal,
): Promise<IssuedUpload> {
  return call(`${apiUrl}/uploads`, {
    signal,
    method: "POST",
    headers: { "content-type": "application/json", ...bearer(token) },
    body: JSON.stringify(order),
  });
}

/** Requests an upload's outcome. */
export function readStatus(
  apiUrl: string,
  uploadId: string,
  locale: string,
  token: string | undefined,
  signal?: AbortSignal,
): Promise<UploadState> {
  const init = { headers: bearer(token), ...(signal && { signal }) };
  return call(`${apiUrl}/uploads/${uploadId}?locale=${locale}`, init);
}

/** How long a connection may be silent before it counts as broken: phones do not always notice a break. */
const silenceMilliseconds = 45_000;

/**
 * Posts the form. XMLHttpRequest, because fetch does not report an upload's progress.
 *
 * @param onProgress receives the share that is sent, 0 to 1
 */
export function postPhoto(
  issued: Pick<IssuedUpload, "url" | "fields">,
  photo: Blob,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const form = new FormData();
  for (const [name, value] of Object.entries(issued.fields)) form.append(name, value);
  form.append("file", photo);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const fail = () => reject(new OfflineError("upload"));
    // An already aborted signal fires no event: the photo would be sent.
    if (signal.aborted) return fail();
    let silence = setTimeout(() => request.abort(), silenceMilliseconds);
    request.open("POST", issued.url);
    request.upload.onprogress = ({ lengthComputable, loaded, total }) => {
      clearTimeout(silence);
      silence = setTimeout(() => request.abort(), silenceMilliseconds);
      if (lengthComputable) onProgress(loaded / total);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(new RefusedError({ status: request.status, problem: undefined, errors: [] }));
    };
    request.onerror = fail;
    request.onabort = fail;
    request.onloadend = () => clearTimeout(silence);
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  });
}
