import type { Selectable, SqlBool } from 'kysely';
import type { AuditActor } from '../ports/audit.ts';
import type {
  Bucket,
  BucketAcl,
  BucketDocumentName,
  BucketStore,
  Versioning,
} from '../ports/buckets.ts';
import { appendAudit } from './audit.ts';
import type { BucketTable, Sql } from './database.ts';
import { holdName } from './holding.ts';
import { type HotRead, hotStatement, type Slots } from './prepared.ts';
import { noteChange } from './revisions.ts';
import { findSetting, setSetting } from './settings.ts';

export type BucketRow = Pick<Selectable<BucketTable>, (typeof bucketColumns)[number]>;

export const bucketColumns = [
  'id',
  'name',
  'account_id',
  'acl',
  'storage_class',
  'redundancy',
  'documents',
  'versioning',
  'created_at',
] as const;

/** What PutBucket means when it names neither. */
const defaultStorageClass = 'Standard';
const defaultRedundancy = 'LRS';

export const bucketByName: HotRead<{ name: string }, BucketRow> = (sql, slot) =>
  sql.selectFrom('buckets').select(bucketColumns).where('name', '=', slot('name'));

const heldById = hotStatement((sql, slot: Slots<{ id: number }>) =>
  sql
    .selectFrom('buckets')
    .select(['name', 'account_id', 'documents'])
    .where('id', '=', slot('id'))
    .forNoKeyUpdate(),
);

/** The bucket's row, which nobody else changes until the transaction ends. */
export async function holdBucket(
  sql: Sql,
  id: number,
): Promise<Pick<BucketRow, 'name' | 'account_id' | 'documents'> | undefined> {
  return (await heldById(sql, { id })).rows[0];
}

export const documentByName: HotRead<
  { bucketId: number; name: BucketDocumentName },
  { text: string }
> = (sql, slot) =>
  sql
    .selectFrom('bucket_documents')
    .select('text')
    .where('bucket_id', '=', slot('bucketId'))
    .where('name', '=', slot('name'));

/** Of whichever bucket; one row always, so that "none" can be kept like an answer. */
export const isDocumentAnywhere: HotRead<{ name: BucketDocumentName }, { found: SqlBool }> = (
  sql,
  slot,
) =>
  sql.selectNoFrom(({ exists, selectFrom }) =>
    exists(selectFrom('bucket_documents').select('bucket_id').where('name', '=', slot('name'))).as(
      'found',
    ),
  );

const accountAccessBlock = 'account-access-block';

/** Until the transaction ends, the account gets no bucket elsewhere. */
async function holdBuckets(sql: Sql, accountId: string): Promise<void> {
  await holdName(sql, `buckets of ${accountId}`);
}

type CreateBucket = Parameters<BucketStore['createBucket']>[0];

export async function createBucket(
  sql: Sql,
  input: CreateBucket,
): ReturnType<BucketStore['createBucket']> {
  const standing = await sql
    .selectFrom('buckets')
    .select(bucketColumns)
    .where('name', '=', input.name)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (standing !== undefined) return keepBucket(sql, toBucket(standing), input);
  await holdBuckets(sql, input.accountId);
  const { count } = await sql
    .selectFrom('buckets')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('account_id', '=', input.accountId)
    .executeTakeFirstOrThrow();
  if (Number(count) >= input.bucketsMax) return { outcome: 'too-many' };
  const row = await sql
    .insertInto('buckets')
    .values({
      name: input.name,
      account_id: input.accountId,
      acl: input.acl ?? 'private',
      storage_class: input.storageClass ?? defaultStorageClass,
      redundancy: input.redundancy ?? defaultRedundancy,
      documents: '',
      versioning: '',
      created_at: input.now,
      object_count: 0,
      storage_bytes: 0,
      modified_at: input.now,
    })
    .returning(bucketColumns)
    .executeTakeFirstOrThrow();
  const bucket = toBucket(row);
  const first: Partial<Record<BucketDocumentName, string>> = { ...input.documents };
  if (await hasAccountAccessBlock(sql, input.accountId)) first[accountAccessBlock] = '{}';
  const documents = (Object.keys(first) as BucketDocumentName[]).sort();
  for (const name of documents) await setBucketDocument(sql, bucket.id, name, first[name]);
  return { outcome: 'created', bucket: { ...bucket, documents } };
}

