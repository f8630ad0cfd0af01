/**
 * The database of a running server goes away and comes back, by a connection that is cut and by one
 * on which nothing arrives any more: what is known is served on, writes are refused clearly, and
 * afterwards everything is right, also what another node changed in between.
 */
import { strict as assert } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createAuthority, type TestCertificate } from '../support/certificates.ts';
import { leafShown } from '../support/handshake.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { deleteCname, putCname } from '../support/put-cname.ts';
import { ask, type RawResponse } from '../support/raw-client.ts';
import { type S3TestServer, s3TestKey, startS3Server } from '../support/s3-server.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { type Answer, createSignedClient, type SignedClient } from '../support/signed-client.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const bucket = 'away-bucket';
/** What a client waits at most before it is refused, when nothing tells that the database hangs. */
const refusedWithinMs = 12_000;

let postgres: TestPostgres;
let objectStore: S3TestServer;
let proxy: TcpProxy;
let folder = '';
let cut: TestServer;
let other: TestServer;
let certificates: TestCertificate[];
const clients: SignedClient[] = [];

before(async () => {
  postgres = await startTestPostgres();
  objectStore = await startS3Server();
  folder = await mkdtemp(join(tmpdir(), 'cnamed-away-'));
  const direct = new URL(await postgres.createDatabase());
  proxy = await startTcpProxy({ host: direct.hostname, port: Number(direct.port) });
  const through = new URL(direct);
  through.port = String(proxy.port);
  const settings = {
    MASTER_KEY_FILE: join(folder, 'master.key'),
    OBJECT_STORE: `s3://bucket?endpoint=${objectStore.url}`,
    OBJECT_STORE_KEY_ID: s3TestKey.accessKeyId,
    OBJECT_STORE_KEY_SECRET: s3TestKey.secretAccessKey,
    OWNERSHIP: 'off',
  };
  cut = await startTestServer({ settings: { ...settings, DATABASE_URL: through.href } });
  other = await startTestServer({ settings: { ...settings, DATABASE_URL: direct.href } });
  const authority = await createAuthority();
  certificates = await Promise.all(
    [1, 2].map(() => authority.issue({ names: ['*.away.example'] })),
  );
});
after(async () => {
  for (const client of clients) client.close();
  await cut.close();
  await other.close();
  await proxy.shut();
  await objectStore.close();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

function clientOf(node: TestServer): SignedClient {
  const client = createSignedClient({ port: node.httpPort, credentials: node, connections: 8 });
  clients.push(client);
  return client;
}

async function made(answer: Promise<Answer>): Promise<void> {
  const { status, body } = await answer;
  assert.ok(status < 300, `${status} ${body}`);
}

function visit(node: TestServer, host: string, path: string, isSecure: boolean) {
  const target = isSecure
    ? { port: node.httpsPort, tls: { servername: host } }
    : { port: node.httpPort };
  return ask(target, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
}

function codeOf({ body }: { body: Buffer }): string | undefined {
  return /<Code>(\w+)<\/Code>/.exec(body.toString())?.[1];
}

function checkRefusal(answer: RawResponse | Answer): void {
  assert.equal(answer.status, 503, answer.body.toString());
  assert.equal(codeOf(answer), 'ServiceUnavailable');
  assert.match(answer.body.toString(), /cannot reach the storage behind it/);
  assert.match(answer.headers['retry-after'] ?? '', /^\d+$/);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000;
  while (!(await holds())) {
    assert.ok(performance.now() < end, 'the fact did not come');
    await delay(10);
  }
}

const shows = (host: string, path: string, text: string) => async (): Promise<boolean> => {
  const answer = await visit(cut, host, path, false);
  return answer.status === 200 && answer.body.toString() === text;
};

/**
 * Resolves when `cut` has dropped what the changes so far made stale: what it is asked from now on
 * it keeps. It tells so by showing a later change of something that it kept.
 */
async function followed(host: string): Promise<void> {
  for (const body of ['one', 'two']) {
    await made(clientOf(other).call({ method: 'PUT', bucket, key: 'mark', body }));
    await until(shows(host, '/mark', body));
  }
}

for (const way of ['the connection is cut', 'nothing arrives any more'] as const) {
  test(`${way}: served on, refused, and all right afterwards`, async () => {
    const [here, there] = [clientOf(cut), clientOf(other)];
    const [kept, gone, fresh] = ['kept', 'gone', 'fresh'].map(
      (name) => `${name}-${way.length}.away.example`,
    ) as [string, string, string];
    const [first, second] = certificates as [TestCertificate, TestCertificate];
    const put = (client: SignedClient, key: string, body: string) =>
      client.call({ method: 'PUT', bucket, key, body });
    await made(here.call({ method: 'PUT', bucket, headers: { 'x-oss-acl': 'public-read' } }));
    for (const key of ['read', 'unread', 'hidden']) await made(put(here, key, `${key} before`));
    for (const domain of [kept, gone]) {
      await made(putCname(there, bucket, domain, { certificate: first }));
    }
    await followed(kept);
    for (const domain of [kept, gone]) {
      await until(shows(domain, '/read', 'read before'));
      assert.equal(await leafShown(cut.httpsPort, domain), first.x509.fingerprint256);
    }

    if (way === 'the connection is cut') await proxy.shut();
    else proxy.hush();
    const startedAt = performance.now();
    const refused = await Promise.all([
      put(here, 'late', 'x'),
      here.call({ method: 'DELETE', bucket, key: 'read-not' }),
      putCname(here, bucket, fresh),
      deleteCname(here, bucket, kept),
      here.call({ method: 'PUT', bucket: 'late-bucket' }),
    ]);
    for (const answer of refused) checkRefusal(answer);
    assert.ok(performance.now() - startedAt < refusedWithinMs, 'a refusal took too long');
    for (const isSecure of [false, true]) {
      const page = await visit(cut, kept, '/read', isSecure);
      assert.equal(page.status, 200, page.body.toString());
      assert.equal(page.body.toString(), 'read before');
      checkRefusal(await visit(cut, kept, '/unread', isSecure));
    }
    const { status } = await here.call({ method: 'HEAD', bucket, key: 'read' });
    assert.equal(status, 200, 'who signs is known too');

    await made(put(there, 'read', 'read after'));
    await made(deleteCname(there, bucket, gone));
    await made(putCname(there, bucket, fresh));
    await made(putCname(there, bucket, kept, { certificate: second }));
    if (way === 'the connection is cut') await proxy.open();
    else proxy.speak();

    await until(shows(kept, '/read', 'read after'));
    await until(async () => codeOf(await visit(cut, gone, '/read', false)) === 'NoSuchBucket');
    await until(shows(fresh, '/unread', 'unread before'));
    await until(async () => (await leafShown(cut.httpsPort, kept)) === second.x509.fingerprint256);
    await made(put(here, 'late', 'y'));
    assert.equal((await there.call({ method: 'GET', bucket, key: 'late' })).body.toString(), 'y');
  });
}

test('bytes that were replaced and removed meanwhile are refused, never others', async () => {
  const [here, there] = [clientOf(cut), clientOf(other)];
  const host = 'bytes.away.example';
  await made(putCname(there, bucket, host));
  // Too large to be in memory.
  const before = 'a'.repeat(3_000_000);
  await made(here.call({ method: 'PUT', bucket, key: 'large', body: before }));
  await followed(host);
  await until(shows(host, '/large', before));
  const row = await cut.rooms.engines.metadata.buckets.findBucket(bucket);
  const object = await cut.rooms.engines.metadata.objects.findObject(row?.id ?? 0, 'large');
  assert.ok(object);
  await proxy.shut();
  assert.equal((await visit(cut, host, '/large', false)).body.length, before.length);
  const body = 'b'.repeat(3_000_000);
  await made(there.call({ method: 'PUT', bucket, key: 'large', body }));
  await other.rooms.engines.blobs.remove([object.blobId]);
  checkRefusal(await visit(cut, host, '/large', false));
  await proxy.open();
  await until(shows(host, '/large', body));
});
