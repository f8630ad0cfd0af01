/**
 * `cnamed check` on a mix of engines: nothing to say about a sound installation, however busy;
 * exactly what is wrong about a harmed one; and after a repair only what cannot be repaired.
 */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { leaveUpload, putComposed } from '../../campaigns/copy/compose.ts';
import { createChance } from '../../support/chance.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { type S3TestServer, startS3Server } from '../../support/s3-server.ts';
import { leaf, type Mix, openStage, requestFor, type Stage } from './stage.ts';

const dayMs = 24 * 60 * 60_000;
/** A busy machine must not keep a check behind writers for ever. */
const writesMax = 2_000;

/** A file for each mix, so that each has a deadline of its own. */
export function checksOn(mix: Mix): void {
  suite(`${mix.database} and ${mix.objects}`, () => {
    let postgres: TestPostgres;
    let s3: S3TestServer;
    let stage: Stage;
    before(async () => {
      postgres = await startTestPostgres();
      s3 = await startS3Server();
      stage = await openStage(mix, { postgres, s3 });
    });
    after(async () => {
      await stage.close();
      await s3.close();
      await postgres.stop();
    });

    test('a busy sound installation has nothing to tell', () => checkWhileWriting(stage));
    test('damage is told line by line, repaired where nothing is lost', async () => {
      const wounds = await harm(stage, mix);
      const quick = await stage.check('--quick');
      const unseen = ['bytes-changed flipped.bin', 'bytes-changed flipped part'];
      assert.deepEqual(
        quick.findings,
        wounds.all.filter((name) => !unseen.includes(name)),
      );
      assert.equal(quick.finished.code, 1);

      const whole = await stage.check();
      assert.deepEqual(whole.findings, wounds.all);
      assert.equal(whole.finished.code, 1);
      assert.equal(whole.report.damage, wounds.all.length - wounds.leftOvers);
      assert.equal(whole.report.leftOvers, wounds.leftOvers);

      const told = (await stage.print()).stdout;
      const lines = [
        'damage: bucket shop, key "gone.bin": its bytes are gone. Upload the object again',
        'damage: bucket counted: its counters say 13 objects with 31 bytes, and there are 6',
        'damage: bucket shop, domain foreign.example: it is of account ',
        `left-over: blob ${orphan}: 12 bytes that no object, garbage or upload knows. --repair`,
      ];
      for (const line of lines) assert.ok(told.includes(`${line}`), `${line}\nin\n${told}`);

      const one = await stage.check('--bucket', 'counted');
      assert.deepEqual(one.findings, ['counters-wrong counted']);

      const repairing = await stage.check('--repair');
      const isRepairable = (name: string) => wounds.repairable.includes(name);
      const expected = wounds.all.map((name) => (isRepairable(name) ? `${name} repaired` : name));
      assert.deepEqual(repairing.findings, expected.sort());
      assert.equal(await stage.blobs.has(orphan), false);

      const rest = await stage.check();
      assert.deepEqual(
        rest.findings,
        wounds.all.filter((name) => !isRepairable(name)),
      );
      assert.equal(rest.finished.code, 1);
    });
  });
}

