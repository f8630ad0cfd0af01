/**
 * A server of several workers: what one of them has answered is true on each of the others for the
 * next request of a connection that was open before, and for the next handshake (DESIGN ruling 12).
 * One try is one change; between some of them a worker is killed or all are replaced.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Campaign } from '../support/campaign.ts';
import { createAuthority } from '../support/certificates.ts';
import { createChance } from '../support/chance.ts';
import { leafShown } from '../support/handshake.ts';
import { connectRaw, type RawClient } from '../support/raw-client.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { createSignedClient, type SignedClient } from '../support/signed-client.ts';
import { servedBy, workersOf } from '../support/workers.ts';
import { domain, pageKey, Site } from './workers/site.ts';

export const name = 'workers';
export const issueSize = 1_000;

const workerCount = 3;
const certificateCount = 6;
/** One change in so many is followed by the end of a worker. */
const killOneIn = 60;
const logEvery = 100;

const credentials = {
  accessKeyId: 'LTAIWorkersCampaign00000',
  accessKeySecret: 'workers-campaign-secret-0123456789',
};

/** One worker, with connections that are its own. */
interface Lane {
  readonly pid: number;
  readonly client: SignedClient;
  readonly visitor: RawClient;
}

export const run: Campaign['run'] = async ({ size, seed, log }) => {
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-workers-'));
  const server = await startServerProcess({
    ...credentials,
    dataDir: join(folder, 'data'),
    settings: { OWNERSHIP: 'off', WORKERS: String(workerCount) },
  });
  assert.ok(server);
  let lanes: Lane[] = [];
  try {
    const chance = createChance(seed);
    const authority = await createAuthority();
    const certificates = await Promise.all(
      Array.from({ length: certificateCount }, () =>
        authority.issue({ names: [domain], key: 'P-256' }),
      ),
    );
    const site = new Site(chance, certificates);
    lanes = await openLanes(server);
    await site.build(chance.pick(lanes).client);
    const seen = { handshakes: 0, requests: 0, killed: 0 };
    for (let number = 1; number <= size; number += 1) {
      const change = await site.change(chance.pick(lanes).client);
      const pids = lanes.map(({ pid }) => pid);
      for (const lane of lanes) {
        const about = `change ${number} (${change}), worker ${pids.indexOf(lane.pid)}`;
        await expectPage(lane.visitor, site, about);
        seen.requests += 1;
        assert.equal(await leafOf(lane, pids, server), site.expectedLeaf, about);
        seen.handshakes += 1;
      }
      if (number % logEvery === 0) log(`${number} of ${size} changes`);
      if (!chance.one(killOneIn)) continue;
      closeLanes(lanes);
      const killed = chance.pick(pids);
      process.kill(killed, 'SIGKILL');
      seen.killed += 1;
      lanes = await openLanes(server, [killed]);
    }
    return { changes: size, workers: workerCount, ...seen };
  } catch (error) {
    throw new Error(`The server: ${server.condition()}`, { cause: error });
  } finally {
    closeLanes(lanes);
    await server.kill();
    await rm(folder, { recursive: true, force: true });
  }
};

/** A connection of the API and one of a visitor on each worker, once all of them serve. */
async function openLanes(server: ServerProcess, gone: readonly number[] = []): Promise<Lane[]> {
  const pids = await workersOf(server, workerCount, gone);
  const lanes: Lane[] = [];
  for (const pid of pids) {
    lanes.push(
      await servedBy(pid, pids, async () => {
        const client = createSignedClient({ port: server.httpPort, credentials });
        await client.get('nobody.example', '/');
        const visitor = await connectRaw({ port: server.httpPort });
        await visit(visitor);
        return { pid, client, visitor };
      }),
    );
  }
  return lanes;
}

function leafOf(
  { pid }: Lane,
  pids: readonly number[],
  { httpsPort }: ServerProcess,
): Promise<string | undefined> {
  return servedBy(pid, pids, () => leafShown(httpsPort, domain));
}

function closeLanes(lanes: readonly Lane[]): void {
  for (const { client, visitor } of lanes) {
    client.close();
    visitor.destroy();
  }
}

async function visit(visitor: RawClient) {
  visitor.send(`GET /${pageKey} HTTP/1.1\r\nHost: ${domain}\r\n\r\n`);
  return await visitor.response();
}

async function expectPage(visitor: RawClient, site: Site, about: string): Promise<void> {
  const { status, body } = await visit(visitor);
  const { status: expected, page } = site.expected;
  assert.equal(status, expected, about);
  if (page !== undefined) assert.equal(String(body), page, about);
}
