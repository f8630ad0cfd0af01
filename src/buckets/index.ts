/**
 * Buckets and objects: names, access, reading, writing, listing, website documents; streams in and
 * out. Knows no HTTP, no XML, no signature.
 */
export { createBuckets, type Buckets } from './buckets.ts';
export { createObjects, type Objects } from './objects.ts';
export { createWebsites, type Websites } from './website.ts';
export { mayReadObject, mayWriteObject } from './access.ts';
export { isBucketName, checkObjectKey } from './naming.ts';
export type { Bucket, BucketAcl, ObjectAcl, StoredObject } from '../stores/index.ts';
