import type { Database as SqliteConnection, Statement } from 'better-sqlite3';
import type { Sql } from '../sql/database.ts';
import { writes } from '../sql/writes.ts';
import { isFinal, messageOf, reasonOf } from './failures.ts';
import type { WriteReply, WriteRequest } from './messages.ts';

/** The engine gave the whole transaction up while one request ran. */
class GroupLost extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
  }
}

/**
 * Runs groups of requests, each group as one durable transaction. A reply is made only after the
 * commit has returned. A request that fails takes back its own savepoint and nothing else. When the
 * commit fails nobody of the group is acknowledged; when it failed for ever, nobody after it is.
 */
export class GroupCommit {
  readonly #connection: SqliteConnection;
  readonly #sql: Sql;
  readonly #savepoint: Statement;
  readonly #release: Statement;
  readonly #rollbackTo: Statement;
  #stoppedBy: string | undefined;

  constructor(connection: SqliteConnection, sql: Sql) {
    this.#connection = connection;
    this.#sql = sql;
    this.#savepoint = connection.prepare('savepoint request');
    this.#release = connection.prepare('release request');
    this.#rollbackTo = connection.prepare('rollback to request');
  }

  async run(requests: readonly WriteRequest[]): Promise<WriteReply[]> {
    if (this.#stoppedBy !== undefined) return this.#refuseStopped(requests);
    try {
      this.#connection.exec('begin immediate');
      const replies: WriteReply[] = [];
      for (const request of requests) replies.push(await this.#runOne(request));
      this.#connection.exec('commit');
      return replies;
    } catch (error) {
      return this.#giveUp(requests, error instanceof GroupLost ? error.cause : error);
    }
  }

  /** Moves what is committed from the log into the database file. */
  checkpoint(): void {
    if (this.#stoppedBy !== undefined) return;
    try {
      this.#connection.pragma('wal_checkpoint(PASSIVE)');
    } catch (error) {
      if (isFinal(error)) this.#stoppedBy = messageOf(error);
    }
  }

  async #runOne(request: WriteRequest): Promise<WriteReply> {
    this.#savepoint.run();
    try {
      const write = writes[request.name] as (sql: Sql, ...rest: unknown[]) => Promise<unknown>;
      const value = await write(this.#sql, ...request.rest);
      this.#release.run();
      return { id: request.id, value };
    } catch (error) {
      // Some failures (a full volume among them) make SQLite roll back everything by itself.
      if (!this.#connection.inTransaction || isFinal(error)) throw new GroupLost(error);
      this.#rollbackTo.run();
      this.#release.run();
      return refusal(request, error);
    }
  }

  async #giveUp(requests: readonly WriteRequest[], error: unknown): Promise<WriteReply[]> {
    this.#rollBack();
    if (isFinal(error)) this.#stoppedBy = messageOf(error);
    // On a full volume a deletion may still fit where its neighbour did not: each on its own.
    else if (requests.length > 1 && reasonOf(error) === 'full') {
      const replies: WriteReply[] = [];
      for (const request of requests) replies.push(...(await this.run([request])));
      return replies;
    }
    return requests.map((request) => refusal(request, error));
  }

  #rollBack(): void {
    if (!this.#connection.inTransaction) return;
    try {
      this.#connection.exec('rollback');
    } catch (error) {
      this.#stoppedBy = messageOf(error);
    }
  }

  #refuseStopped(requests: readonly WriteRequest[]): WriteReply[] {
    const message = `Writes stopped after a failure; restart the server (${this.#stoppedBy})`;
    return requests.map(({ id }) => ({ id, reason: 'closed', message }));
  }
}

function refusal(request: WriteRequest, error: unknown): WriteReply {
  return {
    id: request.id,
    reason: reasonOf(error),
    message: `${request.name} was not made: ${messageOf(error)}`,
  };
}
