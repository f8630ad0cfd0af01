/** Asks the room what it makes of a case. */
import {
  decide,
  parseBucketPolicy,
  parseRamPolicy,
  parseSessionPolicy,
  type Question,
  type Verdict,
} from '../../../src/rights/index.ts';
import { type Asking, type Case, callers, owner } from './cases.ts';
import { documentOf } from './documents.ts';

/** Where and when everybody of the table is, unless a case says otherwise. */
const usual: Readonly<Record<string, string>> = {
  'acs:SourceIp': '198.51.100.7',
  'acs:SourceVpc': '',
  'acs:SecureTransport': 'true',
  'acs:CurrentTime': '2026-11-22T00:00:00Z',
};

export function keysOf(given: Readonly<Record<string, string>> = {}): Question['keys'] {
  const all = { ...usual, ...given };
  return (key, tag) => all[tag === '' ? key : `${key}/${tag}`];
}

export function questionOf(one: Case, asking: Asking): Question {
  return {
    who: callers[one.who],
    action: asking.action,
    resource: {
      service: asking.service ?? 'oss',
      region: 'cn-hangzhou',
      accountId: owner,
      relative: asking.on ?? 'shop/a.txt',
    },
    keys: keysOf(one.keys),
    policies: (one.ram ?? []).map((name) => parseRamPolicy(documentOf(name))),
    sessionPolicy: one.session && parseSessionPolicy(documentOf(one.session)),
    bucketPolicy:
      one.bucket && parseBucketPolicy(documentOf(one.bucket), { name: 'shop', accountId: owner }),
    accessClass: asking.accessClass,
    acl: one.objectAcl ?? one.acl ?? 'private',
    isPublicBlocked: one.isBlocked ?? false,
    isOpenToAnonymous: true,
  };
}

export function judge(one: Case): Verdict {
  let verdict: Verdict | undefined;
  for (const asking of one.asks) {
    verdict = decide(questionOf(one, asking));
    if (!verdict.isAllowed) return verdict;
  }
  if (verdict === undefined) throw new Error('A case asks for nothing.');
  return verdict;
}

export function resultOf(verdict: Verdict): string {
  return verdict.isAllowed ? verdict.by : verdict.because;
}