/** Overwrites and deletes go on until the check has ended. */
async function checkWhileWriting(stage: Stage): Promise<void> {
  const chance = createChance(7);
  const bucket = await stage.bucket('busy');
  await stage.put('busy', 'empty', '');
  await stage.put('busy', 'zeile\n"1"\u0001 ü', 'odd');
  for (let index = 0; index < 30; index += 1) {
    await stage.put('busy', `calm/${index}`, chance.bytes(1 + chance.int(40_000)));
  }
  await stage.put('busy', 'large', chance.bytes(3_000_000));
  await stage.map(bucket, 'busy.example');
  let isOver = false;
  const write = async (writer: number): Promise<number> => {
    let writes = 0;
    for (; !isOver && writes < writesMax; writes += 1) {
      const key = `busy/${writer}/${chance.int(20)}`;
      const method = chance.one(4) ? 'DELETE' : 'PUT';
      const body = method === 'PUT' ? chance.bytes(chance.int(20_000)) : '';
      const { status } = await stage.client.call({ method, bucket: 'busy', key, body });
      assert.ok(status === 200 || status === 204, `${method} ${status}`);
    }
    return writes;
  };
  const writers = [write(0), write(1)];
  try {
    const whole = await stage.checkApart();
    assert.deepEqual(whole.findings, [], whole.finished.stderr);
    assert.equal(whole.finished.code, 0, whole.finished.stderr);
    assert.ok((whole.plan.objects ?? 0) >= 33);
    assert.ok((whole.report.bytes ?? 0) > 3_000_000);
    assert.deepEqual((await stage.check('--quick', '--bucket', 'busy')).findings, []);
    const plain = await stage.print('--rate', '1GiB');
    assert.match(plain.stderr, /^\d+ objects in 1 buckets: [\d.]+ MiB to read, at least 0 s$/m);
    assert.match(plain.stdout, /^sound: \d+ objects, [\d.]+ MiB read in /);
    for (const words of [
      ['--rate', 'fast'],
      ['--rate', '0'],
      ['--bucket', 'nowhere'],
    ]) {
      assert.equal((await stage.print(...words)).code, 2, words.join(' '));
    }
  } finally {
    isOver = true;
    for (const writes of await Promise.all(writers)) assert.ok(writes > 0);
  }
}

const orphan = 'ab00000000000000000000000000beef';
const youngOrphan = 'ab00000000000000000000000000cafe';

interface Wounds {
  readonly all: readonly string[];
  readonly repairable: readonly string[];
  readonly leftOvers: number;
}

