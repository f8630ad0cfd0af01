/**
 * The configuration documents of a bucket: kept as JSON of our own making, found, replaced,
 * removed. What a document means is the matter of the rules that read it (website-rules.ts and
 * others); here each has its name and its type, and no other.
 */
import { OssError } from '../errors/index.ts';
import { Lru } from '../lru/index.ts';
import type { Bucket, BucketDocumentName, BucketStore, ServingReads } from '../stores/index.ts';
import { noSuchBucket } from './buckets.ts';
import type {
  AccessMonitorDocument,
  CallbackPolicyDocument,
  EncryptionDocument,
  InventoriesDocument,
  LogFieldsDocument,
  LoggingDocument,
  PaymentDocument,
  QosLimits,
  RedundancyTransitionsDocument,
  RequesterQosDocument,
  StylesDocument,
  SwitchDocument,
  TagsDocument,
} from './configurations.ts';
import type { CorsDocument } from './cors-rules.ts';
import type { HttpsDocument } from './https-rules.ts';
import type { LifecycleDocument } from './lifecycle-rules.ts';
import type { OverwriteDocument } from './overwrite-rules.ts';
import type { PolicyDocument } from './policy-document.ts';
import type { RefererDocument } from './referer-rules.ts';
import type { WormDocument } from './retention-rules.ts';
import { fromStore } from './store-failure.ts';
import type { WebsiteDocument } from './website-rules.ts';

/** The documents there can be. A document is plain JSON; `undefined` members are not kept. */
export interface DocumentTypes {
  policy: PolicyDocument;
  'access-monitor': AccessMonitorDocument;
  'archive-direct-read': SwitchDocument;
  'callback-policy': CallbackPolicyDocument;
  cors: CorsDocument;
  encryption: EncryptionDocument;
  https: HttpsDocument;
  inventories: InventoriesDocument;
  lifecycle: LifecycleDocument;
  'log-fields': LogFieldsDocument;
  logging: LoggingDocument;
  overwrite: OverwriteDocument;
  payment: PaymentDocument;
  /** Only there while the block is on. */
  'public-access-block': SwitchDocument;
  qos: QosLimits;
  'redundancy-transitions': RedundancyTransitionsDocument;
  referer: RefererDocument;
  'requester-qos': RequesterQosDocument;
  styles: StylesDocument;
  tags: TagsDocument;
  'transfer-acceleration': SwitchDocument;
  website: WebsiteDocument;
  worm: WormDocument;
}

export type DocumentName = keyof DocumentTypes & BucketDocumentName;

export interface BucketDocuments {
  /** Replaces the whole document. @throws OssError NoSuchBucket when it has gone meanwhile. */
  put<Name extends DocumentName>(
    bucket: Bucket,
    name: Name,
    document: DocumentTypes[Name],
  ): Promise<void>;
  /**
   * What this node knows, as fresh as `ServingReads`; costs nothing for a document that the bucket
   * has not.
   */
  find<Name extends DocumentName>(
    bucket: Bucket,
    name: Name,
  ): Promise<DocumentTypes[Name] | undefined>;
  /**
   * Replaces the document by what `change` makes of the one that stands (`undefined`: none), with
   * nobody else in between; `change` may run again, and may throw. Resolves to its last result.
   * @throws OssError NoSuchBucket, and whatever `change` throws.
   */
  change<Name extends DocumentName>(
    bucket: Bucket,
    name: Name,
    change: (standing: DocumentTypes[Name] | undefined) => DocumentTypes[Name] | undefined,
  ): Promise<DocumentTypes[Name] | undefined>;
  /** No error when there was none. */
  remove(bucket: Bucket, name: DocumentName): Promise<void>;
}

/** Changes of one document that may be under way at once, without one of them giving up. */
const attemptsMax = 100;

export function createBucketDocuments(options: {
  buckets: Pick<BucketStore, 'findBucketDocument' | 'setBucketDocument'>;
  serving: Pick<ServingReads, 'findBucketDocument'>;
}): BucketDocuments {
  const store = options.buckets;
  const set = async (
    bucket: Bucket,
    name: DocumentName,
    text: string | undefined,
    expected?: { text: string | undefined },
  ): Promise<'done' | 'changed'> => {
    const outcome = await fromStore(store.setBucketDocument(bucket.id, name, text, expected));
    if (outcome === 'none') throw noSuchBucket(bucket.name);
    return outcome;
  };
  const parsed = createParsedTexts();
  return {
    async put(bucket, name, document) {
      await set(bucket, name, JSON.stringify(document));
    },
    async remove(bucket, name) {
      await set(bucket, name, undefined);
    },
    async find(bucket, name) {
      if (!bucket.documents.includes(name)) return undefined;
      return parsed.read(await fromStore(options.serving.findBucketDocument(bucket.id, name)));
    },
    async change(bucket, name, change) {
      for (let attempt = 0; attempt < attemptsMax; attempt++) {
        const text = await fromStore(store.findBucketDocument(bucket.id, name));
        const next = change(parseStored(text));
        const nextText = next === undefined ? undefined : JSON.stringify(next);
        if ((await set(bucket, name, nextText, { text })) === 'done') return next;
      }
      throw new OssError('ServiceUnavailable', {
        message: 'The configuration kept changing while it was changed. Please retry.',
      });
    },
  };
}

/** The text is of our own making; one that cannot be read is damage, and is said to be. */
function parseStored<Document>(text: string | undefined): Document | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Document;
  } catch (cause) {
    throw new OssError('InternalError', { cause });
  }
}

/** Texts of documents that are kept with what they say, in characters; ours. */
const parsedCharactersMax = 8 * 1024 * 1024;

/**
 * What texts say, each read once as long as it is asked for: every request in a bucket with a
 * website asks for the same one. Nobody can change what many are given.
 */
function createParsedTexts() {
  const documents = new Lru<unknown>({ costMax: parsedCharactersMax });
  return {
    read<Document>(text: string | undefined): Document | undefined {
      if (text === undefined) return undefined;
      const kept = documents.find(text);
      if (kept !== undefined) return kept as Document;
      const document = freeze(parseStored<Document>(text));
      documents.keep(text, document, text.length);
      return document;
    },
  };
}

function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}
