/** A source that is copied while it serves, and again when it has changed. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { append, putComposed } from '../campaigns/copy/compose.ts';
import { embedded, type Place, servePlace } from '../campaigns/copy/places.ts';
import { createAuthority } from '../support/certificates.ts';
import { createChance } from '../support/chance.ts';
import { deleteCname, putCname } from '../support/put-cname.ts';
import type { SignedClient } from '../support/signed-client.ts';
import { copy } from './copy/command.ts';
import { assertSamePlaces, stageForSuite, whole } from './copy/stage.ts';
import { clientOf, makeStory, type Story } from './copy/story.ts';

const stage = stageForSuite();

describe('a source that is in use', () => {
  let here: Place;
  let there: Place;
  let story: Story;

  before(async () => {
    here = await embedded(stage.folder, 'used');
    there = await stage.newCluster('used-there');
  });

  it('is copied, but not called complete, and no server starts on the target', async () => {
    const server = await servePlace(here);
    story = await makeStory(server);
    const { code, report } = await copy(here, there);
    assert.equal(code, 1);
    assert.equal(report?.isSourceServed, true);
    assert.equal(report?.differing, 0);
    assert.equal(report?.objects.copied, story.contents);
    await assert.rejects(servePlace(there), /target of a copy that is not complete.*cnamed copy/s);
    await change(server);
    await server.stop();
  });

  it('is brought up to date by what changed, once it stands still', async () => {
    const report = await whole(copy(here, there));
    // Replaced, new, and in the bucket that was made anew.
    assert.equal(report.objects.copied, 3);
    const removed = report.tables.filter(({ removed }) => removed > 0).map(({ table }) => table);
    const expected = ['bucket_counters', 'bucket_documents', 'buckets', 'cnames', 'objects'];
    assert.deepEqual(removed.sort(), expected);
    await assertSamePlaces(here, there);
  });

  it('brings what was appended, what became an older version, and what an upload became', async () => {
    const server = await servePlace(here);
    const { engines } = server.rooms;
    const { buckets, uploads } = engines.metadata;
    const bucketId = (await buckets.findBucket('versioned-bucket'))?.id ?? assert.fail();
    await buckets.setBucketVersioning(bucketId, 'Enabled');
    const grown = { bucketId, key: 'grown' };
    await append(engines, grown, Buffer.from('three'), Buffer.from('onetwothree'));
    const client = clientOf(server);
    const { status } = await client.call({
      method: 'PUT',
      bucket: 'versioned-bucket',
      key: 'grown',
      body: 'on top',
    });
    assert.equal(status, 200);
    const [upload] = (
      await uploads.listUploads({
        ...{ bucketId, prefix: '', delimiter: '', after: '', afterUpload: undefined, limit: 1 },
      })
    ).entries;
    assert.ok(upload !== undefined && 'uploadId' in upload);
    await uploads.abortUpload({ bucketId, ...upload, now: Date.now() });
    await putComposed(engines, { bucketId, key: 'later', pieces: [Buffer.alloc(9), Buffer.of(1)] });
    client.close();
    await server.stop();
    await whole(copy(here, there, '--verify', 'full'));
    await assertSamePlaces(here, there);
  });

  it('may change again after a complete copy, until a server has started there', async () => {
    const server = await servePlace(here);
    const client = clientOf(server);
    await client.call({ method: 'PUT', bucket: 'shop-bucket', key: 'late', body: 'late' });
    client.close();
    await server.stop();
    assert.equal((await whole(copy(here, there))).objects.copied, 1);
    await (await servePlace(there)).stop();
    const { code, stderr } = await copy(here, there);
    assert.equal(code, 1);
    assert.match(stderr, /target is not empty.*a server has started since/s);
  });

  it('is copied whatever is done to it meanwhile, and nothing of that is torn', async (context) => {
    const seed = Date.now() % 1_000_000_000;
    context.diagnostic(`seed ${seed}`);
    const [busy, target] = [
      await embedded(stage.folder, 'busy'),
      await stage.newCluster('busy-there'),
    ];
    const server = await servePlace(busy);
    await makeStory(server);
    const end = new AbortController();
    const writers = [1, 2, 3].map((number) =>
      keepChanging(server, `${seed} ${number}`, end.signal),
    );
    for (let number = 0; number < 4; number += 1) {
      const { code, report, stderr } = await copy(busy, target);
      assert.equal(code, 1);
      assert.equal(report?.isComplete, false, stderr);
      assert.deepEqual(report?.damages, []);
    }
    end.abort();
    const changes = await Promise.all(writers);
    assert.ok(Math.min(...changes) > 20, `${changes} changes`);
    await server.stop();
    await whole(copy(busy, target, '--verify', 'full'));
    await assertSamePlaces(busy, target);
  });

  /** New, replaced and deleted objects; a bucket made anew; domains moved, rebound, released. */
  async function change(server: Awaited<ReturnType<typeof servePlace>>): Promise<void> {
    const client = clientOf(server);
    const shop = { bucket: 'shop-bucket' };
    await client.call({ ...shop, method: 'PUT', key: 'index.html', body: 'another' });
    await client.call({ ...shop, method: 'PUT', key: 'new', body: 'new' });
    await client.call({ ...shop, method: 'DELETE', key: 'large.bin' });
    await client.call({ ...shop, method: 'DELETE', query: { website: undefined } });
    for (const { bucket, key } of story.objects) {
      if (bucket === 'private-bucket') await client.call({ bucket, key, method: 'DELETE' });
    }
    const anew = { bucket: 'private-bucket' };
    assert.equal((await client.call({ ...anew, method: 'DELETE' })).status, 204);
    assert.equal((await client.call({ ...anew, method: 'PUT' })).status, 200);
    await client.call({ ...anew, method: 'PUT', key: 'empty', body: 'not any more' });
    const [www = '', img = '', bare = ''] = story.domains;
    const certificate = await (await createAuthority()).issue({ names: [www] });
    await putCname(client, 'shop-bucket', www, { certificate });
    await deleteCname(client, 'shop-bucket', bare);
    await putCname(client, 'shop-bucket', img, { isUnbind: true });
    await server.rooms.accounts.createAccount('another');
    client.close();
  }
});

/** Changes of every kind, as fast as they go; returns how many. */
async function keepChanging(
  server: Awaited<ReturnType<typeof servePlace>>,
  seed: string,
  signal: AbortSignal,
): Promise<number> {
  const chance = createChance(seed);
  const client = clientOf(server);
  let changes = 0;
  for (; !signal.aborted; changes += 1) {
    const bucket = chance.pick(['shop-bucket', `busy-bucket-${chance.int(3)}`]);
    const key = `busy ${chance.int(30)}`;
    const domain = `d${chance.int(5)}.busy.example`;
    const act = chance.int(9);
    if (act < 3) await client.call({ method: 'PUT', bucket, key, body: chance.bytes(3_000) });
    else if (act < 5) await client.call({ method: 'DELETE', bucket, key });
    else if (act === 5 && bucket !== 'shop-bucket') await client.call({ method: 'DELETE', bucket });
    else if (act === 6) await client.call({ method: 'PUT', bucket });
    else if (act === 7) await setVersioning(client, bucket, chance.pick(['Enabled', 'Suspended']));
    else if (chance.one(2)) await putCname(client, bucket, domain);
    else await deleteCname(client, bucket, domain);
  }
  client.close();
  return changes;
}

async function setVersioning(client: SignedClient, bucket: string, status: string): Promise<void> {
  const body = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`;
  await client.call({ method: 'PUT', bucket, query: { versioning: undefined }, body });
}
