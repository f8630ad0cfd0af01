/**
 * Changes of users, groups, roles and policies. Each locks the row of its account, so that those of
 * one account follow each other, and notes that account's identities as changed.
 */
import type { Identity, RoleFacts, Standing } from '../ports/accounts.ts';
import type { IdentityStore, NamedPolicy } from '../ports/identities.ts';
import type { Sql } from './database.ts';
import { noteChange } from './revisions.ts';

export async function createIdentity(
  sql: Sql,
  identity: Identity,
  limit: number,
): ReturnType<IdentityStore['createIdentity']> {
  const { id, accountId, kind, name, standing, createdAt, role } = identity;
  if (!(await lockAccount(sql, accountId))) return 'no-account';
  const clash = await sql
    .selectFrom('identities')
    .select('id')
    .where((of) =>
      of.or([
        of('id', '=', id),
        of.and([of('account_id', '=', accountId), of('kind', '=', kind), of('name', '=', name)]),
      ]),
    )
    .execute();
  if (clash.some((row) => row.id === id)) return 'id-taken';
  if (clash.length > 0) return 'name-taken';
  const { count } = await sql
    .selectFrom('identities')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where('kind', '=', kind)
    .executeTakeFirstOrThrow();
  if (Number(count) >= limit) return 'too-many';
  await sql
    .insertInto('identities')
    .values({
      id,
      account_id: accountId,
      kind,
      name,
      standing,
      trust_policy: role?.trustPolicy ?? null,
      session_seconds_max: role?.sessionSecondsMax ?? null,
      sessions_from: role?.sessionsFrom ?? createdAt,
      created_at: createdAt,
    })
    .execute();
  await noteChange(sql, 'identities', accountId);
  return 'created';
}

export async function setIdentityStanding(
  sql: Sql,
  id: string,
  standing: Standing,
): Promise<'done' | 'none'> {
  const accountId = await lockOwner(sql, id);
  if (accountId === undefined) return 'none';
  await sql.updateTable('identities').set({ standing }).where('id', '=', id).execute();
  await noteChange(sql, 'identities', accountId);
  return 'done';
}

export async function setRole(sql: Sql, id: string, role: RoleFacts): Promise<'done' | 'none'> {
  const accountId = await lockOwner(sql, id);
  if (accountId === undefined) return 'none';
  const { numUpdatedRows } = await sql
    .updateTable('identities')
    .set({
      trust_policy: role.trustPolicy,
      session_seconds_max: role.sessionSecondsMax,
      sessions_from: role.sessionsFrom,
    })
    .where('id', '=', id)
    .where('kind', '=', 'role')
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return 'none';
  await noteChange(sql, 'identities', accountId);
  return 'done';
}

export async function deleteIdentity(sql: Sql, id: string): Promise<'done' | 'none'> {
  const accountId = await lockOwner(sql, id);
  if (accountId === undefined) return 'none';
  const keys = await sql
    .deleteFrom('credentials')
    .where('user_id', '=', id)
    .returning('access_key_id')
    .execute();
  await sql.deleteFrom('identities').where('id', '=', id).execute();
  for (const key of keys) await noteChange(sql, 'credential', key.access_key_id);
  await noteChange(sql, 'identities', accountId);
  return 'done';
}

export async function putPolicy(
  sql: Sql,
  policy: NamedPolicy,
  limit: number,
): ReturnType<IdentityStore['putPolicy']> {
  const { accountId, name, document, createdAt } = policy;
  if (!(await lockAccount(sql, accountId))) return 'no-account';
  const standing = await sql
    .selectFrom('policies')
    .select('name')
    .where('account_id', '=', accountId)
    .execute();
  const isNew = !standing.some((row) => row.name === name);
  if (isNew && standing.length >= limit) return 'too-many';
  await sql
    .insertInto('policies')
    .values({ account_id: accountId, name, document, created_at: createdAt })
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'name']).doUpdateSet({ document, created_at: createdAt }),
    )
    .execute();
  await noteChange(sql, 'identities', accountId);
  return 'put';
}

