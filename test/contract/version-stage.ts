/** A bucket whose versions come and go, a tick of the clock apart, and how its listings read. */
import { strict as assert } from 'node:assert/strict';
import type {
  Bucket,
  ListedVersion,
  MetadataEngine,
  Versioning,
  VersionListing,
} from '../../src/stores/index.ts';
import { makeBucket, now, sampleObject, unique } from './samples.ts';

/** `a@1*`: a version of `a`, the latest; `a!1`: a delete marker; `p/`: a common prefix. */
export function shown(listing: VersionListing): string[] {
  return listing.entries.map((entry) => {
    if ('commonPrefix' in entry) return entry.commonPrefix;
    const latest = entry.isLatest ? '*' : '';
    return `${entry.key}${'object' in entry ? '@' : '!'}${idOf(entry)}${latest}`;
  });
}

export function idOf(entry: ListedVersion): string {
  return 'object' in entry ? entry.object.versionId : entry.marker.versionId;
}

export async function openVersionStage(engine: MetadataEngine): Promise<VersionStage> {
  return new VersionStage(engine, await makeBucket(engine));
}

class VersionStage {
  readonly engine: MetadataEngine;
  readonly bucket: Bucket;
  at = now;

  constructor(engine: MetadataEngine, bucket: Bucket) {
    this.engine = engine;
    this.bucket = bucket;
  }

  async versioning(versioning: Versioning) {
    assert.equal(await this.engine.buckets.setBucketVersioning(this.bucket.id, versioning), 'done');
  }

  async put(
    key: string,
    versionId: string,
    more: Partial<Parameters<typeof sampleObject>[0]> = {},
  ) {
    this.at += 1;
    const object = sampleObject({ versionId, modifiedAt: this.at, ...more });
    const input = { bucketId: this.bucket.id, key, object, forbidOverwrite: false };
    const put = await this.engine.objects.putObject(input);
    assert.equal(put.outcome, 'stored');
    return { object, versionId: put.outcome === 'stored' ? put.versionId : undefined };
  }

  async remove(key: string, versionId?: string, markerId = unique('marker')) {
    this.at += 1;
    const deletions = [{ key, versionId, markerId }];
    const input = { bucketId: this.bucket.id, deletions, now: this.at };
    const [result] = await this.engine.objects.deleteObjects(input);
    assert.ok(result);
    return result;
  }

  async list(more: Partial<Parameters<MetadataEngine['objects']['listVersions']>[0]> = {}) {
    return await this.engine.objects.listVersions({
      bucketId: this.bucket.id,
      prefix: '',
      delimiter: '',
      after: '',
      afterVersion: undefined,
      limit: 1000,
      ...more,
    });
  }

  async current(key: string): Promise<string | undefined> {
    return (await this.engine.objects.findObject(this.bucket.id, key))?.versionId;
  }

  async counters() {
    const stat = await this.engine.buckets.bucketStat(this.bucket.id);
    return [stat?.objectCount, stat?.storageBytes, stat?.markerCount];
  }
}
