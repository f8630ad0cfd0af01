import type { Sql } from '../database.ts';
import type { SchemaFacts } from '../schema-facts.ts';

/**
 * The counters of a bucket leave its row, where every put waited for the commit of the put before.
 * What was counted there stays and is part of the sum: a node of the release before, which may
 * still run beside us, counts on in the row, and no sum is wrong meanwhile.
 */
export async function bucketCounters(sql: Sql, facts: SchemaFacts): Promise<void> {
  const { integer } = facts;
  await facts
    .clustered(sql.schema.createTable('bucket_counters'))
    .addColumn('bucket_id', integer, (column) =>
      column.notNull().references('buckets.id').onDelete('cascade'),
    )
    .addColumn('shard', integer, (column) => column.notNull())
    .addColumn('object_count', integer, (column) => column.notNull())
    .addColumn('storage_bytes', integer, (column) => column.notNull())
    .addColumn('modified_at', integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('bucket_counters_key', ['bucket_id', 'shard'])
    .execute();
}
