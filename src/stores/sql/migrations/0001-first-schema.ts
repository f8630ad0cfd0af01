import type { Sql } from '../database.ts';
import type { SchemaFacts } from '../schema-facts.ts';

/** CertIds look like the ones clients know: eight digits (custom-domain.md 2.1). */
const firstCertificateNumber = 10_000_001;

/** Unique constraints carry the rules; an index is there because a query of a port needs it. */
export async function firstSchema(sql: Sql, facts: SchemaFacts): Promise<void> {
  await createAccounts(sql, facts);
  await createBuckets(sql, facts);
  await createObjects(sql, facts);
  await createCertificates(sql, facts);
  await createCnames(sql, facts);
  await createRecords(sql, facts);
}

async function createAccounts(sql: Sql, { text, integer }: SchemaFacts): Promise<void> {
  await sql.schema
    .createTable('accounts')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('name', text, (column) => column.notNull().unique())
    .addColumn('standing', text, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .execute();
  await sql.schema
    .createTable('credentials')
    .addColumn('access_key_id', text, (column) => column.primaryKey())
    .addColumn('account_id', text, (column) => column.notNull().references('accounts.id'))
    .addColumn('secret_sealed', text, (column) => column.notNull())
    .addColumn('standing', text, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .execute();
  await sql.schema
    .createIndex('credentials_of_account')
    .on('credentials')
    .column('account_id')
    .execute();
}

async function createBuckets(sql: Sql, facts: SchemaFacts): Promise<void> {
  const { text, integer } = facts;
  await sql.schema
    .createTable('buckets')
    .addColumn('id', integer, (column) => facts.numbered(column))
    .addColumn('name', text, (column) => column.notNull().unique())
    .addColumn('account_id', text, (column) => column.notNull())
    .addColumn('acl', text, (column) => column.notNull())
    .addColumn('storage_class', text, (column) => column.notNull())
    .addColumn('redundancy', text, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('object_count', integer, (column) => column.notNull())
    .addColumn('storage_bytes', integer, (column) => column.notNull())
    .addColumn('modified_at', integer, (column) => column.notNull())
    .execute();
  await sql.schema
    .createIndex('buckets_of_account')
    .on('buckets')
    .columns(['account_id', 'name'])
    .execute();
  await facts
    .clustered(sql.schema.createTable('bucket_documents'))
    .addColumn('bucket_id', integer, (column) =>
      column.notNull().references('buckets.id').onDelete('cascade'),
    )
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('text', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('bucket_documents_key', ['bucket_id', 'name'])
    .execute();
}

async function createObjects(sql: Sql, facts: SchemaFacts): Promise<void> {
  const { text, integer, bytes } = facts;
  await facts
    .clustered(sql.schema.createTable('objects'))
    .addColumn('bucket_id', integer, (column) => column.notNull().references('buckets.id'))
    .addColumn('key', bytes, (column) => column.notNull())
    .addColumn('blob_id', text, (column) => column.notNull().unique())
    .addColumn('size', integer, (column) => column.notNull())
    .addColumn('etag', text, (column) => column.notNull())
    .addColumn('content_md5', text)
    .addColumn('crc64', text, (column) => column.notNull())
    .addColumn('type', text, (column) => column.notNull())
    .addColumn('acl', text, (column) => column.notNull())
    .addColumn('storage_class', text, (column) => column.notNull())
    .addColumn('modified_at', integer, (column) => column.notNull())
    .addColumn('headers', text, (column) => column.notNull())
    .addColumn('metadata', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('objects_key', ['bucket_id', 'key'])
    .execute();
  await sql.schema
    .createTable('garbage')
    .addColumn('blob_id', text, (column) => column.primaryKey())
    .addColumn('freed_at', integer, (column) => column.notNull())
    .execute();
  await sql.schema
    .createIndex('garbage_by_age')
    .on('garbage')
    .columns(['freed_at', 'blob_id'])
    .execute();
}

async function createCertificates(sql: Sql, facts: SchemaFacts): Promise<void> {
  const { text, integer } = facts;
  await sql.schema
    .createTable('certificates')
    .addColumn('number', integer, (column) => facts.numbered(column))
    .addColumn('account_id', text, (column) => column.notNull())
    .addColumn('fingerprint256', text, (column) => column.notNull())
    .addColumn('fingerprint', text, (column) => column.notNull())
    .addColumn('chain_pem', text, (column) => column.notNull())
    .addColumn('key_sealed', text, (column) => column.notNull())
    .addColumn('valid_from', integer, (column) => column.notNull())
    .addColumn('valid_to', integer, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addUniqueConstraint('certificate_of_account', ['account_id', 'fingerprint256'])
    .execute();
  await facts.startAt(sql, 'certificates', 'number', firstCertificateNumber);
}

async function createCnames(sql: Sql, facts: SchemaFacts): Promise<void> {
  const { text, integer } = facts;
  await sql.schema
    .createTable('cnames')
    .addColumn('domain', text, (column) => column.primaryKey())
    .addColumn('bucket_id', integer, (column) =>
      column.notNull().references('buckets.id').onDelete('cascade'),
    )
    .addColumn('account_id', text, (column) => column.notNull())
    .addColumn('type', text, (column) => column.notNull())
    .addColumn('is_purge_cdn_cache', integer, (column) => column.notNull())
    .addColumn('mapped_at', integer, (column) => column.notNull())
    .addColumn('certificate_number', integer, (column) => column.references('certificates.number'))
    .addColumn('binding_type', text)
    .addColumn('bound_at', integer)
    .execute();
  await sql.schema
    .createIndex('cnames_of_bucket')
    .on('cnames')
    .columns(['bucket_id', 'domain'])
    .execute();
  await facts
    .clustered(sql.schema.createTable('departed_cnames'))
    .addColumn('bucket_id', integer, (column) =>
      column.notNull().references('buckets.id').onDelete('cascade'),
    )
    .addColumn('domain', text, (column) => column.notNull())
    .addColumn('account_id', text, (column) => column.notNull())
    .addColumn('type', text, (column) => column.notNull())
    .addColumn('is_purge_cdn_cache', integer, (column) => column.notNull())
    .addColumn('mapped_at', integer, (column) => column.notNull())
    .addColumn('departed_at', integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('departed_cnames_key', ['bucket_id', 'domain'])
    .execute();
  await facts
    .clustered(sql.schema.createTable('cname_tokens'))
    .addColumn('bucket_id', integer, (column) =>
      column.notNull().references('buckets.id').onDelete('cascade'),
    )
    .addColumn('domain', text, (column) => column.notNull())
    .addColumn('token', text, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('expires_at', integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('cname_tokens_key', ['bucket_id', 'domain'])
    .execute();
}

async function createRecords(sql: Sql, facts: SchemaFacts): Promise<void> {
  const { text, integer } = facts;
  await sql.schema
    .createTable('audit')
    .addColumn('sequence', integer, (column) => facts.numbered(column))
    .addColumn('at', integer, (column) => column.notNull())
    .addColumn('action', text, (column) => column.notNull())
    .addColumn('account_id', text, (column) => column.notNull())
    .addColumn('access_key_id', text, (column) => column.notNull())
    .addColumn('remote_address', text, (column) => column.notNull())
    .addColumn('request_id', text, (column) => column.notNull())
    .addColumn('owner_id', text, (column) => column.notNull())
    .addColumn('domain', text, (column) => column.notNull())
    .addColumn('bucket', text, (column) => column.notNull())
    .addColumn('detail', text, (column) => column.notNull())
    .execute();
  for (const column of ['domain', 'owner_id']) {
    await sql.schema
      .createIndex(`audit_by_${column}`)
      .on('audit')
      .columns([column, 'sequence'])
      .execute();
  }
  await facts.appendOnly(sql, 'audit');
  await sql.schema
    .createTable('domain_revisions')
    .addColumn('domain', text, (column) => column.primaryKey())
    .addColumn('revision', integer, (column) => column.notNull().unique())
    .execute();
  await sql.schema
    .createTable('counters')
    .addColumn('name', text, (column) => column.primaryKey())
    .addColumn('value', integer, (column) => column.notNull())
    .execute();
  await sql.insertInto('counters').values({ name: 'domains', value: 0 }).execute();
  await sql.schema
    .createTable('settings')
    .addColumn('name', text, (column) => column.primaryKey())
    .addColumn('value', text, (column) => column.notNull())
    .execute();
}
