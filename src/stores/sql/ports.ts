/** The ports over any SQL engine: reads where they are cheapest, writes where they are durable. */
import type { MetadataEngine } from '../ports/engine.ts';
import {
  credentialByAccessKeyId,
  findAccount,
  listAccounts,
  listCredentials,
  toKnownCredential,
} from './accounts.ts';
import { listAudit } from './audit.ts';
import {
  bucketByName,
  findBucketDocument,
  hasAccountAccessBlock,
  listBuckets,
  listBucketsWith,
  toBucket,
} from './buckets.ts';
import { certificateByNumber, listCertificates, toStoredCertificate } from './certificates.ts';
import {
  countDomains,
  findToken,
  findTokenOfAnyAge,
  listDomains,
  mappedDomainByName,
  toMappedDomain,
} from './cnames.ts';
import { knownBlobs, listBlobs, listContentParts, listGarbage } from './contents.ts';
import { bucketStat, type PickShard } from './counters.ts';
import type { Sql } from './database.ts';
import { listEndedCertificates } from './ended-certificates.ts';
import {
  findGrants,
  findIdentity,
  findPolicy,
  listAttachments,
  listIdentities,
  listMembership,
  listPolicies,
} from './identities.ts';
import { inspectionPort } from './inspection.ts';
import { headsOf, keyTable, olderTable, rowsOf, uploadTable } from './key-reads.ts';
import { leaseRefusal } from './leases.ts';
import { listObjects } from './listing.ts';
import { keyBytes, toStoredObject } from './object-rows.ts';
import { findMarker, findVersion, objectByKey } from './objects.ts';
import type { HotRead, PreparedRead } from './prepared.ts';
import { changesAfter, changesSince } from './revisions.ts';
import { rowPort } from './rows.ts';
import { findSetting } from './settings.ts';
import { listUploads, type UploadReads } from './upload-listing.ts';
import { findUpload, listParts } from './uploads.ts';
import { listNoncurrent, listVersions, type VersionReads } from './version-listing.ts';
import type { RunWrite } from './writes.ts';

export interface SqlEngineParts {
  /** For reads; every statement sees every change acknowledged before it began. */
  readonly sql: Sql;
  readonly write: RunWrite;
  /** Compiles the read once; what it returns only executes. */
  prepare<Input, Row>(read: HotRead<Input, Row>): PreparedRead<Input, Row>;
  /** The shard of its bucket's counters that the next write changes. */
  readonly pickShard: PickShard;
  /** The time of leases is the database's; else the callers'. */
  readonly hasOwnClock: boolean;
  close(): Promise<void>;
}

/** Every port of the engine but those that depend on where the engine is. */
export type StorePorts = Omit<MetadataEngine, 'serving' | 'seen' | 'reach'>;

export function assemblePorts(parts: SqlEngineParts): StorePorts {
  const { sql, write, prepare, pickShard, close } = parts;
  return {
    accounts: accountPort(sql, write, prepare),
    identities: identityPort(sql, write),
    buckets: bucketPort(sql, write, prepare),
    objects: objectPort(sql, write, prepare, pickShard),
    uploads: uploadPort(sql, write, prepare, pickShard),
    cnames: cnamePort(sql, write, prepare),
    certificates: certificatePort(sql, write, prepare),
    audit: {
      listAudit: (filter) => listAudit(sql, filter),
      appendAudit: (record) => write('appendAudit', record),
    },
    settings: {
      findSetting: (name) => findSetting(sql, name),
      ensureSetting: (name, value) => write('ensureSetting', name, value),
      setSetting: (name, value) => write('setSetting', name, value),
    },
    changes: changePort(prepare),
    inspection: inspectionPort(sql, write),
    leases: leasePort(parts),
    rows: rowPort(sql, write),
    close,
  };
}

function changePort(prepare: Prepare): MetadataEngine['changes'] {
  const read = prepare(changesAfter);
  return { changesSince: (revision, limit) => changesSince(read, revision, limit) };
}

function leasePort({ sql, write, hasOwnClock }: SqlEngineParts): MetadataEngine['leases'] {
  const timed = <Input extends { readonly now: number }>(input: Input) =>
    hasOwnClock ? { ...input, now: undefined } : input;
  return {
    async takeLease(input) {
      return (await leaseRefusal(sql, timed(input))) ?? (await write('takeLease', timed(input)));
    },
    renewLease: (input) => write('renewLease', timed(input)),
    releaseLease: (input) => write('releaseLease', timed(input)),
  };
}

