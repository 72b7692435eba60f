/** The page's side of the HTTP API; the shapes are those of its contract. */
import type { IssuedUpload, ProblemDetails, UploadState } from "../handlers/api/contract";

export type { IssuedUpload, UploadState };

export interface UploadOrder {
  readonly studentId: string;
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: number;
  readonly email?: string;
  readonly locale: string;
}

/** What the API, or S3, said no with; S3's own words are for developers and left out. */
export type Refused = Pick<ProblemDetails, "status" | "title" | "detail" | "errors">;

/** Thrown where a server answered with an error. */
export class RefusedError extends Error {
  constructor(readonly refused: Refused) {
    super(`${refused.status} ${refused.title}`);
  }
}

/** Thrown where no answer came: the line is down, or too slow. */
export class OfflineError extends Error {}

async function call<Body>(url: string, init: RequestInit = {}): Promise<Body> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(20_000) });
  } catch (error) {
    throw new OfflineError(String(error));
  }
  if (response.ok) return (await response.json()) as Body;
  const problem = (await response.json().catch(() => ({}))) as Partial<Refused>;
  throw new RefusedError({ title: "", detail: "", ...problem, status: response.status });
}

/** Who asks, where the school invites. */
function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** Asks for an upload's id and form. */
export function issueUpload(apiUrl: string, order: UploadOrder, token: string | undefined): Promise<IssuedUpload> {
  return call(`${apiUrl}/uploads`, {
    method: "POST",
    headers: { "content-type": "application/json", ...bearer(token) },
    body: JSON.stringify(order),
  });
}

/** Asks what became of an upload. */
export function readStatus(
  apiUrl: string,
  uploadId: string,
  locale: string,
  token: string | undefined,
): Promise<UploadState> {
  return call(`${apiUrl}/uploads/${uploadId}?locale=${locale}`, { headers: bearer(token) });
}

/** How long a line may carry nothing before it counts as broken: phones do not always notice that it is. */
const silenceMilliseconds = 45_000;

/**
 * Posts the form. XMLHttpRequest, because fetch tells nothing of an upload's progress.
 *
 * @param onProgress gets the share that is sent, 0 to 1
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
    let silence = setTimeout(() => request.abort(), silenceMilliseconds);
    request.open("POST", issued.url);
    request.upload.onprogress = ({ lengthComputable, loaded, total }) => {
      clearTimeout(silence);
      silence = setTimeout(() => request.abort(), silenceMilliseconds);
      if (lengthComputable) onProgress(loaded / total);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(new RefusedError({ status: request.status, title: "", detail: "" }));
    };
    request.onerror = fail;
    request.onabort = fail;
    request.onloadend = () => clearTimeout(silence);
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  });
}
