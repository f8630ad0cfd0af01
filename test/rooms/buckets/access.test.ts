/** Who may read and write, by object and bucket ACL (oss-protocol.md 4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Bucket,
  type BucketAcl,
  checkAclAllowed,
  effectiveAcl,
  isPublicAccessBlocked,
  type ObjectAcl,
  type StoredObject,
} from '../../../src/buckets/index.ts';
import { type AccessClass, decide, type Who } from '../../../src/rights/index.ts';

const ownerId = '1000000000000001';
const owner: Who = { kind: 'account', accountId: ownerId };
const stranger: Who = { kind: 'account', accountId: '1000000000000002' };
const nobody: Who = { kind: 'anonymous' };

function isLetIn(
  who: Who,
  accessClass: AccessClass,
  acl: BucketAcl,
  isPublicBlocked = false,
): boolean {
  const resource = { service: 'oss', region: 'r', accountId: ownerId, relative: 'b/k' } as const;
  return decide({
    who,
    action: 'oss:GetObject',
    resource,
    keys: () => undefined,
    policies: [],
    sessionPolicy: undefined,
    bucketPolicy: undefined,
    accessClass,
    acl,
    isPublicBlocked,
    isOpenToAnonymous: true,
  }).isAllowed;
}

function bucketWith(acl: BucketAcl): Bucket {
  return {
    id: 1,
    name: 'example-a',
    accountId: ownerId,
    acl,
    storageClass: 'Standard',
    redundancy: 'LRS',
    documents: [],
    versioning: undefined,
    createdAt: 0,
  };
}

function objectWith(acl: ObjectAcl): StoredObject {
  return {
    blobId: 'b',
    size: 0,
    etag: 'E',
    contentMd5: undefined,
    crc64: '0',
    type: 'Normal',
    acl,
    storageClass: 'Standard',
    modifiedAt: 0,
    headers: {},
    metadata: {},
    content: 'blob',
    versionId: 'null',
    extras: {},
  };
}

/** bucket ACL, object ACL (or no object), others may read, others may write */
const table: [BucketAcl, ObjectAcl | 'none', boolean, boolean][] = [
  ['private', 'none', false, false],
  ['private', 'default', false, false],
  ['private', 'private', false, false],
  ['private', 'public-read', true, false],
  ['private', 'public-read-write', true, true],
  ['public-read', 'none', true, false],
  ['public-read', 'default', true, false],
  ['public-read', 'private', false, false],
  ['public-read', 'public-read', true, false],
  ['public-read', 'public-read-write', true, true],
  ['public-read-write', 'none', true, true],
  ['public-read-write', 'default', true, true],
  ['public-read-write', 'private', false, false],
  ['public-read-write', 'public-read', true, false],
  ['public-read-write', 'public-read-write', true, true],
];

for (const [bucketAcl, objectAcl, isReadable, isWritable] of table) {
  test(`bucket ${bucketAcl}, object ${objectAcl}: others ${isReadable ? 'read' : 'do not read'}, ${
    isWritable ? 'write' : 'do not write'
  }`, () => {
    const bucket = bucketWith(bucketAcl);
    const object = objectAcl === 'none' ? undefined : objectWith(objectAcl);
    for (const who of [stranger, nobody]) {
      assert.equal(isLetIn(who, 'read', effectiveAcl(bucket, object)), isReadable);
      assert.equal(isLetIn(who, 'write', effectiveAcl(bucket, object)), isWritable);
    }
    assert.equal(isLetIn(owner, 'read', effectiveAcl(bucket, object)), true);
    assert.equal(isLetIn(owner, 'write', effectiveAcl(bucket, object)), true);
  });
}

for (const block of ['public-access-block', 'account-access-block'] as const) {
  test(`${block}: public ACLs grant nothing to others, and none may be set`, () => {
    const bucket = { ...bucketWith('public-read-write'), documents: [block] };
    for (const object of [undefined, objectWith('default'), objectWith('public-read-write')]) {
      const acl = effectiveAcl(bucket, object);
      const isBlocked = isPublicAccessBlocked(bucket);
      for (const accessClass of ['read', 'write'] as const) {
        assert.equal(isLetIn(stranger, accessClass, acl, isBlocked), false);
        assert.equal(isLetIn(nobody, accessClass, acl, isBlocked), false);
        assert.equal(isLetIn(owner, accessClass, acl, isBlocked), true);
      }
    }
    for (const acl of ['public-read', 'public-read-write'] as const) {
      assert.throws(() => checkAclAllowed(bucket, 'object', acl), { code: 'AccessDenied' });
      checkAclAllowed(bucketWith('private'), 'object', acl);
    }
    for (const acl of ['private', 'default', undefined] as const) {
      checkAclAllowed(bucket, 'object', acl);
    }
  });
}
