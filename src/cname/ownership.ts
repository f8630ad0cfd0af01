import { createHash } from 'node:crypto';
import type { TxtAnswer, TxtFailure, TxtResolver } from '../dns/index.ts';
import type { Bucket, CnameStore, CnameToken } from '../stores/index.ts';
import type { Instant } from '../world/index.ts';
import type { CnameRules, OwnershipProof, OwnershipProofs, ProofEvidence } from './types.ts';

/** Characters of a foreign record that a message shows; the caller sees the rest in DNS. */
const shownCharactersMax = 80;

/** The name of the TXT record that proves a domain, at every depth (DESIGN ruling 7). */
export function txtNameOf(domain: string): string {
  return `_dnsauth.${domain}`;
}

interface Claim {
  readonly domain: string;
  readonly bucket: Bucket;
  readonly now: Instant;
}

type Asked = TxtAnswer | { readonly retryAfterSeconds: number };

/**
 * Decides whether a bucket's owner has shown that the domain is theirs. Changes nothing and keeps
 * nothing: the same call a second later asks DNS again, because clients repeat PutCname every few
 * seconds while a record spreads (DESIGN ruling 14). The transaction that follows checks the token
 * again. Rejects only when the store does.
 */
export function createOwnershipProofs(parts: {
  readonly cnames: Pick<CnameStore, 'findToken' | 'findTokenOfAnyAge'>;
  readonly dns: TxtResolver;
  readonly rules: CnameRules;
  /** Counts a question of the account: `QuestionLimit.take`, perhaps of another process. */
  readonly takeQuestion: (accountId: string) => number | Promise<number>;
}): OwnershipProofs {
  const { cnames, dns, rules, takeQuestion } = parts;
  const underWay = new Map<string, Promise<Asked>>();

  async function ask({ domain, bucket }: Claim): Promise<Asked> {
    const wait = await takeQuestion(bucket.accountId);
    return wait > 0 ? { retryAfterSeconds: wait } : await dns.askTxt(txtNameOf(domain));
  }

  /** Concurrent callers for one (bucket, domain) wait for one answer; only a question counts. */
  function askShared(claim: Claim): Promise<Asked> {
    const key = `${claim.bucket.id} ${claim.domain}`;
    const standing = underWay.get(key);
    if (standing !== undefined) return standing;
    const question = ask(claim);
    underWay.set(key, question);
    const forget = () => underWay.delete(key);
    question.then(forget, forget);
    return question;
  }

  return {
    async proveOwnership(claim) {
      const waiver = findWaiver(claim.domain, rules);
      if (waiver !== undefined) return { outcome: 'waived', evidence: waiver };
      const token = await cnames.findToken(claim.bucket.id, claim.domain, claim.now);
      if (token === undefined) {
        const dead = await cnames.findTokenOfAnyAge(claim.bucket.id, claim.domain);
        return refuseWithoutToken(claim, dead);
      }
      const asked = await askShared(claim);
      if ('retryAfterSeconds' in asked) return { outcome: 'too-many-questions', ...asked };
      return judge(claim, token, asked);
    },
  };
}

/** The operator's word that no proof is needed, for all names or for those of a list. */
function findWaiver(domain: string, rules: CnameRules): ProofEvidence | undefined {
  if (rules.ownership === 'off') return { method: 'off' };
  if (rules.ownership !== 'allow-list') return undefined;
  const entry = rules.allowList.find((name) => domain === name || domain.endsWith(`.${name}`));
  return entry === undefined ? undefined : { method: 'allow-list', answer: entry };
}

