/** Lines of access logs between the answer and the object they become: kept, bounded, written. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import {
  type AccessLog,
  createAccessLog,
  type ShelfNotice,
} from '../../../src/access-log/index.ts';
import type { Bucket, LifecycleEvent } from '../../../src/buckets/index.ts';
import { OssError } from '../../../src/errors/index.ts';
import type { AnswerRecord, HttpRequest } from '../../../src/http/index.ts';
import { newBucket, openRooms, type Rooms, readAll } from '../buckets/rooms.ts';

const hourMs = 3_600_000;

let rooms: Rooms;
let target: Bucket;
let source: Bucket;
let made = 0;
let notices: ShelfNotice[] = [];
let turn: () => void;
let fault: OssError | undefined;
before(async () => {
  rooms = await openRooms();
});
after(() => rooms.close());
beforeEach(async () => {
  made += 1;
  notices = [];
  fault = undefined;
  target = await make(`target-${made}`);
  source = await make(`source-${made}`);
  await rooms.documents.put(source, 'logging', { targetBucket: target.name, targetPrefix: '' });
  source = await found(source);
});

const make = (name: string, accountId: string = newBucket.accountId) =>
  rooms.buckets.putBucket({ ...newBucket, name, accountId });

async function found({ name }: Bucket): Promise<Bucket> {
  const bucket = await rooms.buckets.findBucket(name);
  assert.ok(bucket);
  return bucket;
}

function open(
  limits = { logBytesMax: 1_000_000, bytesMax: 2_000_000 },
  zoneMinutes = 0,
): AccessLog {
  const { buckets, documents, world } = rooms;
  return createAccessLog({
    buckets,
    documents,
    objects: {
      async putObject(input) {
        if (fault !== undefined) throw fault;
        return await rooms.objects.putObject(input);
      },
    },
    world: {
      ...world,
      timers: {
        ...world.timers,
        every(_ms, work) {
          turn = work;
          return () => {};
        },
      },
    },
    region: 'cn-hangzhou',
    zoneMinutes,
    limits,
    report: (notice) => notices.push(notice),
  });
}

const event = (key: string, bucket = source): LifecycleEvent => {
  return { operation: 'ExpireObject', bucket, key };
};

/** The keys named in each log, one text for each, in no order. */
async function logs(): Promise<string[]> {
  const page = { prefix: '', delimiter: '', after: '', limit: 100 };
  const { entries } = await rooms.objects.listObjects(target, page);
  const texts: string[] = [];
  for (const entry of entries) {
    if (!('object' in entry)) continue;
    const opened = await rooms.objects.openObject(target, entry.key, entry.object);
    const lines = (await readAll(opened)).toString().trim().split('\n');
    texts.push(lines.map((line) => /"ExpireObject" "[^"]*" "([^"]*)"/.exec(line)?.[1]).join(' '));
  }
  return texts.sort();
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await holds())) {
    assert.ok(performance.now() < end);
    await new Promise(setImmediate);
  }
}

const said = () => notices.map((notice) => [notice.event, 'lines' in notice ? notice.lines : 0]);

test('lines of an hour are one log, in their order; a stop writes what is left', async () => {
  const log = open();
  log.applied(event('a'));
  log.applied(event('b'));
  turn();
  assert.deepEqual(await logs(), []);
  rooms.world.advance(hourMs);
  log.applied(event('c'));
  log.applied(event('not-logged', target));
  await until(async () => (await logs()).length === 1);
  assert.deepEqual(await logs(), ['a b']);
  await log.stop();
  assert.deepEqual(await logs(), ['a b', 'c']);
  assert.deepEqual(notices, []);
});

test('names and lines tell the time of the zone, whose hours may begin at any minute', async () => {
  const page = { prefix: '', delimiter: '', after: '', limit: 100 };
  for (const [zone, minutes] of [
    ['+0800', 480],
    ['+0530', 330],
    ['-0930', -570],
  ] as const) {
    target = await make(`zone${minutes}-${made}`);
    await rooms.documents.put(source, 'logging', { targetBucket: target.name, targetPrefix: '' });
    const log = open(undefined, minutes);
    const local = () => new Date(rooms.world.clock.now() + minutes * 60_000).toISOString();
    // A minute before the hour is over there, and one after.
    const [, past = ''] = /T\d\d:(\d\d)/.exec(local()) ?? [];
    rooms.world.advance((59 - Number(past)) * 60_000);
    const before = local();
    log.applied(event('a'));
    rooms.world.advance(2 * 60_000);
    const later = local();
    log.applied(event('b'));
    await log.stop();
    const { entries } = await rooms.objects.listObjects(target, page);
    const names = entries.map((entry) => ('key' in entry ? entry.key : ''));
    const stamps = [before, later].map((time) => `${time.slice(0, 13).replace('T', '-')}-00-00-`);
    assert.deepEqual(
      names.map((name, index) => name.startsWith(`${source.name}${stamps[index]}`)),
      [true, true],
      names.join(' '),
    );
    const [first] = entries;
    assert.ok(first !== undefined && 'object' in first);
    const line = (
      await readAll(await rooms.objects.openObject(target, first.key, first.object))
    ).toString();
    assert.ok(line.includes(`:${before.slice(11, 19)} ${zone}]`), line);
  }
});

