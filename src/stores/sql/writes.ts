/**
 * Every change a SQL engine can make, by name: `(sql, ...what the port says)`. An engine runs one
 * of them inside a transaction; the embedded one sends name and arguments to its writer.
 */
import {
  addCredential,
  createAccount,
  resealCredential,
  setAccountStanding,
  setCredentialStanding,
} from './accounts.ts';
import { appendAudit } from './audit.ts';
import {
  createBucket,
  deleteBucket,
  setAccountAccessBlock,
  setBucketAcl,
  setBucketDocument,
  setBucketRedundancy,
  setBucketVersioning,
} from './buckets.ts';
import { resealCertificate } from './certificates.ts';
import { appendToObject, changeObject } from './changes-of-objects.ts';
import { releaseDomain } from './cnames.ts';
import { announceBlob, expireAnnounced, forgetGarbage } from './contents.ts';
import { adoptCopy, claimTarget, completeCopy } from './copy-mark.ts';
import type { Sql } from './database.ts';
import { deleteObjects } from './deletions.ts';
import { removeUnboundCertificates } from './ended-certificates.ts';
import {
  addMember,
  attachPolicy,
  createIdentity,
  deleteIdentity,
  deletePolicy,
  detachPolicy,
  putPolicy,
  removeMember,
  setIdentityStanding,
  setRole,
} from './identity-writes.ts';
import { discardStrayContent } from './inspection-of-contents.ts';
import { releaseLease, renewLease, takeLease } from './leases.ts';
import { changeMapping } from './mapping.ts';
import { putObject } from './objects.ts';
import { recountBucket } from './recount.ts';
import { continueNumbers, putRows, removeRows } from './row-writes.ts';
import { ensureSetting, setSetting } from './settings.ts';
import { takeOrReuseToken } from './tokens.ts';
import { abortUpload, completeUpload, createUpload, putPart, resealUpload } from './uploads.ts';

export const writes = {
  createAccount,
  setAccountStanding,
  addCredential,
  setCredentialStanding,
  resealCredential,
  createIdentity,
  setIdentityStanding,
  setRole,
  deleteIdentity,
  putPolicy,
  deletePolicy,
  attachPolicy,
  detachPolicy,
  addMember,
  removeMember,
  createBucket,
  setBucketAcl,
  setBucketDocument,
  setBucketRedundancy,
  setBucketVersioning,
  setAccountAccessBlock,
  deleteBucket,
  putObject,
  deleteObjects,
  changeObject,
  appendToObject,
  createUpload,
  putPart,
  completeUpload,
  abortUpload,
  resealUpload,
  announceBlob,
  expireAnnounced,
  forgetGarbage,
  takeLease,
  renewLease,
  releaseLease,
  takeOrReuseToken,
  changeMapping,
  releaseDomain,
  resealCertificate,
  removeUnboundCertificates,
  appendAudit,
  recountBucket,
  discardStrayContent,
  ensureSetting,
  setSetting,
  claimTarget,
  putRows,
  removeRows,
  continueNumbers,
  completeCopy,
  adoptCopy,
} as const;

export type WriteName = keyof typeof writes;

export type WriteArguments<Name extends WriteName> = (typeof writes)[Name] extends (
  sql: Sql,
  ...rest: infer Rest
) => unknown
  ? Rest
  : never;

export type WriteResult<Name extends WriteName> = ReturnType<(typeof writes)[Name]>;

/** Resolves when the change is durable; rejects with `StoreUnavailable` when it was not made. */
export type RunWrite = <Name extends WriteName>(
  name: Name,
  ...rest: WriteArguments<Name>
) => WriteResult<Name>;
