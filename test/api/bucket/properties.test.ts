/**
 * What a bucket is, in documents of a word or a few, and how GetBucketInfo shows it; and the
 * account around it (oss-bucket-api.md; oss-semantics.md 1.1, 8).
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openRawOss, type RawOss, textOf } from '../object/raw-oss.ts';
import { ask, type Conversations, compact, converse, testAll, within } from './conversation.ts';
import { block, logging, versioning } from './documents.ts';

let oss: RawOss;
before(async () => {
  oss = await openRawOss();
});
after(() => oss.close());

const tagging = (...tags: string[]) => {
  const inner = tags.map((tag) => {
    const [key = '', value = ''] = tag.split('=');
    return `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`;
  });
  return `<Tagging><TagSet>${inner.join('')}</TagSet></Tagging>`;
};
const encryption = (inner: string) =>
  within('ServerSideEncryptionRule')(within('ApplyServerSideEncryptionByDefault')(inner));
const algorithm = within('SSEAlgorithm');
const acceleration = (enabled: string) =>
  within('TransferAccelerationConfiguration')(within('Enabled')(enabled));
const monitor = (status: string) => within('AccessMonitorConfiguration')(within('Status')(status));
const directRead = (enabled: string) =>
  within('ArchiveDirectReadConfiguration')(within('Enabled')(enabled));
const group = (id: string) =>
  within('BucketResourceGroupConfiguration')(within('ResourceGroupId')(id));

const conversations: Conversations = {
  versioning: [
    ['GET versioning', '', 200, versioning('')],
    ['PUT versioning', versioning('<Status>On</Status>'), 400, 'MalformedXML'],
    ['PUT versioning', versioning(''), 400, 'MalformedXML'],
    ['PUT versioning', '<Versioning><Status>Enabled</Status></Versioning>', 400, 'MalformedXML'],
    ['PUT versioning', '', 400, 'MalformedXML'],
    ['PUT versioning', versioning('<Status>Enabled</Status><New/>'), 200, ''],
    ['PUT versioning', versioning('<Status>Enabled</Status>'), 200, ''],
    ['GET versioning', '', 200, versioning('<Status>Enabled</Status>')],
    ['PUT versioning', versioning('<Status>Suspended</Status>'), 200, ''],
    ['GET versioning', '', 200, versioning('<Status>Suspended</Status>')],
  ],
  tags: [
    ['GET tagging', '', 200, tagging()],
    ['PUT tagging', tagging('b=2', 'a=1', 'c='), 200, ''],
    ['GET tagging', '', 200, tagging('b=2', 'a=1', 'c=')],
    ['DELETE tagging=a,x', '', 204, ''],
    ['GET tagging=', '', 200, tagging('b=2', 'c=')],
    ['DELETE tagging', '', 204, ''],
    ['DELETE tagging', '', 204, ''],
    ['GET tagging', '', 200, tagging()],
    ['PUT tagging', tagging('a=1', 'a=2'), 400, 'RepeatedTags'],
    ['PUT tagging', tagging('Aliyun1=1'), 400, 'InvalidTaggingKey'],
    ['PUT tagging', tagging('=1'), 400, 'InvalidTaggingKey'],
    ['PUT tagging', tagging(`${'k'.repeat(65)}=1`), 400, 'InvalidTaggingKey'],
    ['PUT tagging', tagging(`k=${'v'.repeat(129)}`), 400, 'InvalidArgument'],
    ['PUT tagging', '<Tagging/>', 400, 'MalformedXML'],
    [
      'PUT tagging',
      tagging(...Array.from({ length: 21 }, (_, index) => `k${index}=v`)),
      400,
      'InvalidArgument',
    ],
  ],
  encryption: [
    ['GET encryption', '', 404, 'NoSuchServerSideEncryptionRule'],
    ['PUT encryption', encryption(algorithm('SM4')), 200, ''],
    ['GET encryption', '', 200, encryption(algorithm('SM4'))],
    [
      'PUT encryption',
      encryption(
        `${algorithm('KMS')}<KMSMasterKeyID>123</KMSMasterKeyID>` +
          '<KMSDataEncryption>SM4</KMSDataEncryption>',
      ),
      200,
      '',
    ],
    [
      'GET encryption',
      '',
      200,
      encryption(
        `${algorithm('KMS')}<KMSMasterKeyID>123</KMSMasterKeyID>` +
          '<KMSDataEncryption>SM4</KMSDataEncryption>',
      ),
    ],
    [
      'PUT encryption',
      encryption(
        `${algorithm('AES256')}<KMSMasterKeyID/><KMSDataEncryption>SM4</KMSDataEncryption>`,
      ),
      200,
      '',
    ],
    ['GET encryption', '', 200, encryption(algorithm('AES256'))],
    [
      'PUT encryption',
      encryption(`${algorithm('AES256')}<KMSMasterKeyID>123</KMSMasterKeyID>`),
      400,
      'InvalidArgument',
    ],
    [
      'PUT encryption',
      encryption(`${algorithm('KMS')}<KMSMasterKeyID>\u4e2d</KMSMasterKeyID>`),
      400,
      'InvalidArgument',
    ],
    ['PUT encryption', encryption(algorithm('DES')), 400, 'InvalidEncryptionAlgorithmError'],
    ['PUT encryption', '<ServerSideEncryptionRule/>', 400, 'MalformedXML'],
    ['DELETE encryption', '', 204, ''],
    ['DELETE encryption', '', 204, ''],
    ['GET encryption', '', 404, 'NoSuchServerSideEncryptionRule'],
  ],
  'transfer acceleration': [
    ['GET transferAcceleration', '', 404, 'NoSuchTransferAccelerationConfiguration'],
    ['PUT transferAcceleration', acceleration('True'), 200, ''],
    ['GET transferAcceleration', '', 200, acceleration('true')],
    ['PUT transferAcceleration', acceleration('perhaps'), 400, 'MalformedXML'],
    ['PUT transferAcceleration', '<TransferAccelerationConfiguration/>', 400, 'MalformedXML'],
    ['PUT transferAcceleration', acceleration('FALSE'), 200, ''],
    ['GET transferAcceleration', '', 200, acceleration('false')],
  ],
  'access monitor': [
    ['GET accessmonitor', '', 200, monitor('Disabled')],
    ['PUT accessmonitor', monitor('Enabled'), 200, ''],
    ['GET accessmonitor', '', 200, monitor('Enabled')],
    ['PUT accessmonitor', monitor('aa'), 400, 'MalformedXML'],
    ['PUT accessmonitor', monitor('Disabled'), 200, ''],
    ['GET accessmonitor', '', 200, monitor('Disabled')],
  ],
  'archive direct read': [
    ['GET bucketArchiveDirectRead', '', 200, directRead('false')],
    ['PUT bucketArchiveDirectRead', directRead('true'), 200, ''],
    ['GET bucketArchiveDirectRead', '', 200, directRead('true')],
    ['PUT bucketArchiveDirectRead', directRead('x'), 400, 'MalformedXML'],
  ],
  'resource group': [
    ['GET resourceGroup', '', 200, group('rg-default')],
    ['PUT resourceGroup', group('rg-default'), 200, ''],
    ['PUT resourceGroup', group('rg-other'), 400, 'ResourceGroupIdPreCheckError'],
  ],
};

testAll(() => oss, conversations);

/** What the table cannot say: answers with something of chance or time in them. */

