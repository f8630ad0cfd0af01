/**
 * What a bucket refuses by its documents: who does not pay, who is the public, what is written over
 * or removed, and more at a time than its limits (oss-bucket-api.md; oss-semantics.md 8).
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openRawOss, type RawOss, textOf } from '../object/raw-oss.ts';
import { ask, type Conversations, compact, testAll, within } from './conversation.ts';
import { block, versioning } from './documents.ts';

let oss: RawOss;
before(async () => {
  oss = await openRawOss();
});
after(() => oss.close());

const payer = (who: string) =>
  `<RequestPaymentConfiguration><Payer>${who}</Payer></RequestPaymentConfiguration>`;
const overwrite = within('OverwriteConfiguration');
const rule = within('Rule');
const worm = (root: string, days: string) =>
  within(`${root}WormConfiguration`)(within('RetentionPeriodInDays')(days));
const limitNames = [
  ...['TotalUploadBandwidth', 'IntranetUploadBandwidth', 'ExtranetUploadBandwidth'],
  ...['TotalDownloadBandwidth', 'IntranetDownloadBandwidth', 'ExtranetDownloadBandwidth'],
  ...['TotalQps', 'IntranetQps', 'ExtranetQps'],
];
const limits = (...values: number[]) =>
  limitNames.map((name, index) => `<${name}>${values[index] ?? -1}</${name}>`).join('');
const qos = within('QoSConfiguration');
const requesterQos = (uid: string, inner: string) =>
  `<RequesterQoSInfo><Requester>${uid}</Requester>${qos(inner)}</RequesterQoSInfo>`;
const requesterList = (inner: string) =>
  within('ListBucketRequesterQoSInfosResult')(
    '<Bucket>$bucket</Bucket><ContinuationToken></ContinuationToken>' +
      `<NextContinuationToken></NextContinuationToken><IsTruncated>false</IsTruncated>${inner}`,
  );

const conversations: Conversations = {
  'request payment': [
    ['GET requestPayment', '', 200, payer('BucketOwner')],
    ['PUT requestPayment', payer('Requester'), 200, ''],
    ['GET requestPayment', '', 200, payer('Requester')],
    ['PUT requestPayment', payer('Nobody'), 400, 'MalformedXML'],
    ['PUT requestPayment', payer('BucketOwner'), 200, ''],
    ['DELETE requestPayment', '', 405, 'MethodNotAllowed'],
  ],
  'public access block': [
    ['GET publicAccessBlock', '', 200, block('false')],
    ['PUT publicAccessBlock', block('True'), 200, ''],
    ['GET publicAccessBlock', '', 200, block('true')],
    ['PUT publicAccessBlock', block('false'), 200, ''],
    ['GET publicAccessBlock', '', 200, block('false')],
    ['PUT publicAccessBlock', block('true'), 200, ''],
    ['DELETE publicAccessBlock', '', 204, ''],
    ['GET publicAccessBlock', '', 200, block('false')],
    ['PUT publicAccessBlock', block(''), 400, 'MalformedXML'],
  ],
  'overwrite rules': [
    ['GET overwriteConfig', '', 404, 'NoSuchBucketOverwriteConfig'],
    [
      'PUT overwriteConfig',
      overwrite(
        rule('<ID>1</ID><Action>forbid</Action>') +
          rule(
            '<ID>2</ID><Action>forbid</Action><Prefix>pre</Prefix><Suffix>.txt</Suffix>' +
              '<Principals><Principal>1234567890</Principal></Principals>',
          ),
      ),
      200,
      '',
    ],
    [
      'GET overwriteConfig',
      '',
      200,
      overwrite(
        rule(
          '<ID>1</ID><Action>forbid</Action><Prefix></Prefix><Suffix></Suffix><Principals></Principals>',
        ) +
          rule(
            '<ID>2</ID><Action>forbid</Action><Prefix>pre</Prefix><Suffix>.txt</Suffix>' +
              '<Principals><Principal>1234567890</Principal></Principals>',
          ),
      ),
    ],
    ['PUT overwriteConfig', overwrite(rule('<Action>allow</Action>')), 400, 'MalformedXML'],
    ['PUT overwriteConfig', overwrite(''), 400, 'MalformedXML'],
    ['DELETE overwriteConfig', '', 204, ''],
    ['GET overwriteConfig', '', 404, 'NoSuchBucketOverwriteConfig'],
  ],
  'quality of service': [
    ['GET qosInfo', '', 404, 'NoSuchBucketQosInfo'],
    ['PUT qosInfo', '<QoSConfiguration/>', 200, ''],
    ['GET qosInfo', '', 200, qos(limits())],
    ['PUT qosInfo', qos(limits(2, 2, 2, 10, 0, -1, 10_000)), 200, ''],
    ['GET qosInfo', '', 200, qos(limits(2, 2, 2, 10, 0, -1, 10_000))],
    ['PUT qosInfo', qos(limits(11)), 400, 'InvalidArgument'],
    ['PUT qosInfo', qos(limits(-1, 11)), 400, 'InvalidArgument'],
    ['PUT qosInfo', qos(limits(2, 3)), 400, 'InvalidArgument'],
    ['PUT qosInfo', qos(limits(-2)), 400, 'InvalidArgument'],
    ['PUT qosInfo', qos('<TotalQps>many</TotalQps>'), 400, 'MalformedXML'],
    ['DELETE qosInfo', '', 204, ''],
    ['GET qosInfo', '', 404, 'NoSuchBucketQosInfo'],
    ['GET requesterQosInfo&qosRequester=7', '', 404, 'NoSuchBucketQosInfo'],
    ['GET requesterQosInfo', '', 200, requesterList('')],
    ['PUT requesterQosInfo&qosRequester=7', qos(limits(100, 6, 12, 110, 20, 50)), 200, ''],
    [
      'GET requesterQosInfo&qosRequester=7',
      '',
      200,
      requesterQos('7', limits(100, 6, 12, 110, 20, 50)),
    ],
    [
      'GET requesterQosInfo',
      '',
      200,
      requesterList(requesterQos('7', limits(100, 6, 12, 110, 20, 50))),
    ],
    ['PUT requesterQosInfo', qos(limits(100)), 400, 'InvalidArgument'],
    ['DELETE requesterQosInfo&qosRequester=7', '', 204, ''],
    ['GET requesterQosInfo&qosRequester=7', '', 404, 'NoSuchBucketQosInfo'],
  ],
  'a retention policy before it is made': [
    ['GET worm', '', 404, 'NoSuchWORMConfiguration'],
    ['DELETE worm', '', 204, ''],
    ['POST wormId=1', '', 404, 'NoSuchWORMConfiguration'],
    ['POST wormExtend&wormId=1', worm('Extend', '2'), 404, 'NoSuchWORMConfiguration'],
    ['POST worm', worm('Initiate', '0'), 400, 'InvalidWORMConfiguration'],
    ['POST worm', worm('Initiate', '25551'), 400, 'InvalidWORMConfiguration'],
    ['POST worm', worm('Initiate', 'long'), 400, 'MalformedXML'],
    ['PUT versioning', versioning('<Status>Suspended</Status>'), 200, ''],
    ['POST worm', worm('Initiate', '1'), 400, 'InvalidRequest 0027-00000003'],
    ['PUT versioning', versioning('<Status>Enabled</Status>'), 200, ''],
    ['POST worm', worm('Initiate', '1'), 200, ''],
    ['POST worm', worm('Initiate', '1'), 409, 'WORMConfigurationAlreadyExists'],
    [
      'PUT versioning',
      versioning('<Status>Suspended</Status>'),
      400,
      'InvalidRequest 0012-00000006',
    ],
    ['PUT versioning', versioning('<Status>Enabled</Status>'), 200, ''],
    ['DELETE worm', '', 204, ''],
    ['GET worm', '', 404, 'NoSuchWORMConfiguration'],
  ],
};

testAll(() => oss, conversations);

/** What the table cannot say: answers with something of chance or time in them. */