type Prepare = SqlEngineParts['prepare'];

function accountPort(sql: Sql, write: RunWrite, prepare: Prepare): MetadataEngine['accounts'] {
  const credential = prepare(credentialByAccessKeyId);
  return {
    createAccount: (account, first) => write('createAccount', account, first),
    findAccount: (idOrName) => findAccount(sql, idOrName),
    listAccounts: () => listAccounts(sql),
    setAccountStanding: (id, standing) => write('setAccountStanding', id, standing),
    addCredential: (added) => write('addCredential', added),
    async findCredential(accessKeyId) {
      const row = await credential.first({ accessKeyId });
      return row === undefined ? undefined : toKnownCredential(row);
    },
    listCredentials: (accountId) => listCredentials(sql, accountId),
    setCredentialStanding: (accessKeyId, standing) =>
      write('setCredentialStanding', accessKeyId, standing),
    resealCredential: (accessKeyId, expected, next) =>
      write('resealCredential', accessKeyId, expected, next),
  };
}

function identityPort(sql: Sql, write: RunWrite): MetadataEngine['identities'] {
  return {
    createIdentity: (identity, limit) => write('createIdentity', identity, limit),
    findIdentity: (accountId, kind, idOrName) => findIdentity(sql, accountId, kind, idOrName),
    listIdentities: (accountId, kind) => listIdentities(sql, accountId, kind),
    setIdentityStanding: (id, standing) => write('setIdentityStanding', id, standing),
    setRole: (id, role) => write('setRole', id, role),
    deleteIdentity: (id) => write('deleteIdentity', id),
    putPolicy: (policy, limit) => write('putPolicy', policy, limit),
    findPolicy: (accountId, name) => findPolicy(sql, accountId, name),
    listPolicies: (accountId) => listPolicies(sql, accountId),
    deletePolicy: (accountId, name) => write('deletePolicy', accountId, name),
    attachPolicy: (identityId, name, rules) => write('attachPolicy', identityId, name, rules),
    detachPolicy: (identityId, name) => write('detachPolicy', identityId, name),
    listAttachments: (identityId) => listAttachments(sql, identityId),
    addMember: (groupId, userId, limit) => write('addMember', groupId, userId, limit),
    removeMember: (groupId, userId) => write('removeMember', groupId, userId),
    listMembership: (identityId) => listMembership(sql, identityId),
    findGrants: (identityId) => findGrants(sql, identityId),
  };
}

function bucketPort(sql: Sql, write: RunWrite, prepare: Prepare): MetadataEngine['buckets'] {
  const bucket = prepare(bucketByName);
  return {
    createBucket: (input) => write('createBucket', input),
    async findBucket(name) {
      const row = await bucket.first({ name });
      return row === undefined ? undefined : toBucket(row);
    },
    listBuckets: (input) => listBuckets(sql, input),
    listBucketsWith: (name, afterId, limit) => listBucketsWith(sql, name, afterId, limit),
    setBucketAcl: (bucketId, acl) => write('setBucketAcl', bucketId, acl),
    setBucketRedundancy: (bucketId, redundancy) =>
      write('setBucketRedundancy', bucketId, redundancy),
    setAccountAccessBlock: (accountId, isBlocked) =>
      write('setAccountAccessBlock', accountId, isBlocked),
    hasAccountAccessBlock: (accountId) => hasAccountAccessBlock(sql, accountId),
    bucketStat: (bucketId) => bucketStat(sql, bucketId),
    findBucketDocument: (bucketId, name) => findBucketDocument(sql, bucketId, name),
    setBucketDocument: (bucketId, name, text, expected) =>
      write('setBucketDocument', bucketId, name, text, expected),
    setBucketVersioning: (bucketId, versioning) =>
      write('setBucketVersioning', bucketId, versioning),
    deleteBucket: (bucketId, audit) => write('deleteBucket', bucketId, audit),
  };
}

