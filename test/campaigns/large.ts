/**
 * An object as large as a request may bring, by one stream and by parts in parallel, beside uploads
 * that are cut off and aborted, with the server killed in the middle: what stands is what was sent,
 * the server's memory stays below one bound whatever the size, and one sweep leaves no byte without
 * an object. The size is that of each object, in bytes.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCrc64 } from '../../src/buckets/index.ts';
import type { Campaign, CampaignOptions, Figures } from '../support/campaign.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { createSignedClient, type SignedClient } from '../support/signed-client.ts';
import { KnownBytes } from './large/bytes.ts';
import { sweepOnce } from './large/left.ts';
import { type Origin, sendSpan, takeBody } from './large/transfer.ts';

export const name = 'large';
/** oss-object-api.md PutObject: no more at once. */
export const issueSize = 5 * 1024 ** 3;

const bucket = 'large-bucket';
const credentials = {
  accessKeyId: 'LTAILargeCampaign0000000',
  accessKeySecret: 'large-campaign-secret-0123456789',
};
/** Of the process, with its runtime: a fortieth of the object at the issue's size. */
const memoryMaxBytes = 384 * 1024 ** 2;
const lanes = 8;
const partsWanted = 320;
/** oss-object-api.md: every part but the last. */
const partBytesMin = 100 * 1024;
/** An upload that is broken off has sent so much of its object. */
const brokenShare = 1 / 3;

interface Field {
  readonly dataDir: string;
  readonly size: number;
  readonly bytes: KnownBytes;
  readonly log: (line: string) => void;
  peakBytes: number;
}

/** One upload in parts. */
interface Upload {
  readonly key: string;
  readonly id: string;
  readonly etags: Map<number, string>;
}

