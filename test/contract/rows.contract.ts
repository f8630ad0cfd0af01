/** Moving rows: every engine gives them in the same order and takes what the other gave. */
import { strict as assert } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  blobTables,
  type MetadataEngine,
  openSqliteEngine,
  type Row,
  type RowKey,
  type RowTableName,
  rowTables,
} from '../../src/stores/index.ts';
import {
  bindNew,
  makeBucket,
  mapping,
  now,
  putSample,
  sampleAccount,
  sampleCertificate,
  sampleCredential,
  sampleIdentity,
  sampleObject,
  takeToken,
  unique,
} from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';

const mark = { source: '1000000000000001', objects: 'nowhere', run: 'one', at: now };

/** At least one row in every table, keys that try the order. */
async function fillAll(engine: MetadataEngine): Promise<void> {
  const account = sampleAccount();
  await engine.accounts.createAccount(account, sampleCredential(account.id));
  const user = sampleIdentity(account.id);
  const group = sampleIdentity(account.id, { kind: 'group' });
  const policy = { accountId: account.id, name: 'read', document: '{"ä":1}', createdAt: now };
  for (const identity of [user, group]) await engine.identities.createIdentity(identity, 10);
  await engine.identities.addMember(group.id, user.id, 10);
  await engine.identities.putPolicy(policy, 10);
  await engine.identities.attachPolicy(user.id, 'read', { isBuiltIn: false, limit: 10 });
  await engine.accounts.addCredential(sampleCredential(account.id, { userId: user.id }));
  await makeBucket(engine, account.id);
  const bucket = await makeBucket(engine, account.id);
  const other = await makeBucket(engine);
  await engine.buckets.setBucketDocument(bucket.id, 'website', '{"index":"ä"}');
  const keys = ['b', 'a', 'a\0', 'a\u0001', 'ä', '\uffee', '\u{1f600}', 'A', 'a/b', 'a b'];
  for (const key of keys) {
    await putSample(engine, bucket.id, key, { metadata: { note: 'ä\0' }, size: 7 });
  }
  await engine.buckets.setBucketVersioning(other.id, 'Enabled');
  for (const key of ['v', 'a\0', 'v']) {
    await putSample(engine, other.id, key, { versionId: unique('v') });
  }
  for (const key of ['gone', 'v', 'v']) {
    const deletions = [{ key, versionId: undefined, markerId: unique('m') }];
    await engine.objects.deleteObjects({ bucketId: other.id, deletions, now });
  }
  const upload = {
    uploadId: unique('upload'),
    key: 'ä\0',
    initiatedAt: now,
    facts: { ...sampleObject(), isSequential: false },
  };
  await engine.uploads.createUpload(other.id, upload);
  const part = { size: 7, etag: 'E', crc64: '1', modifiedAt: now };
  const { key, uploadId } = upload;
  for (const number of [1, 2]) {
    const input = { bucketId: other.id, key, uploadId, isAnnounced: false };
    await engine.uploads.putPart({ ...input, part: { ...part, number, blobId: unique('part') } });
  }
  const grown = await putSample(engine, bucket.id, 'grown', { type: 'Appendable' });
  await engine.objects.appendToObject({
    bucketId: bucket.id,
    key: 'grown',
    standing: grown,
    contentId: unique('content'),
    piece: { blobId: unique('piece'), size: 3 },
    grown: { etag: 'E', crc64: '1', modifiedAt: now },
    isAnnounced: false,
  });
  const moved = unique('moved').concat('.example');
  await takeToken(engine, bucket, unique('token').concat('.example'));
  await engine.cnames.changeMapping(
    mapping(bucket, unique('bound').concat('.example'), {
      binding: bindNew(sampleCertificate(account.id)),
    }),
  );
  await engine.cnames.changeMapping(mapping(bucket, moved));
  const token = await takeToken(engine, other, moved);
  const taken = await engine.cnames.changeMapping(
    mapping(other, moved, { proof: { kind: 'token', token }, allowTransfer: true }),
  );
  assert.equal(taken.outcome, 'mapped');
  await engine.settings.setSetting('root-account-id', account.id);
  await engine.settings.setSetting('master-key-check', 'of this place');
}

async function allRows(engine: MetadataEngine, table: RowTableName, limit = 3): Promise<Row[]> {
  const { key } = rowTables.find(({ name }) => name === table) ?? assert.fail();
  const rows: Row[] = [];
  for (let after: RowKey | undefined; ; ) {
    const page = await engine.rows.readRows(table, after, limit);
    rows.push(...page.map(plain));
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return rows;
    after = key.map((column) => last[column] ?? null);
  }
}

/** Buffers of whatever make compare by what they hold. */
function plain(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [
      column,
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    ]),
  );
}

async function copyAll(from: MetadataEngine, to: MetadataEngine, run: string): Promise<void> {
  for (const { name } of rowTables) {
    const rows = await from.rows.readRows(name, undefined, 1_000);
    assert.equal(await to.rows.putRows(run, name, rows), 0, `left out of ${name}`);
  }
}