const call = (bucket: string, request: string, body = '') => ask(oss, bucket, request, body);

test('a change of the data redundancy ends when it begins', async () => {
  const bucket = await oss.bucket();
  const target = 'x-oss-target-redundancy-type';
  const wrong = await call(bucket, `POST redundancyTransition&${target}=LRS`);
  assert.equal(wrong.code, 'InvalidArgument');
  const made = await call(bucket, `POST redundancyTransition&${target}=ZRS`);
  const taskId = textOf(made.text, 'TaskId') ?? '';
  assert.match(taskId, /^[0-9a-f]{32}$/);
  const date = '2026-11-22T09:00:00.000Z';
  const task =
    `<BucketDataRedundancyTransition><Bucket>${bucket}</Bucket><TaskId>${taskId}</TaskId>` +
    `<Status>Finished</Status><CreateTime>${date}</CreateTime><StartTime>${date}</StartTime>` +
    '<ProcessPercentage>100</ProcessPercentage><EstimatedRemainingTime>0</EstimatedRemainingTime>' +
    `<EndTime>${date}</EndTime></BucketDataRedundancyTransition>`;
  const asked = `redundancyTransition&x-oss-redundancy-transition-taskid=${taskId}`;
  assert.equal(compact((await call(bucket, `GET ${asked}`)).text), task);
  assert.ok(compact((await call(bucket, 'GET redundancyTransition')).text).includes(task));
  const all = await oss.call({ query: { redundancyTransition: undefined } });
  assert.ok(compact(all.text).includes(task));
  const info = await call(bucket, 'GET bucketInfo');
  assert.equal(textOf(info.text, 'DataRedundancyType'), 'ZRS');
  const again = await call(bucket, `POST redundancyTransition&${target}=ZRS`);
  assert.equal(again.code, 'InvalidArgument');
  assert.equal((await call(bucket, `DELETE ${asked}`)).status, 204);
  const gone = await call(bucket, `GET ${asked}`);
  assert.deepEqual([gone.status, gone.code], [404, 'NoSuchBucketDataRedundancyTransition']);
});

