/** Users, groups, roles and policies, as they are read. */
import type { Selectable } from 'kysely';
import type { Identity, IdentityKind, Standing } from '../ports/accounts.ts';
import type { Grants, IdentityStore, NamedPolicy } from '../ports/identities.ts';
import type { IdentityTable, PolicyTable, Sql } from './database.ts';

export async function findIdentity(
  sql: Sql,
  accountId: string,
  kind: IdentityKind,
  idOrName: string,
): Promise<Identity | undefined> {
  const row = await sql
    .selectFrom('identities')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('kind', '=', kind)
    .where((of) => of.or([of('id', '=', idOrName), of('name', '=', idOrName)]))
    .executeTakeFirst();
  return row === undefined ? undefined : toIdentity(row);
}

export async function listIdentities(
  sql: Sql,
  accountId: string,
  kind: IdentityKind,
): Promise<Identity[]> {
  const rows = await sql
    .selectFrom('identities')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('kind', '=', kind)
    .orderBy('name')
    .execute();
  return rows.map(toIdentity);
}

export async function findPolicy(
  sql: Sql,
  accountId: string,
  name: string,
): Promise<NamedPolicy | undefined> {
  const row = await sql
    .selectFrom('policies')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .executeTakeFirst();
  return row === undefined ? undefined : toPolicy(row);
}

export async function listPolicies(sql: Sql, accountId: string): Promise<NamedPolicy[]> {
  const rows = await sql
    .selectFrom('policies')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('name')
    .execute();
  return rows.map(toPolicy);
}

export async function listAttachments(sql: Sql, identityId: string): Promise<string[]> {
  const rows = await sql
    .selectFrom('attachments')
    .select('policy_name')
    .where('identity_id', '=', identityId)
    .orderBy('policy_name')
    .execute();
  return rows.map((row) => row.policy_name);
}

export async function listMembership(
  sql: Sql,
  identityId: string,
): ReturnType<IdentityStore['listMembership']> {
  const [groups, users] = [
    sql.selectFrom('members').select('group_id').where('user_id', '=', identityId),
    sql.selectFrom('members').select('user_id').where('group_id', '=', identityId),
  ];
  const rows = await sql
    .selectFrom('identities')
    .selectAll()
    .where((of) => of.or([of('id', 'in', groups), of('id', 'in', users)]))
    .orderBy('name')
    .execute();
  return rows.map(toIdentity);
}

export async function findGrants(sql: Sql, identityId: string): Promise<Grants | undefined> {
  const row = await sql
    .selectFrom('identities')
    .innerJoin('accounts', 'accounts.id', 'identities.account_id')
    .selectAll('identities')
    .select([
      'accounts.name as account_name',
      'accounts.standing as account_standing',
      'accounts.created_at as account_created_at',
    ])
    .where('identities.id', '=', identityId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const attached = await sql
    .selectFrom('attachments')
    .leftJoin('policies', (join) =>
      join
        .onRef('policies.name', '=', 'attachments.policy_name')
        .on('policies.account_id', '=', row.account_id),
    )
    .select(['attachments.policy_name', 'policies.document'])
    .distinct()
    .where((of) =>
      of.or([
        of('attachments.identity_id', '=', identityId),
        of(
          'attachments.identity_id',
          'in',
          of.selectFrom('members').select('group_id').where('user_id', '=', identityId),
        ),
      ]),
    )
    .orderBy('attachments.policy_name')
    .execute();
  return {
    identity: toIdentity(row),
    account: {
      id: row.account_id,
      name: row.account_name,
      standing: row.account_standing as Standing,
      createdAt: row.account_created_at,
    },
    documents: attached.flatMap(({ document }) => (document === null ? [] : [document])),
    builtIn: attached.flatMap((each) => (each.document === null ? [each.policy_name] : [])),
  };
}

export function toIdentity(row: Selectable<IdentityTable>): Identity {
  const { trust_policy: trustPolicy, session_seconds_max: sessionSecondsMax } = row;
  return {
    id: row.id,
    accountId: row.account_id,
    kind: row.kind as IdentityKind,
    name: row.name,
    standing: row.standing as Standing,
    createdAt: row.created_at,
    role:
      trustPolicy === null || sessionSecondsMax === null
        ? undefined
        : { trustPolicy, sessionSecondsMax, sessionsFrom: row.sessions_from },
  };
}

function toPolicy(row: Selectable<PolicyTable>): NamedPolicy {
  return {
    accountId: row.account_id,
    name: row.name,
    document: row.document,
    createdAt: row.created_at,
  };
}
