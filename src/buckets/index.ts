/**
 * Buckets and objects: names, access, reading, writing, listing, website documents; streams in and
 * out. Knows no HTTP, no XML, no signature. Nothing behind this door checks the caller: `access.ts`
 * says who may, and the API asks it.
 */

export type {
  AuditActor,
  BlobSpan,
  Bucket,
  BucketAcl,
  BucketDocumentName,
  BucketStat,
  DeleteMarker,
  DeletionResult,
  ListedObject,
  ListedVersion,
  ObjectAcl,
  ObjectExtras,
  ObjectListing,
  Seen,
  SeenReads,
  StoredObject,
  Upload,
  UploadListing,
  UploadPart,
  Versioning,
  VersionListing,
} from '../stores/index.ts';
export { checkAclAllowed, effectiveAcl, isPublicAccessBlocked } from './access.ts';
export type { AppendObject } from './appending.ts';
export { type BucketPage, type Buckets, createBuckets, type NewBucket } from './buckets.ts';
export {
  type Conditions,
  type ConditionVerdict,
  checkConditions,
  isRangeWanted,
  parseHttpDate,
} from './conditions.ts';
export type {
  CallbackPolicy,
  EncryptionDocument,
  LoggingDocument,
  QosLimits,
  RedundancyTransition,
  StoredElement,
  Style,
  SwitchDocument,
  Tag,
} from './configurations.ts';
export type { ExpectedContent, IncomingContent } from './content.ts';
export {
  type BlobCipher,
  type ContentKeys,
  createContentKeys,
  createDecryptor,
  moveContentKey,
} from './content-keys.ts';
export type { CopyObject } from './copying.ts';
export {
  type CorsDocument,
  type CorsMatch,
  type CorsRule,
  matchCorsRule,
} from './cors-rules.ts';
export { type Crc64, createCrc64 } from './crc64.ts';
export { defaultEncryption, encryptionOfKms } from './default-encryption.ts';
export {
  type BucketDocuments,
  createBucketDocuments,
  type DocumentName,
  type DocumentTypes,
} from './documents.ts';
export {
  type CipherRules,
  type HttpsDocument,
  isTlsVersionAllowed,
  type TlsRestriction,
  tlsRestrictionOf,
  tlsVersions,
} from './https-rules.ts';
export {
  createLifecycleRunner,
  type LifecycleEvent,
  type LifecycleRunner,
} from './lifecycle.ts';
export {
  type DueAction,
  dueActions,
  expirationHeader,
  expirationOf,
  factsOf,
  type LifecycleDocument,
  type LifecycleExpiration,
  type LifecycleFacts,
  type LifecycleRule,
  type LifecycleTransition,
  type NoncurrentTransition,
  storageLadder,
  uploadExpiry,
} from './lifecycle-rules.ts';
export { type BucketLimits, bucketLimits, type ObjectLimits, objectLimits } from './limits.ts';
export { type Followed, followLink, type NewLink, seenThrough } from './links.ts';
export { isHeaderValue, type ObjectFacts } from './metadata.ts';
export {
  isMirrorLoop,
  type KeptElement,
  type MirrorRequest,
  type MirrorRule,
  mirrorFacts,
  mirrorRequest,
} from './mirror-rules.ts';
export { type NamedPart, partNumberMax } from './multipart-rules.ts';
export { checkObjectKey, isBucketName, keyBytesMax } from './naming.ts';
export {
  type ChangeObject,
  createObjects,
  type ListObjects,
  type NewObject,
  type Objects,
} from './objects.ts';
export {
  isOverwriteForbidden,
  type OverwriteDocument,
  type OverwriteRule,
} from './overwrite-rules.ts';
export type { Stored } from './pointing.ts';
export { type Range, type RangeBehavior, resolveRange } from './ranges.ts';
export { noSuchKey, type ObjectContent, type OpenObject, readWhole } from './reading.ts';
export { isRefererAllowed, type RefererDocument, refererByDefault } from './referer-rules.ts';
export { resealContentKeys } from './reseal.ts';
export {
  checkCleanable,
  checkReadable,
  isArchived,
  type Restore,
  restoreHeader,
} from './restore-rules.ts';
export {
  abortWorm,
  completeWorm,
  extendWorm,
  initiateWorm,
  protectedSince,
  type WormDocument,
  type WormState,
  wormStateOf,
} from './retention-rules.ts';
export type {
  AskedPage,
  IncludedHeader,
  RoutingCondition,
  RoutingRedirect,
  RoutingRule,
} from './routing-rules.ts';
export { toRefusal } from './store-failure.ts';
export { createSweeper, type Sweeper } from './sweeping.ts';
export {
  type CompleteUpload,
  type CopyPart,
  createUploads,
  type ListUploads,
  type NewPart,
  type NewUpload,
  type PartListing,
  type UploadPlace,
  type Uploads,
} from './uploads.ts';
export { drawVersionId, noSuchVersion, refuseMarker } from './version-ids.ts';
export {
  type FoundObject,
  resolveMissing,
  resolveRule,
  resolveWebsite,
  type WebsiteAnswer,
  type WebsiteDocument,
  type WebsiteError,
  type WebsiteIndex,
} from './website-rules.ts';
