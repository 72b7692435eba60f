/** The parts of a wildcard pattern: literal text, `*` (any text) or `?` (any one character). */
export type PatternPart = { readonly text: string } | "*" | "?";

/** Values of policy variables by lower-case key; a variable without a value makes the pattern match nothing. */
export type Variables = ReadonlyMap<string, readonly string[]>;

/**
 * Compiles an IAM pattern. `${key}` becomes the variable's value, taken as text even when it holds wildcards;
 * `${*}`, `${?}` and `${$}` are those characters; `${key, 'default'}` has a default.
 *
 * @param variables undefined if policy variables are not supported (actions, and policies before 2012-10-17)
 * @returns undefined when a variable has no single value
 */
export function compilePattern(pattern: string, variables?: Variables): readonly PatternPart[] | undefined {
  const parts: PatternPart[] = [];
  const pieces = pattern.matchAll(variables ? /\$\{([^}]*)\}|[*?]|[^*?$]+|\$/gs : /[*?]|[^*?]+/gs);
  for (const [piece, variable] of pieces) {
    if (piece === "*" || piece === "?") parts.push(piece);
    else if (variable === undefined) parts.push({ text: piece });
    else {
      const value = valueOf(variable, variables);
      if (value === undefined) return undefined;
      parts.push({ text: value });
    }
  }
  return parts;
}

function valueOf(variable: string, variables: Variables | undefined): string | undefined {
  if (/^[*?$]$/.test(variable)) return variable;
  const [, key = "", fallback] = /^\s*([^,]*?)\s*(?:,\s*'([^']*)'\s*)?$/s.exec(variable) ?? [];
  const values = variables?.get(key.toLowerCase());
  return values?.length === 1 ? values[0] : fallback;
}

/** True if the whole text matches the pattern. Linear in text × parts: no regular expression that could backtrack. */
export function matchesPattern(text: string, pattern: readonly PatternPart[]): boolean {
  const tokens: ({ is: string } | "*" | "?")[] = [];
  for (const part of pattern) {
    if (typeof part === "string") tokens.push(part);
    else for (const character of part.text) tokens.push({ is: character });
  }
  const characters = Array.from(text);
  let at = 0;
  let token = 0;
  let star = -1;
  let resume = 0;
  while (at < characters.length) {
    const wanted = tokens[token];
    if (wanted === "*") {
      star = token++;
      resume = at;
    } else if (wanted === "?" || (typeof wanted === "object" && wanted.is === characters[at])) {
      at++;
      token++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++resume;
    } else return false;
  }
  while (tokens[token] === "*") token++;
  return token === tokens.length;
}

/** True if the text matches the pattern, where `*` and `?` are the only special characters. */
export function matchesWildcards(text: string, pattern: string): boolean {
  return matchesPattern(text, compilePattern(pattern) ?? []);
}
