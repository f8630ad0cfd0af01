/** The client and the rules of a bucket that it has methods for. */
import assert from 'node:assert/strict';
import { type Proof, refused, type Scenario, type Stage, textOf } from './scenario.ts';

/** `PutBucketX` by `putBucketX`, and so on. */
const rules = (noun: string, method: string, verbs = ['Put', 'Get', 'Delete']): Proof[] =>
  verbs.map((verb) => [`${verb}Bucket${noun}`, `${verb.toLowerCase()}Bucket${method}`]);

async function facts({ client, bucket, ownerId }: Stage): Promise<void> {
  const { bucket: info } = await client.getBucketInfo(bucket);
  assert.deepEqual([info.Name, info.Owner.ID], [bucket, ownerId]);
  assert.equal((await client.getBucketLocation(bucket)).location, 'oss-cn-hangzhou');
  assert.equal((await client.getBucketStat(bucket)).stat.ObjectCount, '0');
  for (const acl of ['public-read', 'private']) {
    await client.putBucketACL(bucket, acl);
    assert.equal((await client.getBucketACL(bucket)).acl, acl);
  }
}

async function website({ client, bucket }: Stage): Promise<void> {
  const site = { index: 'index.html', error: 'error.html', supportSubDir: 'true', type: '0' };
  await client.putBucketWebsite(bucket, site);
  const { index, error, supportSubDir, type } = await client.getBucketWebsite(bucket);
  assert.deepEqual({ index, error, supportSubDir, type }, site);
  const rule = {
    RuleNumber: '1',
    Condition: { KeyPrefixEquals: 'abc/', HttpErrorCodeReturnedEquals: '404' },
    Redirect: {
      RedirectType: 'Mirror',
      PassQueryString: 'true',
      MirrorURL: 'http://www.test.example/',
      MirrorPassQueryString: 'true',
      MirrorUsingRole: 'false',
      MirrorUserLastModified: 'false',
      MirrorIsExpressTunnel: 'false',
      MirrorPassOriginalSlashes: 'false',
      MirrorAllowHeadObject: 'false',
      MirrorFollowRedirect: 'true',
      MirrorCheckMd5: 'true',
      MirrorHeaders: {
        PassAll: 'true',
        Pass: ['a-1', 'a-2'],
        Remove: ['a-3', 'a-4'],
        Set: { Key: 'a-5', Value: 'v' },
      },
    },
  };
  await client.putBucketWebsite(bucket, { routingRules: [rule] });
  assert.deepEqual((await client.getBucketWebsite(bucket)).routingRules, [rule]);
  await client.deleteBucketWebsite(bucket);
  await refused(client.getBucketWebsite(bucket), 'NoSuchWebsiteConfiguration');
}

async function cors({ client, bucket, request }: Stage): Promise<void> {
  const written = [
    {
      allowedOrigin: '*',
      allowedMethod: 'GET',
      allowedHeader: '*',
      exposeHeader: 'Content-Length',
      maxAgeSeconds: '30',
    },
    { allowedOrigin: 'localhost', allowedMethod: ['HEAD', 'PUT'] },
  ];
  await client.putBucketCORS(bucket, written);
  assert.deepEqual((await client.getBucketCORS(bucket)).rules, written);
  const headers = { Origin: 'http://a.example', 'Access-Control-Request-Method': 'GET' };
  await request({ method: 'OPTIONS', key: 'a', headers });
  assert.equal((await client.deleteBucketCORS(bucket)).res.status, 204);
  await assert.rejects(client.getBucketCORS(bucket), {
    code: 'NoSuchCORSConfiguration',
    message: 'The CORS Configuration does not exist.',
  });
}

async function referers({ client, bucket }: Stage): Promise<void> {
  const written = ['http://a.example', 'https://*.example.com'];
  await client.putBucketReferer(bucket, false, written);
  const shown = await client.getBucketReferer(bucket);
  assert.deepEqual([shown.allowEmpty, shown.referers], [false, written]);
  // There is no such operation: the client writes the document that forbids nothing.
  await client.deleteBucketReferer(bucket);
  const reset = await client.getBucketReferer(bucket);
  assert.deepEqual([reset.allowEmpty, reset.referers], [true, null]);
}

async function policy({ client, bucket, request, ownerId }: Stage): Promise<void> {
  const written = {
    Version: '1',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['oss:GetObject'],
        Principal: [ownerId],
        Resource: [`acs:oss:*:*:${bucket}/*`],
      },
    ],
  };
  await client.putBucketPolicy(bucket, written);
  assert.deepEqual((await client.getBucketPolicy(bucket)).policy, written);
  const status = await request({ method: 'GET', query: { policyStatus: '' } });
  assert.equal(textOf(status, 'IsPublic'), 'false');
  assert.equal((await client.deleteBucketPolicy(bucket)).status, 204);
  // The client takes every answer for one: a refusal is a policy of nothing.
  assert.equal((await client.getBucketPolicy(bucket)).policy, null);
}