async function keepBucket(
  sql: Sql,
  bucket: Bucket,
  input: CreateBucket,
): ReturnType<BucketStore['createBucket']> {
  if (bucket.accountId !== input.accountId) return { outcome: 'taken' };
  if (input.storageClass !== undefined && input.storageClass !== bucket.storageClass) {
    return { outcome: 'different', what: 'storageClass' };
  }
  if (input.redundancy !== undefined && input.redundancy !== bucket.redundancy) {
    return { outcome: 'different', what: 'redundancy' };
  }
  if (input.acl === undefined || input.acl === bucket.acl) return { outcome: 'kept', bucket };
  await setBucketAcl(sql, bucket.id, input.acl);
  return { outcome: 'kept', bucket: { ...bucket, acl: input.acl } };
}

export async function listBuckets(
  sql: Sql,
  input: Parameters<BucketStore['listBuckets']>[0],
): ReturnType<BucketStore['listBuckets']> {
  // No name has a NUL, and PostgreSQL takes none in text: what follows one in a marker is moot.
  if (input.prefix.includes('\0')) return { buckets: [], isTruncated: false };
  const marker = input.marker.split('\0', 1)[0] ?? '';
  const rows = await sql
    .selectFrom('buckets')
    .select(bucketColumns)
    .where('account_id', '=', input.accountId)
    .where('name', '>', marker)
    .where('name', '>=', input.prefix)
    .orderBy('name')
    .limit(input.limit + 1)
    .execute();
  // Names with the prefix stand together, so the first without it ends them.
  const end = rows.findIndex((row) => !row.name.startsWith(input.prefix));
  const matching = end === -1 ? rows : rows.slice(0, end);
  return {
    buckets: matching.slice(0, input.limit).map(toBucket),
    isTruncated: matching.length > input.limit,
  };
}

export async function listBucketsWith(
  sql: Sql,
  name: BucketDocumentName,
  afterId: number,
  limit: number,
): Promise<Bucket[]> {
  const rows = await sql
    .selectFrom('buckets')
    .select(bucketColumns)
    .where('id', '>', afterId)
    .where('id', 'in', (of) =>
      of.selectFrom('bucket_documents').select('bucket_id').where('name', '=', name),
    )
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(toBucket);
}

export async function setBucketAcl(
  sql: Sql,
  bucketId: number,
  acl: BucketAcl,
): Promise<'done' | 'none'> {
  const { numUpdatedRows } = await sql
    .updateTable('buckets')
    .set({ acl })
    .where('id', '=', bucketId)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return 'none';
  await noteChange(sql, 'bucket', String(bucketId));
  return 'done';
}

export async function setBucketRedundancy(
  sql: Sql,
  bucketId: number,
  redundancy: string,
): Promise<'done' | 'none'> {
  const { numUpdatedRows } = await sql
    .updateTable('buckets')
    .set({ redundancy })
    .where('id', '=', bucketId)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return 'none';
  await noteChange(sql, 'bucket', String(bucketId));
  return 'done';
}

const settingOfBlock = (accountId: string): string => `access block of ${accountId}`;

export async function hasAccountAccessBlock(sql: Sql, accountId: string): Promise<boolean> {
  return (await findSetting(sql, settingOfBlock(accountId))) === 'on';
}

export async function setAccountAccessBlock(
  sql: Sql,
  accountId: string,
  isBlocked: boolean,
): Promise<void> {
  await holdBuckets(sql, accountId);
  await setSetting(sql, settingOfBlock(accountId), isBlocked ? 'on' : 'off');
  const buckets = await sql
    .selectFrom('buckets')
    .select('id')
    .where('account_id', '=', accountId)
    .orderBy('id')
    // All of them before the first change is noted: whoever waits to note one may hold another.
    .forNoKeyUpdate()
    .execute();
  const text = isBlocked ? '{}' : undefined;
  for (const { id } of buckets) await setBucketDocument(sql, id, accountAccessBlock, text);
}

export async function setBucketVersioning(
  sql: Sql,
  bucketId: number,
  versioning: Versioning,
): Promise<'done' | 'none'> {
  // Changes of objects go by what they found here: those under way end first.
  await sql.selectFrom('buckets').select('id').where('id', '=', bucketId).forUpdate().execute();
  const { numUpdatedRows } = await sql
    .updateTable('buckets')
    .set({ versioning })
    .where('id', '=', bucketId)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return 'none';
  await noteChange(sql, 'bucket', String(bucketId));
  return 'done';
}

export async function findBucketDocument(
  sql: Sql,
  bucketId: number,
  name: BucketDocumentName,
): Promise<string | undefined> {
  return (await documentHeld(sql, { bucketId, name })).rows[0]?.text;
}

