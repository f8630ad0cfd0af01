import pg from 'pg';
import type { PostgresAddress } from './address.ts';

/** Waiting for a connection: a new one to be made, or a busy one to come free. */
const connectMs = 5_000;

/** The server gives a statement up; the client a little later, in case the network ate it. */
const statementMs = 15_000;
const answerMs = 20_000;

/** A row another write holds comes free at its commit; longer is trouble. */
const lockMs = 10_000;

/** A transaction that nobody continues must not hold its locks. */
const idleInTransactionMs = 30_000;

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
 * An acknowledged commit is on the platter of the server (security.md 9.2). Stricter settings of
 * the operator (`remote_apply`) stay; `off` is raised for our sessions.
 */
const durableCommits =
  "select set_config('synchronous_commit', 'on', false) " +
  "where current_setting('synchronous_commit', true) in ('off', 'local')";

export function clientOptions({ connection }: PostgresAddress): pg.ClientConfig {
  return {
    ...connection,
    types: types as pg.CustomTypesConfig,
    application_name: 'cnamed',
    keepAlive: true,
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    query_timeout: answerMs,
    lock_timeout: lockMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
  };
}

/** A pool that loses connections without a word; whoever uses a lost one is told by his query. */
export function openPool(address: PostgresAddress): pg.Pool {
  const pool = new pg.Pool({
    ...clientOptions(address),
    max: address.connectionsMax,
    // The pool waits for what this returns, whatever its types say.
    onConnect: (client) => client.query(durableCommits),
  });
  pool.on('error', () => {});
  // In use the pool does not listen: without a listener a broken connection ends the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}
