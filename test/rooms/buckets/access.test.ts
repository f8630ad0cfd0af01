/** Who may read and write, by object and bucket ACL (oss-protocol.md 4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Bucket,
  type BucketAcl,
  checkAclAllowed,
  mayReadObject,
  mayWriteObject,
  type ObjectAcl,
  type StoredObject,
} from '../../../src/buckets/index.ts';

const owner = '1000000000000001';
const stranger = '1000000000000002';

function bucketWith(acl: BucketAcl): Bucket {
  return {
    id: 1,
    name: 'example-a',
    accountId: owner,
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
    for (const caller of [stranger, undefined]) {
      assert.equal(mayReadObject(bucket, object, caller), isReadable);
      assert.equal(mayWriteObject(bucket, object, caller), isWritable);
    }
    assert.equal(mayReadObject(bucket, object, owner), true);
    assert.equal(mayWriteObject(bucket, object, owner), true);
  });
}

for (const block of ['public-access-block', 'account-access-block'] as const) {
  test(`${block}: public ACLs grant nothing to others, and none may be set`, () => {
    const bucket = { ...bucketWith('public-read-write'), documents: [block] };
    for (const object of [undefined, objectWith('default'), objectWith('public-read-write')]) {
      for (const caller of [stranger, undefined]) {
        assert.equal(mayReadObject(bucket, object, caller), false);
        assert.equal(mayWriteObject(bucket, object, caller), false);
      }
      assert.equal(mayReadObject(bucket, object, owner), true);
      assert.equal(mayWriteObject(bucket, object, owner), true);
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
