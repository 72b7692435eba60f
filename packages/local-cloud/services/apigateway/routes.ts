import type { DeclaredRoute } from "./declared";

export interface Match {
  readonly route: DeclaredRoute;
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * The route of a request, in API Gateway's own order: a route with every part of the path before one with a greedy
 * `{name+}`, fixed parts before parameters, the method before ANY, and `$default` if nothing else matches.
 *
 * @param path as sent, still percent-encoded, beginning with `/`
 */
export function matchRoute(routes: readonly DeclaredRoute[], method: string, path: string): Match | undefined {
  const parts = partsOf(path);
  const matches = routes.flatMap((route) => {
    const [wanted = "", pattern] = route.routeKey.split(" ");
    if (pattern === undefined || (wanted !== "ANY" && wanted !== method)) return [];
    const parameters = parametersOf(partsOf(pattern), parts);
    return parameters ? [{ route, parameters, rank: rankOf(pattern, wanted) }] : [];
  });
  // Compared as text: each part of the path weighs by its own kind, the earlier parts more.
  const best = matches.sort((a, b) => (a.rank < b.rank ? -1 : 1))[0];
  if (best) return { route: best.route, parameters: best.parameters };
  const fallback = routes.find(({ routeKey }) => routeKey === "$default");
  return fallback && { route: fallback, parameters: {} };
}

function partsOf(path: string): readonly string[] {
  return path.split("/").slice(1);
}

function parametersOf(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    const greedy = /^\{([^}]+)\+\}$/.exec(wanted)?.[1];
    if (greedy !== undefined) {
      const rest = parts.slice(index).join("/");
      if (rest === "") return undefined;
      parameters[greedy] = decode(rest);
      return parameters;
    }
    const part = parts[index];
    if (part === undefined) return undefined;
    const name = /^\{([^}]+)\}$/.exec(wanted)?.[1];
    if (name === undefined) {
      if (wanted !== part) return undefined;
    } else if (part === "") return undefined;
    else parameters[name] = decode(part);
  }
  return parts.length === pattern.length ? parameters : undefined;
}

function rankOf(pattern: string, method: string): string {
  const kinds = partsOf(pattern).map((part) => (/\+\}$/.test(part) ? "2" : part.startsWith("{") ? "1" : "0"));
  const greedy = kinds.includes("2") ? "1" : "0";
  return greedy + kinds.join("") + (method === "ANY" ? "1" : "0");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign: the text as sent is the best available.
    return text;
  }
}