interface DocumentPlace {
  readonly bucketId: number;
  readonly name: BucketDocumentName;
}

const documentHeld = hotStatement(documentByName);

const deleteDocument = hotStatement((sql, slot: Slots<DocumentPlace>) =>
  sql
    .deleteFrom('bucket_documents')
    .where('bucket_id', '=', slot('bucketId'))
    .where('name', '=', slot('name')),
);

const putDocument = hotStatement((sql, slot: Slots<DocumentPlace & { text: string }>) =>
  sql
    .insertInto('bucket_documents')
    .values({ bucket_id: slot('bucketId'), name: slot('name'), text: slot('text') })
    .onConflict((conflict) =>
      conflict
        .columns(['bucket_id', 'name'])
        .doUpdateSet((of) => ({ text: of.ref('excluded.text') })),
    ),
);

export async function setBucketDocument(
  sql: Sql,
  bucketId: number,
  name: BucketDocumentName,
  text: string | undefined,
  expected?: { readonly text: string | undefined },
): Promise<'done' | 'none' | 'changed'> {
  const bucket = await holdBucket(sql, bucketId);
  if (bucket === undefined) return 'none';
  if (expected !== undefined) {
    const standing = await findBucketDocument(sql, bucketId, name);
    if (standing !== expected.text) return 'changed';
  }
  if (text === undefined) {
    await deleteDocument(sql, { bucketId, name });
  } else {
    await putDocument(sql, { bucketId, name, text });
  }
  const names = new Set(namesIn(bucket.documents));
  if (text === undefined) names.delete(name);
  else names.add(name);
  const documents = [...names].sort().join(',');
  if (documents !== bucket.documents) {
    await sql.updateTable('buckets').set({ documents }).where('id', '=', bucketId).execute();
  }
  await noteChange(sql, 'bucket', String(bucketId));
  return 'done';
}

function namesIn(documents: string): BucketDocumentName[] {
  return documents === '' ? [] : (documents.split(',') as BucketDocumentName[]);
}

/**
 * Documents, counters, tokens, mappings and notices of departed domains go by cascade. The lock
 * waits for every change of an object that is under way, and is waited for by those that come.
 */
export async function deleteBucket(
  sql: Sql,
  bucketId: number,
  audit: { actor: AuditActor; at: number },
): ReturnType<BucketStore['deleteBucket']> {
  const bucket = await sql
    .selectFrom('buckets')
    .select(['name', 'account_id'])
    .where('id', '=', bucketId)
    .forUpdate()
    .executeTakeFirst();
  if (bucket === undefined) return { outcome: 'none' };
  const what = await contentsOf(sql, bucketId);
  if (what !== undefined) return { outcome: 'not-empty', what };
  const mapped = await sql
    .selectFrom('cnames')
    .select(['domain', 'certificate_number'])
    .where('bucket_id', '=', bucketId)
    .orderBy('domain')
    .forUpdate()
    .execute();
  for (const cname of mapped) {
    await appendAudit(sql, {
      ...audit.actor,
      at: audit.at,
      action: 'DeleteBucket',
      ownerId: bucket.account_id,
      domain: cname.domain,
      bucket: bucket.name,
      detail: { certificateNumber: cname.certificate_number },
    });
    await noteChange(sql, 'domain', cname.domain);
  }
  await sql.deleteFrom('buckets').where('id', '=', bucketId).execute();
  await noteChange(sql, 'bucket', String(bucketId));
  return { outcome: 'deleted', domains: mapped.map((cname) => cname.domain) };
}

async function contentsOf(sql: Sql, bucketId: number): Promise<'objects' | 'uploads' | undefined> {
  for (const table of ['objects', 'object_versions', 'uploads'] as const) {
    const any = await sql
      .selectFrom(table)
      .select('bucket_id')
      .where('bucket_id', '=', bucketId)
      .limit(1)
      .executeTakeFirst();
    if (any !== undefined) return table === 'uploads' ? 'uploads' : 'objects';
  }
  return undefined;
}

export function toBucket(row: BucketRow): Bucket {
  return {
    id: row.id,
    name: row.name,
    accountId: row.account_id,
    acl: row.acl as BucketAcl,
    storageClass: row.storage_class,
    redundancy: row.redundancy,
    documents: namesIn(row.documents),
    versioning: row.versioning === '' ? undefined : (row.versioning as Versioning),
    createdAt: row.created_at,
  };
}