function judge(claim: Claim, token: CnameToken, answer: TxtAnswer): OwnershipProof {
  const txtName = txtNameOf(claim.domain);
  const evidence: ProofEvidence = {
    method: 'dns',
    txtName,
    resolver: answer.resolver,
    answer: answer.outcome === 'found' ? 'found' : `${answer.outcome}: ${answer.reason}`,
    ...(answer.outcome === 'found' ? { answerHash: hashRecords(answer.records) } : {}),
  };
  const about = `Domain ${claim.domain}, bucket ${claim.bucket.name}:`;
  const wanted = `Its value must be the token of this bucket, ${token.token}.`;
  if (answer.outcome === 'failed') {
    const reason = describeFailure(answer.reason, answer.resolver);
    const message =
      `${about} ownership could not be checked, because asking for the TXT record ` +
      `${txtName} failed: ${reason}. Please try again.`;
    return { outcome: 'refused', what: 'resolver-failed', message, evidence };
  }
  if (answer.outcome === 'none') {
    const message =
      `${about} there is no TXT record at ${txtName}. Create it. ${wanted} ` +
      'A new record may take minutes to be seen.';
    return { outcome: 'refused', what: 'nothing-there', message, evidence };
  }
  // Anyone may read the token in DNS, so that comparing it in constant time would hide nothing.
  if (answer.records.some((record) => trimRecord(record) === token.token)) {
    return { outcome: 'proven', token: token.token, evidence };
  }
  const seen = describeRecords(answer.records);
  const message = `${about} the TXT record at ${txtName} has another value: ${seen}. ${wanted}`;
  return { outcome: 'refused', what: 'something-else-there', message, evidence };
}

function refuseWithoutToken(claim: Claim, dead: CnameToken | undefined): OwnershipProof {
  const txtName = txtNameOf(claim.domain);
  const about = `Domain ${claim.domain}, bucket ${claim.bucket.name}:`;
  const evidence: ProofEvidence = { method: 'dns', txtName };
  const isExpired = dead !== undefined && dead.expiresAt <= claim.now;
  if (!isExpired) {
    const message =
      `${about} the bucket has no token for this domain. Make one with CreateCnameToken, ` +
      `put it into the TXT record ${txtName} and try again.`;
    return { outcome: 'refused', what: 'no-token', message, evidence };
  }
  const since = new Date(dead.expiresAt).toUTCString();
  const message =
    `${about} the token expired on ${since}. Make a new one with CreateCnameToken, ` +
    `change the TXT record ${txtName} to it and try again.`;
  return { outcome: 'refused', what: 'token-expired', message, evidence };
}

/**
 * DNS panels add quotes and spaces around a value; a token holds neither (custom-domain.md 5.2).
 * Two scans, because a pattern would take quadratic time over a long record made to hurt.
 */
function trimRecord(record: string): string {
  let start = 0;
  let end = record.length;
  while (start < end && isPadding(record[start])) start++;
  while (end > start && isPadding(record[end - 1])) end--;
  return record.slice(start, end);
}

function isPadding(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '"' || character === "'";
}

/** The first record, shortened and made printable, and how many more there are. */
function describeRecords(records: readonly string[]): string {
  const first = records[0] ?? '';
  const shown = first.slice(0, shownCharactersMax).replace(/[^\x20-\x7e]|["\\]/g, escapeCharacter);
  const cut = first.length > shownCharactersMax ? '...' : '';
  const more = records.length - 1;
  const others = more === 0 ? '' : more === 1 ? ' and 1 more record' : ` and ${more} more records`;
  return `"${shown}${cut}"${others}`;
}

/** Records hold one character per byte; the escapes are those of zone files (RFC 1035 5.1). */
function escapeCharacter(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  return `\\${String(character.charCodeAt(0)).padStart(3, '0')}`;
}

function hashRecords(records: readonly string[]): string {
  // Sorted, because resolvers turn the order round and the evidence should not change with it.
  return createHash('sha256')
    .update(JSON.stringify([...records].sort()))
    .digest('hex');
}

const failures: Readonly<Record<TxtFailure, string>> = {
  timeout: 'did not answer in time',
  servfail: 'answered SERVFAIL: it could not get an answer from the servers of the domain',
  refused: 'answered REFUSED: it does not resolve names for this server',
  'error-code': 'answered with an error code',
  malformed: 'sent an answer that cannot be read',
  referral: 'pointed to other servers instead of answering',
  'too-large': 'sent more records or bytes than are read',
  'alias-loop': 'showed CNAME records that lead back to themselves',
  'too-many-aliases': 'showed more CNAME records in a row than are followed (8)',
  'no-servers': 'no DNS server is configured',
  unreachable: 'could not be reached',
  'cut-off': 'closed the connection before its answer was complete',
};

function describeFailure(reason: TxtFailure, resolver: string): string {
  return resolver === '' ? failures[reason] : `the resolver ${resolver} ${failures[reason]}`;
}
