import type { Sql } from './database.ts';

export async function findSetting(sql: Sql, name: string): Promise<string | undefined> {
  const row = await sql
    .selectFrom('settings')
    .select('value')
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.value;
}

export async function ensureSetting(sql: Sql, name: string, value: string): Promise<string> {
  await sql
    .insertInto('settings')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  return (await findSetting(sql, name)) ?? value;
}

export async function setSetting(sql: Sql, name: string, value: string): Promise<void> {
  await sql
    .insertInto('settings')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}
