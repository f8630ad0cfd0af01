import type { World } from '../world/index.ts';
import { askOverTcp, askOverUdp, type Exchange } from './exchange.ts';
import { type AnswerRecord, codeRefused, codeServfail } from './message.ts';
import { type DnsServer, parseServers, systemServers } from './servers.ts';
import type { TxtAnswer, TxtFailure, TxtResolver } from './types.ts';

/** DESIGN ruling 24: an ownership proof takes 8 s in all. */
const budgetMsDefault = 8_000;
/** security.md 2.5: 1 to 3 s a try, at most 3 tries. Three of these fit the budget. */
const tryMsDefault = 2_500;
const triesDefault = 3;
/** security.md 2.4. */
const aliasesMax = 8;
/** security.md 2.5: what is read for one question, over all the answers an alias chain takes. */
const bytesMax = 64 * 1024;

export interface TxtResolverOptions {
  /** `ip`, `ip:port` or `[ipv6]:port`; undefined for the system's, looked up at each question. */
  readonly servers: readonly string[] | undefined;
  readonly world: World;
  readonly budgetMs?: number;
  readonly tryMs?: number;
  readonly tries?: number;
}

type Answer = Extract<Exchange, { kind: 'answer' | 'no-such-name' }>;
type Asked =
  | { readonly ok: true; readonly answer: Answer; readonly server: DnsServer }
  | { readonly ok: false; readonly reason: TxtFailure; readonly server: DnsServer };

/**
 * Asks TXT questions of the given resolvers, in their order; the next one is asked when one fails.
 * Nothing is cached. Aliases are followed whether one answer carries the whole chain or each link
 * needs its own question. Throws at once when `servers` holds something that is no server.
 */
export function createTxtResolver(options: TxtResolverOptions): TxtResolver {
  const parsed = options.servers === undefined ? undefined : parseServers(options.servers);
  if (parsed?.ok === false) throw new Error(parsed.message);
  const budgetMs = options.budgetMs ?? budgetMsDefault;
  return {
    async askTxt(name) {
      const servers = parsed === undefined ? systemServers() : parsed.servers;
      if (servers.length === 0) return { outcome: 'failed', reason: 'no-servers', resolver: '' };
      const inquiry = new Inquiry(servers, options);
      return within(options.world, budgetMs, (signal) => inquiry.follow(name, signal));
    },
  };
}

/** One question of a caller: knows which server it trusts now and what it has read so far. */
class Inquiry {
  readonly #servers: readonly DnsServer[];
  readonly #world: World;
  readonly #tryMs: number;
  readonly #tries: number;
  #turn = 0;
  #bytes = 0;

  constructor(servers: readonly DnsServer[], options: TxtResolverOptions) {
    this.#servers = servers;
    this.#world = options.world;
    this.#tryMs = options.tryMs ?? tryMsDefault;
    this.#tries = options.tries ?? triesDefault;
  }

  /** Asks for `name` and on along its aliases until records, an end or a fault is reached. */
  async follow(name: string, signal: AbortSignal): Promise<TxtAnswer> {
    const path = [name];
    for (;;) {
      const asked = await this.#askServers(path.at(-1) ?? name, signal);
      const resolver = asked.server.label;
      if (!asked.ok) return { outcome: 'failed', reason: asked.reason, resolver };
      if (asked.answer.kind === 'no-such-name') {
        return { outcome: 'none', reason: 'no-such-name', resolver };
      }
      this.#bytes += asked.answer.bytes;
      if (this.#bytes > bytesMax) return { outcome: 'failed', reason: 'too-large', resolver };
      const lengthBefore = path.length;
      const fault = walkAliases(asked.answer.records, path);
      if (fault !== undefined) return { outcome: 'failed', reason: fault, resolver };
      const records = textsOf(asked.answer.records, path.at(-1) ?? name);
      if (records.length > 0) return { outcome: 'found', records, resolver };
      if (path.length === lengthBefore)
        return { outcome: 'none', reason: 'no-such-record', resolver };
    }
  }

  /** Tries the servers in turn; stays with the one that answered. */
  async #askServers(name: string, signal: AbortSignal): Promise<Asked> {
    let failure: Asked | undefined;
    for (let attempt = 0; attempt < this.#tries && !signal.aborted; attempt++) {
      const server = this.#serverOfTurn();
      const exchange = await this.#askOnce(server, name, signal);
      const reason = failureOf(exchange);
      if (reason === undefined) return { ok: true, answer: exchange as Answer, server };
      failure = { ok: false, reason, server };
      // Another server would read the same records; only faults of the server are worth a turn.
      if (reason === 'too-large') break;
      this.#turn++;
    }
    return failure ?? { ok: false, reason: 'timeout', server: this.#serverOfTurn() };
  }

  #serverOfTurn(): DnsServer {
    const server = this.#servers[this.#turn % this.#servers.length];
    if (server === undefined) throw new Error('an inquiry needs a server');
    return server;
  }

  /** UDP, then TCP when the answer did not fit (RFC 7766 5); each leg has the time of one try. */
  async #askOnce(server: DnsServer, name: string, budget: AbortSignal): Promise<Exchange> {
    const question = { id: this.#world.random.bytes(2).readUInt16BE(0), name };
    const overUdp = await within(
      this.#world,
      this.#tryMs,
      (signal) => askOverUdp(server, question, signal),
      budget,
    );
    if (overUdp.kind !== 'truncated') return overUdp;
    const overTcp = (signal: AbortSignal) => askOverTcp(server, question, signal);
    return within(this.#world, this.#tryMs, overTcp, budget);
  }
}

/** Undefined when the exchange brought an answer, be it "nothing there". */
function failureOf(exchange: Exchange): TxtFailure | undefined {
  if (exchange.kind === 'no-such-name') return undefined;
  if (exchange.kind === 'answer') return exchange.isReferral ? 'referral' : undefined;
  if (exchange.kind !== 'error-code') return exchange.kind;
  if (exchange.code === codeServfail) return 'servfail';
  return exchange.code === codeRefused ? 'refused' : 'error-code';
}

/** Extends `path` by the aliases that this answer tells, each by its exact owner name. */
function walkAliases(records: readonly AnswerRecord[], path: string[]): TxtFailure | undefined {
  for (;;) {
    const name = path.at(-1);
    const targets = new Set<string>();
    for (const record of records) {
      if (record.owner !== name) continue;
      if (record.kind === 'text') return undefined;
      targets.add(record.target);
    }
    const [target, ...others] = targets;
    if (target === undefined) return undefined;
    // RFC 1034 3.6.2: an alias has one canonical name; which of two would be a matter of luck.
    if (others.length > 0) return 'malformed';
    if (path.includes(target)) return 'alias-loop';
    if (path.length > aliasesMax) return 'too-many-aliases';
    path.push(target);
  }
}

function textsOf(records: readonly AnswerRecord[], owner: string): string[] {
  return records.flatMap((record) =>
    record.kind === 'text' && record.owner === owner ? [record.text] : [],
  );
}

/** Runs `work` with a signal that aborts after `ms`, or with `outer` if that is sooner. */
async function within<Result>(
  world: World,
  ms: number,
  work: (signal: AbortSignal) => Promise<Result>,
  outer?: AbortSignal,
): Promise<Result> {
  const finished = new AbortController();
  const expired = new AbortController();
  world.timers.delay(ms, finished.signal).then(
    () => expired.abort(),
    () => {},
  );
  const signal = outer ? AbortSignal.any([outer, expired.signal]) : expired.signal;
  try {
    return await work(signal);
  } finally {
    finished.abort();
  }
}
