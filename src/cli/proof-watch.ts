/**
 * Waiting for a proof: asks DNS itself and says what it sees, and asks the service to map when the
 * record is there. The service's own resolvers may see it later or earlier than ours, so it is also
 * asked from time to time without that.
 */
import { CnameError, type CnameToken } from '../client/index.ts';
import type { TxtAnswer, TxtResolver } from '../dns/index.ts';
import type { World } from '../world/index.ts';
import { CliFailure } from './failure.ts';
import { formatSpan } from './print.ts';
import type { Progress } from './progress.ts';

/** Polite to resolvers and services: the waits grow to half a minute. */
const firstWaitMs = 2000;
const waitMsMax = 30_000;
const waitGrowth = 1.3;
/** How often the service is asked although our own resolver shows no proof. */
const unprovenTryMs = 60_000;

export interface ProofWatch {
  readonly world: World;
  readonly resolver: TxtResolver;
  readonly token: CnameToken;
  /** Asks the service to map; rejects with its refusal. */
  readonly map: () => Promise<void>;
  readonly progress: Progress;
  readonly waitMs: number;
}

/** Resolves when the domain is mapped. Rejects with CliFailure at the end of patience. */
export async function watchForProof(watch: ProofWatch): Promise<void> {
  const { clock, timers } = watch.world;
  const startedAt = clock.monotonicMs();
  let triedAt = startedAt;
  let pause = firstWaitMs;
  for (;;) {
    const answer = await watch.resolver.askTxt(watch.token.txtName);
    let seen = describeAnswer(answer, watch.token);
    const now = clock.monotonicMs();
    if (isProven(answer, watch.token) || now - triedAt >= unprovenTryMs) {
      triedAt = now;
      watch.progress.say(`${seen}; asking the service to map`);
      const refusal = await tryToMap(watch);
      if (refusal === undefined) return;
      if (isProven(answer, watch.token)) seen = `${seen}, but the service says: ${refusal}`;
    }
    const elapsed = clock.monotonicMs() - startedAt;
    refuseToWaitOn(watch, elapsed, seen);
    const wait = Math.min(pause, watch.waitMs - elapsed);
    watch.progress.say(`${seen}; waiting`);
    await timers.delay(wait);
    pause = Math.min(pause * waitGrowth, waitMsMax);
  }
}

function refuseToWaitOn(watch: ProofWatch, elapsedMs: number, seen: string): void {
  const expiresAt = watch.token.expiresAt?.getTime();
  if (expiresAt !== undefined && watch.world.clock.now() >= expiresAt) {
    throw new CliFailure('The token has expired; the record must carry a new one.', {
      next: ['Run the same command again: it shows the new value.'],
    });
  }
  if (elapsedMs < watch.waitMs) return;
  throw new CliFailure(`Not mapped after ${formatSpan(watch.waitMs)}: ${seen}.`, {
    next: ['Leave the record in place and run the same command again: the token stays the same.'],
  });
}

/** Undefined when it is mapped; the refusal as text when trying again makes sense. */
async function tryToMap(watch: ProofWatch): Promise<string | undefined> {
  try {
    await watch.map();
    return undefined;
  } catch (error) {
    if (!(error instanceof CnameError)) throw error;
    const isTemporary = error.status === 0 || error.status >= 500;
    if (!isTemporary && error.code !== 'NeedVerifyDomainOwnership') throw error;
    return error.fields.Hint ?? error.message;
  }
}

/** As the service judges it: any one record whose text is the token (custom-domain.md 5.2). */
export function isProven(answer: TxtAnswer, token: CnameToken): boolean {
  if (answer.outcome !== 'found') return false;
  return answer.records.some((record) => bare(record) === token.token);
}

function bare(record: string): string {
  return record
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .trim();
}

const shownCharactersMax = 60;

/** A sentence without its full stop: nothing there, something else there, or a failed resolver. */
export function describeAnswer(answer: TxtAnswer, token: CnameToken): string {
  const name = token.txtName;
  if (answer.outcome === 'failed') {
    const who = answer.resolver === '' ? 'no resolver' : `resolver ${answer.resolver}`;
    return `DNS cannot be asked for ${name}: ${who} failed (${answer.reason})`;
  }
  if (answer.outcome === 'none') {
    return answer.reason === 'no-such-name'
      ? `no TXT record at ${name} yet`
      : `${name} exists, but has no TXT record yet`;
  }
  if (isProven(answer, token)) return `the TXT record at ${name} is there`;
  const [first = '', ...others] = answer.records;
  const shown =
    first.length > shownCharactersMax ? `${first.slice(0, shownCharactersMax)}...` : first;
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  // JSON lets DEL and the C1 controls through, and a terminal may obey them.
  const quoted = JSON.stringify(shown).replace(
    /[\u007f-\u009f]/g,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${name} has another value: ${quoted}${more}`;
}
