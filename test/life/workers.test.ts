/** A server of several processes, as its clients and its operator meet it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { run } from '../campaigns/workers.ts';
import { createAuthority } from '../support/certificates.ts';
import { createLoad } from '../support/load.ts';
import { deleteCname, putCname } from '../support/put-cname.ts';
import { captureSession, connectRaw, type RawClient } from '../support/raw-client.ts';
import { rootKey } from '../support/server.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { signHeaderV4 } from '../support/sign.ts';
import { createSignedClient } from '../support/signed-client.ts';
import { isAlive, servedBy, workersOf } from '../support/workers.ts';

const bucket = 'workers-bucket';
const domain = 'www.life.example';
const credentials = { ...rootKey, region: 'cn-hangzhou' };
let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-workers-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function startWorkers(
  name: string,
  settings: Record<string, string> = {},
): Promise<ServerProcess> {
  const dataDir = join(folder, name);
  const server = await startServerProcess({
    ...rootKey,
    dataDir,
    settings: { OWNERSHIP: 'off', WORKERS: '2', ...settings },
  });
  assert.ok(server);
  return server;
}

async function withWorkers(
  name: string,
  work: (server: ServerProcess) => Promise<void>,
  settings: Record<string, string> = {},
): Promise<void> {
  const server = await startWorkers(name, settings);
  try {
    await work(server);
  } finally {
    await server.kill();
  }
}

async function putPage(port: number, page: string): Promise<void> {
  const client = createSignedClient({ port, credentials });
  const headers = { 'x-oss-acl': 'public-read' };
  assert.equal((await client.call({ method: 'PUT', bucket, headers })).status, 200);
  assert.equal((await client.call({ method: 'PUT', bucket, key: 'page', body: page })).status, 200);
  assert.equal((await putCname(client, bucket, domain)).status, 200);
  client.close();
}

test('what one worker has answered is true on every other at once', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  await run({ size: 30, seed, log: (line) => context.diagnostic(line) });
});

test('a worker that is killed costs the others no request, and is replaced', async () => {
  await withWorkers('killed', async (server) => {
    await putPage(server.httpPort, 'a page');
    const [victim = 0, other = 0] = await workersOf(server, 2);
    const load = await servedBy(other, [victim, other], () =>
      createLoad({ port: server.httpPort, host: domain, path: '/page', connections: 8 }),
    );
    await load.untilAnswered(100);
    process.kill(victim, 'SIGKILL');
    const pids = await workersOf(server, 2, [victim]);
    assert.ok(pids.includes(other));
    await load.untilAnswered(100);
    assert.deepEqual(await load.stop(), { failed: [] });
    // The new one serves like the one before.
    const fresh = pids.find((pid) => pid !== other) ?? 0;
    const client = await servedBy(fresh, pids, async () => {
      const connected = await connectRaw({ port: server.httpPort });
      connected.send(`GET /page HTTP/1.1\r\nHost: ${domain}\r\n\r\n`);
      assert.equal(String((await connected.response()).body), 'a page');
      return connected;
    });
    client.destroy();
    assert.match(server.condition(), /"how":"by SIGKILL"/);
  });
});

test('workers end with their primary, whatever became of it', async () => {
  const server = await startWorkers('orphans');
  const pids = await workersOf(server, 2);
  await server.kill();
  while (pids.some(isAlive)) await new Promise(setImmediate);
});

/** An upload of two bytes whose body the server has asked for. */
async function beginUpload(port: number, key: string): Promise<RawClient> {
  const host = `127.0.0.1:${port}`;
  const { target, headers } = signHeaderV4({
    method: 'PUT',
    bucket,
    key,
    host,
    credentials,
    at: Date.now(),
  });
  const upload = await connectRaw({ port });
  const lines = Object.entries({ ...headers, host, expect: '100-continue', 'content-length': '2' });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  upload.send(`PUT ${target} HTTP/1.1\r\n${head}\r\n`);
  assert.equal((await upload.response()).status, 100);
  return upload;
}

