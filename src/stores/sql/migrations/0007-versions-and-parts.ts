import { type Kysely, sql as raw } from 'kysely';
import type { Sql } from '../database.ts';
import type { SchemaFacts } from '../schema-facts.ts';

/** Colder classes are counted apart from here on; `Standard` is what is left of the sum. */
const colderClasses = {
  IA: 'ia',
  Archive: 'archive',
  ColdArchive: 'cold_archive',
  DeepColdArchive: 'deep_cold_archive',
} as const;

/**
 * Objects have versions and may be made of several blobs; uploads come in parts. `objects` goes on
 * to hold what a key points to, and nothing else, so that plain reads and listings are what they
 * were; older versions and delete markers are in `object_versions`.
 */
export async function versionsAndParts(sql: Sql, facts: SchemaFacts): Promise<void> {
  await extendObjects(sql, facts);
  await createVersions(sql, facts);
  await createParts(sql, facts);
  await extendCounters(sql, facts);
}

async function extendObjects(sql: Sql, { text, integer }: SchemaFacts): Promise<void> {
  const alter = () => sql.schema.alterTable('objects');
  await alter()
    .addColumn('content', text, (column) => column.notNull().defaultTo('blob'))
    .execute();
  await alter()
    .addColumn('version_id', text, (column) => column.notNull().defaultTo('null'))
    .execute();
  await alter()
    .addColumn('sequence', integer, (column) => column.notNull().defaultTo(0))
    .execute();
  await alter().addColumn('extras', text).execute();
}

async function createVersions(sql: Sql, facts: SchemaFacts): Promise<void> {
  const { text, integer, bytes } = facts;
  await facts
    .clustered(sql.schema.createTable('object_versions'))
    .addColumn('bucket_id', integer, (column) => column.notNull().references('buckets.id'))
    .addColumn('key', bytes, (column) => column.notNull())
    .addColumn('sequence', integer, (column) => column.notNull())
    .addColumn('version_id', text, (column) => column.notNull())
    .addColumn('is_marker', integer, (column) => column.notNull())
    .addColumn('noncurrent_at', integer)
    .addColumn('blob_id', text, (column) => column.unique())
    .addColumn('content', text, (column) => column.notNull())
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
    .addColumn('extras', text)
    .addPrimaryKeyConstraint('object_versions_key', ['bucket_id', 'key', 'sequence'])
    .addUniqueConstraint('object_version_ids', ['bucket_id', 'key', 'version_id'])
    .execute();
}

async function createParts(sql: Sql, facts: SchemaFacts): Promise<void> {
  const { text, integer, bytes } = facts;
  await facts
    .clustered(sql.schema.createTable('content_parts'))
    .addColumn('content_id', text, (column) => column.notNull())
    .addColumn('start', integer, (column) => column.notNull())
    .addColumn('size', integer, (column) => column.notNull())
    .addColumn('blob_id', text, (column) => column.notNull().unique())
    .addColumn('iv', text)
    .addPrimaryKeyConstraint('content_parts_key', ['content_id', 'start'])
    .execute();
  await sql.schema
    .createTable('uploads')
    .addColumn('upload_id', text, (column) => column.primaryKey())
    .addColumn('bucket_id', integer, (column) => column.notNull().references('buckets.id'))
    .addColumn('key', bytes, (column) => column.notNull())
    .addColumn('initiated_at', integer, (column) => column.notNull())
    .addColumn('facts', text, (column) => column.notNull())
    .execute();
  await sql.schema
    .createIndex('uploads_of_bucket')
    .on('uploads')
    .columns(['bucket_id', 'key', 'upload_id'])
    .execute();
  await facts
    .clustered(sql.schema.createTable('upload_parts'))
    .addColumn('upload_id', text, (column) => column.notNull().references('uploads.upload_id'))
    .addColumn('number', integer, (column) => column.notNull())
    .addColumn('blob_id', text, (column) => column.notNull().unique())
    .addColumn('size', integer, (column) => column.notNull())
    .addColumn('etag', text, (column) => column.notNull())
    .addColumn('crc64', text, (column) => column.notNull())
    .addColumn('modified_at', integer, (column) => column.notNull())
    .addColumn('iv', text)
    .addPrimaryKeyConstraint('upload_parts_key', ['upload_id', 'number'])
    .execute();
}

async function extendCounters(sql: Sql, { integer }: SchemaFacts): Promise<void> {
  const colder = Object.values(colderClasses).flatMap((name) => [`${name}_count`, `${name}_bytes`]);
  for (const column of ['marker_count', 'upload_count', 'part_count', ...colder]) {
    await sql.schema
      .alterTable('bucket_counters')
      .addColumn(column, integer, (added) => added.notNull().defaultTo(0))
      .execute();
  }
  for (const [storageClass, name] of Object.entries(colderClasses)) {
    await countClass(sql, storageClass, name);
  }
}

/** Adds what stands of a class to its columns of the first shard. */
async function countClass(sql: Sql, storageClass: string, name: string): Promise<void> {
  const untyped = sql as unknown as Kysely<Record<string, Record<string, number | string>>>;
  const rows = await untyped
    .selectFrom('objects')
    .select(['bucket_id', raw<number>`count(*)`.as('count'), raw<number>`sum(size)`.as('bytes')])
    .where('storage_class', '=', storageClass)
    .groupBy('bucket_id')
    .execute();
  for (const row of rows) {
    const counted = {
      [`${name}_count`]: Number(row.count),
      [`${name}_bytes`]: Number(row.bytes),
    };
    await untyped
      .insertInto('bucket_counters')
      .values({
        bucket_id: row.bucket_id as number,
        shard: 0,
        object_count: 0,
        storage_bytes: 0,
        modified_at: 0,
        ...counted,
      })
      .onConflict((conflict) => conflict.columns(['bucket_id', 'shard']).doUpdateSet(counted))
      .execute();
  }
}