test('a large log is written before its hour is over', async () => {
  const log = open({ logBytesMax: 400, bytesMax: 2_000_000 });
  for (const key of ['a', 'b', 'c']) log.applied(event(key));
  await log.stop();
  assert.deepEqual(await logs(), ['a b', 'c']);
});

test('while the store is away lines wait, as many as there is room for', async () => {
  fault = new OssError('ServiceUnavailable');
  const log = open({ logBytesMax: 300, bytesMax: 1_200 });
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) log.applied(event(key));
  turn();
  await until(() => said().some(([name]) => name === 'failed'));
  fault = undefined;
  turn();
  await until(async () => (await logs()).length > 0);
  await log.stop();
  const kept = (await logs()).join(' ').split(' ');
  assert.deepEqual(kept, ['a', 'b', 'c', 'd', 'e', 'f'].slice(0, kept.length));
  const lost = said().find(([name]) => name === 'lost');
  assert.deepEqual(lost, ['lost', 6 - kept.length]);
  assert.ok(kept.length > 0 && kept.length < 6);
});

test('a bucket that takes no log does not keep the others waiting', async () => {
  const foreign = await make(`foreign-${made}`, '1000000000000002');
  const log = open();
  for (const targetBucket of [foreign.name, 'never-made']) {
    const broken = await make(`broken-${targetBucket}`);
    await rooms.documents.put(broken, 'logging', { targetBucket, targetPrefix: '' });
    log.applied(event('x', await found(broken)));
  }
  const off = await make(`off-${made}`);
  await rooms.documents.put(off, 'logging', { targetBucket: target.name, targetPrefix: '' });
  log.applied(event('y', await found(off)));
  await rooms.documents.remove(off, 'logging');
  log.applied(event('a'));
  await log.stop();
  assert.deepEqual(await logs(), ['a']);
  assert.deepEqual(
    notices.map((notice) => notice.event),
    ['refused', 'refused'],
  );
});

test('logs are encrypted as their bucket is by default', async () => {
  await rooms.documents.put(target, 'encryption', { algorithm: 'AES256' });
  const log = open();
  log.applied(event('a'));
  await log.stop();
  assert.deepEqual(await logs(), ['a']);
  const page = { prefix: '', delimiter: '', after: '', limit: 1 };
  const [entry] = (await rooms.objects.listObjects(target, page)).entries;
  assert.ok(entry !== undefined && 'object' in entry);
  assert.equal(entry.object.extras.encryption?.algorithm, 'AES256');
});

test('a request is a line when its answer was sent to its end, and only then', async () => {
  const log = open();
  const facts = {
    bucket: source,
    operation: 'ExpireObject',
    requesterId: undefined,
    accessKeyId: undefined,
    errorCode: undefined,
    objectSize: undefined,
    storageClass: undefined,
    deltaBytes: undefined,
  };
  const signals = { here: new AbortController().signal, gone: AbortSignal.abort() };
  const answer = (key: string, isComplete: boolean, signal = signals.here): void => {
    const request = { requestId: key, method: 'GET', target: '/', headers: {}, receivedAt: 0 };
    const body = { length: 0 };
    log.begin({ ...request, body, signal } as unknown as HttpRequest, { ...facts, key });
    const record = { ...request, durationMs: 1, status: 200, bodyBytes: 0, isComplete };
    log.answered(record as unknown as AnswerRecord);
  };
  answer('sent', true);
  answer('broken', false);
  answer('gone', true, signals.gone);
  log.answered({ requestId: 'sent', isComplete: true } as unknown as AnswerRecord);
  await log.stop();
  assert.deepEqual(await logs(), ['sent']);
});
