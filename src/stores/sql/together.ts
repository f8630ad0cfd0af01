import type { Sql } from './database.ts';

/** Engines far away, which take several statements in one flight and answer in their order. */
const takers = new WeakSet<Sql>();

/** Marks the engine behind `sql` as one that takes several statements at once. */
export function takingTogether(sql: Sql): Sql {
  takers.add(sql);
  return sql;
}

/**
 * Statements that need none of each other's answers, begun in this order. An engine far away gets
 * them in one flight; any other gets one after the other, and none after one that failed. Resolves
 * or rejects when all that were begun have ended: nothing of a write that failed may still run when
 * it is rolled back. (SQLite rolls a transaction back by itself when its volume is full; what came
 * after that would be a change of its own.)
 */
export async function together<Answers extends readonly unknown[]>(
  sql: Sql,
  ...statements: { readonly [Index in keyof Answers]: () => Promise<Answers[Index]> }
): Promise<Answers> {
  if (!takers.has(sql)) {
    const answers: unknown[] = [];
    for (const statement of statements) answers.push(await statement());
    return answers as never;
  }
  const settled = await Promise.allSettled(statements.map((statement) => statement()));
  const failed = settled.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  return settled.map((each) => (each as PromiseFulfilledResult<unknown>).value) as never;
}