test('a server told to stop lets what every worker has begun come to its end', async () => {
  const server = await startWorkers('stopped');
  await putPage(server.httpPort, 'a page');
  const pids = await workersOf(server, 2);
  const uploads: RawClient[] = [];
  for (const pid of pids) {
    uploads.push(await servedBy(pid, pids, () => beginUpload(server.httpPort, `upload-${pid}`)));
  }
  const ended = server.stop();
  for (const upload of uploads) {
    upload.send('ab');
    assert.equal((await upload.response()).status, 200);
    upload.destroy();
  }
  assert.equal(await ended, 0, server.condition());
  assert.ok(!pids.some(isAlive));
});

describe('a reload', () => {
  test('replaces every worker, takes the new settings, and fails no request', async () => {
    const file = join(folder, 'reloaded.json');
    await writeFile(file, JSON.stringify({ 'force-download': 'on' }));
    const settings = { CONFIG: file };
    await withWorkers(
      'reloaded',
      async (server) => {
        await putPage(server.httpPort, '<p>a page</p>');
        const before = await workersOf(server, 2);
        const load = await createLoad({
          port: server.httpPort,
          host: domain,
          path: '/page',
          connections: 8,
          isReconnecting: true,
        });
        await load.untilAnswered(50);
        await writeFile(file, JSON.stringify({ 'connections-per-address': '1000' }));
        process.kill(server.pid, 'SIGHUP');
        await workersOf(server, 2, before);
        await load.untilAnswered(50);
        assert.deepEqual(await load.stop(), { failed: [] });
      },
      settings,
    );
  });

  test('is refused by what is wrong, and by what the primary goes by', async () => {
    const file = join(folder, 'refused.json');
    await writeFile(file, '{}');
    await withWorkers(
      'refused',
      async (server) => {
        const before = await workersOf(server, 2);
        for (const [text, complaint] of [
          ['{', /not reloaded: .*refused.json/],
          ['{"http2": "perhaps"}', /not reloaded: .*http2/],
          ['{"region": "cn-beijing"}', /needs a restart: region/],
        ] as const) {
          await writeFile(file, text);
          process.kill(server.pid, 'SIGHUP');
          while (!complaint.test(server.condition())) await new Promise(setImmediate);
        }
        assert.deepEqual(await workersOf(server, 2), before);
      },
      { CONFIG: file },
    );
  });
});

test('a start fails whole, with the reason, when the workers cannot have their port', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  try {
    await assert.rejects(
      startWorkers('taken', { HTTP: `127.0.0.1:${port}` }),
      /code EADDRINUSE\n.*choose another address/,
    );
  } finally {
    taken.close();
  }
});

describe('sessions of TLS', () => {
  test('are resumed by every worker, and by none once the domain is unbound', async () => {
    await withWorkers('sessions', async (server) => {
      await putPage(server.httpPort, 'a page');
      const authority = await createAuthority();
      const certificate = await authority.issue({ names: [domain] });
      const client = createSignedClient({ port: server.httpPort, credentials });
      assert.equal((await putCname(client, bucket, domain, { certificate })).status, 200);
      const pids = await workersOf(server, 2);
      const [one = 0, other = 0] = pids;
      const target = { port: server.httpsPort, tls: { servername: domain } };
      const { session } = await servedBy(one, pids, () =>
        captureSession(target, `GET /page HTTP/1.1\r\nHost: ${domain}\r\n\r\n`),
      );
      const isResumedBy = (pid: number): Promise<boolean> =>
        servedBy(pid, pids, async () => {
          const resumed = await connectRaw({ ...target, tls: { servername: domain, session } });
          assert.ok(resumed.socket instanceof TLSSocket);
          const isReused = resumed.socket.isSessionReused();
          resumed.destroy();
          return isReused;
        });
      assert.ok(await isResumedBy(one));
      assert.ok(await isResumedBy(other));
      // Whichever worker answers: the sessions are of all.
      assert.equal((await deleteCname(client, bucket, domain)).status, 200);
      for (const pid of pids) await assert.rejects(isResumedBy(pid));
      assert.equal((await putCname(client, bucket, domain, { certificate })).status, 200);
      for (const pid of pids) assert.equal(await isResumedBy(pid), false);
      client.close();
    });
  });
});