export function rowStoreContract(under: EngineUnderTest): void {
  describe(`rows on ${under.name}`, () => {
    const suite = engineForSuite(under);
    let folder = '';
    let embedded: MetadataEngine;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'cnamed-rows-'));
      embedded = await openSqliteEngine({ path: join(folder, 'embedded.sqlite') });
      await fillAll(embedded);
    });
    after(async () => {
      await embedded.close();
      await rm(folder, { recursive: true, force: true });
    });

    it('every table comes over whole, in the order of its keys, and nothing of a place', async () => {
      const { rows, settings } = suite.engine;
      assert.equal(await rows.claimTarget(mark), 'claimed');
      await settings.setSetting('master-key-check', 'of that place');
      await copyAll(embedded, suite.engine, 'one');
      for (const { name } of rowTables) {
        const expected = await allRows(embedded, name);
        assert.ok(expected.length > 0, `nothing in ${name}`);
        assert.deepEqual(await allRows(suite.engine, name), expected, name);
        assert.equal((await rows.countRows(name)) >= expected.length, true);
      }
      assert.equal(await settings.findSetting('master-key-check'), 'of that place');
    });

    it('the same rows again change nothing, changed ones are replaced', async () => {
      await copyAll(embedded, suite.engine, 'one');
      const [bucket] = await embedded.rows.readRows('buckets', undefined, 1);
      assert.ok(bucket);
      await suite.engine.rows.putRows('one', 'buckets', [{ ...bucket, acl: 'public-read' }]);
      assert.equal((await allRows(suite.engine, 'buckets'))[0]?.acl, 'public-read');
      await suite.engine.rows.putRows('one', 'buckets', [bucket]);
      assert.deepEqual(await allRows(suite.engine, 'buckets'), await allRows(embedded, 'buckets'));
    });

    it('a row is found by its key', async () => {
      for (const { name, key } of rowTables) {
        const [row] = await embedded.rows.readRows(name, undefined, 1);
        assert.ok(row, name);
        const values = key.map((column) => row[column] ?? null);
        const found = (await suite.engine.rows.findRow(name, values)) ?? assert.fail(name);
        assert.deepEqual(plain(found), plain(row));
      }
      assert.equal(await suite.engine.rows.findRow('uploads', ['unknown']), undefined);
    });

    it('rows are found by their blobs, and counted by them', async () => {
      const { rows } = suite.engine;
      let count = 0;
      for (const table of blobTables) {
        for (const row of await allRows(embedded, table)) {
          if (row.blob_id === null) continue;
          const found = await rows.findHolders([String(row.blob_id), 'unknown']);
          assert.deepEqual(
            found.map((holder) => [holder.table, plain(holder.row)]),
            [[table, row]],
          );
          if ((row.content ?? 'blob') === 'blob') count += 1;
        }
      }
      assert.equal(await rows.countBlobs(), count);
      assert.deepEqual(await rows.findHolders([]), []);
    });

    it('versions keep their ids apart, and markers have no blob to share', async () => {
      const { rows } = suite.engine;
      const versions = await embedded.rows.readRows('object_versions', undefined, 100);
      const markers = versions.filter((row) => row.is_marker === 1);
      const object = versions.find((row) => row.is_marker === 0) ?? assert.fail();
      assert.ok(markers.length >= 2);
      assert.equal(await rows.putRows('one', 'object_versions', markers), 0);
      const same = { ...object, sequence: 99, blob_id: 'another' };
      assert.equal(await rows.putRows('one', 'object_versions', [same]), 1);
      const other = { ...same, version_id: 'another' };
      assert.equal(await rows.putRows('one', 'object_versions', [other]), 0);
      const { bucket_id: bucketId = null, key = null } = object;
      assert.equal(await rows.removeRows('one', 'object_versions', [[bucketId, key, 99]]), 0);
    });

    it('what hangs on nothing and what would share a unique value is left out', async () => {
      const { rows } = suite.engine;
      const [object] = await embedded.rows.readRows('objects', undefined, 1);
      const [bucket] = await embedded.rows.readRows('buckets', undefined, 1);
      assert.ok(object && bucket);
      const orphan = { ...object, bucket_id: 4_711, blob_id: 'of no bucket' };
      const twin = { ...object, key: Buffer.from('twin') };
      assert.equal(await rows.putRows('one', 'objects', [orphan, twin]), 2);
      assert.equal(await rows.putRows('one', 'buckets', [{ ...bucket, id: 4_712 }]), 1);
      const namesakes = [5_001, 5_002].map((id) => ({ ...bucket, id, name: 'namesake' }));
      assert.equal(await rows.putRows('one', 'buckets', namesakes), 1);
      assert.equal(await rows.removeRows('one', 'buckets', [[5_001]]), 0);
      assert.deepEqual(await allRows(suite.engine, 'objects'), await allRows(embedded, 'objects'));
    });

    it('rows go, but not those that others hang on', async () => {
      const { rows } = suite.engine;
      const [account] = await rows.readKeys('accounts', undefined, 1);
      const buckets = await rows.readKeys('buckets', undefined, 10);
      assert.ok(account);
      assert.equal(await rows.removeRows('one', 'accounts', [account]), 1);
      const identities = await rows.readKeys('identities', undefined, 10);
      // Of the user and the group, only the user has a key.
      assert.equal(await rows.removeRows('one', 'identities', identities), 1);
      // One of the three has objects, one has versions and an upload.
      assert.equal(await rows.removeRows('one', 'buckets', buckets), 2);
      const certificates = await rows.readKeys('certificates', undefined, 10);
      assert.equal(await rows.removeRows('one', 'certificates', certificates), 0);
      assert.equal((await allRows(suite.engine, 'cnames'))[0]?.certificate_number, null);
      const remove = async (table: RowTableName) =>
        rows.removeRows('one', table, await rows.readKeys(table, undefined, 100));
      assert.equal(await remove('uploads'), 1);
      for (const table of ['upload_parts', 'uploads', 'object_versions', 'objects'] as const) {
        assert.equal(await remove(table), 0);
      }
      assert.equal(await rows.removeRows('one', 'buckets', buckets), 0);
      assert.deepEqual(await rows.readRows('buckets', undefined, 10), []);
      await copyAll(embedded, suite.engine, 'one');
      for (const { name } of rowTables) {
        assert.deepEqual(await allRows(suite.engine, name), await allRows(embedded, name), name);
      }
    });

    it('records of the audit are neither changed nor removed', async () => {
      const [record] = await embedded.rows.readRows('audit', undefined, 1);
      assert.ok(record);
      await suite.engine.rows.putRows('one', 'audit', [{ ...record, action: 'Forged' }]);
      assert.deepEqual(await allRows(suite.engine, 'audit'), await allRows(embedded, 'audit'));
      const remove = suite.engine.rows.removeRows('one', 'audit', [[record.sequence ?? 0]]);
      await assert.rejects(remove, /append-only/);
    });

    it('numbers go on where the source was, also behind rows that are gone', async () => {
      const { rows, audit } = suite.engine;
      for (const name of ['buckets', 'certificates', 'audit'] as const) {
        const last = (await embedded.rows.lastNumber(name)) + 5;
        await rows.continueNumbers('one', name, last);
        assert.equal(await rows.lastNumber(name), last);
      }
      const made = await makeBucket(suite.engine);
      assert.equal(made.id, (await embedded.rows.lastNumber('buckets')) + 6);
      assert.equal(await rows.lastNumber('buckets'), made.id);
      await audit.appendAudit({ ...recordOf(), at: now });
      const [newest] = await audit.listAudit({ limit: 1 });
      assert.equal(newest?.sequence, (await embedded.rows.lastNumber('audit')) + 6);
    });

    it('a new engine has given no numbers, and gives the first ones after none were copied', async () => {
      const place = await mkdtemp(join(tmpdir(), 'cnamed-rows-'));
      const fresh = await under.open(place);
      assert.equal(await fresh.rows.lastNumber('buckets'), 0);
      assert.equal(await fresh.rows.lastNumber('certificates'), 10_000_000);
      await fresh.rows.claimTarget(mark);
      await fresh.rows.continueNumbers('one', 'buckets', 0);
      assert.equal((await makeBucket(fresh)).id, 1);
      await fresh.close();
      await rm(place, { recursive: true, force: true });
    });

    it('one run may write: of a second claim the first is told', async () => {
      const { rows } = suite.engine;
      assert.equal(await rows.claimTarget({ ...mark, run: 'two' }), 'claimed');
      await assert.rejects(rows.putRows('one', 'settings', []), /another copy/);
      await assert.rejects(rows.removeRows('one', 'settings', []), /another copy/);
      await assert.rejects(rows.continueNumbers('one', 'audit', 1), /another copy/);
      await assert.rejects(rows.completeCopy('one'), /another copy/);
      assert.equal(await rows.claimTarget({ ...mark, source: 'stranger' }), 'other-source');
    });

    it('no server starts on it before it is complete, and no copy is made after one has', async () => {
      const { rows } = suite.engine;
      assert.equal(await rows.adoptCopy(), 'incomplete');
      await rows.completeCopy('two');
      assert.equal((await rows.findCopyMark())?.isComplete, true);
      assert.equal(await rows.claimTarget({ ...mark, run: 'three' }), 'claimed');
      assert.equal(await rows.adoptCopy(), 'incomplete');
      await rows.completeCopy('three');
      assert.equal(await rows.adoptCopy(), 'adopted');
      assert.equal(await rows.adoptCopy(), 'free');
      assert.equal(await rows.findCopyMark(), undefined);
      assert.equal(await rows.claimTarget({ ...mark, run: 'four' }), 'occupied');
      await assert.rejects(rows.putRows('three', 'settings', []), /a server has started/);
    });
  });
}

function recordOf() {
  const actor = { accountId: '1', accessKeyId: '', remoteAddress: '', requestId: unique('id') };
  return { ...actor, action: 'Sample', ownerId: '1', domain: '', bucket: '', detail: {} };
}
