/**
 * The stores: small interfaces, one per concept, and the engines behind them.
 *
 * Law of every port:
 * - a method that changes something is one atomic step; when its promise resolves, the change is
 *   durable and the next read of any kind sees it;
 * - a rule that must hold between concurrent callers is ONE method with an outcome, never a read
 *   followed by a write of the caller's;
 * - an outcome is a value (`{ outcome: 'taken' }`), never an API error; an engine that cannot
 *   answer rejects with `StoreUnavailable`, and then nothing was acknowledged;
 * - engines hold no clock: every time comes in as an argument.
 */

export {
  type Claim,
  claimPlace,
  installationSetting,
  isMarked,
  placeSetting,
  WrongPlace,
} from './claim.ts';
export { type FileBlobsOptions, openFileBlobs } from './fs/file-blobs.ts';
export type { PlaceMark } from './place-mark.ts';
export * from './ports/accounts.ts';
export * from './ports/audit.ts';
export * from './ports/blobs.ts';
export * from './ports/buckets.ts';
export * from './ports/certificates.ts';
export * from './ports/changes.ts';
export * from './ports/cnames.ts';
export * from './ports/engine.ts';
export * from './ports/identities.ts';
export * from './ports/inspection.ts';
export * from './ports/leases.ts';
export * from './ports/objects.ts';
export * from './ports/rows.ts';
export * from './ports/schema.ts';
export * from './ports/serving.ts';
export * from './ports/uploads.ts';
export { BadDatabaseUrl, describePostgresUrl } from './postgres/address.ts';
export {
  openPostgresEngine,
  type PostgresEngineOptions,
  type Siblings,
} from './postgres/engine.ts';
export { postgresSchemaKeeper } from './postgres/opening.ts';
export type { StaleSubjects } from './postgres/own-writes.ts';
export type { S3Credentials } from './s3/client.ts';
export type { S3Location } from './s3/location.ts';
export { openS3Blobs, type S3BlobsOptions } from './s3/s3-blobs.ts';
export {
  openSqliteEngine,
  openSqliteSibling,
  type SqliteEngine,
  type SqliteEngineOptions,
} from './sqlite/engine.ts';
export { acquireInstanceLock, type InstanceLock } from './sqlite/instance-lock.ts';
export type { WriteOutcome } from './sqlite/messages.ts';
export { sqliteSchemaKeeper } from './sqlite/opening.ts';
export {
  announcedMs,
  findMissingBlobs,
  garbageGraceMs,
  orphanGraceMs,
  type SweepInput,
  type SweepReport,
  sweepAnnounced,
  sweepBlobs,
  sweepGarbage,
  sweepOrphans,
} from './sweep.ts';
export { type HeldLease, type JobOutcome, type LeasedJob, underLease } from './under-lease.ts';
