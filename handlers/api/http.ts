import { asMachineError, throttled, unavailable } from "../runtime/step";
import { isLocale, type Locale } from "../contract/reasons";
import { problemOf, problems, type FieldError, type ProblemName } from "../contract/problems";

/** A request as API Gateway's HTTP API passes it (payload format 2.0), as far as the endpoints read it. */
export interface HttpRequest {
  /** Names in lower case; repeated headers joined by commas. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly pathParameters?: Readonly<Record<string, string | undefined>>;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>>;
  readonly requestContext?: { readonly requestId?: string };
}

export interface HttpResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Endpoint = (request: HttpRequest) => Promise<HttpResponse>;

/** An endpoint's response to a good request. */
export interface Answer {
  readonly status: number;
  readonly body: object;
  readonly uploadId: string;
}

/** A refusal of a request; thrown by an endpoint, answered as problem details (RFC 9457). */
export interface Refusal extends Error {
  readonly problem: ProblemName;
  readonly errors?: readonly FieldError[];
  /** Seconds after which the same request can be good. */
  readonly retryAfter?: number;
}

/** Makes a refusal. Not a class, as in runtime/errors. */
export function refusal(problem: ProblemName, errors?: readonly FieldError[]): Refusal {
  return Object.assign(new Error(problem), {
    name: "Refusal",
    problem,
    ...(errors === undefined ? {} : { errors }),
  });
}

/**
 * Makes a refusal of what can be requested again later.
 *
 * @param retryAfter seconds
 */
export function refusalUntil(problem: ProblemName, retryAfter: number): Refusal {
  return Object.assign(refusal(problem), { retryAfter });
}

/**
 * Wraps an endpoint: every refusal, and every fault of ours, becomes problem details in the reader's language.
 *
 * Logs one line a request, as JSON: the endpoint, the status and the upload's id. Never a body, an address or a
 * signature.
 */
export function endpoint(
  name: string,
  defaultLocale: Locale,
  handle: (request: HttpRequest, locale: Locale) => Promise<Answer>,
): Endpoint {
  return async (request) => {
    const started = Date.now();
    const log = (status: number, fields: Record<string, unknown>) =>
      console.log(
        JSON.stringify({
          endpoint: name,
          requestId: request.requestContext?.requestId,
          status,
          ...fields,
          ms: Date.now() - started,
        }),
      );
    const asked = requestLocale(request, defaultLocale);
    try {
      const { status, body, uploadId } = await handle(request, asked);
      log(status, { uploadId });
      return respond(status, "application/json", body);
    } catch (error) {
      const refused = asRefusal(error);
      const { status } = problems[refused.problem];
      log(status, {
        problem: refused.problem,
        ...(refused.errors ? { fields: refused.errors.map(({ field }) => field) } : {}),
        ...(status >= 500 ? { error: String((error as Error | undefined)?.stack ?? error) } : {}),
      });
      const locale = localeInBody(request) ?? asked;
      const response = respond(status, "application/problem+json", problemOf(refused.problem, locale, refused));
      const retryAfter = status === 503 ? 2 : refused.retryAfter;
      return retryAfter === undefined
        ? response
        : { ...response, headers: { ...response.headers, "retry-after": String(retryAfter) } };
    }
  };
}

function asRefusal(error: unknown): Pick<Refusal, "problem" | "errors" | "retryAfter"> {
  if (error instanceof Error && error.name === "Refusal") return error as Refusal;
  const { name } = asMachineError(error);
  return { problem: name === throttled || name === unavailable ? "unavailable" : "internal" };
}

function respond(statusCode: number, type: string, body: object): HttpResponse {
  return {
    statusCode,
    headers: {
      "content-type": `${type}; charset=utf-8`,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    },
    body: JSON.stringify(body),
  };
}

/** Far more than a valid body needs: 64 + 255 + 254 characters and the field names. */
const maxBodyBytes = 8192;

/** The body as a JSON object. */
export function jsonBody(request: HttpRequest): Readonly<Record<string, unknown>> {
  const bytes = Buffer.from(request.body ?? "", request.isBase64Encoded === true ? "base64" : "utf8");
  if (bytes.length > maxBodyBytes) throw refusal("body-too-large");
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw refusal("malformed-json");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refusal("malformed-json");
  return value as Record<string, unknown>;
}

/** The requested language: `?locale=`, else the first of ours in Accept-Language, else the stack's own. */
function requestLocale(request: HttpRequest, defaultLocale: Locale): Locale {
  const query = request.queryStringParameters?.["locale"];
  if (isLocale(query)) return query;
  return acceptedLocale(request.headers?.["accept-language"] ?? "") ?? defaultLocale;
}

/** The language that a refused body asked for, if it can be read at all. */
function localeInBody(request: HttpRequest): Locale | undefined {
  if (request.body === undefined || request.body === "") return undefined;
  try {
    const { locale } = jsonBody(request);
    return isLocale(locale) ? locale : undefined;
  } catch {
    return undefined;
  }
}

/** The best of our languages in an Accept-Language header; undefined if it names none of them. */
function acceptedLocale(header: string): Locale | undefined {
  const ranges = header
    .slice(0, 500)
    .split(",")
    .map((range, order) => {
      const [tag = "", ...parameters] = range.trim().toLowerCase().split(";");
      const weight = parameters.map((text) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(text)?.[1]).find(Boolean);
      return { language: tag.split("-")[0], weight: Number(weight ?? 1), order };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || a.order - b.order);
  const best = ranges.map(({ language }) => language).find(isLocale);
  return best;
}
