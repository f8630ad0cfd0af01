/**
 * One write, one transaction, at READ COMMITTED.
 *
 * Why that level suffices: every write locks the row its rule hangs on before it reads what the
 * rule says, each statement sees what was committed before it began, and unique constraints settle
 * what no row can be locked for yet. Stricter levels would fail every second write to a busy
 * bucket.
 *
 * Order of locks: lease, bucket, domain, certificate, object, counters. A write that must leave the
 * order (the departure notice of a domain names the bucket it left) may be the victim of a deadlock
 * and runs again.
 */
import type pg from 'pg';
import type { World } from '../../world/index.ts';
import { StoreUnavailable } from '../ports/engine.ts';
import type { Sql } from '../sql/database.ts';
import { writes } from '../sql/writes.ts';
import type { Connections } from './connections.ts';
import { kyselyOver, type StatementNames } from './dialect.ts';
import { ConnectionLost, fromDriver, kindOf, messageOf, notMade, unavailable } from './failures.ts';

/** How often the same write is tried, by what stopped it. */
const triesMax = { contention: 12, unique: 12, lost: 4, other: 1 } as const;

/** No write is begun again when so much time has passed since it was asked for. */
const retryWithinMs = 8_000;

/** Between two tries; grows with their number, and is drawn so that rivals part. */
const pauseMs = 5;
const pauseMaxMs = 400;

/** How long the fate of a commit is looked for. Then the caller is told that nobody knows. */
const fateWithinMs = 10_000;
const fatePauseMs = 250;
const fateTriesMax = fateWithinMs / fatePauseMs;

/** The transaction stands committed here, but not where the operator wants it to. */
const heldBackWarning = 'WARNING';

export interface TransactionParts {
  readonly connections: Connections;
  readonly names: StatementNames;
  readonly world: Pick<World, 'clock' | 'random' | 'timers'>;
}

type Write = (sql: Sql, ...rest: unknown[]) => Promise<unknown>;

/** The write ran to its end, the commit was sent, and no answer came. */
class CommitUnanswered extends Error {
  override readonly name = 'CommitUnanswered';
  readonly operation: string;
  readonly value: unknown;
  constructor(operation: string, value: unknown, cause: unknown) {
    super(messageOf(cause), { cause });
    this.operation = operation;
    this.value = value;
  }
}

/** Resolves when the change is durable; rejects with `StoreUnavailable`. */
export async function runWrite(
  parts: TransactionParts,
  name: keyof typeof writes,
  rest: readonly unknown[],
): Promise<unknown> {
  const { clock } = parts.world;
  const startedAt = clock.monotonicMs();
  const tries = { contention: 0, unique: 0, lost: 0, other: 0 };
  for (;;) {
    try {
      return await attempt(parts, writes[name] as Write, rest);
    } catch (error) {
      if (error instanceof CommitUnanswered) {
        if (await isCommitted(parts, error)) return error.value;
      }
      const kind = error instanceof CommitUnanswered ? 'lost' : kindOf(error);
      tries[kind] += 1;
      const isLate = clock.monotonicMs() - startedAt > retryWithinMs;
      if (isLate || tries[kind] >= triesMax[kind]) {
        throw notMade(error, name);
      }
      await pause(parts, tries[kind]);
    }
  }
}

async function attempt(
  parts: TransactionParts,
  write: Write,
  rest: readonly unknown[],
): Promise<unknown> {
  const client = await parts.connections.take();
  const operation = parts.world.random.bytes(16).toString('hex');
  const run = async <Result>(asked: Promise<Result>): Promise<Result> => {
    try {
      return await asked;
    } catch (error) {
      throw fromDriver(error);
    }
  };
  const warnings: string[] = [];
  const onNotice = (notice: { severity?: string | undefined; message?: string | undefined }) => {
    if (notice.severity === heldBackWarning) warnings.push(notice.message ?? '');
  };
  let isSound = false;
  try {
    // Not waited for: it goes out with the first statement of the write. If it fails, so do they.
    const begun = run(client.query(beginWith(operation)));
    begun.catch(() => {});
    const sql = kyselyOver((query) => run(client.query(query)), parts.names);
    const value = await write(sql, ...rest);
    await begun;
    client.on('notice', onNotice);
    await commit(client, operation, value);
    if (warnings.length > 0) throw notReplicated(warnings);
    isSound = true;
    return value;
  } catch (error) {
    isSound = !(error instanceof ConnectionLost || error instanceof CommitUnanswered);
    if (isSound) isSound = await rollBack(client);
    throw error;
  } finally {
    client.off('notice', onNotice);
    parts.connections.give(client, isSound);
  }
}

const voidOperation =
  'insert into operations (id, is_void) values ($1, true) on conflict (id) do nothing';
const operationById = 'select is_void from operations where id = $1';

/**
 * The id is ours and hexadecimal: it may stand in the text, and saves a round trip there. No
 * statement that follows can be on its own: a transaction that failed in between refuses it.
 */
function beginWith(operation: string): string {
  const note = `insert into operations (id) values ('${operation}')`;
  return `begin isolation level read committed; ${note}`;
}

/**
 * The server must not give a commit up by its statement time-out: while it waits for a standby, it
 * would answer as if all were well.
 */
async function commit(client: pg.Client, operation: string, value: unknown): Promise<void> {
  try {
    const text = 'set local statement_timeout = 0; commit';
    // Of several statements there are several results.
    const results = (await client.query(text)) as unknown as pg.QueryResult[];
    if (results.at(-1)?.command !== 'COMMIT') throw new Error('The transaction had failed before.');
  } catch (error) {
    const told = fromDriver(error);
    throw told instanceof ConnectionLost ? new CommitUnanswered(operation, value, error) : error;
  }
}

function notReplicated(warnings: readonly string[]): StoreUnavailable {
  const message = `The change is not where it is safe: ${warnings.join('; ')}`;
  return new StoreUnavailable('failed', message);
}

/**
 * Whether the transaction that noted this operation stands. The same row is inserted again, as
 * void: while the first is under way, the database itself waits for its end; after that either the
 * first stands in the way, or ours takes its place and it can never come. Ours says that it is
 * void, because the answer to this may get lost like the one before.
 */
async function isCommitted(parts: TransactionParts, lost: CommitUnanswered): Promise<boolean> {
  const { clock, timers } = parts.world;
  const until = clock.monotonicMs() + fateWithinMs;
  for (let tries = 1; ; tries += 1) {
    try {
      const client = await parts.connections.take();
      try {
        const values = [lost.operation];
        await client.query(voidOperation, values);
        const { rows } = await client.query(operationById, values);
        parts.connections.give(client, true);
        return (rows[0] as { is_void: boolean }).is_void === false;
      } catch (error) {
        parts.connections.give(client, false);
        throw error;
      }
    } catch (error) {
      if (tries >= fateTriesMax || clock.monotonicMs() >= until) {
        const message = 'It is not known whether the change was made';
        throw unavailable(error, message);
      }
      await timers.delay(fatePauseMs);
    }
  }
}

/** False when the connection is good for nothing any more. */
async function rollBack(client: pg.Client): Promise<boolean> {
  try {
    await client.query('rollback');
    return true;
  } catch {
    return false;
  }
}

async function pause({ world }: TransactionParts, tries: number): Promise<void> {
  const longest = Math.min(pauseMaxMs, pauseMs * 2 ** tries);
  const drawn = world.random.bytes(2).readUInt16BE(0) / 0x1_00_00;
  await world.timers.delay(Math.ceil(longest * drawn));
}
