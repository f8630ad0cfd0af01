/**
 * Storms of an S3 store: three requests in ten are answered 500 or 503, reset or cut short, others
 * late, and in gusts nearly all fail, while several clients put, overwrite, read, copy and delete.
 * Nothing acknowledged is lost, no wrong bytes are given, memory and requests stay bounded, and one
 * sweep takes all that is left behind. One try is one request of a client.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSweeper } from '../../src/buckets/index.ts';
import { loadConfig } from '../../src/config/index.ts';
import { openEngines } from '../../src/engines.ts';
import { realWorld, type World } from '../../src/world/index.ts';
import type { Campaign, CampaignOptions, Figures } from '../support/campaign.ts';
import { type Chance, createChance } from '../support/chance.ts';
import { type S3Fault, type S3TestServer, s3TestKey, startS3Server } from '../support/s3-server.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { createSignedClient, type SignedClient } from '../support/signed-client.ts';
import { bucket, keys, StormClient } from './storms/client.ts';
import { Contents } from './storms/contents.ts';
import { History } from './storms/history.ts';

export const name = 'storms';
export const issueSize = 5_000;

const credentials = {
  accessKeyId: 'LTAIStormCampaign0000000',
  accessKeySecret: 'storm-campaign-secret-0123456789',
};
const clientCount = 8;
const faultsInHundred = 30;
/** Beyond those, answers that come late or in small pieces. */
const slowInHundred = 10;
const lateMsMax = 150;
/** Of so many requests the first few find the store hardly there at all: not all can be saved. */
const gustEvery = 400;
const gustLength = 60;
const gustFaultsInHundred = 95;
/** Retries over all: half as many as requests, and what was saved before (retry-budget.ts). */
const retriesPerRequest = 0.5;
const retriesSaved = 100;
/** Eight uploads at two parts each, and the process itself. */
const memoryMaxBytes = 640 * 1024 * 1024;
const dayMs = 24 * 60 * 60_000;
/** Past every age that keeps something: announcements, uploads, garbage. */
const pastAllMs = dayMs + 60 * 60_000;
const logEvery = 1_000;

interface Field {
  readonly folder: string;
  readonly store: S3TestServer;
  readonly contents: Contents;
  readonly history: History;
  readonly settings: Readonly<Record<string, string>>;
}

