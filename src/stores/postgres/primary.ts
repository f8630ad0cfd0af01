/**
 * Which of the hosts takes writes, and whether any can be reached. Every connection of the engine
 * is made here, so that all are to one server: the reads of a node never come from another place
 * than its writes.
 */
import pg from 'pg';
import type { World } from '../../world/index.ts';
import { nameOfHost, type PostgresAddress, type PostgresHost } from './address.ts';
import { ConnectionLost, isSilence, messageOf } from './failures.ts';

/** Making a connection, name look-up and TLS included; a host that takes longer is passed over. */
const connectMs = 2_000;

/** The server gives a statement up; the client a little later, in case the network ate it. */
const statementMs = 15_000;
const answerMs = 20_000;

/** A row another write holds comes free at its commit; longer is trouble. */
const lockMs = 10_000;

/** A transaction that nobody continues must not hold its locks. */
const idleInTransactionMs = 30_000;

/**
 * While no host can be reached, one connection is tried so often; whoever else asks is refused at
 * once, so that no request waits for what is known.
 */
const probePauseMs = 250;

/** A connection that cannot be made means nothing while others answer. */
const aliveMs = 1_000;

/** Whole numbers of the tables fit in 53 bits; counts do too. */
const int8 = 20;

const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === int8 && format !== 'binary') return Number;
    return format === 'binary'
      ? pg.types.getTypeParser(oid, 'binary')
      : pg.types.getTypeParser(oid, 'text');
  },
};

/**
 * Standbys answer "on" whatever they are told, and every relative of PostgreSQL knows the name.
 */
export const askReadOnly = "select current_setting('transaction_read_only') as read_only";

/**
 * An acknowledged commit is on the platter of the server (security.md 9.2). Stricter settings of
 * the operator (`remote_apply`) stay; `off` is raised for our sessions.
 */
const settle =
  "select current_setting('transaction_read_only') as read_only, " +
  "case when current_setting('synchronous_commit', true) in ('off', 'local') " +
  "then set_config('synchronous_commit', 'on', false) end as raised, " +
  // Not said with the start of the connection: PgBouncer refuses what it does not know there.
  `set_config('statement_timeout', '${statementMs}', false), ` +
  `set_config('lock_timeout', '${lockMs}', false), ` +
  `set_config('idle_in_transaction_session_timeout', '${idleInTransactionMs}', false)`;

export function isReadOnly({ rows }: pg.QueryResult): boolean {
  return (rows[0] as { read_only?: string } | undefined)?.read_only === 'on';
}

/** This server answers and reads, but a change made elsewhere may be missing there. */
export class NoPrimary extends ConnectionLost {
  constructor() {
    super(new Error('takes no writes (a standby, or set read-only)'));
  }
}

/** Ends a connection whatever is under way on it; its questions reject. */
export function cut(client: pg.Client): void {
  client.connection.stream.destroy();
}

/** As long as PostgreSQL keeps it (NAMEDATALEN); it would show other signs as question marks. */
const nameMax = 63;

function applicationName(nodeName: string | undefined): string {
  const name = nodeName === undefined ? 'cnamed' : `cnamed ${nodeName}`;
  return name.replace(/[^ -~]/g, '?').slice(0, nameMax);
}

export class Primary {
  readonly #address: PostgresAddress;
  readonly #clock: World['clock'];
  /** In the server's list of connections. */
  readonly #name: string;
  /** Every connection that stands, with the host it is to. */
  readonly #standing = new Map<pg.Client, PostgresHost>();
  /** The host that was good last is the first that is tried. */
  #good = 0;
  #answeredAt = Number.NEGATIVE_INFINITY;
  /** Why no host could be reached, while none can. */
  #refusal: Error | undefined;
  #isProbing = false;
  #probeAt = 0;

  constructor(address: PostgresAddress, { clock }: Pick<World, 'clock'>, nodeName?: string) {
    this.#address = address;
    this.#clock = clock;
    this.#name = applicationName(nodeName);
  }

  /** When the server last answered anything, on the monotonic clock. */
  get answeredAt(): number {
    return this.#answeredAt;
  }

  noteAnswer(): void {
    this.#answeredAt = this.#clock.monotonicMs();
  }

  /**
   * A connection to the server that takes writes. Rejects with `ConnectionLost` when no host can be
   * reached, at once where that is known; with the answer of a host that refused us.
   */
  async connect(): Promise<pg.Client> {
    if (this.#refusal === undefined) return await this.#find();
    if (this.#isProbing || this.#clock.monotonicMs() < this.#probeAt) throw this.#refusal;
    this.#isProbing = true;
    try {
      return await this.#find();
    } finally {
      this.#isProbing = false;
    }
  }

  /** Cuts every connection: what they are to is no primary any more, or answers nothing. */
  leave(): void {
    for (const client of this.#standing.keys()) cut(client);
  }

  async #find(): Promise<pg.Client> {
    const { hosts } = this.#address;
    const first = this.#good;
    const refusals: { readonly host: PostgresHost; readonly error: unknown }[] = [];
    for (let count = 0; count < hosts.length; count += 1) {
      const index = (first + count) % hosts.length;
      const host = hosts[index];
      if (host === undefined) break;
      try {
        const client = await this.#open(host);
        this.#moveTo(index);
        return client;
      } catch (error) {
        refusals.push({ host, error });
      }
    }
    const text = refusals
      .map(({ host, error }) => `${nameOfHost(host)}: ${messageOf(error)}`)
      .join('; ');
    const cause = new Error(text, { cause: refusals.at(-1)?.error });
    // Who was refused by one that is there (a wrong password, no room) has reached it.
    if (!refusals.every(({ error }) => isSilence(error))) throw cause;
    const refusal = new ConnectionLost(cause);
    this.#noteSilence(refusal);
    throw refusal;
  }

  async #open(host: PostgresHost): Promise<pg.Client> {
    const client = new pg.Client({
      ...this.#address.account,
      ...host,
      types: types as pg.CustomTypesConfig,
      application_name: this.#name,
      keepAlive: true,
      pipeline: true,
      connectionTimeoutMillis: connectMs,
      query_timeout: answerMs,
    });
    // Whoever uses a lost connection is told by his question; without a listener the process ends.
    client.on('error', () => {});
    try {
      await client.connect();
      const settled = await client.query({ text: settle, query_timeout: connectMs } as never);
      if (this.#address.isWritable && isReadOnly(settled)) throw new NoPrimary();
    } catch (error) {
      cut(client);
      throw error;
    }
    this.#standing.set(client, host);
    client.once('end', () => this.#standing.delete(client));
    return client;
  }

  #moveTo(index: number): void {
    this.noteAnswer();
    this.#refusal = undefined;
    this.#good = index;
    const good = this.#address.hosts[index];
    for (const [client, host] of this.#standing) if (host !== good) cut(client);
  }

  #noteSilence(refusal: Error): void {
    const now = this.#clock.monotonicMs();
    if (this.#refusal === undefined && now - this.#answeredAt < aliveMs) return;
    this.#refusal = refusal;
    this.#probeAt = now + probePauseMs;
    this.leave();
  }
}
