/**
 * One object too large for any memory: sent as a stream, sent in parts by several clients at once,
 * read back byte for byte, while the server stays as small as it was; uploads that are given up,
 * and a kill in the middle of one, leave nothing behind after one sweep. One try is one MiB.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCrc64 } from '../../src/buckets/index.ts';
import { loadConfig } from '../../src/config/index.ts';
import { openEngines } from '../../src/engines.ts';
import { realWorld } from '../../src/world/index.ts';
import type { Campaign, Figures } from '../support/campaign.ts';
import { withEdition } from '../support/editions.ts';
import { sweepOnce } from '../support/orphans.ts';
import { residentMiB } from '../support/process-facts.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { pieceBytes, pieceOf, pieces } from './large/bytes.ts';
import { ask, open, type Sender } from './large/transfer.ts';

export const name = 'large';
/** 5 GiB, the most that one PutObject takes. */
export const issueSize = 5 * 1024;

const bucket = 'large-bucket';
const credentials = {
  accessKeyId: 'LTAILargeCampaign0000000',
  accessKeySecret: 'large-campaign-secret-0123456789',
};
const clients = 4;
const partsMax = 64;
/** What the server may grow by, whatever passes through it. */
const growthMaxMiB = 160;
const sampleEveryMs = 100;
const dayMs = 24 * 60 * 60 * 1000;

interface Stage extends Sender {
  readonly server: ServerProcess;
  readonly size: number;
  readonly seed: number;
  readonly log: (line: string) => void;
}

export const run: Campaign['run'] = async ({ size, seed, log }) => {
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-large-'));
  const dataDir = join(folder, 'data');
  const start = async (): Promise<Stage> => {
    const server = await startServerProcess({ ...credentials, dataDir });
    assert.ok(server, 'the server did not start');
    return { server, port: server.httpPort, credentials, size, seed, log };
  };
  let stage = await start();
  try {
    await expect(stage, { method: 'PUT', bucket });
    const watched = watch(stage.server.pid);
    const figures: Record<string, number | string> = {
      ...(await timed(stage, 'sent as a stream', () => sendStream(stage))),
      ...(await timed(stage, 'read', () => readBack(stage, 'stream'))),
      ...(await timed(stage, 'sent in parts', () => sendParts(stage))),
      ...(await timed(stage, 'read again', () => readBack(stage, 'parts'))),
    };
    Object.assign(figures, watched.end());
    await giveUp(stage);
    await killMidway(stage);
    stage = await start();
    await readBack(stage, 'stream');
    await expect(stage, { method: 'DELETE', bucket, key: 'stream' }, 204);
    await expect(stage, { method: 'DELETE', bucket, key: 'parts' }, 204);
    await abortAll(stage);
    assert.equal(await stage.server.stop(), 0);
    return { ...figures, ...(await sweep(dataDir)) };
  } finally {
    await stage.server.kill();
    await rm(folder, { recursive: true, force: true });
  }
};

async function expect(
  stage: Stage,
  asked: Parameters<typeof ask>[1],
  status = 200,
  length = 0,
  body?: AsyncIterable<Buffer>,
): ReturnType<typeof ask> {
  const answer = await ask(stage, asked, length, body);
  assert.equal(answer.status, status, answer.text);
  return answer;
}

async function timed(
  { log, size }: Stage,
  what: string,
  work: () => Promise<void>,
): Promise<Figures> {
  const startedAt = performance.now();
  await work();
  const rate = Math.round(size / ((performance.now() - startedAt) / 1_000));
  log(`${what}: ${rate} MiB/s`);
  return { [what]: `${rate} MiB/s` };
}

/** The checksum of the whole, made here. */
function crcOf(seed: number, size: number): string {
  const crc64 = createCrc64();
  for (let number = 0; number < size; number++) crc64.update(pieceOf(seed, number));
  return crc64.digest();
}

async function sendStream(stage: Stage): Promise<void> {
  const { size, seed } = stage;
  const asked = { method: 'PUT', bucket, key: 'stream' };
  const { headers } = await expect(stage, asked, 200, size * pieceBytes, pieces(seed, 0, size));
  assert.equal(headers['x-oss-hash-crc64ecma'], crcOf(seed, size));
}

async function readBack(stage: Stage, key: string): Promise<void> {
  const { size, seed } = stage;
  const incoming = await open(stage, { method: 'GET', bucket, key });
  assert.equal(incoming.statusCode, 200);
  assert.equal(incoming.headers['content-length'], String(size * pieceBytes));
  let at = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    for (let from = 0; from < chunk.length; ) {
      const piece = pieceOf(seed, Math.floor(at / pieceBytes));
      const offset = at % pieceBytes;
      const length = Math.min(chunk.length - from, pieceBytes - offset);
      const isSame = chunk
        .subarray(from, from + length)
        .equals(piece.subarray(offset, offset + length));
      assert.ok(isSame, `other bytes near ${at}`);
      from += length;
      at += length;
    }
  }
  assert.equal(at, size * pieceBytes);
}

interface Part {
  readonly number: number;
  readonly first: number;
  readonly count: number;
}

