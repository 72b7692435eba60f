import { basename } from "node:path";
import type { IssuedUpload, ProblemDetails } from "../../../handlers/contract/api";
import type { Locale } from "../../../handlers/contract/reasons";
import { contentTypeOf, type Outgoing } from "./send";

/** Only the API can store an address with an upload. */
export interface ByApi {
  readonly apiUrl: string;
  readonly email: string;
  readonly locale: Locale;
}

/**
 * Sends a photo the way the upload page does.
 *
 * @returns the uploadId; undefined if the API does not accept such a file
 * @throws Error with the API's reason if it refuses the request itself
 */
export async function sendByApi(photo: Outgoing, by: ByApi): Promise<string | undefined> {
  const issued = await issue(photo, by);
  if (!issued) return undefined;
  const form = new FormData();
  for (const [name, value] of Object.entries(issued.fields)) form.append(name, value);
  form.append("file", new Blob([new Uint8Array(photo.body)]));
  const response = await fetch(issued.url, { method: "POST", body: form });
  if (!response.ok) throw new Error(`The bucket refused the photo (${response.status}): ${await response.text()}`);
  return issued.uploadId;
}

async function issue(photo: Outgoing, { apiUrl, email, locale }: ByApi): Promise<IssuedUpload | undefined> {
  const response = await fetch(`${apiUrl}/uploads`, {
    method: "POST",
    headers: { "content-type": "application/json", "accept-language": locale },
    body: JSON.stringify({
      studentId: photo.studentId,
      fileName: basename(photo.path),
      contentType: contentTypeOf(photo.path),
      bytes: photo.body.length,
      email,
      locale,
    }),
  });
  if (response.ok) return (await response.json()) as IssuedUpload;
  const problem = (await response.json()) as Partial<ProblemDetails>;
  if (response.status === 400 || response.status === 422) {
    if (problem.errors?.some(({ reason }) => reason !== undefined) === true) return undefined;
  }
  const why = problem.detail ?? problem.title ?? "no reason given";
  const invited = response.status === 401 ? " Without --email it needs no invitation: leave that out." : "";
  throw new Error(`The upload API refused the photo (${response.status}): ${why}${invited}`);
}
