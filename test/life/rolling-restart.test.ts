/**
 * Three nodes behind a balancer, restarted one after the other while clients read, write and map:
 * no request fails.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Balancer, startBalancer } from '../support/balancer.ts';
import { createAuthority, createKey } from '../support/certificates.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { putCname } from '../support/put-cname.ts';
import { type S3TestServer, s3TestKey, startS3Server } from '../support/s3-server.ts';
import { rootKey } from '../support/server.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { createSignedClient } from '../support/signed-client.ts';

const names = ['a', 'b', 'c'];
const domain = 'www.rolling.example';
const page = Buffer.from('<p>a page</p>');

let folder = '';
let postgres: TestPostgres;
let databaseUrl = '';
let s3: S3TestServer;
let balancer: Balancer;
const nodes = new Map<string, ServerProcess>();

async function startNode(name: string): Promise<void> {
  const node = await startServerProcess({
    dataDir: join(folder, name),
    ...rootKey,
    settings: {
      DATABASE_URL: databaseUrl,
      OBJECT_STORE: `s3://bucket?endpoint=${s3.url}`,
      OBJECT_STORE_KEY_ID: s3TestKey.accessKeyId,
      OBJECT_STORE_KEY_SECRET: s3TestKey.secretAccessKey,
      MASTER_KEY_FILE: join(folder, 'master.key'),
      NODE_NAME: name,
      PROXY_FROM: '127.0.0.1',
      DRAIN_DELAY: '600ms',
      OWNERSHIP: 'off',
    },
  });
  assert.ok(node);
  nodes.set(name, node);
  balancer.put(name, node);
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-rolling-'));
  [postgres, s3, balancer] = await Promise.all([
    startTestPostgres(),
    startS3Server(),
    startBalancer(),
  ]);
  databaseUrl = await postgres.createDatabase();
  for (const name of names) await startNode(name);
  await balancer.untilReady(names.length);
});

after(async () => {
  await balancer.close();
  await Promise.all([...nodes.values()].map((node) => node.kill()));
  await Promise.all([s3.close(), postgres.stop()]);
  await rm(folder, { recursive: true, force: true });
});

const credentials = { ...rootKey, region: 'cn-hangzhou' };

test('every node restarts twice and no request fails', async (context) => {
  const authority = await createAuthority();
  const key = createKey();
  const issue = () => authority.issue({ names: [domain], key });
  const admin = createSignedClient({ port: balancer.httpPort, credentials });
  const put = { method: 'PUT', bucket: 'rolling' } as const;
  assert.equal((await admin.call({ ...put, headers: { 'x-oss-acl': 'public-read' } })).status, 200);
  assert.equal((await admin.call({ ...put, key: 'page', body: page })).status, 200);
  const certificate = await issue();
  assert.equal((await putCname(admin, 'rolling', domain, { certificate })).status, 200);

  let isOver = false;
  const counts = { read: 0, readSecurely: 0, written: 0, bound: 0 };
  async function until(work: () => Promise<void>): Promise<void> {
    while (!isOver) await work();
  }
  const writer = createSignedClient({ port: balancer.httpPort, credentials });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const all = Promise.all([
    until(async () => {
      const answer = await admin.get(domain, '/page');
      assert.deepEqual([answer.status, answer.body], [200, page]);
      counts.read++;
    }),
    until(async () => {
      assert.deepEqual(await readSecurely(agent, authority.certificatePem), page);
      counts.readSecurely++;
    }),
    until(async () => {
      const body = `written ${counts.written}`;
      const object = { bucket: 'rolling', key: `object-${counts.written % 5}` };
      assert.equal((await writer.call({ method: 'PUT', ...object, body })).status, 200);
      const read = await writer.call({ method: 'GET', ...object });
      assert.deepEqual([read.status, String(read.body)], [200, body]);
      counts.written++;
    }),
    until(async () => {
      const client = createSignedClient({ port: balancer.httpPort, credentials });
      const answer = await putCname(client, 'rolling', domain, { certificate: await issue() });
      client.close();
      assert.equal(answer.status, 200, String(answer.body));
      counts.bound++;
    }),
  ]);
  const restarting = (async () => {
    for (const name of [...names, ...names]) {
      const node = nodes.get(name);
      assert.equal(await node?.stop(), 0, node?.condition() ?? name);
      await startNode(name);
      await balancer.untilReady(names.length);
    }
    isOver = true;
  })();
  await Promise.all([all, restarting]);
  context.diagnostic(JSON.stringify(counts));
  for (const [what, count] of Object.entries(counts)) assert.ok(count > 0, what);
  agent.destroy();
  admin.close();
  writer.close();
});

function readSecurely(agent: Agent, ca: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { agent, ca, host: '127.0.0.1', port: balancer.httpsPort };
    const headers = { Host: domain };
    const outgoing = request(
      { ...options, servername: domain, path: '/page', headers },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () => resolve(Buffer.concat(chunks)));
      },
    );
    outgoing.once('error', reject).end();
  });
}