export const run: Campaign['run'] = async (options) => {
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-storms-'));
  const store = await startS3Server();
  const field: Field = {
    folder,
    store,
    contents: new Contents(options.seed),
    history: new History(),
    settings: {
      OBJECT_STORE: `s3://bucket?endpoint=${store.url}`,
      OBJECT_STORE_KEY_ID: s3TestKey.accessKeyId,
      OBJECT_STORE_KEY_SECRET: s3TestKey.secretAccessKey,
    },
  };
  try {
    const figures = await storm(field, options);
    const standing = await sweepOnce(field);
    await lastLook(field);
    return { ...figures, ...standing };
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
};

async function start({ folder, settings }: Field): Promise<ServerProcess> {
  const dataDir = join(folder, 'data');
  const server = await startServerProcess({ ...credentials, dataDir, settings });
  assert.ok(server, 'the server died at its start');
  return server;
}

async function storm(field: Field, { size, seed, log }: CampaignOptions): Promise<Figures> {
  const { store, history } = field;
  const server = await start(field);
  const sockets: SignedClient[] = [];
  const connect = () => {
    const client = createSignedClient({ port: server.httpPort, credentials });
    sockets.push(client);
    return client;
  };
  try {
    const made = await connect().call({ method: 'PUT', bucket });
    assert.equal(made.status, 200, made.body.toString());
    const clients = Array.from(
      { length: clientCount },
      (_, index) => new StormClient(connect(), createChance(`${seed} client ${index}`), field),
    );
    store.requests.length = 0;
    const faults = brew(createChance(`${seed} faults`));
    store.fault = faults.next;
    let taken = 0;
    const atWork = clients.map(async (client) => {
      while (taken < size) {
        taken += 1;
        if (taken % logEvery === 0) log(`${taken} of ${size} requests`);
        await client.step();
      }
    });
    await Promise.all(atWork);
    store.fault = () => undefined;
    const requests = store.requests.length;
    const sum = (pick: (client: StormClient) => number) =>
      clients.reduce((total, client) => total + pick(client), 0);
    const due = sum((client) => client.due);
    const most = due * (1 + retriesPerRequest) + retriesSaved;
    assert.ok(requests <= most, `${requests} requests to the store, not ${most}`);
    const memory = await peakMemory(server.pid);
    assert.ok((memory ?? 0) <= memoryMaxBytes, `${memory} bytes at the peak`);
    const reader = clients[0];
    for (const key of keys) await reader?.read(key);
    assert.equal(await server.stop(), 0, server.condition());
    history.check();
    return {
      requests: size,
      ...history.counts,
      refused: sum((client) => client.refused),
      'broken off': sum((client) => client.brokenOff),
      'store requests': requests,
      'of these spoiled': faults.count(),
      'store requests due': due,
      'peak MiB': memory === undefined ? 'unknown' : Math.round(memory / 1024 / 1024),
    };
  } catch (error) {
    throw new Error(`the server: ${server.condition()}`, { cause: error });
  } finally {
    for (const client of sockets) client.close();
    await server.kill();
  }
}

/** Every kind of trouble. */
function brew(chance: Chance): { next: () => S3Fault | undefined; count: () => number } {
  let count = 0;
  let asked = 0;
  const kinds: readonly (() => S3Fault)[] = [
    () => ({ kind: 'status', status: 500, code: 'InternalError' }),
    () => ({ kind: 'status', status: 503, code: 'SlowDown' }),
    () => ({ kind: 'status', status: 503, code: 'ServiceUnavailable' }),
    () => ({ kind: 'reset-before' }),
    () => ({ kind: 'reset-after' }),
    () => ({ kind: 'cut' }),
  ];
  const slownesses: readonly (() => S3Fault)[] = [
    () => ({ kind: 'slow' }),
    () => ({ kind: 'late', ms: chance.int(lateMsMax) }),
  ];
  return {
    next() {
      asked += 1;
      const isGust = asked % gustEvery < gustLength;
      const drawn = chance.int(100);
      const faulty = isGust ? gustFaultsInHundred : faultsInHundred;
      if (drawn >= faulty + slowInHundred) return undefined;
      count += 1;
      return chance.pick(drawn < faulty ? kinds : slownesses)();
    },
    count: () => count,
  };
}

/** The most the process ever held; `undefined` where the system does not tell. */
async function peakMemory(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/** With the clock moved past all ages one sweep leaves the objects that stand, and nothing else. */
async function sweepOnce({ folder, store, settings }: Field): Promise<Figures> {
  const environment: Record<string, string> = { CNAMED_DATA_DIR: join(folder, 'data') };
  for (const [key, value] of Object.entries(settings)) environment[`CNAMED_${key}`] = value;
  const readText = (path: string) => readFile(path, 'utf8');
  const config = await loadConfig({ flags: {}, environment, currentFolder: folder, readText });
  const { clock } = realWorld;
  const later = { ...clock, now: () => clock.now() + pastAllMs };
  const world: World = { ...realWorld, clock: later };
  const leftUploads = store.uploads.size;
  const leftObjects = store.objects.size;
  const engines = await openEngines(config, world, { isServer: true });
  try {
    const { objects } = engines.metadata;
    const sweeper = createSweeper({ objects, blobs: engines.blobs, world });
    await sweeper.sweepAnnounced();
    await sweeper.sweepGarbage();
    await sweeper.sweepUnfinished();
    await sweeper.sweepOrphans();
    const standing = await objects.listBlobs('', keys.length + 1);
    const expected = [...standing, 'installation'].sort();
    assert.deepEqual([...store.objects.keys()].sort(), expected, 'what one sweep left');
    assert.equal(store.uploads.size, 0, 'uploads that one sweep left');
    assert.equal((await sweeper.findMissing()).missingCount, 0);
    assert.deepEqual(await objects.listGarbage(Number.MAX_SAFE_INTEGER, 1), []);
    return {
      standing: standing.length,
      'swept objects': leftObjects - expected.length,
      'swept uploads': leftUploads,
    };
  } finally {
    await engines.close();
  }
}

/** A server started anew, on what the sweep left. */
async function lastLook(field: Field): Promise<void> {
  const server = await start(field);
  const client = createSignedClient({ port: server.httpPort, credentials });
  try {
    const reader = new StormClient(client, createChance('last look'), field);
    for (const key of keys) await reader.read(key);
    assert.equal(reader.refused + reader.brokenOff, 0);
    field.history.check();
  } finally {
    client.close();
    await server.stop();
  }
}
