/**
 * A crowd that wants little: idle TLS connections, clients that take a download in sips, and a scan
 * of invented names. Meanwhile a visitor reads page after page, and each is right; afterwards
 * nothing of the crowd is left in the server. One try is one connection of each kind, and a hundred
 * invented names. Times are told, not judged: they say as much of the machine as of the server.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectionsWithin } from '../../src/http/index.ts';
import type { Campaign, Figures } from '../support/campaign.ts';
import { createAuthority } from '../support/certificates.ts';
import { createChance } from '../support/chance.ts';
import { editionUnderTest } from '../support/editions.ts';
import { filesOpen, residentMiB } from '../support/process-facts.ts';
import { putCname } from '../support/put-cname.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { createSignedClient } from '../support/signed-client.ts';
import { workersOf } from '../support/workers.ts';
import { type Shop, type Times, watchDuring } from './crowd/canary.ts';
import { type Guests, seatIdle, seatSlow, tickMs } from './crowd/guests.ts';
import { scan } from './crowd/scan.ts';

export const name = 'crowd';
export const issueSize = 10_000;

const domain = 'www.crowd.example';
const bucket = 'crowd-bucket';
const credentials = {
  accessKeyId: 'LTAICrowdCampaign0000000',
  accessKeySecret: 'crowd-campaign-secret-0123456789',
};
const pageBytes = 4_096;
/** More than the buffers between server and client take. */
const largeBytes = 32 * 1024 * 1024;
const namesPerTry = 100;
/** For a server that takes so many connections, and for this process. */
const filesFor = (size: number): number => 2 * size + 2_048;

/** How long each kind of crowd is watched, in seconds. */
const watchSeconds = (size: number): number => Math.min(30, Math.max(1, size / 300));

/** However many read a file, a process has it open once; each reads an S3 store by itself. */
function descriptorsFor(readers: number, processes: number): number {
  return (editionUnderTest().objects === 'files' ? readers : 2 * readers) + 4 * processes;
}

/** Until what taking all the seats has caused is over. */
const settleSeconds = (size: number): number => Math.min(8, size / 600);

/** Raises the limit of open files, as far as that is allowed, and returns it. */
function allowFiles(count: number): number {
  spawnSync('prlimit', ['--pid', String(process.pid), `--nofile=${count}:${count}`]);
  const allowed = Number(spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).stdout);
  return Math.min(count, allowed);
}

/** As many as take so many connections, where the system allows each so many open files. */
const workersFor = (size: number, files: number): number =>
  Math.ceil(size / connectionsWithin(files));

export const run: Campaign['run'] = async ({ size, seed, log }) => {
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-crowd-'));
  const workers = workersFor(size, allowFiles(filesFor(size)));
  const server = await startServerProcess({
    ...credentials,
    dataDir: join(folder, 'data'),
    settings: { OWNERSHIP: 'off', LOG_LEVEL: 'warn', WORKERS: String(workers) },
  });
  assert.ok(server);
  try {
    const pids = workers === 1 ? [server.pid] : await workersOf(server, workers);
    return await watchCrowds({ server, pids }, size, seed, log);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
};

interface Serving {
  readonly server: ServerProcess;
  /** The processes that serve. */
  readonly pids: readonly number[];
}

async function watchCrowds(
  { server, pids }: Serving,
  size: number,
  seed: number,
  log: (line: string) => void,
): Promise<Figures> {
  const shop = await open(server);
  const seconds = watchSeconds(size);
  const resident = () => sum(pids.map(residentMiB));
  const files = () => sum(pids.map(filesOpen));
  const figures: Record<string, number | string> = { processes: pids.length };
  const note = (what: string, { visits, median, p99 }: Times): void => {
    figures[what] = `${visits} visits, ${median.toFixed(1)} and ${p99.toFixed(1)} ms`;
    log(`${what}: ${figures[what]}, RSS ${resident()} MiB`);
  };
  note('alone', await watchDuring(shop, () => delay(seconds * 1_000)));
  const before = files();

  const idle = await seatIdle(shop, size);
  await stay(idle, settleSeconds(size));
  note('idle TLS', await watchDuring(shop, () => stay(idle, seconds)));
  assert.equal(idle.open, size, 'an idle connection was cut');
  figures['RSS with idle TLS'] = `${resident()} MiB`;
  await idle.leave();

  const slow = await seatSlow(shop, '/large', size, createChance(`${seed} sips`));
  await stay(slow, settleSeconds(size));
  note('slow clients', await watchDuring(shop, () => stay(slow, seconds)));
  assert.equal(slow.open, size, 'a slow client was cut');
  const cost = files() - before;
  assert.ok(cost <= descriptorsFor(size, pids.length), `they cost ${cost} descriptors`);
  figures['RSS with slow clients'] = `${resident()} MiB`;
  await slow.leave();

  const residentBefore = resident();
  const chance = createChance(seed);
  note(
    'scan',
    await watchDuring(shop, async () => {
      Object.assign(figures, await scan(shop, size * namesPerTry, chance));
    }),
  );
  const grown = resident() - residentBefore;
  assert.ok(grown < 64 * pids.length, `a scan of invented names took ${grown} MiB`);
  await until(() => files() <= before + 2, 'connections of the crowd are still there');
  figures['RSS at the end'] = `${resident()} MiB`;
  return figures;
}

const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, number) => total + number, 0);

async function open(server: ServerProcess): Promise<Shop> {
  const client = createSignedClient({ port: server.httpPort, credentials });
  const expect = async (call: ReturnType<typeof client.call>): Promise<void> => {
    const { status, body } = await call;
    assert.equal(status, 200, body.toString());
  };
  const page = Buffer.alloc(pageBytes, 'a page of the shop. ');
  await expect(client.call({ method: 'PUT', bucket, headers: { 'x-oss-acl': 'public-read' } }));
  await expect(client.call({ method: 'PUT', bucket, key: 'page', body: page }));
  await expect(
    client.call({ method: 'PUT', bucket, key: 'large', body: Buffer.alloc(largeBytes) }),
  );
  const authority = await createAuthority();
  const certificate = await authority.issue({ names: [domain] });
  await expect(putCname(client, bucket, domain, { certificate }));
  client.close();
  const { httpPort, httpsPort } = server;
  return { httpPort, httpsPort, domain, path: '/page', page };
}

async function stay(guests: Guests, seconds: number): Promise<void> {
  for (let ticks = (seconds * 1_000) / tickMs; ticks > 0; ticks -= 1) {
    guests.tick();
    await delay(tickMs);
  }
}

async function until(holds: () => boolean, otherwise: string): Promise<void> {
  const late = performance.now() + 20_000;
  while (!holds()) {
    assert.ok(performance.now() < late, otherwise);
    await delay(50);
  }
}
