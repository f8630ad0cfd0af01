/**
 * One object of many parts, sent by several clients in any order, some parts more than once: it is
 * listed, completed and read as what was sent, in whole and over the borders of parts. One try is
 * one part.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createCrc64 } from '../../src/buckets/index.ts';
import type { Campaign, Figures } from '../support/campaign.ts';
import { type Chance, createChance } from '../support/chance.ts';
import { startTestServer } from '../support/server.ts';
import { type Answer, createSignedClient, type SignedClient } from '../support/signed-client.ts';

export const name = 'parts';
export const issueSize = 10_000;

const bucket = 'parts-bucket';
const key = 'an object/of parts';
const connections = 8;
/** The least a part may have, and some more, so that borders lie anywhere. */
const partBytesMin = 100 * 1024;
const moreBytesMax = 1024;
/** One part in so many is sent twice, with other bytes the first time. */
const resentOneIn = 10;
const spansRead = 200;
const spanBytesMax = 3 * partBytesMin;
const pageMax = 1000;
const logEvery = 1_000;

interface Part {
  readonly number: number;
  readonly size: number;
  etag: string;
}

export const run: Campaign['run'] = async ({ size, seed, log }) => {
  const server = await startTestServer();
  const port = server.httpPort;
  const client = createSignedClient({ port, credentials: server, connections });
  try {
    return await sendAll(client, size, createChance(seed), log);
  } finally {
    client.close();
    await server.close();
  }
};

/** The bytes of a part are its own: a part in another's place would show. */
function bytesOf({ number, size }: Part, draft = 0): Buffer {
  return Buffer.alloc(size, `${number}.${draft} `);
}

async function sendAll(
  client: SignedClient,
  size: number,
  chance: Chance,
  log: (line: string) => void,
): Promise<Figures> {
  await expect(client.call({ method: 'PUT', bucket }), 200);
  const begun = await expect(
    client.call({ method: 'POST', bucket, key, query: { uploads: undefined } }),
    200,
  );
  const uploadId = /<UploadId>(\w+)</.exec(begun.body.toString())?.[1] ?? '';
  const parts: Part[] = Array.from({ length: size }, (_, index) => {
    return { number: index + 1, size: partBytesMin + chance.int(moreBytesMax), etag: '' };
  });
  let resent = 0;
  let sent = 0;
  const waiting = shuffled(parts, chance);
  const sendSome = async (): Promise<void> => {
    for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
      if (chance.one(resentOneIn)) {
        await sendPart(client, uploadId, part, 1);
        resent += 1;
      }
      await sendPart(client, uploadId, part, 0);
      sent += 1;
      if (sent % logEvery === 0) log(`${sent} parts sent`);
    }
  };
  await Promise.all(Array.from({ length: connections }, sendSome));
  await checkListing(client, uploadId, parts);
  const list = parts.map(({ number, etag }) => {
    return `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`;
  });
  const body = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`;
  const beganAt = performance.now();
  const query = { uploadId };
  const done = await expect(client.call({ method: 'POST', bucket, key, query, body }), 200);
  const completeMs = Math.round(performance.now() - beganAt);
  checkCompleted(done, parts);
  await checkReads(client, parts, chance);
  const bytes = parts.reduce((sum, part) => sum + part.size, 0);
  return { parts: size, resent, bytes, 'complete ms': completeMs };
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], chance: Chance): T[] {
  const mixed = [...items];
  for (let left = mixed.length; left > 1; left--) {
    const at = chance.int(left);
    [mixed[left - 1], mixed[at]] = [mixed[at] as T, mixed[left - 1] as T];
  }
  return mixed;
}

async function expect(answer: Promise<Answer>, status: number): Promise<Answer> {
  const given = await answer;
  assert.equal(given.status, status, given.body.toString().slice(0, 2_000));
  return given;
}

async function sendPart(
  client: SignedClient,
  uploadId: string,
  part: Part,
  draft: number,
): Promise<void> {
  const body = bytesOf(part, draft);
  const query = { partNumber: String(part.number), uploadId };
  const answer = await expect(client.call({ method: 'PUT', bucket, key, query, body }), 200);
  part.etag = createHash('md5').update(body).digest('hex').toUpperCase();
  assert.equal(answer.headers.etag, `"${part.etag}"`);
}

async function checkListing(
  client: SignedClient,
  uploadId: string,
  parts: readonly Part[],
): Promise<void> {
  const listed: string[] = [];
  for (let marker = '0'; ; ) {
    const query = { uploadId, 'part-number-marker': marker, 'max-parts': String(pageMax) };
    const { body } = await expect(client.call({ method: 'GET', bucket, key, query }), 200);
    const text = body.toString();
    listed.push(...[...text.matchAll(/<ETag>&quot;(\w+)&quot;</g)].map((match) => match[1] ?? ''));
    if (!text.includes('<IsTruncated>true<')) break;
    marker = /<NextPartNumberMarker>(\d+)</.exec(text)?.[1] ?? '';
  }
  assert.deepEqual(
    listed,
    parts.map(({ etag }) => etag),
  );
}

function checkCompleted({ headers }: Answer, parts: readonly Part[]): void {
  const texts = createHash('md5');
  const crc64 = createCrc64();
  for (const part of parts) {
    texts.update(part.etag);
    crc64.update(bytesOf(part));
  }
  const etag = `${texts.digest('hex').toUpperCase()}-${parts.length}`;
  assert.equal(headers.etag, `"${etag}"`);
  assert.equal(headers['x-oss-hash-crc64ecma'], crc64.digest());
}

/** Anywhere, and over each kind of border: the very first and last byte are among them. */
async function checkReads(
  client: SignedClient,
  parts: readonly Part[],
  chance: Chance,
): Promise<void> {
  const ends: number[] = [];
  let total = 0;
  for (const { size } of parts) {
    total += size;
    ends.push(total);
  }
  const starts = Array.from({ length: spansRead }, (_, index) => {
    const border = ends[chance.int(ends.length)] ?? 0;
    return index % 2 === 0 ? Math.max(0, border - 1 - chance.int(10)) : chance.int(total);
  });
  for (const start of [0, total - 1, ...starts]) {
    const from = Math.min(start, total - 1);
    const length = Math.min(1 + chance.int(spanBytesMax), total - from);
    const headers = { range: `bytes=${from}-${from + length - 1}` };
    const { body } = await expect(client.call({ method: 'GET', bucket, key, headers }), 206);
    assert.ok(body.equals(bytesBetween(parts, ends, from, length)), `${length} from ${from}`);
  }
}

function bytesBetween(
  parts: readonly Part[],
  ends: readonly number[],
  from: number,
  length: number,
): Buffer {
  const pieces: Buffer[] = [];
  const first = ends.findIndex((end) => end > from);
  for (let index = first; index < parts.length; index++) {
    const part = parts[index];
    const start = (ends[index] ?? 0) - (part?.size ?? 0);
    if (part === undefined || start >= from + length) break;
    pieces.push(bytesOf(part).subarray(Math.max(0, from - start), from + length - start));
  }
  return Buffer.concat(pieces);
}