test('GetBucketInfo is in step with the documents', async () => {
  const bucket = await oss.bucket();
  await converse(oss, bucket, [
    ['PUT accessmonitor', monitor('Enabled'), 200, ''],
    ['PUT transferAcceleration', acceleration('true'), 200, ''],
    ['PUT versioning', versioning('<Status>Enabled</Status>'), 200, ''],
    [
      'PUT encryption',
      encryption(`${algorithm('KMS')}<KMSMasterKeyID>9</KMSMasterKeyID>`),
      200,
      '',
    ],
    [
      'PUT logging',
      logging(
        '<LoggingEnabled><TargetBucket>$bucket</TargetBucket><TargetPrefix>p</TargetPrefix></LoggingEnabled>',
      ),
      200,
      '',
    ],
    ['PUT publicAccessBlock', block('true'), 200, ''],
  ]);
  const { text } = await call(bucket, 'GET bucketInfo');
  const shown = Object.fromEntries(
    [
      ...['AccessMonitor', 'TransferAcceleration', 'Versioning', 'SSEAlgorithm', 'KMSMasterKeyID'],
      ...['LogBucket', 'LogPrefix', 'BlockPublicAccess'],
    ].map((name) => [name, textOf(text, name)]),
  );
  assert.deepEqual(shown, {
    AccessMonitor: 'Enabled',
    TransferAcceleration: 'Enabled',
    Versioning: 'Enabled',
    SSEAlgorithm: 'KMS',
    KMSMasterKeyID: '9',
    LogBucket: bucket,
    LogPrefix: 'p',
    BlockPublicAccess: 'true',
  });
});

test('the account: regions, limits, public access', async () => {
  const service = (method: string, query: Record<string, string | undefined>, body = '') =>
    oss.call({ method, query, body });
  const endpoint = `localhost:${oss.server.httpPort}`;
  const regions = await service('GET', { regions: undefined });
  assert.equal(
    compact(regions.text),
    '<RegionInfoList><RegionInfo><Region>oss-cn-hangzhou</Region>' +
      `<InternetEndpoint>${endpoint}</InternetEndpoint>` +
      `<InternalEndpoint>${endpoint}</InternalEndpoint>` +
      `<AccelerateEndpoint>${endpoint}</AccelerateEndpoint></RegionInfo></RegionInfoList>`,
  );
  assert.equal((await service('GET', { regions: 'oss-cn-hangzhou' })).status, 200);
  const unknown = await service('GET', { regions: 'aaa' });
  assert.deepEqual([unknown.status, unknown.code], [404, 'NoSuchRegion']);
  const user = await service('GET', { qosInfo: undefined });
  assert.equal(textOf(user.text, 'TotalUploadBandwidth'), '10');
  assert.equal(textOf(user.text, 'IntranetUploadBandwidth'), '-1');
  assert.equal(textOf(user.text, 'Region'), 'cn-hangzhou');
});
