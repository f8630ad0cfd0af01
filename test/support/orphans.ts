/** One sweep, as the server makes one a day: afterwards no bytes are there that no row names. */
import assert from 'node:assert/strict';
import type { Engines } from '../../src/engines.ts';
import { sweepBlobs } from '../../src/stores/index.ts';

async function countOrphans({ metadata, blobs }: Engines): Promise<number> {
  const live = new Set<string>();
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: string[] = await metadata.objects.listBlobs(after, 500);
    for (const blobId of page) live.add(blobId);
    after = page.at(-1);
  }
  let count = 0;
  for await (const page of blobs.list()) {
    count += page.filter(({ blobId }) => !live.has(blobId)).length;
  }
  return count;
}

/** At a time at which all that a sweep waits for has passed; no server runs on these engines. */
export async function sweepOnce(
  engines: Engines,
  now: number,
): Promise<{ readonly before: number; readonly after: number }> {
  const before = await countOrphans(engines);
  await engines.blobs.sweepUnfinished();
  const { objects } = engines.metadata;
  const report = await sweepBlobs({ objects, blobs: engines.blobs, now });
  assert.equal(report.missingCount, 0, `bytes are missing: ${report.missing}`);
  const after = await countOrphans(engines);
  assert.equal(after, 0, 'orphans after a sweep');
  return { before, after };
}
