/** The official client puts, reads and deletes the documents of a bucket, signed with V1 and V4. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openAliOss } from '../../support/ali-oss.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server.close());

/** Loosely typed on purpose: the client's declarations lag behind its methods. */
// biome-ignore lint/suspicious/noExplicitAny: the client's own declarations miss methods it has.
type Untyped = any;

const code = (wanted: string) => (error: Untyped) => error.code === wanted;

for (const isV4 of [false, true]) {
  const bucket = `configured-${isV4 ? 'v4' : 'v1'}`;
  describe(`ali-oss ${isV4 ? 'V4' : 'V1'}`, () => {
    let client: Untyped;
    let close: () => void;
    before(async () => {
      const opened = openAliOss({
        ...server,
        addressing: 'sldEnable',
        isV4,
        port: server.httpPort,
        bucket,
      });
      client = opened.client;
      close = opened.close;
      await client.putBucket(bucket);
    });
    after(() => close());

    it('versioning, request payment, encryption, logging', async () => {
      assert.equal((await client.getBucketVersioning(bucket)).versionStatus, undefined);
      await client.putBucketVersioning(bucket, 'Enabled');
      assert.equal((await client.getBucketVersioning(bucket)).versionStatus, 'Enabled');
      assert.equal((await client.getBucketRequestPayment(bucket)).payer, 'BucketOwner');
      await client.putBucketRequestPayment(bucket, 'Requester');
      assert.equal((await client.getBucketRequestPayment(bucket)).payer, 'Requester');
      await client.putBucketEncryption(bucket, { SSEAlgorithm: 'AES256' });
      const { encryption } = await client.getBucketEncryption(bucket);
      assert.deepEqual(encryption, { SSEAlgorithm: 'AES256' });
      await client.deleteBucketEncryption(bucket);
      await assert.rejects(
        client.getBucketEncryption(bucket),
        code('NoSuchServerSideEncryptionRule'),
      );
      await client.putBucketLogging(bucket, 'logs/');
      const logging = await client.getBucketLogging(bucket);
      assert.deepEqual([logging.enable, logging.prefix], [true, 'logs/']);
      await client.deleteBucketLogging(bucket);
      assert.equal((await client.getBucketLogging(bucket)).enable, false);
    });

    it('tags', async () => {
      assert.deepEqual((await client.getBucketTags(bucket)).tag, {});
      await client.putBucketTags(bucket, { a: '1', b: '2' });
      assert.deepEqual((await client.getBucketTags(bucket)).tag, { a: '1', b: '2' });
      await client.deleteBucketTags(bucket);
      assert.deepEqual((await client.getBucketTags(bucket)).tag, {});
    });

    it('lifecycle', async () => {
      const rules = [
        {
          id: 'expire',
          prefix: 'logs/',
          status: 'Enabled',
          expiration: { days: '3' },
          tag: [{ key: '1', value: '2' }],
        },
        {
          prefix: 'old/',
          status: 'Enabled',
          transition: { createdBeforeDate: '2020-02-18T00:00:00.000Z', storageClass: 'Archive' },
        },
      ];
      await client.putBucketLifecycle(bucket, rules);
      const [first, second] = (await client.getBucketLifecycle(bucket)).rules;
      assert.equal(first.id, 'expire');
      assert.equal(first.expiration.days, '3');
      assert.deepEqual(first.tag, [{ key: '1', value: '2' }]);
      assert.equal(second.transition.storageClass, 'Archive');
      assert.ok(second.id);
      await client.deleteBucketLifecycle(bucket);
      await assert.rejects(client.getBucketLifecycle(bucket), code('NoSuchLifecycle'));
    });

    it('inventories', async () => {
      const inventory = {
        id: 'default',
        isEnabled: false,
        prefix: 'abc',
        OSSBucketDestination: {
          format: 'CSV',
          accountId: '1234567890',
          rolename: 'AliyunOSSRole',
          bucket,
          prefix: 'test',
        },
        frequency: 'Daily',
        includedObjectVersions: 'All',
        optionalFields: { field: ['Size', 'ETag'] },
      };
      await assert.rejects(client.listBucketInventory(bucket), code('NoSuchInventory'));
      await client.putBucketInventory(bucket, inventory);
      const got = (await client.getBucketInventory(bucket, 'default')).inventory;
      assert.equal(got.isEnabled, false);
      assert.equal(got.prefix, 'abc');
      assert.equal(got.OSSBucketDestination.rolename, 'AliyunOSSRole');
      assert.deepEqual(got.optionalFields.field, ['Size', 'ETag']);
      const list = await client.listBucketInventory(bucket);
      assert.deepEqual([list.inventoryList.length, list.isTruncated], [1, false]);
      await client.deleteBucketInventory(bucket, 'default');
      await assert.rejects(client.getBucketInventory(bucket, 'default'), code('NoSuchInventory'));
    });

    it('a retention policy', async () => {
      const { wormId } = await client.initiateBucketWorm(bucket, '1');
      assert.equal((await client.getBucketWorm(bucket)).state, 'InProgress');
      await client.abortBucketWorm(bucket);
      await assert.rejects(client.getBucketWorm(bucket), code('NoSuchWORMConfiguration'));
      const again = (await client.initiateBucketWorm(bucket, '1')).wormId;
      assert.notEqual(again, wormId);
      await client.completeBucketWorm(bucket, again);
      await client.extendBucketWorm(bucket, again, '2');
      const worm = await client.getBucketWorm(bucket);
      assert.deepEqual([worm.state, worm.days, worm.wormId], ['Locked', '2', again]);
      await client.deleteBucket(bucket);
    });
  });
}