/** Every kind of damage once, planted with the server stopped. */
async function harm(stage: Stage, mix: Mix): Promise<Wounds> {
  const { server, blobs } = stage;
  const { engines, accounts } = server.rooms;
  const other = await accounts.createAccount('other');
  const strayKey = await accounts.createKey('other');
  const shop = await stage.bucket('shop');
  await stage.bucket('counted');
  await stage.bucket('nobodys', '9999999999999999');
  const theirs = await stage.bucket('theirs', other.accountId);
  for (const key of ['gone', 'cut', 'flipped', 'headers', 'stray', 'sound']) {
    await stage.put('shop', `${key}.bin`, `the bytes of ${key}`);
    await stage.put('counted', key, key);
  }
  const ids = Object.fromEntries(
    await Promise.all(
      ['gone', 'cut', 'flipped', 'headers', 'stray'].map(
        async (key) => [key, await stage.blobIdOf('shop', `${key}.bin`)] as const,
      ),
    ),
  );
  await engines.metadata.buckets.setBucketDocument(shop.id, 'website', '{}');
  for (const domain of ['foreign', 'homeless', 'departed'].map((name) => `${name}.example`)) {
    await stage.map(shop, domain, false);
  }
  const numbers: Record<string, number | undefined> = {};
  for (const name of ['unbound', 'half', 'crossed', 'uncovered', 'resealed', 'sound']) {
    numbers[name] = await stage.map(shop, `${name}.example`);
  }
  numbers.theirs = await stage.map(theirs, 'crossed.shop.example');
  const resealed = await resealForAnother(stage, numbers.resealed ?? 0);
  const layers = await makeLayers(stage);
  await server.stop();

  await blobs.remove(ids.gone ?? '');
  await blobs.cut(ids.cut ?? '');
  await blobs.flip(ids.flipped ?? '');
  await blobs.add(orphan, Buffer.from('nobody knows'), 2 * dayMs);
  await blobs.add(youngOrphan, Buffer.from('comes in a moment'), 60_000);
  if (mix.database === 'PostgreSQL') await dropConstraints(stage);
  const longAgo = Date.now() - 3 * dayMs;
  await stage.sql(
    `update objects set headers = '{' where blob_id = '${ids.headers}'`,
    `update objects set bucket_id = 900001 where blob_id = '${ids.stray}'`,
    `update buckets set object_count = object_count + 7 where name = 'counted'`,
    `update bucket_documents set text = '<' where bucket_id = ${shop.id}`,
    `insert into bucket_documents (bucket_id, name, text) values (900002, 'website', '{}')`,
    `update credentials set account_id = '1' where access_key_id = '${strayKey.accessKeyId}'`,
    `update certificates set key_sealed = '${resealed}' where number = ${numbers.resealed}`,
    `update cnames set account_id = '${other.accountId}' where domain = 'foreign.example'`,
    `update cnames set bucket_id = 900003 where domain = 'homeless.example'`,
    `update cnames set certificate_number = 7 where domain = 'unbound.example'`,
    `update cnames set bound_at = null where domain = 'half.example'`,
    `update cnames set certificate_number = ${numbers.theirs} where domain = 'crossed.example'`,
    `update cnames set certificate_number = ${numbers.sound} where domain = 'uncovered.example'`,
    `insert into cname_tokens (bucket_id, domain, token, created_at, expires_at)
       values (${shop.id}, 'early.example', 't', 2, 1), (900004, 'stray.example', 't', 1, 2)`,
    `insert into departed_cnames (bucket_id, domain, account_id, type, is_purge_cdn_cache, mapped_at,
       departed_at) values (${shop.id}, 'departed.example', '${server.rootAccountId}', 'CNAME_OSS',
       0, 1, 2), (900005, 'left.example', '1', 'CNAME_OSS', 0, 1, 2)`,
    `insert into audit (sequence, at, action, account_id, access_key_id, remote_address, request_id,
       owner_id, domain, bucket, detail) values (900006, 1, 'PutCname', '', '', '', 'r', '', 'a.example', 'b', '{')`,
    `insert into garbage (blob_id, freed_at) values ('no-bytes-any-more', ${longAgo})`,
    `insert into announced_blobs (blob_id, announced_at) values ('never-came', ${longAgo})`,
  );
  await harmLayers(stage, layers);
  const repairable = [
    'counters-wrong layers',
    `parts-without-object ${layers.stray}`,
    'counters-wrong counted',
    'counters-wrong shop',
    `bytes-without-row ${orphan}`,
    'garbage-left -',
    'announcements-left -',
  ];
  const lasting = [
    'bytes-missing gone.bin',
    'bytes-of-another-size cut.bin',
    'bytes-changed flipped.bin',
    'bytes-missing older',
    'bytes-missing part gone',
    'bytes-changed flipped part',
    'bytes-of-another-size cut part',
    'parts-incomplete part less',
    'content-sealed-away sealed',
    'versions-disordered covered',
    'versions-disordered lost top',
    'upload-unreadable upload',
    'part-without-upload stray part',
    'object-unreadable headers.bin',
    'object-without-bucket stray.bin',
    'bucket-without-account nobodys',
    'document-unreadable shop',
    'document-without-bucket -',
    `credential-sealed-away ${strayKey.accessKeyId}`,
    `credential-without-account ${strayKey.accessKeyId}`,
    `certificate-broken ${numbers.resealed}`,
    'mapping-of-another-account foreign.example',
    'mapping-without-bucket homeless.example',
    'binding-broken half.example',
    'binding-broken unbound.example',
    'binding-of-another-account crossed.example',
    'domain-not-covered crossed.example',
    'domain-not-covered uncovered.example',
    'token-broken early.example',
    'token-without-bucket stray.example',
    'departure-broken departed.example',
    'departure-without-bucket left.example',
    'audit-unreadable 900006',
  ];
  return { all: [...repairable, ...lasting].sort(), repairable, leftOvers: 4 };
}

interface Layers {
  readonly older: string;
  readonly flipped: string;
  readonly cut: string;
  readonly less: string;
  readonly stray: string;
  readonly part: string;
  readonly lostTop: string;
  readonly covered: string;
  readonly sealed: string;
  readonly upload: string;
}

