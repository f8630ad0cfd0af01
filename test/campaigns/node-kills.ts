/**
 * SIGKILL of one of three nodes at random moments, also while it starts, while objects and domains
 * are written on all: the others go on, nothing acknowledged is lost, no domain has two owners,
 * every node serves the right bytes and leaf, and what the killed left behind goes in a sweep.
 * One try is one kill.
 */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { realWorld } from '../../src/world/index.ts';
import type { Campaign, CampaignOptions, Figures } from '../support/campaign.ts';
import { createAuthority, type TestCertificate } from '../support/certificates.ts';
import { type Chance, createChance } from '../support/chance.ts';
import {
  type ClusterGround,
  createAccount,
  openEnginesBeside,
  openGround,
} from '../support/cluster.ts';
import { sweepOnce } from '../support/orphans.ts';
import type { SignedClient } from '../support/signed-client.ts';
import { ObjectWriter } from './kills/objects.ts';
import { type Claimant, ClaimWorker, untilAnswered } from './node-kills/claims.ts';
import { Fleet, NodeKilled } from './node-kills/fleet.ts';
import { pagePath } from './propagation/visits.ts';

export const name = 'node-kills';
export const issueSize = 300;

const nodeCount = 3;
const objectWriters = 3;
const claimWorkers = 2;
/** Between two kills all nodes run so long at most. */
const lifeMsMax = 500;
const killedStartsOneIn = 6;
/** Everything stands still and is compared on every node after so many kills. */
const killsPerLook = 15;
const buckets = ['claimant-0', 'claimant-1'] as const;
/** Past every age that a sweep waits for. */
const dayMs = 25 * 60 * 60_000;

interface Field {
  readonly ground: ClusterGround;
  readonly fleet: Fleet;
  readonly chance: Chance;
  readonly client: SignedClient;
  readonly writers: readonly ObjectWriter[];
  readonly claims: readonly ClaimWorker[];
  compared: number;
}

export const run: Campaign['run'] = async (options) => {
  const ground = await openGround({ settings: { OWNERSHIP: 'off' } });
  const fleet = new Fleet(ground, nodeCount, createChance(`${options.seed} fleet`));
  try {
    await fleet.open();
    const field = await setField(options, ground, fleet);
    for (let killed = 0; killed < options.size; ) {
      const count = Math.min(killsPerLook, options.size - killed);
      await killUnderWork(field, count);
      killed += count;
      await look(field, killed >= options.size);
      options.log(`${killed} of ${options.size} kills survived`);
    }
    return { ...figuresOf(field, options.size), ...(await sweep(field)) };
  } catch (error) {
    const states = fleet.servers.map((server) => server.condition()).join('\n');
    throw new Error(`the nodes: ${states}`, { cause: error });
  } finally {
    await fleet.close().finally(() => ground.close());
  }
};

async function setField(
  { seed }: CampaignOptions,
  ground: ClusterGround,
  fleet: Fleet,
): Promise<Field> {
  const other = await createAccount(ground);
  const client = fleet.roaming(ground.credentials);
  const claimants: [Claimant, Claimant] = [
    { bucket: buckets[0], client },
    { bucket: buckets[1], client: fleet.roaming(other) },
  ];
  for (const { bucket, client: own } of claimants) {
    const headers = { 'x-oss-acl': 'public-read' };
    const made = await own.call({ method: 'PUT', bucket, headers });
    assert.equal(made.status, 200, made.body.toString());
    const put = await own.call({ method: 'PUT', bucket, key: pagePath.slice(1), body: bucket });
    assert.equal(put.status, 200, put.body.toString());
  }
  const certificates = await makeCertificates();
  return {
    ground,
    fleet,
    chance: createChance(seed),
    client,
    writers: Array.from(
      { length: objectWriters },
      (_, index) => new ObjectWriter(index, buckets[0], createChance(`${seed} objects ${index}`)),
    ),
    claims: Array.from({ length: claimWorkers }, (_, index) => {
      const own = createChance(`${seed} claims ${index}`);
      return new ClaimWorker(index, own, claimants, certificates);
    }),
    compared: 0,
  };
}

async function makeCertificates(): Promise<TestCertificate[]> {
  const authority = await createAuthority();
  const names = ['*.node-kill.example'];
  return Promise.all(Array.from({ length: 6 }, () => authority.issue({ names })));
}

/** The work goes on through `count` kills and stops in order after the last restart. */
async function killUnderWork(field: Field, count: number): Promise<void> {
  const { fleet, chance } = field;
  let isOver = false;
  const atWork = Promise.all([
    ...field.claims.map((worker) => worker.work(() => isOver)),
    ...field.writers.map((writer) => write(writer, field.client, () => isOver)),
  ]);
  // A worker that failed is told at once, not after the next restart.
  const failed = new Promise<never>((_, reject) => atWork.catch(reject));
  failed.catch(() => {});
  const kills = (async () => {
    for (let kill = 0; kill < count; kill += 1) {
      await delay(chance.int(lifeMsMax));
      const number = chance.int(nodeCount);
      await fleet.kill(number);
      await fleet.start(number, killedStartsOneIn);
    }
  })();
  try {
    await Promise.race([kills, failed]);
  } finally {
    isOver = true;
    await Promise.allSettled([kills, atWork]);
  }
  await atWork;
}

async function write(
  writer: ObjectWriter,
  client: SignedClient,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    try {
      await writer.work(client, isOver);
    } catch (error) {
      if (!(error instanceof NodeKilled)) throw error;
      await untilAnswered(async () => void (await writer.check(client, true)));
    }
  }
}

/** All nodes run, nobody writes: stores, pages and handshakes agree with what was acknowledged. */
async function look(field: Field, isLast: boolean): Promise<void> {
  const { fleet, ground } = field;
  for (const worker of field.claims) {
    for (const domain of worker.domains) await worker.settle(domain);
  }
  for (const server of fleet.servers) {
    const client = fleet.at(server, ground.credentials);
    const counts = await Promise.all([
      ...field.claims.map((worker) => worker.check(server, client)),
      ...field.writers.map((writer) => writer.check(client, isLast)),
    ]);
    field.compared += counts.reduce((sum, count) => sum + count, 0);
  }
}

/** A day later, when the nodes have stopped: one sweep leaves nothing that nobody names. */
async function sweep({ ground, fleet }: Field): Promise<Figures> {
  for (const server of fleet.servers) assert.equal(await server.stop(), 0, 'code after SIGTERM');
  const clock = { ...realWorld.clock, now: () => realWorld.clock.now() + dayMs };
  const world = { ...realWorld, clock };
  const engines = await openEnginesBeside(ground, world);
  try {
    const { before, after } = await sweepOnce(engines, clock.now());
    return { 'orphans before the sweep': before, 'after it': after };
  } finally {
    await engines.close();
  }
}

function figuresOf({ fleet, claims, writers, compared }: Field, kills: number): Figures {
  const objects = writers.flatMap((writer) => [...writer.objects]);
  const sum = (pick: (each: { acknowledged: number; unanswered: number }) => number) =>
    [...objects, ...claims].reduce((total, each) => total + pick(each), 0);
  return {
    kills,
    'killed before ready': fleet.killedStarts,
    acknowledged: sum(({ acknowledged }) => acknowledged),
    unanswered: sum(({ unanswered }) => unanswered),
    'claimed by two at once': claims.reduce((total, { contested }) => total + contested, 0),
    compared,
    'slowest start ms': Math.round(fleet.slowestStartMs),
  };
}
