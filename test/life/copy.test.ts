/** `cnamed copy`: what was served from one place is served from another, and nothing else. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { embedded, inStore, type Place, servePlace, writePlace } from '../campaigns/copy/places.ts';
import { createAuthority } from '../support/certificates.ts';
import { putCname } from '../support/put-cname.ts';
import { copy } from './copy/command.ts';
import { assertSamePlaces, stageForSuite, whole } from './copy/stage.ts';
import { clientOf, makeStory, observe } from './copy/story.ts';

const stage = stageForSuite();

test('what users see is the same on a cluster, and again on files', async () => {
  const here = await embedded(stage.folder, 'seen');
  const first = await servePlace(here);
  const story = await makeStory(first);
  const seen = await observe(first, story);
  await first.stop();
  const places = [
    here,
    await stage.newCluster('seen-there'),
    await embedded(stage.folder, 'seen-back'),
  ];
  for (const [index, to] of places.slice(1).entries()) {
    await whole(copy(places[index] as Place, to));
    const server = await servePlace(to);
    assert.deepEqual(await observe(server, story), seen, to.name);
    await server.stop();
  }
  await numbersGoOn(places.at(-1) as Place);
});

/** Numbers are never given twice: neither of buckets nor of certificates. */
async function numbersGoOn(place: Place): Promise<void> {
  const server = await servePlace(place);
  const { rows } = server.rooms.engines.metadata;
  const [buckets, certificates] = [
    await rows.lastNumber('buckets'),
    await rows.lastNumber('certificates'),
  ];
  const client = clientOf(server);
  await client.call({ method: 'PUT', bucket: 'new-bucket' });
  const made = await server.rooms.engines.metadata.buckets.findBucket('new-bucket');
  assert.equal(made?.id, buckets + 1);
  const certificate = await (await createAuthority()).issue({ names: ['new.example'] });
  await putCname(client, 'new-bucket', 'new.example', { certificate });
  assert.equal(await rows.lastNumber('certificates'), certificates + 1);
  client.close();
  await server.stop();
}

test('every mix of engines hands on to every other', async () => {
  const { place } = await stage.storied('mixed');
  const databaseUrl = await stage.postgres.createDatabase();
  const mixes = [
    await writePlace(stage.folder, 'mixed-sqlite-s3', inStore(stage.s3.url, 'mixed-one')),
    await writePlace(stage.folder, 'mixed-postgres-files', { 'database-url': databaseUrl }),
    await stage.newCluster('mixed-cluster'),
    await stage.newCluster('mixed-other-cluster'),
    await embedded(stage.folder, 'mixed-back'),
  ];
  let from = place;
  for (const to of mixes) {
    const report = await whole(copy(from, to, '--verify', 'full'));
    assert.ok(report.objects.copied > 0);
    from = to;
  }
  await assertSamePlaces(place, from);
});

test('one master key file may serve both sides', async () => {
  const { place } = await stage.storied('keyed');
  const shared = { 'master-key-file': join(place.dataDir, 'master.key') };
  const to = await writePlace(stage.folder, 'keyed-to', {
    ...inStore(stage.s3.url, 'keyed'),
    ...shared,
  });
  await whole(copy(place, to));
  const again = await whole(copy(place, to));
  assert.deepEqual(
    again.tables.map(({ written }) => written),
    again.tables.map(() => 0),
  );
});
