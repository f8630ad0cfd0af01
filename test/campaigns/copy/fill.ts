/** A large installation made fast: through the ports, without HTTP in between. */

import { fill } from '../../../bench/fill.ts';
import { createBenchAuthority } from '../../../bench/lib/certificates.ts';
import { createCrc64 } from '../../../src/buckets/index.ts';
import type { Chance } from '../../support/chance.ts';
import { leaveUpload, newVersionId, putComposed } from './compose.ts';
import { openPlace, type Place, rootKey } from './places.ts';

export const bucketPrefix = 'copied';
export const domainsPerBucket = 50;

/** Transactions under way at once. */
const lanesMax = 64;

/** Most objects of a site are small; a few need several reads. */
const sizes = [0, 1, 200, 700, 1_500, 3_000, 6_000, 20_000];
const largeSize = 700_000;
const largeOneIn = 2_000;
const layeredOneIn = 20;

export interface Filling {
  readonly place: Place;
  readonly objects: number;
  readonly domains: number;
  readonly chance: Chance;
}

export async function fillPlace({ place, objects, domains, chance }: Filling): Promise<{
  layered: number;
}> {
  const first = await openPlace(place);
  const { accountId } = await first.accounts.ensureRootAccount(rootKey);
  await first.accounts.createAccount('tenant');
  await first.close();
  const { dataDir } = place;
  const authority = createBenchAuthority(Date.now());
  const names = { bucketPrefix, domainsPerBucket, accountId, authority };
  await fill({ ...names, dataDir, count: domains });
  const engines = await openPlace(place);
  const { buckets } = await engines.metadata.buckets.listBuckets({
    accountId,
    prefix: bucketPrefix,
    marker: '',
    limit: 1_000,
  });
  for (const bucket of buckets) {
    await engines.metadata.buckets.setBucketAcl(bucket.id, 'public-read');
  }
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < objects) {
      const number = next++;
      const bucket = buckets[number % buckets.length];
      if (bucket === undefined) throw new Error('no bucket');
      await putObject(engines, bucket.id, keyOf(number), chance);
    }
  };
  await Promise.all(Array.from({ length: lanesMax }, lane));
  const layered = await fillLayers(engines, accountId, Math.ceil(objects / layeredOneIn), chance);
  await engines.close();
  return { layered };
}

/**
 * Beside the plain objects: as many keys with versions and markers, and with contents of parts, and
 * as many unfinished uploads. Returns how many keys point to an object.
 */
async function fillLayers(
  engines: Awaited<ReturnType<typeof openPlace>>,
  accountId: string,
  count: number,
  chance: Chance,
): Promise<number> {
  const { buckets, objects } = engines.metadata;
  const now = Date.now();
  const made = await buckets.createBucket({ name: 'layers', accountId, bucketsMax: 10_000, now });
  if (made.outcome !== 'created') throw new Error(made.outcome);
  const bucketId = made.bucket.id;
  await buckets.setBucketVersioning(bucketId, 'Enabled');
  let current = 0;
  for (let number = 0; number < count; number += 1) {
    const key = keyOf(number);
    for (let version = 0; version <= number % 3; version += 1) {
      await putObject(engines, bucketId, key, chance);
    }
    current += 1;
    if (chance.one(4)) {
      const deletions = [{ key, versionId: undefined, markerId: newVersionId() }];
      await objects.deleteObjects({ bucketId, deletions, now });
      current -= 1;
    }
    const pieces = [1, 2, 3].map(() => chance.bytes(1 + chance.int(9_000)));
    await putComposed(engines, { bucketId, key: `composed/${number}`, pieces });
    current += 1;
    await leaveUpload(engines, { bucketId, key, pieces });
  }
  return current;
}

export function keyOf(number: number): string {
  return `pages/${number % 97}/ü ${number}.html`;
}

/** An object as PutObject would have stored it, near enough for every column to say something. */
export async function putObject(
  { metadata, blobs }: Pick<Awaited<ReturnType<typeof openPlace>>, 'metadata' | 'blobs'>,
  bucketId: number,
  key: string,
  chance: Chance,
): Promise<void> {
  const size = chance.one(largeOneIn) ? largeSize : chance.pick(sizes);
  const bytes = chance.bytes(Math.min(size, 4_096));
  const content = Buffer.concat(Array(Math.ceil(size / 4_096) || 1).fill(bytes)).subarray(0, size);
  const crc = createCrc64();
  crc.update(content);
  const writer = await blobs.create(size);
  await writer.write(content);
  const object = {
    blobId: await writer.finish(),
    size,
    etag: bytes.toString('hex', 0, 16).toUpperCase().padEnd(32, '0'),
    contentMd5: undefined,
    crc64: crc.digest(),
    type: 'Normal',
    content: 'blob',
    versionId: newVersionId(),
    extras: {},
    acl: chance.one(10) ? 'private' : 'default',
    storageClass: 'Standard',
    modifiedAt: Date.now() - chance.int(1_000_000_000),
    headers: { 'content-type': 'text/html', 'cache-control': `max-age=${chance.int(100)}` },
    metadata: chance.one(3) ? { note: 'ä' } : {},
  } as const;
  await metadata.objects.putObject({ bucketId, key, object, forbidOverwrite: false });
}
