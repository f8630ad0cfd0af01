/**
 * A long day: visitors, uploads, listings, domains that come and go, certificates that change, all
 * at once, for a given time. No answer is wrong, and the server is as large at the end as it was
 * once it had warmed up, with no connection or file left open. One try is one second.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Campaign, CampaignOptions, Figures } from '../support/campaign.ts';
import { createAuthority } from '../support/certificates.ts';
import { createChance } from '../support/chance.ts';
import { loopDelays } from '../support/loop-delay.ts';
import { filesOpen, residentMiB } from '../support/process-facts.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { createSignedClient, type SignedClient } from '../support/signed-client.ts';
import { type Shop, watchDuring } from './crowd/canary.ts';
import { type Site, type Visits, visit } from './rotation/visitors.ts';
import { keepObjects, type Lane, list, mapDomains, swap, uploadParts } from './soak/lanes.ts';

export const name = 'soak';
/** Half an hour. */
export const issueSize = 1_800;

const domain = 'www.soak.example';
const bucket = 'soak-bucket';
const credentials = {
  accessKeyId: 'LTAISoakCampaign00000000',
  accessKeySecret: 'soak-campaign-secret-0123456789ab',
};
const certificateCount = 6;
const visitors = 4;
/** Shorter runs have not warmed up. */
const secondsToJudge = 300;
/** The second sixth and the last are compared; descriptors and event loop are told of both. */
const parts = 6;
const growthMax = 1.2;

export const run: Campaign['run'] = async ({ size, seed, log }) => {
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-soak-'));
  const loopDelayFile = join(folder, 'loop-delays');
  const server = await startServerProcess({
    ...credentials,
    dataDir: join(folder, 'data'),
    loopDelayFile,
    settings: { OWNERSHIP: 'off', LOG_LEVEL: 'warn', CONNECTIONS_PER_ADDRESS: '1000' },
  });
  assert.ok(server);
  const client = createSignedClient({ port: server.httpPort, credentials, connections: 12 });
  try {
    return await soak(server, loopDelayFile, client, { size, seed, log });
  } finally {
    client.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
};

async function soak(
  server: ServerProcess,
  loopDelayFile: string,
  client: SignedClient,
  { size, seed, log }: CampaignOptions,
): Promise<Figures> {
  const page = Buffer.alloc(4_096, 'a page. ');
  const headers = { 'x-oss-acl': 'public-read' };
  for (const call of [
    { method: 'PUT', bucket, headers },
    { method: 'PUT', bucket, key: 'page', body: page },
  ]) {
    assert.equal((await client.call(call)).status, 200);
  }
  const authority = await createAuthority();
  const certificates = await Promise.all(
    Array.from({ length: certificateCount }, () => authority.issue({ names: [domain] })),
  );
  const filesBefore = filesOpen(server.pid);
  const done: Record<string, number> = {};
  let isOver = false;
  const laneOf = (laneName: string): Lane => ({
    client,
    bucket,
    chance: createChance(`${seed} ${laneName}`),
    name: laneName,
    isOver: () => isOver,
    count(what) {
      done[what] = (done[what] ?? 0) + 1;
    },
  });
  const leaves: string[] = [];
  let sure = 0;
  const { promise: bound, resolve: isBound } = Promise.withResolvers<void>();
  const swapping = swap(laneOf('swap'), domain, certificates, leaves, (index) => {
    sure = index;
    isBound();
  });
  await Promise.race([bound, swapping]);
  const visits: Visits = { kept: 0, full: 0, resumed: 0 };
  const port = server.httpsPort;
  const { certificatePem: authorityPem } = authority;
  const site = (): Site => ({ port, domain, authorityPem, path: '/page', page, leaves, sure });
  const working = Promise.all([
    swapping,
    ...['a', 'b', 'c'].map((one) => keepObjects(laneOf(one))),
    uploadParts(laneOf('parts')),
    list(laneOf('list')),
    mapDomains(laneOf('mapped'), authority),
    ...Array.from({ length: visitors }, (_, at) => visit(site, at % 2 === 0, () => isOver, visits)),
  ]);
  working.catch(() => {});
  const shop: Shop = { httpPort: server.httpPort, httpsPort: port, domain, path: '/page', page };
  const sizes: number[] = [];
  const figures: Record<string, number | string> = {};
  try {
    for (let part = 1; part <= parts; part++) {
      const since = Date.now();
      const { median, p99 } = await watchDuring(shop, async () => {
        const pass = measureFor(server.pid, Math.max(1, size / parts));
        sizes.push(await Promise.race([pass, working.then(() => pass)]));
      });
      const late = loopDelays(loopDelayFile, since);
      const line =
        `${sizes.at(-1)} MiB, ${filesOpen(server.pid)} files and connections, ` +
        `a page in ${median.toFixed(1)} and ${p99.toFixed(1)} ms, event loop late by ` +
        `${late.median.toFixed(1)} and ${late.p99.toFixed(1)}, once ${late.longest.toFixed(0)} ms`;
      log(`part ${part} of ${parts}: ${line}`);
      if (part === 2 || part === parts) figures[`part ${part}`] = line;
    }
  } finally {
    isOver = true;
  }
  await working;
  const [, warm = 0] = sizes;
  const last = sizes.at(-1) ?? 0;
  if (size >= secondsToJudge) {
    assert.ok(last <= warm * growthMax, `the server grew from ${warm} to ${last} MiB`);
  }
  client.close();
  await until(() => filesOpen(server.pid) <= filesBefore + 4, 'files or connections are left open');
  return { ...done, ...visits, ...figures };
}

/** Mean size of the process over so many seconds, MiB. */
async function measureFor(pid: number, seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1_000;
  let sum = 0;
  let count = 0;
  while (performance.now() < end) {
    sum += residentMiB(pid);
    count += 1;
    await delay(Math.min(1_000, seconds * 200));
  }
  return Math.round(sum / Math.max(1, count));
}

async function until(holds: () => boolean, otherwise: string): Promise<void> {
  const late = performance.now() + 30_000;
  while (!holds()) {
    assert.ok(performance.now() < late, otherwise);
    await delay(50);
  }
}