/** Versions, contents of parts and unfinished uploads, in a bucket of their own. */
async function makeLayers(stage: Stage): Promise<Layers> {
  const { engines } = stage.server.rooms;
  const { id: bucketId } = await stage.bucket('layers');
  await engines.metadata.buckets.setBucketVersioning(bucketId, 'Enabled');
  const twice = async (key: string): Promise<string> => {
    await stage.put('layers', key, `${key}, first`);
    const older = await stage.blobIdOf('layers', key);
    await stage.put('layers', key, `${key}, second`);
    return older;
  };
  const older = await twice('older');
  const covered = await twice('covered');
  await twice('sound');
  await twice('lost top');
  await stage.client.call({ method: 'DELETE', bucket: 'layers', key: 'sound' });
  const headers = { 'x-oss-server-side-encryption': 'AES256' };
  for (const key of ['sealed', 'sound, encrypted']) {
    const call = { method: 'PUT', bucket: 'layers', key, headers, body: 'in the clear' };
    assert.equal((await stage.client.call(call)).status, 200);
  }
  const pieces = ['one', 'two', 'three'].map((text) => Buffer.from(text));
  const compose = (key: string) => putComposed(engines, { bucketId, key, pieces });
  const secondOf = async (key: string) => {
    const parts = await engines.metadata.objects.listContentParts(await compose(key), 0, 3);
    return parts[1]?.blobId ?? assert.fail(key);
  };
  await compose('sound, of parts');
  const uploadId = await leaveUpload(engines, { bucketId, key: 'part gone', pieces });
  const [part] = await engines.metadata.uploads.listParts(uploadId, 0, 1);
  const upload = await leaveUpload(engines, { bucketId, key: 'upload', pieces: [] });
  return {
    older,
    flipped: await secondOf('flipped part'),
    cut: await secondOf('cut part'),
    less: await secondOf('part less'),
    stray: await compose('stray'),
    part: part?.blobId ?? '',
    lostTop: await stage.blobIdOf('layers', 'lost top'),
    covered,
    sealed: await stage.blobIdOf('layers', 'sealed'),
    upload,
  };
}

async function harmLayers({ blobs, sql }: Stage, layers: Layers): Promise<void> {
  await blobs.remove(layers.older);
  await blobs.remove(layers.part);
  await blobs.flip(layers.flipped);
  await blobs.cut(layers.cut);
  await sql(
    `delete from content_parts where blob_id = '${layers.less}'`,
    `delete from objects where blob_id in ('${layers.stray}', '${layers.lostTop}')`,
    `update object_versions set noncurrent_at = null where blob_id = '${layers.covered}'`,
    `update objects set extras = replace(extras, 's1.', 's1.00000000') where blob_id = '${layers.sealed}'`,
    `update uploads set facts = '{' where upload_id = '${layers.upload}'`,
    `insert into upload_parts (upload_id, number, blob_id, size, etag, crc64, modified_at)
       values ('no upload', 1, 'stray part', 1, 'E', '1', 1)`,
  );
}

/** Of SQLite they are off for a connection that wants it so. */
async function dropConstraints(stage: Stage): Promise<void> {
  const references = [
    ...['objects', 'cnames', 'departed_cnames', 'cname_tokens', 'bucket_documents'].map(
      (table) => [table, 'bucket_id'] as const,
    ),
    ['credentials', 'account_id'] as const,
    ['cnames', 'certificate_number'] as const,
    ['upload_parts', 'upload_id'] as const,
  ];
  for (const [table, column] of references) {
    await stage.sql(`alter table ${table} drop constraint ${table}_${column}_fkey`);
  }
}

/** Another certificate's private key, sealed so that it opens where it does not belong. */
async function resealForAnother(stage: Stage, number: number): Promise<string> {
  const { engines, certificates } = stage.server.rooms;
  const stored = await engines.metadata.certificates.findCertificate(number);
  assert.ok(stored);
  assert.ok(certificates.isUsable(stored, Date.now()));
  const stranger = await leaf('stranger.example');
  assert.ok(requestFor(stranger).privateKeyPem !== '');
  const place = `certificate-key:1:${stored.accountId}:${stored.fingerprint256}`;
  return engines.sealer.seal(Buffer.from(stranger.keyPem), place);
}
