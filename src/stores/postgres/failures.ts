import pg from 'pg';
import { StoreUnavailable } from '../ports/engine.ts';

/**
 * The connection ended, hung or never came to be: what was asked on it has no answer. Made only of
 * what a connection rejects with.
 */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
  }
}

/** What the driver rejects with, told apart: an answer of the server, or none. */
export function fromDriver(error: unknown): Error {
  if (error instanceof ConnectionLost) return error;
  return error instanceof pg.DatabaseError && !isLostState(error.code ?? '')
    ? error
    : new ConnectionLost(error);
}

/** What a failure means for the transaction it happened in. */
export type FailureKind =
  /** Another transaction was in the way; the same again may pass. */
  | 'contention'
  /** A unique constraint spoke: the next try sees the row that was in the way. */
  | 'unique'
  /** The connection is gone or useless; nobody knows what was under way on it. */
  | 'lost'
  | 'other';

const contention = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available
]);

const unique = '23505';

const lost = new Set([
  '25006', // read_only_sql_transaction: this server was the primary, and is none any more
  '40003', // statement_completion_unknown
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '25P03', // idle_in_transaction_session_timeout
]);

const full = new Set([
  '53100', // disk_full
  '53200', // out_of_memory
]);

function isLostState(state: string): boolean {
  return lost.has(state) || state.startsWith('08');
}

/** SQLSTATE of what the server said; empty when it said nothing. */
function stateOf(error: unknown): string {
  const origin = error instanceof ConnectionLost ? error.cause : error;
  return origin instanceof pg.DatabaseError ? (origin.code ?? '') : '';
}

/**
 * Whether a connection that was not made met nobody who serves: no answer, a server that starts,
 * stops or takes no writes. Else it was refused, by one who is there.
 */
export function isSilence(error: unknown): boolean {
  return fromDriver(error) instanceof ConnectionLost;
}

export function kindOf(error: unknown): FailureKind {
  if (error instanceof ConnectionLost) return 'lost';
  const state = stateOf(error);
  if (contention.has(state)) return 'contention';
  return state === unique ? 'unique' : 'other';
}

export function unavailable(error: unknown, what = 'The database failed'): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error;
  const reason = full.has(stateOf(error)) ? 'full' : 'failed';
  return new StoreUnavailable(reason, `${what}: ${messageOf(error)}`, { cause: error });
}

/** A write that was refused, and certainly left nothing behind. */
export class WriteNotMade extends StoreUnavailable {}

/** @returns what a write rejects with that never reached its commit, or was undone. */
export function notMade(error: unknown, name: string): StoreUnavailable {
  // Who says so himself may know better: a commit can stand where it is not safe.
  if (error instanceof StoreUnavailable) return error;
  const { reason, message } = unavailable(error, `${name} was not made`);
  return new WriteNotMade(reason, message, { cause: error });
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(messageOf).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}
