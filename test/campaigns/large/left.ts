/** What stands in the stores after one sweep with the clock past every age. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createSweeper } from '../../../src/buckets/index.ts';
import { loadConfig } from '../../../src/config/index.ts';
import { openEngines } from '../../../src/engines.ts';
import { realWorld, type World } from '../../../src/world/index.ts';
import { withEdition } from '../../support/editions.ts';

/** Past every age that keeps something: announcements, uploads, garbage. */
const pastAllMs = 25 * 60 * 60_000;

export interface Left {
  readonly blobs: number;
  readonly bytes: number;
  readonly sweptBytes: number;
}

/** Every blob that is left has a row, and whatever was begun and not finished is gone. */
export async function sweepOnce(dataDir: string): Promise<Left> {
  const environment = await withEdition(dataDir, { CNAMED_DATA_DIR: dataDir });
  const readText = (path: string) => readFile(path, 'utf8');
  const config = await loadConfig({ flags: {}, environment, currentFolder: dataDir, readText });
  const { clock } = realWorld;
  const later = { ...clock, now: () => clock.now() + pastAllMs };
  const world: World = { ...realWorld, clock: later };
  const engines = await openEngines(config, world, { isServer: true });
  try {
    const { objects } = engines.metadata;
    const before = await standing();
    const sweeper = createSweeper({ objects, blobs: engines.blobs, world });
    await sweeper.sweepAnnounced();
    await sweeper.sweepGarbage();
    await sweeper.sweepUnfinished();
    await sweeper.sweepOrphans();
    const after = await standing();
    const known = await objects.knownBlobs(after.ids);
    assert.deepEqual([...known].sort(), after.ids.sort(), 'orphans that one sweep left');
    assert.equal(await sweeper.sweepUnfinished(), 0, 'unfinished uploads that one sweep left');
    assert.deepEqual(await objects.listGarbage(Number.MAX_SAFE_INTEGER, 1), []);
    assert.equal((await sweeper.findMissing()).missingCount, 0);
    const sweptBytes = before.bytes - after.bytes;
    return { blobs: after.ids.length, bytes: after.bytes, sweptBytes };
  } finally {
    await engines.close();
  }

  async function standing(): Promise<{ ids: string[]; bytes: number }> {
    const ids: string[] = [];
    let bytes = 0;
    for await (const batch of engines.blobs.list()) {
      for (const { blobId, size } of batch) {
        ids.push(blobId);
        bytes += size;
      }
    }
    return { ids, bytes };
  }
}
