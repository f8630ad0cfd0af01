/**
 * A whole installation is copied to PostgreSQL and S3 and back to files, killed on the way again
 * and again, and ends identical. The size is the number of objects; a tenth as many domains, each
 * with a certificate.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { domainOf } from '../../bench/fill.ts';
import type { Campaign, CampaignOptions } from '../support/campaign.ts';
import { type Chance, createChance } from '../support/chance.ts';
import { leafShown } from '../support/handshake.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { startS3Server } from '../support/s3-server.ts';
import { copyKilled, copyWhole } from './copy/command.ts';
import { assertSame } from './copy/compare.ts';
import { bucketPrefix, fillPlace } from './copy/fill.ts';
import { cluster, embedded, openPlace, type Place, servePlace } from './copy/places.ts';

export const name = 'copy';
export const issueSize = 100_000;

/** Each way. */
const killsMax = 8;
const objectsPerKill = 400;
const handshakesMax = 300;

export const run: Campaign['run'] = async ({ size, seed, log }: CampaignOptions) => {
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-copy-'));
  const postgres = await startTestPostgres();
  const s3 = await startS3Server();
  const chance = createChance(seed);
  const domains = Math.max(3, Math.floor(size / 10));
  const ways = [
    // How many objects have come over, as far as can be seen from outside.
    { title: 'to PostgreSQL and S3', arrived: async () => s3.objects.size },
    { title: 'to SQLite and files', arrived: () => filesIn(join(folder, 'back', 'objects')) },
  ];
  try {
    const places = [
      await embedded(folder, 'here'),
      await cluster(folder, 'there', {
        databaseUrl: await postgres.createDatabase(),
        s3Url: s3.url,
      }),
      await embedded(folder, 'back'),
    ];
    const [here, there, back] = places as [Place, Place, Place];
    const { layered } = await fillPlace({ place: here, objects: size, domains, chance });
    log(`${size} objects, ${layered} more over versions or parts and ${domains} domains are there`);
    const figures: Record<string, number | string> = { objects: size, domains };
    for (const [number, { title, arrived }] of ways.entries()) {
      const [from, to] = places.slice(number) as [Place, Place];
      const killed = await copyKilled(from, to, {
        kills: Math.min(killsMax, Math.ceil(size / objectsPerKill)),
        size,
        arrived,
        chance,
      });
      log(`${title}: killed ${killed} times`);
      const last = await timed(() => copyWhole(from, to));
      const again = await timed(() => copyWhole(from, to));
      assert.equal(again.value.objects.copied, 0, 'nothing had changed');
      log(`${title}: complete in ${last.seconds} s, nothing to do in ${again.seconds} s`);
      figures[`killed ${title}`] = killed;
      figures[`last run ${title}`] = `${last.value.objects.copied} objects in ${last.seconds} s`;
      figures[`nothing to do ${title}`] = `${again.seconds} s`;
    }
    const same = await sameInAll(here, there, back);
    assert.deepEqual(same, { objects: size + layered, domains, certificates: domains });
    log('identical, object by object and domain by domain');
    const shown = await handshakes(back, domains, chance);
    return { ...figures, 'handshakes compared': shown };
  } finally {
    await s3.close();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
};

async function filesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  return entries.length;
}

async function timed<Value>(
  work: () => Promise<Value>,
): Promise<{ value: Value; seconds: number }> {
  const startedAt = performance.now();
  const value = await work();
  return { value, seconds: Math.round((performance.now() - startedAt) / 100) / 10 };
}

async function sameInAll(here: Place, there: Place, back: Place) {
  const opened = [await openPlace(here), await openPlace(there), await openPlace(back)] as const;
  try {
    await assertSame(opened[0], opened[1]);
    return await assertSame(opened[0], opened[2]);
  } finally {
    for (const each of opened) await each.close();
  }
}

/** Of domains drawn: the server over the copy shows the certificate that was bound. */
async function handshakes(place: Place, domains: number, chance: Chance): Promise<number> {
  const server = await servePlace(place);
  const { cnames } = server.rooms.engines.metadata;
  try {
    const count = Math.min(domains, handshakesMax);
    for (let number = 0; number < count; number += 1) {
      const domain = domainOf(chance.int(domains));
      const shown = await leafShown(server.addresses.https?.port ?? 0, domain);
      const mapped = await cnames.findDomain(domain);
      const { bucket } = mapped ?? assert.fail(`${domain} is not mapped`);
      assert.ok(bucket.name.startsWith(bucketPrefix));
      const bound = (await cnames.listDomains(bucket.id)).find(
        ({ cname }) => cname.domain === domain,
      );
      assert.equal(shown, bound?.certificate?.fingerprint256, domain);
    }
    return count;
  } finally {
    await server.stop();
  }
}