const call = (bucket: string, request: string, body = '') => ask(oss, bucket, request, body);

test('a retention policy is locked, extended and never removed', async () => {
  const bucket = await oss.bucket();
  const made = await call(bucket, 'POST worm', worm('Initiate', '1'));
  const id = made.headers['x-oss-worm-id'] ?? '';
  assert.match(id, /^[0-9A-F]{32}$/);
  const state = async () => {
    const { text } = await call(bucket, 'GET worm');
    assert.equal(textOf(text, 'WormId'), id);
    assert.equal(textOf(text, 'CreationDate'), '2026-11-22T09:00:00.000Z');
    return `${textOf(text, 'State')} ${textOf(text, 'RetentionPeriodInDays')}`;
  };
  assert.equal(await state(), 'InProgress 1');
  const early = await call(bucket, `POST wormExtend&wormId=${id}`, worm('Extend', '2'));
  assert.deepEqual([early.status, early.code], [400, 'InvalidWORMConfiguration']);
  assert.equal((await call(bucket, 'POST wormId=other')).code, 'NoSuchWORMConfiguration');
  assert.equal((await call(bucket, `POST wormId=${id}`)).status, 200);
  assert.equal(await state(), 'Locked 1');
  const locked = await call(bucket, 'DELETE worm');
  assert.deepEqual([locked.status, locked.code], [403, 'WORMConfigurationLocked']);
  const same = await call(bucket, `POST wormExtend&wormId=${id}`, worm('Extend', '1'));
  assert.equal(same.code, 'InvalidWORMConfiguration');
  const longer = await call(bucket, `POST wormExtend&wormId=${id}`, worm('Extend', '2'));
  assert.equal(longer.status, 200);
  assert.equal(await state(), 'Locked 2');
  assert.equal((await oss.call({ method: 'DELETE', bucket })).status, 204);
});

test('overwrite rules without a bucket are no document', async () => {
  const body = overwrite(rule('<Action>forbid</Action>'));
  const answer = await call('no-such-bucket', 'PUT overwriteConfig', body);
  assert.deepEqual([answer.status, answer.code], [400, 'MalformedXML']);
  assert.equal(textOf(answer.text, 'EC'), '0015-00000231');
  assert.equal((await call('no-such-bucket', 'GET overwriteConfig')).code, 'NoSuchBucket');
});

