/**
 * Buckets and objects: names, access, reading, writing, listing, website documents; streams in and
 * out. Knows no HTTP, no XML, no signature. Nothing behind this door checks the caller: `access.ts`
 * says who may, and the API asks it.
 */

export type {
  AuditActor,
  Bucket,
  BucketAcl,
  BucketStat,
  ListedObject,
  ObjectAcl,
  ObjectListing,
  StoredObject,
} from '../stores/index.ts';
export { effectiveAcl, isPublicAccessBlocked } from './access.ts';
export { type BucketPage, type Buckets, createBuckets, type NewBucket } from './buckets.ts';
export {
  type Conditions,
  type ConditionVerdict,
  checkConditions,
  isRangeWanted,
  parseHttpDate,
} from './conditions.ts';
export type { ExpectedContent, IncomingContent } from './content.ts';
export type { CopyObject } from './copying.ts';
export { type Crc64, createCrc64 } from './crc64.ts';
export {
  type BucketDocuments,
  createBucketDocuments,
  type DocumentName,
  type DocumentTypes,
} from './documents.ts';
export { type BucketLimits, bucketLimits, type ObjectLimits, objectLimits } from './limits.ts';
export { isHeaderValue, type ObjectFacts } from './metadata.ts';
export { checkObjectKey, isBucketName, keyBytesMax } from './naming.ts';
export { createObjects, type ListObjects, type NewObject, type Objects } from './objects.ts';
export { type Range, type RangeBehavior, resolveRange } from './ranges.ts';
export { noSuchKey, type ObjectContent, type OpenObject } from './reading.ts';
export { toRefusal } from './store-failure.ts';
export { createSweeper, type Sweeper } from './sweeping.ts';
export {
  type FoundObject,
  resolveWebsite,
  type WebsiteAnswer,
  type WebsiteDocument,
  type WebsiteError,
  type WebsiteIndex,
} from './website-rules.ts';
