/**
 * The primary of two PostgreSQL servers is killed at a random moment while clients of two nodes
 * write; its synchronous standby is promoted, and the next standby is made from it. Nothing
 * acknowledged is lost, what was not answered is either there or not, no domain has two owners, the
 * counters are exact, and the nodes find the new primary by themselves. One try is one fail-over.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Campaign, CampaignOptions, Figures } from '../support/campaign.ts';
import { createAuthority } from '../support/certificates.ts';
import { createChance } from '../support/chance.ts';
import {
  type ClusterServer,
  promote,
  startPrimary,
  startStandby,
} from '../support/postgres/cluster.ts';
import { installedPrograms, type Programs, preparePrograms } from '../support/postgres/programs.ts';
import { type S3TestServer, startS3Server } from '../support/s3-server.ts';
import { type FailoverNode, startFailoverNode } from './failover/node.ts';
import { checkCounters, raceForDomain } from './failover/rules.ts';
import { DomainWorker } from './kills/domains.ts';
import { ObjectWriter } from './kills/objects.ts';

export const name = 'failover';
export const issueSize = 50;

const bucket = 'failover-bucket';
const rival = 'failover-rival';
const nodesCount = 2;
const writersPerNode = 2;
/** The primary lives so long at most under load before it is killed. */
const lifeMsMax = 1_500;
const logEvery = 10;

interface Field {
  readonly chance: ReturnType<typeof createChance>;
  readonly programs: Programs;
  readonly folder: string;
  readonly page: Buffer;
  readonly nodes: readonly FailoverNode[];
  primary: ClusterServer;
  standby: ClusterServer;
  made: number;
  slowestRecoveryMs: number;
  longestOutageMs: number;
}

/** `programs`: a folder of an installed PostgreSQL; without it those of the package. */
export async function runFailovers(
  { size, seed, log }: CampaignOptions,
  installed: string | undefined,
): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-failover-'));
  const objectStore = await startS3Server();
  const running: { stop(): Promise<unknown> }[] = [{ stop: () => objectStore.close() }];
  try {
    const field = await prepare(folder, createChance(seed), installed, objectStore, running);
    for (let number = 1; number <= size; number++) {
      await oneFailover(field, number);
      if (number % logEvery === 0) log(`${number} of ${size} fail-overs survived`);
    }
    await lastLook(field);
    return figuresOf(field, size);
  } finally {
    for (const each of running.toReversed()) await each.stop().catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}

export const run: Campaign['run'] = (options) => runFailovers(options, installedPrograms());