test('under requester pays everybody but the owner must agree', async () => {
  const bucket = await oss.bucket('public-read');
  await oss.put(bucket, 'k', 'x');
  await call(bucket, 'PUT requestPayment', payer('Requester'));
  const as = await oss.stranger();
  const read = (more: object) => oss.call({ bucket, key: 'k', ...more });
  const agreed = { headers: { 'x-oss-request-payer': 'requester' } };
  for (const refused of [{ as: 'anonymous' }, { as }, { as: 'anonymous', ...agreed }]) {
    const answer = await read(refused);
    assert.deepEqual([answer.status, answer.code], [403, 'AccessDenied']);
    assert.equal(textOf(answer.text, 'EC'), '0003-00000703');
    assert.equal(textOf(answer.text, 'Message'), 'Access denied for requester pay bucket');
  }
  for (const served of [
    { as, ...agreed },
    { as, query: { 'x-oss-request-payer': 'requester' } },
  ]) {
    const answer = await read(served);
    assert.deepEqual([answer.status, answer.text], [200, 'x']);
    assert.equal(answer.headers['x-oss-request-charged'], 'requester');
  }
  assert.equal((await read({})).headers['x-oss-request-charged'], undefined);
  // Also of what is copied from it; and a name that is taken is taken.
  await oss.call({ method: 'PUT', bucket: 'of-the-requester', as });
  const copy = (headers: Record<string, string>) =>
    oss.call({
      method: 'PUT',
      bucket: 'of-the-requester',
      key: 'k',
      as,
      headers: { 'x-oss-copy-source': `/${bucket}/k`, ...headers },
    });
  assert.equal(textOf((await copy({})).text, 'EC'), '0003-00000703');
  assert.equal((await copy(agreed.headers)).status, 200);
  const taken = await oss.call({ method: 'PUT', bucket, as });
  assert.deepEqual([taken.status, taken.code], [409, 'BucketAlreadyExists']);
});

test('blocked public access: public ACLs are refused and grant nothing', async () => {
  const bucket = await oss.bucket('public-read-write');
  await oss.put(bucket, 'open', 'x', { 'x-oss-object-acl': 'public-read' });
  const open = { bucket, key: 'open', as: 'anonymous' } as const;
  const write = { method: 'PUT', bucket, key: 'new', as: 'anonymous' } as const;
  const refusals = async (account: {
    query: { publicAccessBlock: undefined };
    bucket?: string;
  }) => {
    const turned = await oss.call({ method: 'PUT', ...account, body: block('true') });
    assert.equal(turned.status, 200);
    for (const asked of [open, write]) assert.equal((await oss.call(asked)).status, 403);
    assert.equal((await oss.call({ bucket, key: 'open' })).text, 'x');
    const acl = { 'x-oss-acl': 'public-read' };
    const objectAcl = { 'x-oss-object-acl': 'public-read' };
    const table = [
      ['bucket', { method: 'PUT', bucket, query: { acl: undefined }, headers: acl }],
      ['bucket', { method: 'PUT', bucket, headers: acl }],
      ['object', { method: 'PUT', bucket, key: 'k', headers: objectAcl }],
      ['object', { method: 'PUT', bucket, key: 'open', query: { acl: '' }, headers: objectAcl }],
      [
        'object',
        {
          method: 'PUT',
          bucket,
          key: 'k',
          headers: { ...objectAcl, 'x-oss-copy-source': `/${bucket}/open` },
        },
      ],
    ] as const;
    for (const [what, asked] of table) {
      const answer = await oss.call(asked);
      assert.deepEqual([answer.status, answer.code], [403, 'AccessDenied']);
      assert.equal(textOf(answer.text, 'Message'), `Put public ${what} acl is not allowed`);
    }
  };
  const ofBucket = { bucket, query: { publicAccessBlock: undefined } };
  await refusals(ofBucket);
  assert.equal((await oss.call({ method: 'DELETE', ...ofBucket })).status, 204);
  assert.equal((await oss.call(open)).text, 'x');
  const ofAccount = { query: { publicAccessBlock: undefined } };
  await refusals(ofAccount);
  assert.equal(compact((await oss.call(ofAccount)).text), block('true'));
  const headers = { 'x-oss-acl': 'public-read' };
  const born = await oss.call({ method: 'PUT', bucket: 'born-public', headers });
  assert.deepEqual([born.status, born.code], [403, 'AccessDenied']);
  const later = await oss.bucket();
  assert.equal((await oss.call({ method: 'PUT', bucket: later, headers })).status, 403);
  assert.equal(textOf((await call(later, 'GET bucketInfo')).text, 'BlockPublicAccess'), 'true');
  assert.equal((await oss.call({ method: 'DELETE', ...ofAccount })).status, 204);
  assert.equal(compact((await oss.call(ofAccount)).text), block('false'));
  assert.equal((await oss.call(open)).text, 'x');
  assert.equal((await oss.call({ method: 'PUT', bucket: later, headers })).status, 200);
});
