/**
 * What a bucket cannot have here yet: reading it answers the code the reference has for "none",
 * everything else is NotImplemented by name (DESIGN rulings 11 and 18).
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openRawOss, type RawOss, textOf } from '../object/raw-oss.ts';
import { compact } from './conversation.ts';

let oss: RawOss;
let bucket: string;
before(async () => {
  oss = await openRawOss();
  bucket = await oss.bucket();
  await oss.put(bucket, 'k', 'x');
});
after(() => oss.close());

const absent: Readonly<Record<string, string>> = {
  encryption: 'NoSuchServerSideEncryptionRule',
  inventory: 'NoSuchInventory',
  lifecycle: 'NoSuchLifecycle',
  policy: 'NoSuchBucketPolicy',
  replication: 'NoSuchReplicationConfiguration',
  transferAcceleration: 'NoSuchTransferAccelerationConfiguration',
  website: 'NoSuchWebsiteConfiguration',
  worm: 'NoSuchWORMConfiguration',
};

for (const [name, code] of Object.entries(absent)) {
  test(`GET ?${name}: ${code}`, async () => {
    const answer = await oss.call({ bucket, query: { [name]: undefined } });
    assert.deepEqual([answer.status, answer.code], [404, code]);
    assert.equal(textOf(answer.text, 'BucketName'), bucket);
  });
}

const later: [string, string, string | undefined][] = [
  ['GET', 'metaQuery', undefined],
  ['PUT', 'rtc', undefined],
  ['GET', 'replicationLocation', undefined],
  ['PUT', 'legalHold', 'k'],
  ['PUT', 'retention', 'k'],
  ['POST', 'asyncFetch', undefined],
  ['GET', 'retention', 'k'],
];

for (const [method, name, key] of later) {
  test(`${method} ?${name}: NotImplemented by name, and nothing happens`, async () => {
    const call = { method, bucket, key: key ?? '', query: { [name]: undefined } };
    const answer = await oss.call(call);
    assert.deepEqual([answer.status, answer.code], [400, 'NotImplemented']);
    assert.equal(textOf(answer.text, 'Header'), name);
    assert.equal((await oss.call({ bucket, key: 'k' })).text, 'x');
  });
}

test('what only the cloud has: empty lists, and nothing in them', async () => {
  const id = oss.server.rootAccountId;
  const lists: Record<string, string> = {
    cloudboxes:
      `<ListCloudBoxResult><IsTruncated>false</IsTruncated><Owner><ID>${id}</ID>` +
      `<DisplayName>${id}</DisplayName></Owner><CloudBoxes></CloudBoxes></ListCloudBoxResult>`,
    accessPoint:
      '<ListAccessPointsResult><IsTruncated>false</IsTruncated>' +
      `<NextContinuationToken></NextContinuationToken><AccountId>${id}</AccountId>` +
      '<AccessPoints></AccessPoints></ListAccessPointsResult>',
    accessPointForObjectProcess:
      '<ListAccessPointsForObjectProcessResult><IsTruncated>false</IsTruncated>' +
      `<NextContinuationToken></NextContinuationToken><AccountId>${id}</AccountId>` +
      '<AccessPointsForObjectProcess></AccessPointsForObjectProcess>' +
      '</ListAccessPointsForObjectProcessResult>',
    resourcePool:
      `<ListResourcePoolsResult><Region>cn-hangzhou</Region><Owner>${id}</Owner>` +
      '<ContinuationToken></ContinuationToken><IsTruncated>false</IsTruncated>' +
      '<NextContinuationToken></NextContinuationToken></ListResourcePoolsResult>',
  };
  for (const [name, expected] of Object.entries(lists)) {
    const answer = await oss.call({ query: { [name]: undefined } });
    assert.equal(compact(answer.text), expected);
  }
  const ofPool: [string, Record<string, string>][] = [
    ['GET', { resourcePoolInfo: '' }],
    ['GET', { resourcePoolBuckets: '' }],
    ['GET', { requesterQosInfo: '' }],
    ['GET', { requesterQosInfo: '', qosRequester: '1' }],
    ['PUT', { requesterQosInfo: '', qosRequester: '1' }],
    ['DELETE', { requesterQosInfo: '', qosRequester: '1' }],
  ];
  for (const [method, query] of ofPool) {
    const answer = await oss.call({ method, query: { resourcePool: 'test', ...query } });
    assert.deepEqual([answer.status, answer.code], [404, 'NoSuchResourcePool']);
    const message = 'The specified resource pool does not exist.';
    assert.equal(textOf(answer.text, 'Message'), message);
  }
});

test('buckets are not made through a mapped domain', async () => {
  const served = await openRawOss({ OWNERSHIP: 'off' });
  try {
    const name = await served.bucket();
    const body = '<BucketCnameConfiguration><Cname><Domain>www.shop.example</Domain></Cname>';
    const mapped = await served.call({
      method: 'POST',
      bucket: name,
      query: { cname: undefined, comp: 'add' },
      body: `${body}</BucketCnameConfiguration>`,
    });
    assert.equal(mapped.status, 200, mapped.text);
    const host = 'www.shop.example';
    const answer = await served.call({ method: 'PUT', bucket: name, path: '/', host });
    assert.deepEqual([answer.status, answer.code], [400, 'InvalidHostPutBucket']);
  } finally {
    await served.close();
  }
});
