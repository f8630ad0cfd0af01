import { sql as raw, type Selectable } from 'kysely';
import type {
  Account,
  AccountStore,
  Credential,
  KnownCredential,
  Standing,
} from '../ports/accounts.ts';
import type { AccountTable, CredentialTable, Sql } from './database.ts';
import { toIdentity } from './identities.ts';
import { lockAccount } from './identity-writes.ts';
import type { HotRead } from './prepared.ts';
import { noteChange } from './revisions.ts';

type CredentialRow = Selectable<CredentialTable> & {
  account_name: string;
  account_standing: string;
  account_created_at: number;
  user_kind: string | null;
  user_name: string | null;
  user_standing: string | null;
  user_created_at: number | null;
};

export const credentialByAccessKeyId: HotRead<{ accessKeyId: string }, CredentialRow> = (
  sql,
  slot,
) =>
  sql
    .selectFrom((of) =>
      of
        .selectFrom('credentials')
        .selectAll()
        .where('access_key_id', '=', slot('accessKeyId'))
        .limit(raw.lit(1))
        .as('credentials'),
    )
    .innerJoin('accounts', 'accounts.id', 'credentials.account_id')
    .leftJoin('identities', 'identities.id', 'credentials.user_id')
    .selectAll('credentials')
    .select([
      'identities.kind as user_kind',
      'identities.name as user_name',
      'identities.standing as user_standing',
      'identities.created_at as user_created_at',
      'accounts.name as account_name',
      'accounts.standing as account_standing',
      'accounts.created_at as account_created_at',
    ]);

export async function createAccount(
  sql: Sql,
  account: Account,
  credential: Credential,
): ReturnType<AccountStore['createAccount']> {
  const clash = await sql
    .selectFrom('accounts')
    .select('id')
    .where((of) => of.or([of('id', '=', account.id), of('name', '=', account.name)]))
    .execute();
  if (clash.some((row) => row.id === account.id)) return { outcome: 'taken', what: 'id' };
  if (clash.length > 0) return { outcome: 'taken', what: 'name' };
  if (await isAccessKeyTaken(sql, credential.accessKeyId)) {
    return { outcome: 'taken', what: 'accessKeyId' };
  }
  await sql
    .insertInto('accounts')
    .values({
      id: account.id,
      name: account.name,
      standing: account.standing,
      created_at: account.createdAt,
    })
    .execute();
  await insertCredential(sql, { ...credential, accountId: account.id });
  return { outcome: 'created' };
}

export async function findAccount(sql: Sql, idOrName: string): Promise<Account | undefined> {
  const row = await sql
    .selectFrom('accounts')
    .selectAll()
    .where((of) => of.or([of('id', '=', idOrName), of('name', '=', idOrName)]))
    .executeTakeFirst();
  return row === undefined ? undefined : toAccount(row);
}

export async function listAccounts(sql: Sql): Promise<Account[]> {
  const rows = await sql
    .selectFrom('accounts')
    .selectAll()
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(toAccount);
}

export async function setAccountStanding(
  sql: Sql,
  id: string,
  standing: Standing,
): Promise<'done' | 'none'> {
  const { numUpdatedRows } = await sql
    .updateTable('accounts')
    .set({ standing })
    .where('id', '=', id)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return 'none';
  await noteChange(sql, 'account', id);
  return 'done';
}

export async function addCredential(
  sql: Sql,
  credential: Credential,
): ReturnType<AccountStore['addCredential']> {
  const account = await sql
    .selectFrom('accounts')
    .select('id')
    .where('id', '=', credential.accountId)
    .executeTakeFirst();
  if (account === undefined) return 'no-account';
  if (credential.userId !== undefined && !(await hasUser(sql, credential))) return 'no-user';
  if (await isAccessKeyTaken(sql, credential.accessKeyId)) return 'taken';
  await insertCredential(sql, credential);
  return 'added';
}

export async function listCredentials(sql: Sql, accountId?: string): Promise<Credential[]> {
  let query = sql
    .selectFrom('credentials')
    .selectAll()
    .orderBy('created_at')
    .orderBy('access_key_id');
  if (accountId !== undefined) query = query.where('account_id', '=', accountId);
  return (await query.execute()).map(toCredential);
}

export async function setCredentialStanding(
  sql: Sql,
  accessKeyId: string,
  standing: Standing,
): Promise<'done' | 'none'> {
  const { numUpdatedRows } = await sql
    .updateTable('credentials')
    .set({ standing })
    .where('access_key_id', '=', accessKeyId)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return 'none';
  await noteChange(sql, 'credential', accessKeyId);
  return 'done';
}

export async function resealCredential(
  sql: Sql,
  accessKeyId: string,
  expected: string,
  next: string,
): Promise<'done' | 'changed'> {
  const { numUpdatedRows } = await sql
    .updateTable('credentials')
    .set({ secret_sealed: next })
    .where('access_key_id', '=', accessKeyId)
    .where('secret_sealed', '=', expected)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return 'changed';
  await noteChange(sql, 'credential', accessKeyId);
  return 'done';
}

async function isAccessKeyTaken(sql: Sql, accessKeyId: string): Promise<boolean> {
  const row = await sql
    .selectFrom('credentials')
    .select('access_key_id')
    .where('access_key_id', '=', accessKeyId)
    .executeTakeFirst();
  return row !== undefined;
}

/** With the account locked: the user must not go while the key comes. */
async function hasUser(sql: Sql, { accountId, userId = '' }: Credential): Promise<boolean> {
  await lockAccount(sql, accountId);
  const row = await sql
    .selectFrom('identities')
    .select('id')
    .where('id', '=', userId)
    .where('account_id', '=', accountId)
    .where('kind', '=', 'user')
    .executeTakeFirst();
  return row !== undefined;
}

async function insertCredential(sql: Sql, credential: Credential): Promise<void> {
  await sql
    .insertInto('credentials')
    .values({
      access_key_id: credential.accessKeyId,
      account_id: credential.accountId,
      secret_sealed: credential.secretSealed,
      standing: credential.standing,
      created_at: credential.createdAt,
      user_id: credential.userId ?? null,
    })
    .execute();
}

function toAccount(row: Selectable<AccountTable>): Account {
  return {
    id: row.id,
    name: row.name,
    standing: row.standing as Standing,
    createdAt: row.created_at,
  };
}

function toCredential(row: Selectable<CredentialTable>): Credential {
  return {
    accessKeyId: row.access_key_id,
    accountId: row.account_id,
    secretSealed: row.secret_sealed,
    standing: row.standing as Standing,
    createdAt: row.created_at,
    ...(row.user_id === null ? {} : { userId: row.user_id }),
  };
}

export function toKnownCredential(row: CredentialRow): KnownCredential {
  return {
    credential: toCredential(row),
    account: {
      id: row.account_id,
      name: row.account_name,
      standing: row.account_standing as Standing,
      createdAt: row.account_created_at,
    },
    ...userOf(row),
  };
}

function userOf(row: CredentialRow): Pick<KnownCredential, 'user'> {
  const { user_id: id, user_kind: kind, user_name: name, user_standing: standing } = row;
  if (id === null || kind === null || name === null || standing === null) return {};
  const user = toIdentity({
    id,
    kind,
    name,
    standing,
    account_id: row.account_id,
    created_at: row.user_created_at ?? 0,
    trust_policy: null,
    session_seconds_max: null,
    sessions_from: 0,
  });
  return { user };
}
