/**
 * The one connection on which this node asks for changes, hears that there are some, and learns
 * whether the database answers. LISTEN and NOTIFY only shorten the wait for the next question:
 * whatever is lost of them is found by asking (security.md 9.3). A server that knows neither is
 * asked at intervals alone.
 */
import type pg from 'pg';
import type { PostgresAddress } from './address.ts';
import type { Connections } from './connections.ts';
import { ConnectionLost, fromDriver } from './failures.ts';
import { askReadOnly, cut, isReadOnly, NoPrimary, type Primary } from './primary.ts';

const channel = 'cnamed_changes';

/** A question that takes longer is given up: the bound of DESIGN ruling 12 is 10 s. */
const answerWithinMs = 2_000;

export interface WatchParts {
  readonly address: PostgresAddress;
  readonly primary: Primary;
  /** For what is said to the other nodes. */
  readonly connections: Connections;
  /** There is probably something new, or the connection broke: it is time to ask. */
  onHint(): void;
}

export class Watch {
  readonly #parts: WatchParts;
  #client: pg.Client | undefined;
  #isListening: boolean;
  #isStopped = false;
  #announcing: Promise<void> | undefined;
  #isDue = false;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    const { isListening, isWritable } = parts.address;
    // Where any server will do it may be a standby, which refuses.
    this.#isListening = isListening && isWritable;
  }

  /** False where the server refused, or the address says so. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /**
   * Asks on the connection of the watch, which is made when there is none. One that broke is told
   * of once, by a rejection: what was changed meanwhile was not heard of.
   */
  async ask(query: pg.QueryConfig): Promise<pg.QueryResult> {
    const { primary, address } = this.#parts;
    if (this.#isStopped) throw new ConnectionLost(new Error('The watch is over.'));
    this.#client ??= await this.#open();
    const client = this.#client;
    const soon = { query_timeout: answerWithinMs };
    try {
      const [standing, result] = await Promise.all([
        address.isWritable ? client.query({ text: askReadOnly, ...soon } as never) : undefined,
        client.query({ ...query, ...soon } as pg.QueryConfig),
      ]);
      if (standing !== undefined && isReadOnly(standing)) {
        primary.leave();
        throw new NoPrimary();
      }
      primary.noteAnswer();
      return result;
    } catch (error) {
      this.#client = undefined;
      cut(client);
      throw fromDriver(error);
    }
  }

  /** Tells the other nodes that there is something new. One message may stand for many changes. */
  announce(): void {
    if (!this.#isListening) return;
    this.#isDue = true;
    this.#announcing ??= this.#announceAll();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#client !== undefined) cut(this.#client);
    await this.#announcing;
  }

  async #open(): Promise<pg.Client> {
    const { primary, onHint } = this.#parts;
    const client = await primary.connect();
    client.on('notification', onHint).on('end', onHint);
    if (this.#isListening) await this.#listen(client);
    if (this.#isStopped) cut(client);
    return client;
  }

  async #listen(client: pg.Client): Promise<void> {
    try {
      await client.query({ text: `listen ${channel}`, query_timeout: answerWithinMs } as never);
    } catch (error) {
      const told = fromDriver(error);
      if (told instanceof ConnectionLost) {
        cut(client);
        throw told;
      }
      // The server said that it cannot: it is not asked again.
      this.#isListening = false;
    }
  }

  async #announceAll(): Promise<void> {
    while (this.#isDue) {
      this.#isDue = false;
      const text = `select pg_notify('${channel}', '')`;
      await this.#parts.connections.query({ text }).catch(() => {});
    }
    this.#announcing = undefined;
  }
}
