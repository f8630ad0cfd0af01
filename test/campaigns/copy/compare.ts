/** Two installations held against each other, by code of the test's own. */
import assert from 'node:assert/strict';
import { createHash, type Hash } from 'node:crypto';
import type { BlobStore, Row, RowKey, RowTableName } from '../../../src/stores/index.ts';
import type { openPlace } from './places.ts';

type Opened = Awaited<ReturnType<typeof openPlace>>;

const tables: Readonly<Record<RowTableName, readonly string[]>> = {
  accounts: ['id'],
  identities: ['id'],
  members: ['user_id', 'group_id'],
  policies: ['account_id', 'name'],
  attachments: ['identity_id', 'policy_name'],
  credentials: ['access_key_id'],
  buckets: ['id'],
  bucket_counters: ['bucket_id', 'shard'],
  bucket_documents: ['bucket_id', 'name'],
  certificates: ['number'],
  cnames: ['domain'],
  departed_cnames: ['bucket_id', 'domain'],
  cname_tokens: ['bucket_id', 'domain'],
  audit: ['sequence'],
  objects: ['bucket_id', 'key'],
  object_versions: ['bucket_id', 'key', 'sequence'],
  content_parts: ['content_id', 'start'],
  uploads: ['upload_id'],
  upload_parts: ['upload_id', 'number'],
  changes: ['kind', 'name'],
  counters: ['name'],
  settings: ['name'],
};

const sealed: Readonly<Record<string, string>> = {
  credentials: 'secret_sealed',
  certificates: 'key_sealed',
};

const comparedAtOnce = 64;

export interface Counts {
  readonly objects: number;
  readonly domains: number;
  readonly certificates: number;
}

/** Every row is the same but for what is sealed, which opens to the same; so is every byte. */
export async function assertSame(one: Opened, other: Opened): Promise<Counts> {
  const counts: Record<string, number> = {};
  let blobs = 0;
  for (const [name, key] of Object.entries(tables) as [RowTableName, readonly string[]][]) {
    let count = 0;
    const compared: Promise<void>[] = [];
    const theirs = rowsOf(other, name, key);
    for await (const row of rowsOf(one, name, key)) {
      const { value: twin } = await theirs.next();
      assert.ok(twin, `${name}: a row is missing`);
      assertSameRow(name, row, twin, one, other);
      if (namesBlob(row)) {
        compared.push(assertSameBytes(row, one.blobs, other.blobs));
        blobs += 1;
      }
      if (compared.length >= comparedAtOnce) await Promise.all(compared.splice(0));
      count += 1;
    }
    await Promise.all(compared.splice(0));
    assert.equal((await theirs.next()).done, true, `${name}: a row too many`);
    counts[name] = count;
  }
  for (const name of ['buckets', 'certificates', 'audit'] as const) {
    const last = await one.metadata.rows.lastNumber(name);
    assert.equal(await other.metadata.rows.lastNumber(name), last, `numbers of ${name}`);
  }
  assert.equal(await blobsIn(other.blobs), blobs, 'bytes that no row has');
  const { objects = 0, cnames: domains = 0, certificates = 0 } = counts;
  return { objects, domains, certificates };
}

/** Composed contents and those of nothing have a name, too, but no blob of it. */
function namesBlob({ blob_id: blobId = null, content = 'blob' }: Row): boolean {
  return blobId !== null && content === 'blob';
}

function assertSameRow(name: string, row: Row, twin: Row, one: Opened, other: Opened): void {
  const column = sealed[name];
  if (column === undefined) {
    assert.deepEqual(plain(twin), plain(row));
    return;
  }
  const { [column]: text, ...rest } = row;
  const { [column]: otherText, ...otherRest } = twin;
  assert.deepEqual(otherRest, rest);
  const place =
    name === 'credentials'
      ? `access-key-secret/${row.account_id}/${row.access_key_id}`
      : `certificate-key:1:${row.account_id}:${row.fingerprint256}`;
  const secret = one.sealer.unseal(String(text), place);
  assert.ok(secret.equals(other.sealer.unseal(String(otherText), place)), 'another secret');
  assert.notEqual(otherText, text, 'sealed under the same key');
  assert.throws(() => one.sealer.unseal(String(otherText), place), /master key/);
  assert.match(String(otherText), /^s1\./);
}

async function assertSameBytes(row: Row, one: BlobStore, other: BlobStore): Promise<void> {
  const blobId = String(row.blob_id);
  assert.equal(await digestOf(other, blobId), await digestOf(one, blobId), `bytes of ${row.key}`);
}

async function digestOf(blobs: BlobStore, blobId: string): Promise<string> {
  const reader = await blobs.open(blobId);
  assert.ok(reader, `${blobId} is missing`);
  const hash: Hash = createHash('sha256').update(`${reader.size}:`);
  const chunk = Buffer.alloc(Math.min(64 * 1024, reader.size + 1));
  for (let position = 0; position < reader.size; ) {
    const count = await reader.read(chunk, position);
    assert.ok(count > 0, `${blobId} is cut`);
    hash.update(chunk.subarray(0, count));
    position += count;
  }
  await reader.close();
  return hash.digest('hex');
}

async function* rowsOf(
  { metadata }: Opened,
  name: RowTableName,
  key: readonly string[],
): AsyncGenerator<Row> {
  for (let after: RowKey | undefined; ; ) {
    const page = await metadata.rows.readRows(name, after, 400);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    after = key.map((column) => last[column] ?? null);
  }
}

async function blobsIn(blobs: BlobStore): Promise<number> {
  let count = 0;
  for await (const batch of blobs.list()) count += batch.length;
  return count;
}

/** Sealed keys of contents differ between places; the bytes they open do not. */
function withoutKey(text: Row[string]): Row[string] {
  if (typeof text !== 'string') return text;
  return text.replace(/"dataKeySealed":"[^"]*"/, '"dataKeySealed":""');
}

function plain(row: Row): Row {
  const key = row.key instanceof Uint8Array ? Buffer.from(row.key).toString('hex') : null;
  const { extras = null, facts = null } = row;
  return { ...row, key, extras: withoutKey(extras), facts: withoutKey(facts) };
}
