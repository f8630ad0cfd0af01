/**
 * Domains mapped, rebound, unbound, unmapped and moved on one of three nodes: how long until every
 * node shows it, over HTTP, in new handshakes and to resumed sessions, with notifications and with
 * every one of them lost. One try is one change, in each of both ways.
 */
import assert from 'node:assert/strict';
import type { Campaign, CampaignOptions, Figures } from '../support/campaign.ts';
import { createAuthority } from '../support/certificates.ts';
import { createChance } from '../support/chance.ts';
import {
  type ClusterGround,
  createAccount,
  openGround,
  startNodeProcess,
} from '../support/cluster.ts';
import type { ServerProcess } from '../support/server-process.ts';
import type { TestCredentials } from '../support/sign.ts';
import { createSignedClient, type SignedClient } from '../support/signed-client.ts';
import { type Arrival, Lane, type LaneStage, type Owner } from './propagation/lane.ts';
import { pagePath } from './propagation/visits.ts';

export const name = 'propagation';
export const issueSize = 1_000;

const nodeCount = 3;
/** Domains that change at the same time. */
const laneCount = 3;
const certificateCount = 8;
const logEvery = 100;

/** Finer where it is a matter of milliseconds; the looks must not be the load. */
const pauses = { sent: 20, dropped: 50 } as const;

type Notifications = keyof typeof pauses;

export const run: Campaign['run'] = async (options) => ({
  ...(await runOnce(options, 'sent')),
  ...(await runOnce(options, 'dropped')),
});

async function runOnce(options: CampaignOptions, notifications: Notifications): Promise<Figures> {
  const { size, seed, log } = options;
  const settings = { OWNERSHIP: 'off' };
  const ground = await openGround({ settings, notifications });
  const nodes: ServerProcess[] = [];
  const clients: SignedClient[] = [];
  try {
    for (let number = 0; number < nodeCount; number += 1) {
      const node = await startNodeProcess(ground, number);
      assert.ok(node, 'a node died at its start');
      nodes.push(node);
    }
    const stage = await setStage(ground, nodes, clients, pauses[notifications]);
    const lanes = Array.from(
      { length: laneCount },
      (_, number) => new Lane(number, createChance(`${seed} ${notifications} ${number}`), stage),
    );
    const arrivals: Arrival[] = [];
    await Promise.all(
      lanes.map(async (lane, number) => {
        for (let count = number; count < size; count += laneCount) {
          arrivals.push(await lane.change());
          if (arrivals.length % logEvery === 0) log(`${notifications}: ${arrivals.length} changes`);
        }
      }),
    );
    if (notifications === 'dropped') {
      assert.ok(ground.droppedNotifications() > 0, 'no notification was dropped');
    }
    return figuresOf(notifications, arrivals, lanes);
  } catch (error) {
    const states = nodes.map((node) => node.condition()).join('\n');
    throw new Error(`notifications ${notifications}; the nodes: ${states}`, { cause: error });
  } finally {
    for (const client of clients) client.close();
    await Promise.all(nodes.map((node) => node.kill()));
    await ground.close();
  }
}

/** Two accounts with a bucket each, whose page says its name. */
async function setStage(
  ground: ClusterGround,
  nodes: readonly ServerProcess[],
  clients: SignedClient[],
  pauseMs: number,
): Promise<LaneStage> {
  const connect = (node: ServerProcess, credentials: TestCredentials): SignedClient => {
    const client = createSignedClient({ port: node.httpPort, credentials, connections: laneCount });
    clients.push(client);
    return client;
  };
  const accounts = [ground.credentials, await createAccount(ground)];
  const owners: Owner[] = accounts.map((credentials, number) => ({
    bucket: `owner-${number}`,
    clients: nodes.map((node) => connect(node, credentials)),
  }));
  for (const { bucket, clients } of owners) {
    const [client] = clients;
    assert.ok(client);
    const headers = { 'x-oss-acl': 'public-read' };
    const made = await client.call({ method: 'PUT', bucket, headers });
    assert.equal(made.status, 200, made.body.toString());
    const put = await client.call({ method: 'PUT', bucket, key: pagePath.slice(1), body: bucket });
    assert.equal(put.status, 200, put.body.toString());
  }
  const authority = await createAuthority();
  const names = ['*.propagation.example'];
  const certificates = await Promise.all(
    Array.from({ length: certificateCount }, () => authority.issue({ names })),
  );
  const visitors = nodes.map((node) => connect(node, ground.credentials));
  return { owners, certificates, ports: nodes, visitors, pauseMs };
}

function figuresOf(
  notifications: Notifications,
  arrivals: readonly Arrival[],
  lanes: readonly Lane[],
): Figures {
  const sorted = arrivals.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  const sum = (pick: (lane: Lane) => number) =>
    lanes.reduce((total, lane) => total + pick(lane), 0);
  return Object.fromEntries(
    Object.entries({
      changes: sorted.length,
      'p50 ms': at(0.5),
      'p99 ms': at(0.99),
      'max ms': at(1),
      looks: sum(({ looks }) => looks),
      'sessions resumed': sum(({ resumed }) => resumed),
      'dead sessions offered': sum(({ deadOffers }) => deadOffers),
    }).map(([figure, value]) => [`${notifications}: ${figure}`, value]),
  );
}
