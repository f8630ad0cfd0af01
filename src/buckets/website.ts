/** The website document of a bucket: kept, found, removed. The rules are in website-rules.ts. */
import { OssError } from '../errors/index.ts';
import type { Bucket, BucketStore, ServingReads } from '../stores/index.ts';
import { noSuchBucket } from './buckets.ts';
import { fromStore } from './store-failure.ts';
import type { WebsiteDocument } from './website-rules.ts';

export interface Websites {
  /** Replaces the whole document. @throws OssError NoSuchBucket when it has gone meanwhile. */
  putWebsite(bucket: Bucket, document: WebsiteDocument): Promise<void>;
  findWebsite(bucket: Bucket): Promise<WebsiteDocument | undefined>;
  /** No error when there was none. */
  deleteWebsite(bucket: Bucket): Promise<void>;
}

export function createWebsites(options: {
  buckets: Pick<BucketStore, 'setBucketDocument'>;
  serving: Pick<ServingReads, 'findBucketDocument'>;
}): Websites {
  const store = options.buckets;
  const set = async (bucket: Bucket, text: string | undefined): Promise<void> => {
    const outcome = await fromStore(store.setBucketDocument(bucket.id, 'website', text));
    if (outcome === 'none') throw noSuchBucket(bucket.name);
  };
  return {
    putWebsite: (bucket, document) => set(bucket, JSON.stringify(document)),
    deleteWebsite: (bucket) => set(bucket, undefined),
    async findWebsite(bucket) {
      const text = await fromStore(options.serving.findBucketDocument(bucket.id, 'website'));
      return text === undefined ? undefined : parseStored(text);
    },
  };
}

/** The text is of our own making; one that cannot be read is damage, and is said to be. */
function parseStored(text: string): WebsiteDocument {
  try {
    return JSON.parse(text) as WebsiteDocument;
  } catch (cause) {
    throw new OssError('InternalError', { cause });
  }
}
