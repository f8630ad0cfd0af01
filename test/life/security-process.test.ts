/**
 * The process itself (security.md 8.4 and 10): a log that cannot be written, output nobody reads, a
 * fault that nothing caught, a signal while a client holds a connection.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ask, connectRaw } from '../support/raw-client.ts';
import { end, entry, freePorts, serve } from './cli-process.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-process-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const environmentOf = (name: string, more: Record<string, string> = {}) => ({
  ...freePorts,
  CNAMED_DATA_DIR: join(folder, name),
  CNAMED_ACCESS_KEY_ID: 'LTAIProcessRootKey000000',
  CNAMED_ACCESS_KEY_SECRET: 'process-root-secret-0123456789ab',
  ...more,
});

const request = 'GET /nobody/here HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

async function answers(port: number): Promise<number> {
  return (await ask({ port }, request)).status;
}

/** Started with standard error on `descriptor`; resolves to the HTTP port. */
async function serveWithLog(
  name: string,
  stderr: number | 'pipe',
): Promise<{ child: ChildProcess; port: number }> {
  const environment = { PATH: process.env.PATH ?? '', ...environmentOf(name) };
  const stdio = ['ignore', 'pipe', stderr] as const;
  const child = spawn(process.execPath, [entry, 'serve'], { env: environment, stdio: [...stdio] });
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    child.emit('spoke');
  });
  while (!text.includes('\n')) await once(child, 'spoke');
  return { child, port: Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1]) };
}

async function stopped(child: ChildProcess): Promise<number | null> {
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const [code] = (await exit) as [number | null];
  return code;
}

/** Far more than the log gathers before it writes. */
const manyRequests = 200;

test('a server whose log is on a full volume goes on serving, and stops when told', {
  skip: !existsSync('/dev/full'),
  timeout: 60_000,
}, async () => {
  const descriptor = openSync('/dev/full', 'w');
  const { child, port } = await serveWithLog('full-log', descriptor);
  closeSync(descriptor);
  for (let count = 0; count < manyRequests; count++) assert.equal(await answers(port), 404);
  assert.equal(await stopped(child), 0);
});

test('a server goes on serving when nobody reads its output any more', async () => {
  const { child, port } = await serveWithLog('closed-pipes', 'pipe');
  child.stderr?.destroy();
  child.stdout?.destroy();
  for (let count = 0; count < manyRequests; count++) assert.equal(await answers(port), 404);
  assert.equal(await stopped(child), 0);
});

test('a reader of the log that stalls holds up neither requests nor a stop', async () => {
  const { child, port } = await serveWithLog('stalled-pipe', 'pipe');
  child.stderr?.pause();
  const long = request.replace('/here', `/here?${'x'.repeat(7_000)}`);
  // More than a pipe and its reader hold.
  for (let count = 0; count < manyRequests; count++) {
    assert.equal((await ask({ port }, long)).status, 404);
  }
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  assert.deepEqual(await exit, [0, null]);
});

test('the last lines of the log are there after a stop', async () => {
  const server = await serve({ environment: environmentOf('last-lines') });
  assert.equal(await answers(server.httpPort), 404);
  const finished = await end(server);
  assert.equal(finished?.code, 0);
  assert.match(finished?.stderr ?? '', /"target":"\/nobody\/here","userAgent":"","status":404/);
});

/** Throws, or rejects, from nowhere when the signal comes: as a fault in any room would. */
const planted = (fault: string): string =>
  `data:text/javascript,process.on("SIGUSR2",()=>setImmediate(()=>{${fault}}))`;

for (const [what, fault] of [
  ['thrown from a callback', 'throw%20new%20Error("planted%20fault")'],
  ['of a promise nobody waited for', 'Promise.reject(new%20Error("planted%20fault"))'],
] as const) {
  test(`a fault ${what} is logged and ends the server with a failure`, async () => {
    const server = await serve({
      node: [process.execPath, `--import=${planted(fault)}`],
      environment: environmentOf(`fault-${what.length}`),
    });
    const idle = await connectRaw({ port: server.httpPort });
    server.child.kill('SIGUSR2');
    const { code, stderr } = await server.finished;
    await idle.closed();
    idle.destroy();
    assert.equal(code, 1, stderr);
    const line = stderr.split('\n').find((each) => each.includes('planted fault')) ?? '';
    const { level, err, msg } = JSON.parse(line);
    assert.equal(level, 60);
    assert.equal(err.message, 'planted fault');
    assert.match(msg, /nothing caught/);
  });
}

test('the data folder shows other users nothing, whatever the umask and the folder are', async () => {
  const server = await serve({ environment: environmentOf('modes') });
  const data = join(folder, 'modes');
  const open: string[] = [];
  for (const name of [
    '.',
    'objects',
    'objects/data',
    'objects/tmp',
    'cnamed.sqlite',
    'cnamed.sqlite-wal',
    'cnamed.sqlite-shm',
    'master.key',
    'server.lock',
  ]) {
    const { mode } = await stat(join(data, name));
    if ((mode & 0o077) !== 0) open.push(`${name} ${(mode & 0o777).toString(8)}`);
  }
  assert.deepEqual(open, []);
  await end(server);
});
