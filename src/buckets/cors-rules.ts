/**
 * Which rule of a CORS document a request of a page of another origin falls under (oss-semantics.md
 * 3; https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketcors). Rules only.
 */

export interface CorsDocument {
  /** In the order they are tried. */
  readonly rules: readonly CorsRule[];
  /** Whether every answer of the bucket says `Vary: Origin`. */
  readonly responseVary: boolean;
}

export interface CorsRule {
  /** Whole origins, each with one `*` at most. */
  readonly allowedOrigins: readonly string[];
  readonly allowedMethods: readonly string[];
  /** Names of headers a request may bring along, each with one `*` at most. */
  readonly allowedHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly maxAgeSeconds?: number | undefined;
}

export interface CorsQuestion {
  /** Value of the Origin header. */
  readonly origin: string;
  readonly method: string;
  /** Headers that a preflight asks for; of an actual request none is looked at. */
  readonly headers: readonly string[];
}

export interface CorsMatch {
  readonly rule: CorsRule;
  /** `*` when the rule lets in everybody, else the origin that asked. */
  readonly allowOrigin: string;
}

/** The first rule that holds for origin, method and every header; `undefined` when none does. */
export function matchCorsRule(
  { rules }: CorsDocument,
  { origin, method, headers }: CorsQuestion,
): CorsMatch | undefined {
  for (const rule of rules) {
    if (!rule.allowedMethods.includes(method)) continue;
    const allowed = rule.allowedOrigins.find((pattern) => isLike(pattern, origin));
    if (allowed === undefined) continue;
    const isAllowed = (name: string): boolean =>
      rule.allowedHeaders.some((pattern) => isLike(pattern, name));
    if (headers.every(isAllowed)) return { rule, allowOrigin: allowed === '*' ? '*' : origin };
  }
  return undefined;
}

/**
 * Whether the text is the pattern, in which one `*` stands for any run of characters. Letter case
 * means nothing: origins are scheme and host, the others are names of headers.
 */
function isLike(pattern: string, text: string): boolean {
  const wanted = pattern.toLowerCase();
  const found = text.toLowerCase();
  const star = wanted.indexOf('*');
  if (star === -1) return found === wanted;
  return (
    found.length >= wanted.length - 1 &&
    found.startsWith(wanted.slice(0, star)) &&
    found.endsWith(wanted.slice(star + 1))
  );
}
