import { sql as raw } from 'kysely';
import type { Fence, LeaseStore, LeaseTerm } from '../ports/leases.ts';
import type { Sql } from './database.ts';

type TakeInput = Parameters<LeaseStore['takeLease']>[0];
type Refusal = Exclude<Awaited<ReturnType<LeaseStore['takeLease']>>, { outcome: 'taken' }>;

/** The time by which leases run: `undefined` asks the database for its own. */
type Timed<Input> = Omit<Input, 'now'> & { readonly now: number | undefined };

/** Of a lease that nobody has, and of a job that nobody did. */
const never = 0;

/** Why the lease would not be given now. Reads only: nodes that ask in vain cost no write. */
export async function leaseRefusal(
  sql: Sql,
  input: Timed<TakeInput>,
): Promise<Refusal | undefined> {
  const lease = await leaseNamed(sql, input.name).executeTakeFirst();
  if (lease === undefined) return undefined;
  const now = await timeOf(sql, input.now);
  return isBeyond(lease, input, now) ? undefined : refusalOf(lease, input, now);
}

export async function takeLease(
  sql: Sql,
  input: Timed<TakeInput>,
): ReturnType<LeaseStore['takeLease']> {
  const { name, holder, forMs } = input;
  await sql
    .insertInto('leases')
    .values({ name, holder: '', fence: 0, expires_at: never, done_at: never })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const lease = await leaseNamed(sql, name).forUpdate().executeTakeFirstOrThrow();
  const now = await timeOf(sql, input.now);
  if (isBeyond(lease, input, now)) await set(sql, name, { expires_at: now + forMs });
  const refusal = refusalOf(lease, input, now);
  if (refusal !== undefined) return refusal;
  const fence = lease.fence + 1;
  await set(sql, name, { holder, fence, expires_at: now + forMs });
  return { outcome: 'taken', fence };
}

export async function renewLease(
  sql: Sql,
  input: Timed<LeaseTerm>,
): ReturnType<LeaseStore['renewLease']> {
  if (!(await holdsFence(sql, input))) return 'lost';
  const now = await timeOf(sql, input.now);
  await set(sql, input.name, { expires_at: now + input.forMs });
  return 'renewed';
}

export async function releaseLease(
  sql: Sql,
  input: Timed<Parameters<LeaseStore['releaseLease']>[0]>,
): ReturnType<LeaseStore['releaseLease']> {
  if (!(await holdsFence(sql, input))) return 'lost';
  const done = input.isDone ? { done_at: await timeOf(sql, input.now) } : {};
  await set(sql, input.name, { expires_at: never, ...done });
  return 'released';
}

/**
 * Whether the fence is the last one given and its lease was not released. Until the transaction
 * ends nobody is given the next.
 */
export async function holdsFence(sql: Sql, { name, fence }: Fence): Promise<boolean> {
  const lease = await leaseNamed(sql, name).forUpdate().executeTakeFirst();
  return lease?.fence === fence && lease.expires_at !== never;
}

interface LeaseRow {
  readonly holder: string;
  readonly expires_at: number;
  readonly done_at: number;
}

/** The clock was set back since: the lease shall run out in one more term, not in hours. */
function isBeyond(lease: LeaseRow, { forMs }: { forMs: number }, now: number): boolean {
  return lease.expires_at > now + forMs;
}

function refusalOf(lease: LeaseRow, input: Timed<TakeInput>, now: number): Refusal | undefined {
  const { holder } = lease;
  const { forMs, restMs } = input;
  if (lease.expires_at > now) {
    return { outcome: 'held', holder, waitMs: Math.min(lease.expires_at - now, forMs) };
  }
  // A job that was done in the future was done by a clock that has been set back since: it is due.
  const isPast = lease.done_at !== never && lease.done_at <= now;
  if (!isPast || now - lease.done_at >= restMs) return undefined;
  return { outcome: 'done', holder, waitMs: lease.done_at + restMs - now };
}

function leaseNamed(sql: Sql, name: string) {
  return sql
    .selectFrom('leases')
    .select(['holder', 'fence', 'expires_at', 'done_at'])
    .where('name', '=', name);
}

async function set(
  sql: Sql,
  name: string,
  values: { holder?: string; fence?: number; expires_at?: number; done_at?: number },
): Promise<void> {
  await sql.updateTable('leases').set(values).where('name', '=', name).execute();
}

/**
 * Not `now()`, which is the moment the transaction began: this one may have waited for the row of
 * the lease since.
 */
async function timeOf(sql: Sql, given: number | undefined): Promise<number> {
  if (given !== undefined) return given;
  const { rows } = await raw<{ ms: number }>`
    select cast(extract(epoch from clock_timestamp()) * 1000 as bigint) as ms
  `.execute(sql);
  const [row] = rows;
  if (row === undefined) throw new Error('The database told no time.');
  return Number(row.ms);
}