export async function deletePolicy(
  sql: Sql,
  accountId: string,
  name: string,
): ReturnType<IdentityStore['deletePolicy']> {
  if (!(await lockAccount(sql, accountId))) return 'none';
  const attached = await sql
    .selectFrom('attachments')
    .innerJoin('identities', 'identities.id', 'attachments.identity_id')
    .select('identities.id')
    .where('attachments.policy_name', '=', name)
    .where('identities.account_id', '=', accountId)
    .limit(1)
    .execute();
  const { numDeletedRows } =
    attached.length > 0
      ? { numDeletedRows: -1n }
      : await sql
          .deleteFrom('policies')
          .where('account_id', '=', accountId)
          .where('name', '=', name)
          .executeTakeFirst();
  if (numDeletedRows < 0n) return 'attached';
  if (numDeletedRows === 0n) return 'none';
  await noteChange(sql, 'identities', accountId);
  return 'done';
}

export async function attachPolicy(
  sql: Sql,
  identityId: string,
  policyName: string,
  rules: { readonly isBuiltIn: boolean; readonly limit: number },
): ReturnType<IdentityStore['attachPolicy']> {
  const accountId = await lockOwner(sql, identityId);
  if (accountId === undefined) return 'no-identity';
  const policy = await sql
    .selectFrom('policies')
    .select('name')
    .where('account_id', '=', accountId)
    .where('name', '=', policyName)
    .executeTakeFirst();
  if (policy === undefined && !rules.isBuiltIn) return 'no-policy';
  const attached = await sql
    .selectFrom('attachments')
    .select('policy_name')
    .where('identity_id', '=', identityId)
    .execute();
  if (attached.some((row) => row.policy_name === policyName)) return 'done';
  if (attached.length >= rules.limit) return 'too-many';
  await sql
    .insertInto('attachments')
    .values({ identity_id: identityId, policy_name: policyName })
    .execute();
  await noteChange(sql, 'identities', accountId);
  return 'done';
}

export async function detachPolicy(
  sql: Sql,
  identityId: string,
  policyName: string,
): Promise<'done' | 'none'> {
  const accountId = await lockOwner(sql, identityId);
  if (accountId === undefined) return 'none';
  const { numDeletedRows } = await sql
    .deleteFrom('attachments')
    .where('identity_id', '=', identityId)
    .where('policy_name', '=', policyName)
    .executeTakeFirst();
  if (numDeletedRows === 0n) return 'none';
  await noteChange(sql, 'identities', accountId);
  return 'done';
}

export async function addMember(
  sql: Sql,
  groupId: string,
  userId: string,
  limit: number,
): ReturnType<IdentityStore['addMember']> {
  const accountId = await lockOwner(sql, groupId);
  if (accountId === undefined) return 'none';
  const found = await sql
    .selectFrom('identities')
    .select(['id', 'kind'])
    .where('account_id', '=', accountId)
    .where('id', 'in', [groupId, userId])
    .execute();
  const kindOf = (id: string) => found.find((row) => row.id === id)?.kind;
  if (kindOf(groupId) !== 'group' || kindOf(userId) !== 'user') return 'none';
  const groups = await sql
    .selectFrom('members')
    .select('group_id')
    .where('user_id', '=', userId)
    .execute();
  if (groups.some((row) => row.group_id === groupId)) return 'done';
  if (groups.length >= limit) return 'too-many';
  await sql.insertInto('members').values({ user_id: userId, group_id: groupId }).execute();
  await noteChange(sql, 'identities', accountId);
  return 'done';
}

export async function removeMember(
  sql: Sql,
  groupId: string,
  userId: string,
): Promise<'done' | 'none'> {
  const accountId = await lockOwner(sql, groupId);
  if (accountId === undefined) return 'none';
  const { numDeletedRows } = await sql
    .deleteFrom('members')
    .where('user_id', '=', userId)
    .where('group_id', '=', groupId)
    .executeTakeFirst();
  if (numDeletedRows === 0n) return 'none';
  await noteChange(sql, 'identities', accountId);
  return 'done';
}

/** Whether there is such an account, which nobody else changes until this transaction ends. */
export async function lockAccount(sql: Sql, accountId: string): Promise<boolean> {
  const row = await sql
    .selectFrom('accounts')
    .select('id')
    .where('id', '=', accountId)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

/** Locks the account of an identity; `undefined` when there is no such identity (any more). */
async function lockOwner(sql: Sql, identityId: string): Promise<string | undefined> {
  const ofIdentity = sql.selectFrom('identities').select('account_id').where('id', '=', identityId);
  const before = await ofIdentity.executeTakeFirst();
  if (before === undefined || !(await lockAccount(sql, before.account_id))) return undefined;
  return (await ofIdentity.executeTakeFirst())?.account_id;
}