function objectPort(
  sql: Sql,
  write: RunWrite,
  prepare: Prepare,
  pickShard: PickShard,
): MetadataEngine['objects'] {
  const object = prepare(objectByKey);
  const reads: VersionReads = {
    keys: prepare(rowsOf(keyTable)),
    heads: prepare(headsOf(keyTable)),
    older: prepare(rowsOf(olderTable)),
    olderHeads: prepare(headsOf(olderTable)),
  };
  return {
    putObject: (input) => write('putObject', input, pickShard()),
    async findObject(bucketId, key) {
      const bytes = keyBytes(key);
      if (bytes === undefined) return undefined;
      const row = await object.first({ bucketId, key: bytes });
      return row === undefined ? undefined : toStoredObject(row);
    },
    findVersion: (bucketId, key, versionId) => findVersion(sql, bucketId, key, versionId),
    findMarker: (bucketId, key) => findMarker(sql, bucketId, key),
    deleteObjects: (input) => write('deleteObjects', input, pickShard()),
    changeObject: (input) => write('changeObject', input, pickShard()),
    appendToObject: (input) => write('appendToObject', input, pickShard()),
    listObjects: (input) => listObjects(reads, input),
    listVersions: (input) => listVersions(sql, reads, input),
    listNoncurrent: (input) => listNoncurrent(sql, reads, input),
    listContentParts: (contentId, from, limit) => listContentParts(sql, contentId, from, limit),
    announceBlob: (blobId, at) => write('announceBlob', blobId, at),
    expireAnnounced: (before, limit, fence) => write('expireAnnounced', before, limit, fence),
    listGarbage: (before, limit) => listGarbage(sql, before, limit),
    forgetGarbage: (blobIds) => write('forgetGarbage', blobIds),
    knownBlobs: (blobIds) => knownBlobs(sql, blobIds),
    listBlobs: (after, limit) => listBlobs(sql, after, limit),
  };
}

function uploadPort(
  sql: Sql,
  write: RunWrite,
  prepare: Prepare,
  pickShard: PickShard,
): MetadataEngine['uploads'] {
  const reads: UploadReads = {
    uploads: prepare(rowsOf(uploadTable)),
    heads: prepare(headsOf(uploadTable)),
  };
  return {
    createUpload: (bucketId, upload) => write('createUpload', bucketId, upload, pickShard()),
    findUpload: (bucketId, key, uploadId) => findUpload(sql, bucketId, key, uploadId),
    putPart: (input) => write('putPart', input, pickShard()),
    listParts: (uploadId, after, limit) => listParts(sql, uploadId, after, limit),
    completeUpload: (input) => write('completeUpload', input, pickShard()),
    resealUpload: (input) => write('resealUpload', input),
    abortUpload: (input) => write('abortUpload', input, pickShard()),
    listUploads: (input) => listUploads(reads, input),
  };
}

function cnamePort(sql: Sql, write: RunWrite, prepare: Prepare): MetadataEngine['cnames'] {
  const mappedDomain = prepare(mappedDomainByName);
  return {
    takeOrReuseToken: (input) => write('takeOrReuseToken', input),
    findToken: (bucketId, domain, now) => findToken(sql, bucketId, domain, now),
    findTokenOfAnyAge: (bucketId, domain) => findTokenOfAnyAge(sql, bucketId, domain),
    changeMapping: (change) => write('changeMapping', change),
    releaseDomain: (input) => write('releaseDomain', input),
    async findDomain(domain) {
      const row = await mappedDomain.first({ domain });
      return row === undefined ? undefined : toMappedDomain(row);
    },
    listDomains: (bucketId) => listDomains(sql, bucketId),
    countDomains: (bucketId) => countDomains(sql, bucketId),
  };
}

function certificatePort(
  sql: Sql,
  write: RunWrite,
  prepare: Prepare,
): MetadataEngine['certificates'] {
  const certificate = prepare(certificateByNumber);
  return {
    async findCertificate(number) {
      const row = await certificate.first({ number });
      return row === undefined ? undefined : toStoredCertificate(row);
    },
    listCertificates: (after, limit) => listCertificates(sql, after, limit),
    resealCertificate: (number, expected, next) =>
      write('resealCertificate', number, expected, next),
    listEndedCertificates: (input) => listEndedCertificates(sql, input),
    removeUnboundCertificates: (numbers) => write('removeUnboundCertificates', numbers),
  };
}
