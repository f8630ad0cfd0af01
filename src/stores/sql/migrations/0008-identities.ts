import type { Sql } from '../database.ts';
import type { SchemaFacts } from '../schema-facts.ts';

/**
 * Users, groups and roles of accounts, their policies, and which of them hangs on which. A key with
 * a user is that user's and not the account's: nodes of the release before, which would take it for
 * the account's own, must be stopped first.
 */
export async function identities(sql: Sql, facts: SchemaFacts): Promise<void> {
  await createIdentities(sql, facts);
  await createPolicies(sql, facts);
  await sql.schema
    .alterTable('credentials')
    .addColumn('user_id', facts.text, (column) => column.references('identities.id'))
    .execute();
  await sql.schema.createIndex('credentials_of_user').on('credentials').column('user_id').execute();
}

async function createIdentities(sql: Sql, facts: SchemaFacts): Promise<void> {
  const { text, integer } = facts;
  await sql.schema
    .createTable('identities')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('account_id', text, (column) => column.notNull().references('accounts.id'))
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('standing', text, (column) => column.notNull())
    .addColumn('trust_policy', text)
    .addColumn('session_seconds_max', integer)
    .addColumn('sessions_from', integer, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addUniqueConstraint('identities_by_name', ['account_id', 'kind', 'name'])
    .execute();
  await facts
    .clustered(sql.schema.createTable('members'))
    .addColumn('user_id', text, (column) =>
      column.notNull().references('identities.id').onDelete('cascade'),
    )
    .addColumn('group_id', text, (column) =>
      column.notNull().references('identities.id').onDelete('cascade'),
    )
    .addPrimaryKeyConstraint('members_key', ['user_id', 'group_id'])
    .execute();
  await sql.schema.createIndex('members_of_group').on('members').column('group_id').execute();
}

async function createPolicies(sql: Sql, facts: SchemaFacts): Promise<void> {
  const { text, integer } = facts;
  await facts
    .clustered(sql.schema.createTable('policies'))
    .addColumn('account_id', text, (column) => column.notNull().references('accounts.id'))
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('document', text, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('policies_key', ['account_id', 'name'])
    .execute();
  await facts
    .clustered(sql.schema.createTable('attachments'))
    .addColumn('identity_id', text, (column) =>
      column.notNull().references('identities.id').onDelete('cascade'),
    )
    .addColumn('policy_name', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('attachments_key', ['identity_id', 'policy_name'])
    .execute();
}