async function switches({ client, bucket }: Stage): Promise<void> {
  assert.equal((await client.getBucketRequestPayment(bucket)).payer, 'BucketOwner');
  for (const payer of ['Requester', 'BucketOwner']) {
    await client.putBucketRequestPayment(bucket, payer);
    assert.equal((await client.getBucketRequestPayment(bucket)).payer, payer);
  }
  await client.putBucketEncryption(bucket, { SSEAlgorithm: 'AES256' });
  const { encryption } = await client.getBucketEncryption(bucket);
  assert.deepEqual(encryption, { SSEAlgorithm: 'AES256' });
  await client.deleteBucketEncryption(bucket);
  await refused(client.getBucketEncryption(bucket), 'NoSuchServerSideEncryptionRule');
  await client.putBucketLogging(bucket, 'logs/');
  const logging = await client.getBucketLogging(bucket);
  assert.deepEqual([logging.enable, logging.prefix], [true, 'logs/']);
  await client.deleteBucketLogging(bucket);
  assert.equal((await client.getBucketLogging(bucket)).enable, false);
  assert.deepEqual((await client.getBucketTags(bucket)).tag, {});
  await client.putBucketTags(bucket, { a: '1', b: '2' });
  assert.deepEqual((await client.getBucketTags(bucket)).tag, { a: '1', b: '2' });
  await client.deleteBucketTags(bucket);
  assert.deepEqual((await client.getBucketTags(bucket)).tag, {});
}

async function lifecycle({ client, bucket }: Stage): Promise<void> {
  await client.putBucketLifecycle(bucket, [
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
  ]);
  const [first, second] = (await client.getBucketLifecycle(bucket)).rules;
  assert.deepEqual([first.id, first.expiration.days], ['expire', '3']);
  assert.deepEqual(first.tag, [{ key: '1', value: '2' }]);
  assert.equal(second.transition.storageClass, 'Archive');
  assert.ok(second.id);
  await client.deleteBucketLifecycle(bucket);
  await refused(client.getBucketLifecycle(bucket), 'NoSuchLifecycle');
}

async function inventories({ client, bucket }: Stage): Promise<void> {
  await refused(client.listBucketInventory(bucket), 'NoSuchInventory');
  await client.putBucketInventory(bucket, {
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
  });
  const got = (await client.getBucketInventory(bucket, 'default')).inventory;
  assert.deepEqual([got.isEnabled, got.prefix], [false, 'abc']);
  assert.equal(got.OSSBucketDestination.rolename, 'AliyunOSSRole');
  assert.deepEqual(got.optionalFields.field, ['Size', 'ETag']);
  const list = await client.listBucketInventory(bucket);
  assert.deepEqual([list.inventoryList.length, list.isTruncated], [1, false]);
  await client.deleteBucketInventory(bucket, 'default');
  await refused(client.getBucketInventory(bucket, 'default'), 'NoSuchInventory');
}

export const buckets: readonly Scenario[] = [
  {
    title: 'reads info, location, statistics and ACL of the bucket',
    where: 'everywhere',
    answers: [
      ['GetBucketInfo', 'getBucketInfo'],
      ['GetBucketLocation', 'getBucketLocation'],
      ['GetBucketStat', 'getBucketStat'],
      ...rules('Acl', 'ACL', ['Put', 'Get']),
    ],
    run: facts,
  },
  {
    title: 'puts, reads and deletes the website document',
    where: 'everywhere',
    answers: rules('Website', 'Website'),
    run: website,
  },
  {
    title: 'puts, reads and deletes CORS rules, and asks for leave',
    where: 'everywhere',
    answers: [...rules('Cors', 'CORS'), ['OptionObject', 'request']],
    run: cors,
  },
  {
    title: 'puts, reads and resets hot-link protection',
    where: 'everywhere',
    answers: [
      ...rules('Referer', 'Referer', ['Put', 'Get']),
      ['PutBucketReferer', 'deleteBucketReferer'],
    ],
    run: referers,
  },
  {
    title: 'puts, reads and deletes a policy',
    where: 'everywhere',
    answers: [...rules('Policy', 'Policy'), ['GetBucketPolicyStatus', 'request']],
    run: policy,
  },
  {
    title: 'request payment, encryption, logging, tags',
    where: 'everywhere',
    answers: [
      ...rules('RequestPayment', 'RequestPayment', ['Put', 'Get']),
      ...rules('Encryption', 'Encryption'),
      ...rules('Logging', 'Logging'),
      ...rules('Tags', 'Tags'),
    ],
    run: switches,
  },
  {
    title: 'lifecycle rules',
    where: 'everywhere',
    answers: rules('Lifecycle', 'Lifecycle'),
    run: lifecycle,
  },
  {
    title: 'inventories',
    where: 'everywhere',
    answers: [...rules('Inventory', 'Inventory'), ['ListBucketInventory', 'listBucketInventory']],
    run: inventories,
  },
  {
    title: 'a retention policy',
    where: 'everywhere',
    isAlone: true,
    answers: ['Initiate', 'Abort', 'Complete', 'Extend', 'Get'].map(
      (verb): Proof => [`${verb}BucketWorm`, `${verb.toLowerCase()}BucketWorm`],
    ),
    async run({ client, bucket }) {
      const { wormId } = await client.initiateBucketWorm(bucket, '1');
      assert.equal((await client.getBucketWorm(bucket)).state, 'InProgress');
      await client.abortBucketWorm(bucket);
      await refused(client.getBucketWorm(bucket), 'NoSuchWORMConfiguration');
      const again = (await client.initiateBucketWorm(bucket, '1')).wormId;
      assert.notEqual(again, wormId);
      await client.completeBucketWorm(bucket, again);
      await client.extendBucketWorm(bucket, again, '2');
      const worm = await client.getBucketWorm(bucket);
      assert.deepEqual([worm.state, worm.days, worm.wormId], ['Locked', '2', again]);
    },
  },
];
