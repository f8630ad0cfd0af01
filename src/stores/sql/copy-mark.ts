/** Whose copy this database is, in a row of `settings` that every write of a copy locks first. */
import type { CopyMark, RowStore } from '../ports/rows.ts';
import type { Sql } from './database.ts';
import { findSetting, setSetting } from './settings.ts';

const markName = 'copied-from';

/** Any row in one of these is somebody's. */
const tablesOfAnInstallation = [
  'accounts',
  'buckets',
  'certificates',
  'cnames',
  'objects',
  'audit',
] as const;

export async function findCopyMark(sql: Sql): Promise<CopyMark | undefined> {
  const text = await findSetting(sql, markName);
  return text === undefined ? undefined : (JSON.parse(text) as CopyMark);
}

export async function claimTarget(
  sql: Sql,
  mark: Parameters<RowStore['claimTarget']>[0],
): ReturnType<RowStore['claimTarget']> {
  const standing = await lockMark(sql);
  if (standing === undefined && !(await isEmpty(sql))) return 'occupied';
  if (standing !== undefined && standing.source !== mark.source) return 'other-source';
  await writeMark(sql, { ...mark, isComplete: false });
  return 'claimed';
}

/** @throws when another run has claimed the target since, or a server has started on it. */
export async function expectRun(sql: Sql, run: string): Promise<CopyMark> {
  const mark = await lockMark(sql);
  if (mark?.run === run) return mark;
  throw new Error(
    mark === undefined
      ? 'a server has started on the target, which is an installation of its own now'
      : 'another copy to the same target has begun since, and goes on in place of this one',
  );
}

export async function completeCopy(sql: Sql, run: string): Promise<void> {
  await writeMark(sql, { ...(await expectRun(sql, run)), isComplete: true });
}

export async function adoptCopy(sql: Sql): ReturnType<RowStore['adoptCopy']> {
  const mark = await lockMark(sql);
  if (mark === undefined) return 'free';
  if (!mark.isComplete) return 'incomplete';
  await sql.deleteFrom('settings').where('name', '=', markName).execute();
  return 'adopted';
}

async function isEmpty(sql: Sql): Promise<boolean> {
  for (const table of tablesOfAnInstallation) {
    const rows = await sql
      .selectFrom(table)
      .select((of) => of.lit(1).as('one'))
      .limit(1)
      .execute();
    if (rows.length > 0) return false;
  }
  return true;
}

async function lockMark(sql: Sql): Promise<CopyMark | undefined> {
  const row = await sql
    .selectFrom('settings')
    .select('value')
    .where('name', '=', markName)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? undefined : (JSON.parse(row.value) as CopyMark);
}

function writeMark(sql: Sql, mark: CopyMark): Promise<void> {
  return setSetting(sql, markName, JSON.stringify(mark));
}
