/**
 * How SQLite goes about each statement of a listing: by an index, in the order that the index has,
 * whatever the bucket holds. What a page costs is then what it reads (listing.test.ts counts that).
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import SqliteDatabase, { type Database as SqliteConnection } from 'better-sqlite3';
import type { Bucket, MetadataEngine } from '../../../src/stores/index.ts';
import { openSqliteEngine } from '../../../src/stores/index.ts';
import { assemblePorts, type StorePorts } from '../../../src/stores/sql/ports.ts';
import { compileRead } from '../../../src/stores/sql/prepared.ts';
import type { RunWrite } from '../../../src/stores/sql/writes.ts';
import { kyselyOver } from '../../../src/stores/sqlite/dialect.ts';
import { sampleObject } from '../../contract/samples.ts';

const now = 1_700_000_000_000;
const versionsOfOneKey = 60;

let folder: string;
let engine: MetadataEngine;
let bucket: Bucket;
let ports: StorePorts;
let connection: SqliteConnection;
/** Statements with their values, as SQLite ran them. */
const statements: string[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-plans-'));
  const path = join(folder, 'cnamed.sqlite');
  engine = await openSqliteEngine({ path });
  bucket = await fill(engine);
  const verbose = (text?: unknown) => void statements.push(String(text));
  connection = new SqliteDatabase(path, { readonly: true, verbose });
  ports = portsOver(connection);
});
after(async () => {
  connection.close();
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

async function fill({ accounts, buckets, objects, uploads }: MetadataEngine): Promise<Bucket> {
  const account = { id: '1', name: 'one', standing: 'active', createdAt: now } as const;
  const key = { accessKeyId: 'k', accountId: '1', secretSealed: '', createdAt: now } as const;
  await accounts.createAccount(account, { ...key, standing: 'active' });
  const asked = { name: 'plans', accountId: '1', bucketsMax: 9, now };
  const made = await buckets.createBucket(asked);
  assert.ok('bucket' in made);
  await buckets.setBucketVersioning(made.bucket.id, 'Enabled');
  const bucketId = made.bucket.id;
  let count = 0;
  const put = (name: string) => {
    count += 1;
    const object = sampleObject({
      blobId: String(count).padStart(32, '0'),
      versionId: `v${count}`,
    });
    return objects.putObject({ bucketId, key: name, object, forbidOverwrite: false });
  };
  for (let times = 0; times < versionsOfOneKey; times += 1) await put('folder/one');
  for (const name of ['a', 'folder/two', 'other/three', 'z']) await put(name);
  const { acl, storageClass, headers, metadata, extras } = sampleObject();
  const facts = { acl, storageClass, headers, metadata, extras, isSequential: false };
  for (const [uploadId, name] of Object.entries({ u1: 'a', u2: 'folder/one', u3: 'folder/two' })) {
    const upload = { uploadId, key: name, initiatedAt: now, facts };
    assert.equal(await uploads.createUpload(bucketId, upload), 'created');
  }
  return made.bucket;
}

/** The engine's own reads, on a connection that tells what it is asked. */
function portsOver(reading: SqliteConnection): StorePorts {
  const { sql, statement } = kyselyOver(reading);
  return assemblePorts({
    sql,
    write: (() => Promise.reject(new Error('Nothing is written here.'))) as RunWrite,
    prepare(read) {
      const { text, values } = compileRead(sql, read);
      const prepared = statement(text);
      return {
        first: async (input) => prepared.get(...values(input)) as never,
        all: async (input) => prepared.all(...values(input)) as never,
      };
    },
    pickShard: () => 0,
    hasOwnClock: false,
    close: async () => {},
  });
}

/** The statements of `act`, each with its plan. */
async function plansOf(act: () => Promise<unknown>): Promise<{ text: string; plan: string }[]> {
  statements.length = 0;
  await act();
  const ran = [...statements];
  return ran.map((text) => {
    const steps = connection.prepare(`explain query plan ${text}`).all() as { detail: string }[];
    return { text, plan: steps.map(({ detail }) => detail).join('; ') };
  });
}

describe('every statement of a listing is a search of one index', () => {
  const page = () => ({ bucketId: bucket.id, prefix: '', delimiter: '', after: '', limit: 10 });
  const listings: Readonly<Record<string, () => Promise<unknown>>> = {
    'objects from the beginning': () => ports.objects.listObjects(page()),
    'objects behind a marker': () => ports.objects.listObjects({ ...page(), after: 'folder/one' }),
    'objects below a prefix, folded': () =>
      ports.objects.listObjects({ ...page(), prefix: 'folder/', delimiter: '/' }),
    'versions from the beginning': () =>
      ports.objects.listVersions({ ...page(), afterVersion: undefined }),
    'versions behind one of many of a key': () =>
      ports.objects.listVersions({ ...page(), after: 'folder/one', afterVersion: 'v50' }),
    'versions that are not the newest': () =>
      ports.objects.listNoncurrent({
        bucketId: bucket.id,
        prefix: '',
        after: { key: 'folder/one', sequence: 50 },
        limit: 10,
      }),
    'uploads behind a marker': () =>
      ports.uploads.listUploads({ ...page(), after: 'a', afterUpload: 'u' }),
    'uploads, folded': () =>
      ports.uploads.listUploads({ ...page(), delimiter: '/', afterUpload: undefined }),
  };
  for (const [name, list] of Object.entries(listings)) {
    it(name, async () => {
      const plans = await plansOf(list);
      assert.ok(plans.length >= 1 && plans.length <= 12, `${plans.length} statements`);
      for (const { text, plan } of plans) {
        assert.match(
          plan,
          /^SEARCH \w+ USING (PRIMARY KEY|(COVERING )?INDEX \w+) \(bucket_id=\?/,
          text,
        );
        assert.doesNotMatch(plan, /SCAN|TEMP B-TREE/, text);
      }
    });
  }

  const folded = () => ({ ...page(), delimiter: '/', limit: 2 });
  const foldings: Readonly<Record<string, () => Promise<unknown>>> = {
    objects: () => ports.objects.listObjects(folded()),
    versions: () => ports.objects.listVersions({ ...folded(), afterVersion: undefined }),
    uploads: () => ports.uploads.listUploads({ ...folded(), afterUpload: undefined }),
  };
  for (const [name, list] of Object.entries(foldings)) {
    it(`${name}: one group to the next is a search of the index, and nothing else`, async () => {
      const plans = await plansOf(list);
      const recursive = plans.filter(({ text }) => text.includes('recursive'));
      assert.equal(recursive.length, name === 'versions' ? 2 : 1);
      for (const { plan } of recursive) {
        const places =
          /SEARCH \w+ USING (PRIMARY KEY|COVERING INDEX \w+) \(bucket_id=\? AND (key>\? AND|\(key,\w+\)>\(\?,\?\) AND) key<\?\)/g;
        const isTied = !plan.includes('SEARCH objects');
        assert.equal([...plan.matchAll(places)].length, isTied ? 4 : 2, plan);
        // In the step itself both parts of a place are searched for.
        const [, step = ''] = plan.split('RECURSIVE STEP');
        if (isTied) assert.doesNotMatch(step, /key>\?/, plan);
        const row = isTied ? /bucket_id=\? AND key=\? AND \w+=\?/ : /bucket_id=\? AND key=\?/;
        assert.match(plan, row);
        assert.doesNotMatch(plan, /SCAN (?!heads|CONSTANT ROW)|AUTOMATIC/, plan);
      }
    });
  }

  it('a page of versions looks at no more of a key than it shows', async () => {
    const list = () =>
      ports.objects.listVersions({ ...page(), after: 'a', afterVersion: undefined });
    for (const { text } of await plansOf(list)) {
      assert.ok(connection.prepare(text).all().length <= 11, text);
    }
  });
});
