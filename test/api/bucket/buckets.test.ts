/** Buckets on the wire: made, described, opened, deleted. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type Call, openRawOss, type RawOss, shapeOf, textOf } from '../object/raw-oss.ts';

let oss: RawOss;
before(async () => {
  oss = await openRawOss();
});
after(() => oss.close());

const put = (bucket: string, more: Call = {}) => oss.call({ method: 'PUT', bucket, ...more });

test('a bucket is made with what the document says, and again without change', async () => {
  const body =
    '<CreateBucketConfiguration><StorageClass>IA</StorageClass>' +
    '<DataRedundancyType>ZRS</DataRedundancyType><Unknown/></CreateBucketConfiguration>';
  const made = await put('documented', { body });
  assert.deepEqual([made.status, made.text, made.headers.location], [200, '', '/documented']);
  assert.equal((await put('documented')).status, 200);
  assert.equal((await put('documented', { body })).status, 200);
  const { text } = await oss.call({ bucket: 'documented', query: { bucketInfo: undefined } });
  assert.equal(textOf(text, 'StorageClass'), 'IA');
  assert.equal(textOf(text, 'DataRedundancyType'), 'ZRS');
  const other = body.replace('IA', 'Standard');
  assert.equal((await put('documented', { body: other })).code, 'BucketAlreadyExists');
});

test('buckets that are refused', async () => {
  const stranger = await oss.stranger();
  await put('theirs', { as: stranger });
  const document = (text: string) =>
    `<CreateBucketConfiguration>${text}</CreateBucketConfiguration>`;
  const md5 = createHash('md5').update('x').digest('base64');
  const table: [string, Call, number, string][] = [
    ['theirs', {}, 409, 'BucketAlreadyExists'],
    ['Upper', {}, 400, 'InvalidBucketName'],
    ['a', {}, 400, 'InvalidBucketName'],
    ['fine', { as: 'anonymous' }, 403, 'AccessDenied'],
    ['fine', { headers: { 'x-oss-acl': 'public' } }, 400, 'InvalidArgument'],
    ['fine', { body: document('<StorageClass>Glacier</StorageClass>') }, 400, 'InvalidArgument'],
    [
      'fine',
      { body: document('<DataRedundancyType>X</DataRedundancyType>') },
      400,
      'InvalidArgument',
    ],
    ['fine', { body: '<Create/>' }, 400, 'MalformedXML'],
    ['fine', { body: 'text' }, 400, 'MalformedXML'],
    ['fine', { headers: { 'content-md5': md5 } }, 400, 'InvalidDigest'],
    ['fine', { headers: { 'x-oss-hns-status': 'enabled' } }, 400, 'NotImplemented'],
    ['fine', { headers: { 'x-oss-resource-group-id': 'rg-other' } }, 400, 'NotImplemented'],
  ];
  for (const [bucket, more, status, code] of table) {
    const answer = await put(bucket, more);
    assert.deepEqual([answer.status, answer.code], [status, code], `${bucket} ${answer.text}`);
  }
  assert.equal((await oss.call({ bucket: 'fine' })).code, 'NoSuchBucket');
});

test('GetBucketInfo: the elements and their order', async () => {
  const bucket = await oss.bucket('public-read');
  const { text } = await oss.call({ bucket, query: { bucketInfo: '' } });
  assert.deepEqual(shapeOf(text), [
    ...['BucketInfo', 'Bucket', 'AccessMonitor', 'CreationDate', 'ExtranetEndpoint'],
    ...['IntranetEndpoint', 'Location', 'StorageClass', 'DataRedundancyType'],
    ...['TransferAcceleration', 'CrossRegionReplication', 'Name', 'ResourceGroupId', 'Comment'],
    ...['Owner', 'DisplayName', 'ID', 'AccessControlList', 'Grant', 'ServerSideEncryptionRule'],
    ...['SSEAlgorithm', 'BucketPolicy', 'LogBucket', 'LogPrefix', 'BlockPublicAccess'],
  ]);
  assert.equal(textOf(text, 'ExtranetEndpoint'), `localhost:${oss.server.httpPort}`);
  assert.equal(textOf(text, 'CreationDate'), '2026-11-22T09:00:00.000Z');
  assert.equal(textOf(text, 'Grant'), 'public-read');
  assert.equal(textOf(text, 'ID'), oss.server.rootAccountId);
  assert.equal(textOf(text, 'Location'), 'oss-cn-hangzhou');
});

test('GetBucketLocation and GetBucketStat', async () => {
  const bucket = await oss.bucket();
  const location = await oss.call({ bucket, query: { location: undefined } });
  assert.equal(textOf(location.text, 'LocationConstraint'), 'oss-cn-hangzhou');
  await oss.put(bucket, 'a', '12345');
  await oss.put(bucket, 'b', '123');
  const { text } = await oss.call({ bucket, query: { stat: undefined } });
  assert.deepEqual(shapeOf(text).slice(0, 8), [
    ...['BucketStat', 'Storage', 'ObjectCount', 'MultipartUploadCount', 'LiveChannelCount'],
    ...['LastModifiedTime', 'StandardStorage', 'StandardObjectCount'],
  ]);
  assert.equal(textOf(text, 'Storage'), '8');
  assert.equal(textOf(text, 'ObjectCount'), '2');
  assert.equal(textOf(text, 'LastModifiedTime'), String(Date.UTC(2026, 10, 22, 9) / 1000));
});

test('PutBucketAcl sets the ACL, and makes the bucket when there is none', async () => {
  const acl = (method: string, bucket: string, headers = {}) =>
    oss.call({ method, bucket, query: { acl: undefined }, headers });
  const bucket = await oss.bucket();
  assert.equal((await acl('PUT', bucket, { 'x-oss-acl': 'public-read' })).status, 200);
  const shown = await acl('GET', bucket);
  assert.deepEqual(shapeOf(shown.text), [
    ...['AccessControlPolicy', 'Owner', 'ID', 'DisplayName', 'AccessControlList', 'Grant'],
  ]);
  assert.equal(textOf(shown.text, 'Grant'), 'public-read');
  for (const headers of [{}, { 'x-oss-acl': 'x' }]) {
    const refused = await acl('PUT', bucket, headers);
    assert.deepEqual([refused.status, refused.code], [400, 'InvalidArgument']);
    assert.match(refused.text, /no such bucket access control exists/);
    assert.equal(textOf(refused.text, 'ArgumentName'), 'x-oss-acl');
  }
  assert.equal((await acl('PUT', 'made-by-acl', { 'x-oss-acl': 'public-read' })).status, 200);
  assert.equal(textOf((await acl('GET', 'made-by-acl')).text, 'Grant'), 'public-read');
});

test('only an empty bucket is deleted', async () => {
  const bucket = await oss.bucket();
  await oss.put(bucket, 'k', 'x');
  const remove = () => oss.call({ method: 'DELETE', bucket });
  const full = await remove();
  assert.deepEqual([full.status, full.code], [409, 'BucketNotEmpty']);
  assert.equal(textOf(full.text, 'BucketName'), bucket);
  await oss.call({ method: 'DELETE', bucket, key: 'k' });
  const empty = await remove();
  assert.deepEqual([empty.status, empty.text], [204, '']);
  const gone = await remove();
  assert.deepEqual([gone.status, gone.code], [404, 'NoSuchBucket']);
  assert.equal(textOf(gone.text, 'Message'), 'The specified bucket does not exist.');
  assert.equal(textOf(gone.text, 'EC'), '0015-00000101');
});

test('others learn nothing about a bucket and change nothing in it', async () => {
  const bucket = await oss.bucket('public-read-write');
  const stranger = await oss.stranger();
  const asked: Call[] = [
    { query: { bucketInfo: undefined } },
    { query: { stat: undefined } },
    { query: { acl: undefined } },
    { query: { website: undefined } },
    { method: 'PUT', query: { acl: undefined }, headers: { 'x-oss-acl': 'private' } },
    { method: 'PUT', query: { website: undefined } },
    { method: 'DELETE' },
  ];
  for (const caller of ['anonymous' as const, stranger]) {
    for (const call of asked) {
      const answer = await oss.call({ ...call, bucket, as: caller });
      assert.deepEqual([answer.status, answer.code], [403, 'AccessDenied'], JSON.stringify(call));
    }
  }
});

test('where the operator says so, a new bucket blocks public access until its owner does not', async () => {
  const guarded = await openRawOss({ BLOCK_PUBLIC_ACCESS: 'on' });
  try {
    const open = { 'x-oss-acl': 'public-read' };
    const refused = await guarded.call({ method: 'PUT', bucket: 'guarded', headers: open });
    assert.deepEqual([refused.status, refused.code], [403, 'AccessDenied']);
    const bucket = await guarded.bucket();
    const block = { publicAccessBlock: undefined };
    const shown = await guarded.call({ bucket, query: block });
    assert.equal(textOf(shown.text, 'BlockPublicAccess'), 'true');
    const acl = { method: 'PUT', bucket, query: { acl: undefined }, headers: open };
    assert.equal((await guarded.call(acl)).status, 403);
    await guarded.call({ method: 'DELETE', bucket, query: block });
    assert.equal((await guarded.call(acl)).status, 200);
  } finally {
    await guarded.close();
  }
});
