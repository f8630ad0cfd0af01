/** Mirrors over real stores and an origin on loopback: deadlines, strangers, limits, the end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { mirrorRequest } from '../../../src/buckets/index.ts';
import { readMirrorRule } from '../../../src/buckets/mirror-rules.ts';
import { OssError } from '../../../src/errors/index.ts';
import { createMirrors, type Mirrors } from '../../../src/mirroring/index.ts';
import { createAllowList, createDialer } from '../../../src/outbound/index.ts';
import { openRooms, type Rooms } from '../buckets/rooms.ts';

let rooms: Rooms;
let port: number;
let answers: Record<string, RequestListener> = {};
let asked: { url: string; headers: IncomingHttpHeaders }[] = [];
/** By milliseconds: what ends such a wait. */
let waits: Record<number, Promise<void>> = {};
const origin = createServer((request, response) => {
  const { url = '', headers } = request;
  asked.push({ url, headers });
  answers[url]?.(request, response);
});

before(async () => {
  rooms = await openRooms();
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  port = (origin.address() as AddressInfo).port;
});
after(async () => {
  origin.closeAllConnections();
  origin.close();
  await rooms.close();
});
beforeEach(() => {
  answers = {};
  asked = [];
  waits = {};
});

function open(fetchesMax = 10): Mirrors {
  const never = new Promise<void>(() => {});
  const { clock } = rooms.world;
  const timers = { ...rooms.world.timers, delay: (ms: number) => waits[ms] ?? never };
  const dialer = createDialer({
    lookup: async () => ['127.0.0.1'],
    allowed: createAllowList(['127.0.0.1']),
    world: { timers },
  });
  return createMirrors({
    dialer,
    objects: rooms.objects,
    world: { clock },
    limits: { fetchesMax },
  });
}

function wish(key: string, isStreamTaken = false) {
  const others = [
    { name: 'MirrorURL', text: `http://origin.example:${port}/` },
    { name: 'MirrorHeaders', children: [{ name: 'PassAll', text: 'true' }] },
  ];
  const rule = readMirrorRule({ others });
  assert.ok(rule);
  const request = mirrorRequest(rule, key, { rawQuery: '', headers: { cookie: 'own' } });
  assert.ok(request);
  return { rule, request, place: { bucket: rooms.bucket, key, extras: {} }, isStreamTaken };
}

const code = (expected: string) => (problem: unknown) =>
  problem instanceof OssError && problem.code === expected;
const find = (key: string) => rooms.objects.findObject(rooms.bucket, key);

test('an origin that does not answer is given up', async () => {
  const request = once(origin, 'request');
  const late = Promise.withResolvers<void>();
  waits = { 10000: late.promise };
  const given = open().mirror(wish('hangs'));
  await request;
  late.resolve();
  await assert.rejects(given, code('MirrorFailed'));
  assert.equal(await find('hangs'), undefined);
});

test('an origin that stops half way is given up, and the reader told', async () => {
  const late = Promise.withResolvers<void>();
  waits = { 30000: late.promise };
  answers['/stalls'] = (_, response) => void response.write('first', () => late.resolve());
  await assert.rejects(open().mirror(wish('stalls')), code('MirrorFailed'));
  waits = {};
  answers['/breaks'] = (_, response) => {
    response.write('first', () => response.write('second', () => response.destroy()));
  };
  const given = await open().mirror(wish('breaks', true));
  assert.equal(given.kind, 'streamed');
  const reading = async () => {
    if (given.kind === 'streamed') for await (const _ of given.chunks);
  };
  await assert.rejects(reading, code('MirrorFailed'));
  assert.equal(await find('breaks'), undefined);
});

test('another host is told nothing of the client', async () => {
  answers['/k'] = (_, response) =>
    void response.writeHead(302, { Location: `http://other.example:${port}/there` }).end();
  answers['/there'] = (_, response) => void response.end('content');
  assert.equal((await open().mirror(wish('k'))).kind, 'stored');
  const seen = asked.map(({ headers }) => [headers.host, headers.cookie, headers['cdn-loop']]);
  assert.deepEqual(seen, [
    [`origin.example:${port}`, 'own', 'cnamed'],
    [`other.example:${port}`, undefined, 'cnamed'],
  ]);
});

test('so many fetches at once and no more; those who wait for one are told its end', async () => {
  const mirrors = open(1);
  const response = new Promise<Parameters<RequestListener>[1]>((resolve) => {
    answers['/one'] = (_, answer) => resolve(answer);
  });
  const first = mirrors.mirror(wish('one'));
  const second = mirrors.mirror(wish('one'));
  await assert.rejects(mirrors.mirror(wish('two')), code('ServiceUnavailable'));
  (await response).writeHead(404).end();
  assert.deepEqual(await Promise.all([first, second]), [{ kind: 'missing' }, { kind: 'missing' }]);
  answers['/two'] = (_, answer) => void answer.end('two');
  assert.equal((await mirrors.mirror(wish('two'))).kind, 'stored');
  assert.equal((await find('two'))?.size, 3);
  assert.equal(asked.length, 2);
});

test('it goes on when the reader has gone, until it is stopped', async () => {
  const mirrors = open();
  let finish = () => {};
  for (const path of ['/left', '/stopped']) {
    answers[path] = (_, response) => {
      response.write('first');
      finish = () => void response.end('last');
    };
  }
  const left = await mirrors.mirror(wish('left', true));
  if (left.kind === 'streamed') await left.close();
  const waiting = mirrors.mirror(wish('left'));
  finish();
  assert.equal((await waiting).kind, 'stored');
  assert.equal((await find('left'))?.size, 9);
  const stopped = await mirrors.mirror(wish('stopped', true));
  if (stopped.kind === 'streamed') await stopped.close();
  await mirrors.stop();
  assert.equal(await find('stopped'), undefined);
});