export const run: Campaign['run'] = async ({ size, seed, log }: CampaignOptions) => {
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-large-'));
  const field: Field = {
    dataDir: join(folder, 'data'),
    size,
    bytes: new KnownBytes(seed),
    log,
    peakBytes: 0,
  };
  try {
    const upload = await firstLife(field);
    await secondLife(field, upload);
    const left = await sweepOnce(field.dataDir);
    assert.equal(left.bytes, 2 * size, 'bytes after one sweep');
    return figuresOf(field, left.sweptBytes);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

function figuresOf({ size, peakBytes }: Field, sweptBytes: number): Figures {
  return {
    'object bytes': size,
    parts: partsOf(size).length,
    'peak MiB of the server': peakBytes === 0 ? 'unknown' : Math.round(peakBytes / 1024 ** 2),
    'MiB swept': Math.round(sweptBytes / 1024 ** 2),
    'bytes without an object': 0,
  };
}

async function inLife<T>(
  field: Field,
  act: (server: ServerProcess, origin: Origin, client: SignedClient) => Promise<T>,
): Promise<T> {
  const server = await startServerProcess({ ...credentials, dataDir: field.dataDir });
  assert.ok(server, 'the server died at its start');
  const port = server.httpPort;
  const client = createSignedClient({ port, credentials, connections: lanes });
  try {
    return await act(server, { port, credentials }, client);
  } catch (error) {
    throw new Error(`the server: ${server.condition()}`, { cause: error });
  } finally {
    client.close();
    await server.kill();
  }
}

/** A stream that stands, one that is cut off, and a kill among a stream and parts. */
async function firstLife(field: Field): Promise<Upload> {
  return await inLife(field, async (server, origin, client) => {
    await expect(client.call({ method: 'PUT', bucket }), 200);
    await sendStream(field, origin, 'stream');
    field.log('sent as a stream');
    await checkObject(field, origin, 'stream');
    field.log('read again');
    await assert.rejects(sendStream(field, origin, 'cut', 'cut'));
    const upload = await begin(client, 'parts');
    const killed = sendStream(field, origin, 'killed', 'hold').catch(() => {});
    const half = partsOf(field.size).slice(0, Math.ceil(partsOf(field.size).length / 2));
    let sent = 0;
    const sending = sendParts(field, origin, upload, partsOf(field.size), () => {
      sent += 1;
      return sent < half.length;
    });
    await sending.enough;
    await watchMemory(field, server);
    await server.kill();
    await Promise.all([killed, sending.ended]);
    field.log(`killed with ${upload.etags.size} parts acknowledged`);
    return upload;
  });
}

/** What was acknowledged is there; the rest is sent, beside an upload that is aborted meanwhile. */
async function secondLife(field: Field, upload: Upload): Promise<void> {
  await inLife(field, async (server, origin, client) => {
    const standing = await listParts(client, upload);
    for (const [number, etag] of upload.etags) assert.equal(standing.get(number), etag);
    const missing = partsOf(field.size).filter(({ number }) => !upload.etags.has(number));
    const doomed = await begin(client, 'aborted');
    const few = partsOf(field.size).slice(0, 2 * lanes);
    let doomedSent = 0;
    const sendingDoomed = sendParts(field, origin, doomed, few, () => ++doomedSent < lanes);
    const sending = sendParts(field, origin, upload, missing, () => true);
    await sendingDoomed.enough;
    const aborted = { method: 'DELETE', bucket, key: doomed.key, query: { uploadId: doomed.id } };
    await expect(client.call(aborted), 204);
    await Promise.all([sending.ended, sendingDoomed.ended]);
    assert.equal(upload.etags.size, partsOf(field.size).length);
    await complete(client, upload);
    field.log('completed from its parts');
    await checkObject(field, origin, 'parts');
    await checkObject(field, origin, 'stream');
    for (const key of ['cut', 'killed', 'aborted']) {
      await expect(client.call({ method: 'GET', bucket, key }), 404);
    }
    await watchMemory(field, server);
    assert.equal(await server.stop(), 0, server.condition());
  });
}

interface Part {
  readonly number: number;
  readonly start: number;
  readonly length: number;
}

function partsOf(size: number): Part[] {
  const each = Math.max(partBytesMin, Math.ceil(size / partsWanted));
  return Array.from({ length: Math.ceil(size / each) }, (_, index) => {
    const start = index * each;
    return { number: index + 1, start, length: Math.min(each, size - start) };
  });
}

async function expect<T extends { status: number }>(answer: Promise<T>, status: number) {
  const given = await answer;
  assert.equal(given.status, status, JSON.stringify(given).slice(0, 2_000));
  return given;
}

/** The whole object; or a part of it, after which the connection is cut or waits for its end. */
async function sendStream(
  { bytes, size }: Field,
  origin: Origin,
  key: string,
  broken: 'cut' | 'hold' | undefined = undefined,
): Promise<void> {
  const call = { method: 'PUT', bucket, key };
  const span = { bytes, start: 0, length: size };
  const onSent = (sent: number) => (sent >= size * brokenShare ? broken : undefined);
  await expect(sendSpan(origin, call, span, onSent), 200);
}

async function begin(client: SignedClient, key: string): Promise<Upload> {
  const query = { uploads: undefined };
  const { body } = await expect(client.call({ method: 'POST', bucket, key, query }), 200);
  const id = /<UploadId>(\w+)</.exec(body.toString())?.[1] ?? '';
  return { key, id, etags: new Map() };
}

/**
 * Several at a time. `isMoreWanted` hears of each part that stands; once it says no, `enough`
 * resolves, and what goes wrong from then on is no fault.
 */
function sendParts(
  { bytes }: Field,
  origin: Origin,
  upload: Upload,
  parts: readonly Part[],
  isMoreWanted: () => boolean,
): { readonly enough: Promise<void>; readonly ended: Promise<void> } {
  const waiting = parts.toReversed();
  const enough = Promise.withResolvers<void>();
  let isEnough = false;
  const sendSome = async (): Promise<void> => {
    for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
      const { number, ...span } = part;
      const query = { partNumber: String(number), uploadId: upload.id };
      const call = { method: 'PUT', bucket, key: upload.key, query };
      try {
        const { headers } = await expect(sendSpan(origin, call, { bytes, ...span }), 200);
        upload.etags.set(number, String(headers.etag));
      } catch (problem) {
        if (isEnough) return;
        enough.reject(problem);
        throw problem;
      }
      if (isMoreWanted()) continue;
      isEnough = true;
      enough.resolve();
    }
  };
  const ended = Promise.all(Array.from({ length: lanes }, sendSome)).then(() => enough.resolve());
  ended.catch(() => {});
  return { enough: enough.promise, ended };
}

async function listParts(client: SignedClient, { key, id }: Upload): Promise<Map<number, string>> {
  const query = { uploadId: id, 'max-parts': '1000' };
  const { body } = await expect(client.call({ method: 'GET', bucket, key, query }), 200);
  const found = body.toString().matchAll(/<PartNumber>(\d+)<[\s\S]*?<ETag>&quot;(\w+)&quot;</g);
  return new Map([...found].map(([, number, etag]) => [Number(number), `"${etag}"`]));
}

async function complete(client: SignedClient, { key, id, etags }: Upload): Promise<void> {
  const list = [...etags]
    .sort(([one], [other]) => one - other)
    .map(([number, etag]) => {
      return `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`;
    });
  const body = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`;
  const query = { uploadId: id };
  await expect(client.call({ method: 'POST', bucket, key, query, body }), 200);
}

/** Every byte, and the checksums that the server gives of them. */
async function checkObject({ bytes, size }: Field, origin: Origin, key: string): Promise<void> {
  const md5 = createHash('md5');
  const crc64 = createCrc64();
  const { status, headers, length } = await takeBody(origin, { bucket, key }, (piece, at) => {
    md5.update(piece);
    crc64.update(piece);
    assert.ok(piece.equals(bytes.at(at, piece.length)), `${key}: wrong bytes at ${at}`);
  });
  assert.deepEqual([status, length], [200, size], key);
  assert.equal(headers['x-oss-hash-crc64ecma'], crc64.digest(), key);
  if (key !== 'stream') return;
  assert.equal(headers.etag, `"${md5.digest('hex').toUpperCase()}"`, key);
}

/** The most that the process ever held, where the system tells it. */
async function watchMemory(field: Field, { pid }: ServerProcess): Promise<void> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const bytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  field.peakBytes = Math.max(field.peakBytes, bytes);
  assert.ok(bytes <= memoryMaxBytes, `the server held ${bytes} bytes`);
}
