/**
 * SIGKILL at random moments while objects and domains are written: nothing acknowledged is lost,
 * nothing half is served, every start is ready in time. One try is one kill.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Campaign, CampaignOptions, Figures } from '../support/campaign.ts';
import { createAuthority, type TestCertificate } from '../support/certificates.ts';
import { type Chance, createChance } from '../support/chance.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { createSignedClient, type SignedClient } from '../support/signed-client.ts';
import { DomainWorker } from './kills/domains.ts';
import { ObjectWriter } from './kills/objects.ts';

export const name = 'kills';
export const issueSize = 300;

const bucket = 'kill-bucket';
const credentials = {
  accessKeyId: 'LTAIKillCampaign00000000',
  accessKeySecret: 'kill-campaign-secret-0123456789',
};
const objectWriters = 4;
const domainWorkers = 2;
/** The server lives so long at most before it is killed. */
const lifeMsMax = 400;
/** One start in so many is killed before it is ready. */
const killedStartsOneIn = 6;
const logEvery = 20;

interface Field {
  readonly dataDir: string;
  readonly chance: Chance;
  readonly page: Buffer;
  readonly writers: readonly ObjectWriter[];
  readonly workers: readonly DomainWorker[];
  readonly readyWithinMs: number;
  slowestStartMs: number;
  killedStarts: number;
  looked: number;
}

/** `readyWithinMs`: the issue's bound, unless the machine is busy with other suites. */
export async function runKills(
  { size, seed, log }: CampaignOptions,
  readyWithinMs: number,
): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-kills-'));
  const chance = createChance(seed);
  const certificates = await makeCertificates();
  const field: Field = {
    dataDir: join(folder, 'data'),
    chance,
    page: chance.bytes(10_000),
    writers: Array.from(
      { length: objectWriters },
      (_, index) => new ObjectWriter(index, bucket, createChance(`${seed} objects ${index}`)),
    ),
    workers: Array.from({ length: domainWorkers }, (_, index) => {
      const own = createChance(`${seed} domains ${index}`);
      return new DomainWorker(index, bucket, own, certificates);
    }),
    readyWithinMs,
    slowestStartMs: 0,
    killedStarts: 0,
    looked: 0,
  };
  try {
    await prepare(field);
    for (let number = 1; number <= size; number++) {
      await oneKill(field);
      if (number % logEvery === 0) log(`${number} of ${size} kills survived`);
    }
    await lastLook(field);
    return figuresOf(field, size);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const run: Campaign['run'] = (options) => runKills(options, 2_000);

async function makeCertificates(): Promise<TestCertificate[]> {
  const authority = await createAuthority();
  const names = ['*.kill.example'];
  return Promise.all(Array.from({ length: 6 }, () => authority.issue({ names })));
}

async function start(field: Field): Promise<ServerProcess> {
  const { chance, dataDir } = field;
  const settings = { OWNERSHIP: 'off', WORKERS: chance.one(3) ? '2' : '1' };
  while (chance.one(killedStartsOneIn)) {
    const killUnreadyAfterMs = chance.int(250);
    const early = await startServerProcess({
      ...credentials,
      dataDir,
      settings,
      killUnreadyAfterMs,
    });
    await early?.kill();
    field.killedStarts++;
  }
  const server = await startServerProcess({ ...credentials, dataDir, settings });
  assert.ok(server, 'the server died at its start');
  field.slowestStartMs = Math.max(field.slowestStartMs, server.readyAfterMs);
  if (server.readyAfterMs <= field.readyWithinMs) return server;
  await server.kill();
  assert.fail(`ready after ${server.readyAfterMs.toFixed(0)} ms`);
}

async function prepare(field: Field): Promise<void> {
  const server = await start(field);
  const client = createSignedClient({ port: server.httpPort, credentials });
  const acl = { 'x-oss-acl': 'public-read' };
  const made = await client.call({ method: 'PUT', bucket, headers: acl });
  assert.equal(made.status, 200, made.body.toString());
  const put = await client.call({ method: 'PUT', bucket, key: 'page', body: field.page });
  assert.equal(put.status, 200, put.body.toString());
  client.close();
  await server.kill();
}

/** Start, compare with what was acknowledged before, write, kill. */
async function oneKill(field: Field): Promise<void> {
  const server = await start(field);
  const clients: SignedClient[] = [];
  try {
    await look(field, server, false);
    await workUntilKilled(field, server, clients);
  } catch (error) {
    const state = server.condition();
    throw new Error(`a client failed; the server: ${state}`, { cause: error });
  } finally {
    for (const client of clients) client.close();
    await server.kill();
  }
}

async function workUntilKilled(
  field: Field,
  server: ServerProcess,
  clients: SignedClient[],
): Promise<void> {
  let isOver = false;
  const atWork = [...field.writers, ...field.workers].map((worker) => {
    const client = createSignedClient({ port: server.httpPort, credentials });
    clients.push(client);
    return worker
      .work(client, () => isOver)
      .catch((error: NodeJS.ErrnoException) => {
        // A connection that breaks is the kill; an assertion that breaks is not.
        if (error.code === 'ERR_ASSERTION' || !isOver) throw error;
      });
  });
  const failing = Promise.all(atWork);
  failing.catch(() => {});
  await Promise.race([delay(field.chance.int(lifeMsMax)), failing]);
  isOver = true;
  await server.kill();
  await failing;
}

async function look(field: Field, server: ServerProcess, isAll: boolean): Promise<void> {
  const client = createSignedClient({ port: server.httpPort, credentials, connections: 4 });
  const counts = await Promise.all([
    ...field.writers.map((writer) => writer.check(client, isAll)),
    ...field.workers.map((worker) => worker.check(client, server.httpsPort, field.page)),
  ]);
  client.close();
  field.looked += counts.reduce((sum, count) => sum + count, 0);
}

/** Everything ever written, and a stop in order. */
async function lastLook(field: Field): Promise<void> {
  const server = await start(field);
  await look(field, server, true);
  assert.equal(await server.stop(), 0, 'exit code after SIGTERM');
}

function figuresOf(field: Field, kills: number): Figures {
  const ledgers = [
    ...field.writers.flatMap(({ objects }) => [...objects]),
    ...field.workers.flatMap(({ domains }) => [...domains]),
  ];
  const sum = (pick: (ledger: (typeof ledgers)[number]) => number) =>
    ledgers.reduce((total, ledger) => total + pick(ledger), 0);
  return {
    kills,
    'killed before ready': field.killedStarts,
    acknowledged: sum(({ acknowledged }) => acknowledged),
    unanswered: sum(({ unanswered }) => unanswered),
    compared: field.looked,
    'slowest start ms': Math.round(field.slowestStartMs),
  };
}