async function prepare(
  folder: string,
  chance: Field['chance'],
  installed: string | undefined,
  objectStore: S3TestServer,
  running: { stop(): Promise<unknown> }[],
): Promise<Field> {
  const programs = preparePrograms(folder, installed);
  const cluster = { programs, folder };
  // Processes die here, not machines: in the suites nothing need reach the platter.
  const settings = installed === undefined ? ['fsync = off', 'full_page_writes = off'] : [];
  const primary = await startPrimary({ ...cluster, name: 'server-0', settings });
  const servers: { primary: ClusterServer; standby?: ClusterServer } = { primary };
  running.push({
    async stop() {
      // A primary waits for its standby: so it goes first.
      await servers.primary.stop();
      await servers.standby?.stop();
    },
  });
  const standby = await startStandby(primary, { ...cluster, name: 'server-1' });
  servers.standby = standby;
  const hosts = `127.0.0.1:${primary.port},127.0.0.1:${standby.port}`;
  const nodeSettings = {
    DATABASE_URL: primary.url.replace(`127.0.0.1:${primary.port}`, hosts),
    MASTER_KEY_FILE: join(folder, 'master.key'),
    OBJECT_STORE: `s3://bucket?endpoint=${objectStore.url}`,
    OWNERSHIP: 'off',
  };
  const authority = await createAuthority();
  const names = ['*.kill.example'];
  const certificates = await Promise.all([1, 2, 3, 4].map(() => authority.issue({ names })));
  const nodes: FailoverNode[] = [];
  for (let node = 0; node < nodesCount; node++) {
    const numbers = Array.from({ length: writersPerNode }, (_, at) => node * writersPerNode + at);
    const own = (what: string) => createChance(chance.int(1_000_000) + what.length);
    nodes.push(
      await startFailoverNode({
        dataDir: join(folder, `node-${node}`),
        settings: nodeSettings,
        writers: numbers.map((number) => new ObjectWriter(number, bucket, own('objects'))),
        workers: [new DomainWorker(node, bucket, own('domains'), certificates)],
      }),
    );
    running.push({ stop: () => nodes[node]?.stop() ?? Promise.resolve() });
  }
  const page = chance.bytes(10_000);
  const [first] = nodes;
  assert.ok(first);
  const acl = { 'x-oss-acl': 'public-read' };
  for (const made of [bucket, rival])
    await first.make({ method: 'PUT', bucket: made, headers: acl });
  await first.make({ method: 'PUT', bucket, key: 'page', body: page });
  const numbers = { made: 2, slowestRecoveryMs: 0, longestOutageMs: 0 };
  return Object.assign(
    servers as Pick<Field, 'primary' | 'standby'>,
    { chance, programs, folder, page, nodes },
    numbers,
  );
}

async function oneFailover(field: Field, number: number): Promise<void> {
  const { nodes, page, chance } = field;
  let isOver = false;
  const atWork = nodes.flatMap((node) => node.work(page, () => isOver));
  const race = raceForDomain(nodes, [bucket, rival], `race-${number}.failover.example`);
  const failing = Promise.all([...atWork, race]);
  failing.catch(() => {});
  try {
    await Promise.race([delay(chance.int(lifeMsMax)), failing]);
    const killedAt = performance.now();
    await field.primary.kill();
    await promote(field.standby);
    const promotedAt = performance.now();
    await Promise.all(nodes.map((node) => node.recovered()));
    field.slowestRecoveryMs = Math.max(field.slowestRecoveryMs, performance.now() - promotedAt);
    field.longestOutageMs = Math.max(field.longestOutageMs, performance.now() - killedAt);
    await Promise.race([delay(chance.int(lifeMsMax)), failing]);
  } finally {
    isOver = true;
  }
  await failing;
  await (await race)();
  for (const node of nodes) await node.look(page, false);
  await checkCounters(nodes, bucket);
  await replaceStandby(field);
}

/** The killed server comes back as an empty machine that follows the new primary. */
async function replaceStandby(field: Field): Promise<void> {
  const killed = field.primary;
  field.primary = field.standby;
  await rm(killed.folder, { recursive: true, force: true });
  field.standby = await startStandby(field.primary, {
    programs: field.programs,
    folder: field.folder,
    name: `server-${field.made++}`,
    port: killed.port,
  });
}

/** Everything ever written, on nodes that remember nothing. */
async function lastLook({ nodes, page }: Field): Promise<void> {
  for (const node of nodes) {
    await node.restart();
    await node.look(page, true);
  }
  await checkCounters(nodes, bucket);
}

function figuresOf(field: Field, failovers: number): Figures {
  const ledgers = field.nodes.flatMap((node) => node.ledgers);
  const sum = (pick: (ledger: (typeof ledgers)[number]) => number) =>
    ledgers.reduce((total, ledger) => total + pick(ledger), 0);
  return {
    'fail-overs': failovers,
    acknowledged: sum(({ acknowledged }) => acknowledged),
    'refused or unanswered': sum(({ unanswered }) => unanswered),
    compared: field.nodes.reduce((total, { looked }) => total + looked, 0),
    'slowest recovery after promotion ms': Math.round(field.slowestRecoveryMs),
    'longest without writes ms': Math.round(field.longestOutageMs),
  };
}
