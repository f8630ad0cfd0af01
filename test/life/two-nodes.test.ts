/** Two servers over one database: what one is told, the other serves. */
import { strict as assert } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { actor, makeBucket, mapping, now, unique } from '../contract/samples.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { connectRaw } from '../support/raw-client.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let postgres: TestPostgres;
let folder = '';
const nodes: TestServer[] = [];

before(async () => {
  postgres = await startTestPostgres();
  folder = await mkdtemp(join(tmpdir(), 'cnamed-two-nodes-'));
  const settings = {
    DATABASE_URL: await postgres.createDatabase(),
    MASTER_KEY_FILE: join(folder, 'master.key'),
    OBJECT_STORE: pathToFileURL(join(folder, 'objects')).href,
  };
  for (let node = 0; node < 2; node += 1) nodes.push(await startTestServer({ settings }));
});
after(async () => {
  for (const node of nodes) await node.close();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

async function codeOf(node: TestServer | undefined, host: string): Promise<string> {
  const client = await connectRaw({ port: node?.httpPort ?? 0 });
  client.send(`GET /a.txt HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const body = (await client.response()).body.toString('utf8');
  client.destroy();
  return /<Code>(\w+)<\/Code>/.exec(body)?.[1] ?? body;
}

test('a domain mapped on one node is known on the other, and gone when it is removed', async () => {
  const [one, other] = nodes;
  assert.ok(one && other);
  const { metadata } = one.rooms.engines;
  const bucket = await makeBucket(metadata, one.rootAccountId);
  await metadata.buckets.setBucketAcl(bucket.id, 'public-read');
  const domain = unique('shared').concat('.example');
  assert.equal(await codeOf(other, domain), 'NoSuchBucket');
  await metadata.cnames.changeMapping(mapping(bucket, domain));
  assert.equal(await codeOf(one, domain), 'NoSuchKey');
  const until = performance.now() + 10_000;
  while ((await codeOf(other, domain)) !== 'NoSuchKey') {
    assert.ok(performance.now() < until, 'the other node does not know the domain');
    await delay(5);
  }
  const release = { domain, bucketId: bucket.id, now, audit: { actor } };
  await other.rooms.engines.metadata.cnames.releaseDomain(release);
  assert.equal(await codeOf(other, domain), 'NoSuchBucket');
  while ((await codeOf(one, domain)) !== 'NoSuchBucket') {
    assert.ok(performance.now() < until, 'the first node still knows the domain');
    await delay(5);
  }
});
