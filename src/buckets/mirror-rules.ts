/**
 * A routing rule that mirrors: what is asked of its origin, and what is kept of the answer
 * (oss-semantics.md 4.3). Rules only; mirroring does the asking.
 */
import { isHeaderValue, type ObjectFacts } from './metadata.ts';

/** An element with either children or text. */
export interface KeptElement {
  readonly name: string;
  readonly text?: string | undefined;
  readonly children?: readonly KeptElement[] | undefined;
}

type Headers = Readonly<Record<string, string>>;

export interface MirrorRule {
  /** Ends with a slash: the key is put behind it. */
  readonly origin: URL;
  readonly isQueryPassed: boolean;
  readonly isRedirectFollowed: boolean;
  readonly isMd5Checked: boolean;
  readonly isHeadAllowed: boolean;
  /** Whether the TLS handshake names the origin. */
  readonly isNameSent: boolean;
  /** Statuses of the origin that the client is told as they are. */
  readonly transparent: ReadonlySet<number>;
  readonly headers: {
    readonly isEachPassed: boolean;
    /** Lower-case names. */
    readonly passed: ReadonlySet<string>;
    readonly removed: ReadonlySet<string>;
    readonly set: readonly (readonly [name: string, value: string])[];
  };
}

/** `undefined` where the rule names no origin that can be asked. */
export function readMirrorRule({
  others,
}: {
  readonly others: readonly KeptElement[];
}): MirrorRule | undefined {
  const origin = textOf(others, 'MirrorURL')?.trim() ?? '';
  if (!URL.canParse(origin)) return undefined;
  const is = (name: string): boolean => textOf(others, name) === 'true';
  const listed = textOf(others, 'TransparentMirrorResponseCodes') ?? '';
  return {
    origin: new URL(origin),
    isQueryPassed: is('MirrorPassQueryString'),
    isRedirectFollowed: textOf(others, 'MirrorFollowRedirect') !== 'false',
    isMd5Checked: is('MirrorCheckMd5'),
    isHeadAllowed: is('MirrorAllowHeadObject'),
    // Most origins have no certificate for who names nothing; only a plain "false" withholds it.
    isNameSent: textOf(others, 'MirrorSNI') !== 'false',
    transparent: new Set(listed.split(/[,\s]+/).map(Number)),
    headers: readHeaders(others.find(({ name }) => name === 'MirrorHeaders')?.children ?? []),
  };
}

function readHeaders(children: readonly KeptElement[]): MirrorRule['headers'] {
  const named = (name: string) => children.filter((child) => child.name === name);
  const names = (name: string) => new Set(named(name).map(({ text }) => lower(text)));
  return {
    isEachPassed: textOf(children, 'PassAll') === 'true',
    passed: names('Pass'),
    removed: names('Remove'),
    set: named('Set').map(({ children: pair = [] }) => {
      const value = Buffer.from(textOf(pair, 'Value') ?? '', 'utf8').toString('latin1');
      return [lower(textOf(pair, 'Key')), value] as const;
    }),
  };
}

function textOf(elements: readonly KeptElement[], wanted: string): string | undefined {
  return elements.find(({ name }) => name === wanted)?.text;
}

function lower(text = ''): string {
  return text.trim().toLowerCase();
}

/**
 * Never the origin's to see (oss-semantics.md 4.3); and what is said to this server alone: about
 * its connection (RFC 9110 7.6.1), and what the client has already. Everybody gets the answer.
 */
const withheld = new Set(
  (
    'content-length authorization authorization2 range date ' +
    'connection host keep-alive proxy-authorization proxy-connection te trailer ' +
    'transfer-encoding upgrade expect accept-encoding cdn-loop user-agent ' +
    'if-match if-none-match if-modified-since if-unmodified-since if-range'
  ).split(' '),
);
const withheldPrefixes = ['oss-', 'x-oss-', 'x-drs-'];
/** What a rule may not set: it would break the message. */
const framing = new Set(['', 'connection', 'content-length', 'transfer-encoding', 'upgrade', 'te']);

/** Named to every origin, so that buckets that mirror each other do not ask for ever (RFC 8586). */
const loopToken = 'cnamed';
const ownHeaders: Headers = {
  'accept-encoding': 'identity',
  'cdn-loop': loopToken,
  'user-agent': 'cnamed-mirror',
};

/** Whether the request was sent by a mirror already. */
export function isMirrorLoop(headers: Headers): boolean {
  return (headers['cdn-loop'] ?? '').split(',').some((id) => lower(id.split(';')[0]) === loopToken);
}

export interface MirrorRequest {
  readonly url: URL;
  readonly headers: Headers;
  /** For another host that the origin redirects to: nothing the client or the rule has said. */
  readonly strangerHeaders: Headers;
}

/**
 * `path`: the key at the origin, encoded. `undefined` when that would mean another place there:
 * whoever reads a URL resolves its dots.
 */
export function mirrorRequest(
  rule: MirrorRule,
  path: string,
  asked: { readonly rawQuery: string; readonly headers: Headers },
): MirrorRequest | undefined {
  const { origin } = rule;
  const pathname = origin.pathname + path;
  const url = new URL(origin.origin + pathname);
  if (url.pathname !== pathname) return undefined;
  if (rule.isQueryPassed) url.search = withoutSignature(asked.rawQuery);
  return { url, headers: forwarded(rule.headers, asked.headers), strangerHeaders: ownHeaders };
}

function forwarded(rules: MirrorRule['headers'], asked: Headers): Headers {
  const headers: Record<string, string> = { ...ownHeaders };
  for (const [name, value] of Object.entries(asked)) {
    if (withheld.has(name) || withheldPrefixes.some((prefix) => name.startsWith(prefix))) continue;
    if (rules.removed.has(name)) continue;
    if (rules.isEachPassed || rules.passed.has(name)) headers[name] = value;
  }
  for (const [name, value] of rules.set) {
    if (!framing.has(name) && isHeaderValue(value)) headers[name] = value;
  }
  return headers;
}

/** The signature of a URL is as good as the URL: no origin is given it. */
function withoutSignature(rawQuery: string): string {
  const pairs = rawQuery.split('&').map((pair) => [parameterName(pair), pair] as const);
  const isV1 = pairs.some(([name]) => name === 'ossaccesskeyid');
  const ofV1 = ['ossaccesskeyid', 'expires', 'signature', 'security-token'];
  const isKept = ([name]: readonly [string, string]): boolean =>
    !name.startsWith('x-oss-') && !(isV1 && ofV1.includes(name));
  return pairs
    .filter(isKept)
    .map(([, pair]) => pair)
    .join('&');
}

/** Decoded: a name may be escaped as well as its value. */
function parameterName(pair: string): string {
  const [name = ''] = pair.split('=');
  try {
    return lower(decodeURIComponent(name));
  } catch {
    return lower(name);
  }
}

const kept = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
] as const;

/** What of an origin's answer becomes the object's: what a writer could have sent. */
export function mirrorFacts(headers: Readonly<Record<string, unknown>>): ObjectFacts {
  const facts: Record<string, string> = { 'content-type': 'application/octet-stream' };
  for (const name of kept) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '' && isHeaderValue(value)) facts[name] = value;
  }
  return { headers: facts, metadata: {} };
}