function partsOf(size: number): readonly Part[] {
  const count = Math.ceil(size / partsMax);
  return Array.from({ length: Math.ceil(size / count) }, (_, index) => ({
    number: index + 1,
    first: index * count,
    count: Math.min(count, size - index * count),
  }));
}

async function begin(stage: Stage, key: string): Promise<string> {
  const { text } = await expect(stage, {
    method: 'POST',
    bucket,
    key,
    query: { uploads: undefined },
  });
  return /<UploadId>(\w+)</.exec(text)?.[1] ?? '';
}

async function sendPart(stage: Stage, key: string, uploadId: string, part: Part): Promise<string> {
  const { number, first, count } = part;
  const query = { partNumber: String(number), uploadId };
  const asked = { method: 'PUT', bucket, key, query };
  const body = pieces(stage.seed, first, count);
  const { headers } = await expect(stage, asked, 200, count * pieceBytes, body);
  return headers.etag ?? '';
}

async function sendParts(stage: Stage): Promise<void> {
  const key = 'parts';
  const uploadId = await begin(stage, key);
  const parts = partsOf(stage.size);
  const etags = new Map<number, string>();
  const waiting = [...parts];
  const client = async (): Promise<void> => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      etags.set(part.number, await sendPart(stage, key, uploadId, part));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const list = parts.map(({ number }) => {
    return `<Part><PartNumber>${number}</PartNumber><ETag>${etags.get(number)}</ETag></Part>`;
  });
  const body = Buffer.from(`<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`);
  const asked = { method: 'POST', bucket, key, query: { uploadId } };
  const { headers } = await expect(stage, asked, 200, body.length, one(body));
  assert.equal(headers['x-oss-hash-crc64ecma'], crcOf(stage.seed, stage.size));
}

async function* one(body: Buffer): AsyncGenerator<Buffer> {
  yield body;
}

/** An upload with parts that is aborted, and a stream whose sender leaves in the middle. */
async function giveUp(stage: Stage): Promise<void> {
  const uploadId = await begin(stage, 'given-up');
  const [part] = partsOf(stage.size);
  assert.ok(part);
  await sendPart(stage, 'given-up', uploadId, part);
  const asked = { method: 'DELETE', bucket, key: 'given-up', query: { uploadId } };
  await expect(stage, asked, 204);
  await breakOff(stage, 'broken-off', () => {});
  const gone = await ask(stage, { method: 'GET', bucket, key: 'broken-off' });
  assert.equal(gone.status, 404);
}

/** Half of a body is sent; then `act`, and the connection is cut. */
async function breakOff(stage: Stage, key: string, act: () => void | Promise<void>): Promise<void> {
  const { size, seed } = stage;
  const half = Math.max(1, Math.floor(size / 2));
  async function* body(): AsyncGenerator<Buffer> {
    yield* pieces(seed, 0, half);
    await act();
    throw new Error('the sender leaves');
  }
  await assert.rejects(ask(stage, { method: 'PUT', bucket, key }, (size + 1) * pieceBytes, body()));
}

/** One upload has parts, another stream is half way, when the server is killed. */
async function killMidway(stage: Stage): Promise<void> {
  const uploadId = await begin(stage, 'unfinished');
  const [part] = partsOf(stage.size);
  assert.ok(part);
  await sendPart(stage, 'unfinished', uploadId, part);
  await breakOff(stage, 'killed', () => stage.server.kill());
  // The connection breaks before the process is gone.
  await stage.server.kill();
}

async function abortAll(stage: Stage): Promise<void> {
  const { text } = await expect(stage, { method: 'GET', bucket, query: { uploads: undefined } });
  const key = 'unfinished';
  const uploadId = /<UploadId>(\w+)</.exec(text)?.[1] ?? '';
  await expect(stage, { method: 'DELETE', bucket, key, query: { uploadId } }, 204);
  const gone = await ask(stage, { method: 'GET', bucket, key: 'killed' });
  assert.equal(gone.status, 404);
}

async function sweep(dataDir: string): Promise<Figures> {
  const clock = { ...realWorld.clock, now: () => realWorld.clock.now() + dayMs };
  const world = { ...realWorld, clock };
  const environment = await withEdition(dataDir, { CNAMED_DATA_DIR: dataDir });
  const readText = async (): Promise<string> => '';
  const config = await loadConfig({ flags: {}, environment, currentFolder: dataDir, readText });
  const engines = await openEngines(config, world);
  try {
    const { before, after } = await sweepOnce(engines, clock.now());
    return { 'orphans before the sweep': before, 'after it': after };
  } finally {
    await engines.close();
  }
}

/** How large the process grows meanwhile; more than it may fails when it ends. */
function watch(pid: number) {
  const before = residentMiB(pid);
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, residentMiB(pid));
  }, sampleEveryMs);
  return {
    end(): Figures {
      clearInterval(timer);
      const growth = most - before;
      assert.ok(growth < growthMaxMiB, `the server grew by ${growth} MiB`);
      return { 'RSS before': `${before} MiB`, 'at most': `${most} MiB` };
    },
  };
}
