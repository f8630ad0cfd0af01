/** What an origin answers, through its redirects (oss-semantics.md 4.3). */
import type { MirrorRequest, MirrorRule } from '../buckets/index.ts';
import type { Dialer, FetchAnswer } from '../outbound/index.ts';
import type { World } from '../world/index.ts';

/** oss-bucket-api.md Website. */
const hopsMax = 10;
/** The service's time-out of one request to an origin, all of its redirects included. */
const headMs = 10_000;
/** Ours. */
const idleMs = 30_000;

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export type OriginAnswer =
  /** All of an object, to be read. */
  | { readonly kind: 'object'; readonly answer: FetchAnswer }
  | { readonly kind: 'missing' }
  /** For the client as it is. */
  | { readonly kind: 'passed'; readonly answer: FetchAnswer }
  /** In words for the log, not for the client: they would tell of our network. */
  | { readonly kind: 'failed'; readonly why: string };

/** Whoever takes an answer closes it. */
export async function askOrigin(
  parts: { dialer: Dialer; world: Pick<World, 'clock'> },
  rule: MirrorRule,
  request: MirrorRequest,
): Promise<OriginAnswer> {
  const { clock } = parts.world;
  const deadline = clock.monotonicMs() + headMs;
  let { url } = request;
  for (let hop = 0; hop <= hopsMax; hop += 1) {
    const left = deadline - clock.monotonicMs();
    if (left <= 0) return failed('timeout');
    const headers = url.host === request.url.host ? request.headers : request.strangerHeaders;
    const { isNameSent } = rule;
    const answer = await parts.dialer.fetch({ url, headers, isNameSent, headMs: left, idleMs });
    if (answer.outcome === 'failed') return failed(answer.reason);
    const next = redirectOf(answer, url);
    if (next === undefined || !rule.isRedirectFollowed) return judge(answer, rule, next);
    answer.close();
    url = next;
  }
  return failed('too many redirects');
}

function redirectOf({ status, headers }: FetchAnswer, from: URL): URL | undefined {
  const { location } = headers;
  if (!redirects.has(status) || location === undefined) return undefined;
  if (!URL.canParse(location, from.href)) return undefined;
  const to = new URL(location, from.href);
  return to.protocol === 'http:' || to.protocol === 'https:' ? to : undefined;
}

function judge(answer: FetchAnswer, rule: MirrorRule, redirect: URL | undefined): OriginAnswer {
  const { status } = answer;
  const isAsIs = rule.transparent.has(status) || redirect !== undefined;
  if (isWhole(answer) && answer.isDelimited) return { kind: 'object', answer };
  if (isAsIs && status >= 300) return { kind: 'passed', answer };
  answer.close();
  if (status === 404) return { kind: 'missing' };
  const isObject = status === 200 || status === 206;
  return failed(isObject ? 'not all of an object, or of unknown end' : `status ${status}`);
}

/** A part that is all of it counts: no range was asked for. */
function isWhole({ status, headers }: FetchAnswer): boolean {
  if (status !== 206) return status === 200;
  const [, last, size] =
    /^bytes 0-(\d{1,15})\/(\d{1,15})$/.exec(headers['content-range'] ?? '') ?? [];
  return last !== undefined && Number(last) + 1 === Number(size);
}

function failed(why: string): OriginAnswer {
  return { kind: 'failed', why };
}
