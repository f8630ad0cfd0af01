/**
 * The hourly run of lifecycle rules in a server, and the access logs that tell of it and that its
 * stop leaves behind (oss-semantics.md 2.2, 6).
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { LifecycleExpiration } from '../../src/buckets/index.ts';
import { newBucket, readAll, upload } from '../rooms/buckets/rooms.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createTestWorld } from '../support/world.ts';

const hourMs = 3_600_000;

let folder: string;
let server: TestServer;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-lifecycle-'));
});
after(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const rule = (prefix: string, expiration: LifecycleExpiration) => ({
  id: prefix,
  prefix,
  isEnabled: true,
  tags: [],
  expiration,
  transitions: [],
  noncurrentTransitions: [],
});

test('every hour the rules are applied, and a stop leaves no line unwritten', async () => {
  const world = createTestWorld();
  const hourly: (() => void)[] = [];
  world.timers.every = (ms, work) => {
    if (ms === hourMs) hourly.push(work);
    return () => {};
  };
  const about = { database: 'sqlite', objects: 'files' } as const;
  const start = (): Promise<TestServer> => startTestServer({ world, folder, about });
  server = await start();
  const accountId = server.rootAccountId;
  const make = (name: string) => server.rooms.buckets.putBucket({ ...newBucket, name, accountId });
  const [made, target] = [await make('life-source'), await make('life-target')];
  await server.rooms.documents.put(made, 'logging', {
    targetBucket: target.name,
    targetPrefix: 'logs/',
  });
  await server.rooms.documents.put(made, 'lifecycle', {
    rules: [
      rule('dated/', { createdBefore: '2026-11-23T00:00:00.000Z' }),
      rule('old/', { days: 1 }),
    ],
  });
  for (const key of ['dated/a', 'old/a', 'new/a']) {
    await server.rooms.objects.putObject(upload(made, key, 'text'));
  }
  const has = async (key: string) =>
    (await server.rooms.objects.findObject(made, key)) !== undefined;
  /** The clock stands while a run goes on, or its lease would be over. */
  const untilGone = async (key: string): Promise<void> => {
    const end = performance.now() + 20_000;
    while (await has(key)) {
      assert.ok(performance.now() < end, `${key} goes`);
      for (const work of hourly) work();
      await turn();
    }
  };
  // From 22 November, 09:00.
  world.advance(38 * hourMs);
  await untilGone('dated/a');
  assert.ok(await has('old/a'));
  world.advance(hourMs);
  await untilGone('old/a');
  assert.ok(await has('new/a'));
  await server.stop();
  server = await start();
  const page = { prefix: '', delimiter: '', after: '', limit: 9 };
  const { entries } = await server.rooms.objects.listObjects(target, page);
  const log = entries.at(-1);
  assert.ok(log !== undefined && 'object' in log);
  // 24 November, 00:00.
  assert.match(log.key, /^logs\/life-source2026-11-24-00-00-00-[0-9a-f]{16}$/);
  const opened = await server.rooms.objects.openObject(target, log.key, log.object);
  const line = (await readAll(opened)).toString();
  const fields =
    `"-" "-" "-" "-" "true" "-" "ExpireObject" "life-source" "old%2Fa" 4 - "-" - ` +
    `"${accountId}" -4 "lifecycle" "Standard" "-" "-" "-"`;
  assert.ok(line.includes(fields), line);
});
