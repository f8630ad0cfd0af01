import { sql as raw } from 'kysely';
import type { Change, ChangeFeed, ChangeKind } from '../ports/changes.ts';
import type { Sql } from './database.ts';
import { type HotRead, hotStatement, type PreparedRead, type Slots } from './prepared.ts';

/** The row of `counters` that counts changes. */
const counterName = 'changes';

const countUp = hotStatement((sql, slot: Slots<{ name: string }>) =>
  sql
    .updateTable('counters')
    .set((of) => ({ value: of('value', '+', raw.lit(1)) }))
    .where('name', '=', slot('name'))
    .returning('value'),
);

const noteRevision = hotStatement(
  (sql, slot: Slots<{ kind: ChangeKind; name: string; revision: number }>) =>
    sql
      .insertInto('changes')
      .values({ kind: slot('kind'), name: slot('name'), revision: slot('revision') })
      .onConflict((conflict) =>
        conflict
          .columns(['kind', 'name'])
          .doUpdateSet((of) => ({ revision: of.ref('excluded.revision') })),
      ),
);

/**
 * Notes that what nodes keep in memory of this subject is stale. Revisions grow in the order of
 * commits, because every transaction that takes one holds the counter's row until it ends: so it is
 * taken as late as possible.
 */
export async function noteChange(sql: Sql, kind: ChangeKind, name: string): Promise<void> {
  const [counter] = (await countUp(sql, { name: counterName })).rows;
  if (counter === undefined) throw new Error('The row that counts changes is missing.');
  await noteRevision(sql, { kind, name, revision: counter.value });
}

interface FeedRow {
  current: number;
  kind: string | null;
  name: string | null;
  revision: number | null;
}

/** One statement, so that the counter and the changes are of one moment. */
export const changesAfter: HotRead<{ revision: number; limit: number }, FeedRow> = (sql, slot) =>
  sql
    .selectFrom((of) =>
      of.selectFrom('counters').select('value').where('name', '=', counterName).as('counter'),
    )
    .leftJoin(
      (of) =>
        of
          .selectFrom('changes')
          .selectAll()
          .where('revision', '>', slot('revision'))
          .orderBy('revision')
          .limit(slot('limit'))
          .as('news'),
      (join) => join.on(raw.lit(true) as never),
    )
    .select(['counter.value as current', 'news.kind', 'news.name', 'news.revision'])
    .orderBy('news.revision');

export async function changesSince(
  read: PreparedRead<{ revision: number; limit: number }, FeedRow>,
  revision: number,
  limit: number,
): ReturnType<ChangeFeed['changesSince']> {
  const rows = await read.all({ revision, limit });
  const changes: Change[] = [];
  let last = revision;
  for (const row of rows) {
    if (row.kind === null || row.name === null) continue;
    changes.push({ kind: row.kind as ChangeKind, name: row.name });
    last = row.revision ?? last;
  }
  const current = rows[0]?.current ?? 0;
  // A subject that changed again has moved behind: then there is less to tell than was counted.
  return { changes, revision: changes.length < limit ? current : last, current };
}
