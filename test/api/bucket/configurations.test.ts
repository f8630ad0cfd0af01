/**
 * The documents of a bucket on the wire, each as a conversation: what is asked, and the answer to
 * the letter (oss-bucket-api.md; oss-semantics.md 1.1, 2.1, 6, 8). Every conversation has a bucket
 * of its own, `$bucket` in its texts.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openRawOss, type RawOss, textOf, textsOf } from '../object/raw-oss.ts';
import { ask, compact, converse, type Step, within } from './conversation.ts';

let oss: RawOss;
before(async () => {
  oss = await openRawOss();
});
after(() => oss.close());

const versioning = within('VersioningConfiguration');
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
const payer = (who: string) =>
  `<RequestPaymentConfiguration><Payer>${who}</Payer></RequestPaymentConfiguration>`;
const acceleration = (enabled: string) =>
  within('TransferAccelerationConfiguration')(within('Enabled')(enabled));
const monitor = (status: string) => within('AccessMonitorConfiguration')(within('Status')(status));
const directRead = (enabled: string) =>
  within('ArchiveDirectReadConfiguration')(within('Enabled')(enabled));
const group = (id: string) =>
  within('BucketResourceGroupConfiguration')(within('ResourceGroupId')(id));
const block = (enabled: string) =>
  within('PublicAccessBlockConfiguration')(within('BlockPublicAccess')(enabled));
const logging = within('BucketLoggingStatus');
const logFields = within('UserDefinedLogFieldsConfiguration');
const overwrite = within('OverwriteConfiguration');
const rule = within('Rule');
const worm = (root: string, days: string) =>
  within(`${root}WormConfiguration`)(within('RetentionPeriodInDays')(days));
const styleText = (name: string, content: string, made: string, changed: string) =>
  `<Style><Name>${name}</Name><Content>${content}</Content><Category>image</Category>` +
  `<CreateTime>${made}</CreateTime><LastModifyTime>${changed}</LastModifyTime></Style>`;
const style = (content: string) => within('Style')(within('Content')(content));
const nine = 'Sun, 22 Nov 2026 09:00:00 GMT';
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
const callbacks = (...items: string[]) =>
  within('BucketCallbackPolicy')(
    items
      .map((name) => `<PolicyName>${name}</PolicyName><Callback>e30=</Callback>`)
      .map((inner) => `<PolicyItem>${inner}<CallbackVar></CallbackVar></PolicyItem>`)
      .join(''),
  );
const inventory = (id: string, more = '', enabled = 'true') =>
  within('InventoryConfiguration')(
    `<Id>${id}</Id><IsEnabled>${enabled}</IsEnabled><Filter><Prefix></Prefix>${more}</Filter>` +
      '<Destination><OSSBucketDestination><Format>CSV</Format><AccountId>1</AccountId>' +
      '<RoleArn>acs:ram::1:role/r</RoleArn><Bucket>acs:oss:::$bucket</Bucket><Prefix></Prefix>' +
      '<Encryption><SSE-OSS></SSE-OSS></Encryption></OSSBucketDestination></Destination>' +
      '<Schedule><Frequency>Daily</Frequency></Schedule>' +
      '<IncludedObjectVersions>All</IncludedObjectVersions>' +
      '<OptionalFields><Field>Size</Field></OptionalFields>',
  );

const conversations: Readonly<Record<string, readonly Step[]>> = {
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
  'request payment': [
    ['GET requestPayment', '', 200, payer('BucketOwner')],
    ['PUT requestPayment', payer('Requester'), 200, ''],
    ['GET requestPayment', '', 200, payer('Requester')],
    ['PUT requestPayment', payer('Nobody'), 400, 'MalformedXML'],
    ['PUT requestPayment', payer('BucketOwner'), 200, ''],
    ['DELETE requestPayment', '', 405, 'MethodNotAllowed'],
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
  logging: [
    ['GET logging', '', 200, logging('')],
    [
      'PUT logging',
      logging('<LoggingEnabled><TargetBucket>$bucket</TargetBucket></LoggingEnabled>'),
      200,
      '',
    ],
    [
      'GET logging',
      '',
      200,
      logging(
        '<LoggingEnabled><TargetBucket>$bucket</TargetBucket><TargetPrefix></TargetPrefix></LoggingEnabled>',
      ),
    ],
    [
      'PUT logging',
      logging(
        '<LoggingEnabled><TargetBucket>$bucket</TargetBucket><TargetPrefix>日志+/</TargetPrefix>' +
          '<LoggingRole>r</LoggingRole></LoggingEnabled>',
      ),
      200,
      '',
    ],
    [
      'GET logging',
      '',
      200,
      logging(
        '<LoggingEnabled><TargetBucket>$bucket</TargetBucket><TargetPrefix>日志+/</TargetPrefix>' +
          '<LoggingRole>r</LoggingRole></LoggingEnabled>',
      ),
    ],
    [
      'PUT logging',
      logging('<LoggingEnabled><TargetBucket>nowhere-at-all</TargetBucket></LoggingEnabled>'),
      403,
      'InvalidTargetBucketForLogging',
    ],
    [
      'PUT logging',
      logging(
        '<LoggingEnabled><TargetBucket>$bucket</TargetBucket><TargetPrefix>/a</TargetPrefix></LoggingEnabled>',
      ),
      400,
      'InvalidArgument',
    ],
    ['DELETE logging', '', 204, ''],
    ['DELETE logging', '', 204, ''],
    ['GET logging', '', 200, logging('')],
    ['PUT logging', logging(''), 200, ''],
  ],
  'user-defined log fields': [
    ['GET userDefinedLogFieldsConfig', '', 404, 'NoSuchUserDefinedLogFieldsConfig'],
    [
      'PUT userDefinedLogFieldsConfig',
      logFields(
        '<HeaderSet><header>h1</header><header>h2</header></HeaderSet>' +
          '<ParamSet><parameter>p</parameter></ParamSet>',
      ),
      200,
      '',
    ],
    [
      'GET userDefinedLogFieldsConfig',
      '',
      200,
      logFields(
        '<HeaderSet><header>h1</header><header>h2</header></HeaderSet>' +
          '<ParamSet><parameter>p</parameter></ParamSet>',
      ),
    ],
    [
      'PUT userDefinedLogFieldsConfig',
      logFields(within('HeaderSet')('<header>h</header>'.repeat(7))),
      400,
      'InvalidArgument',
    ],
    [
      'PUT userDefinedLogFieldsConfig',
      logFields('<HeaderSet><header>a_b</header></HeaderSet>'),
      400,
      'InvalidArgument',
    ],
    ['DELETE userDefinedLogFieldsConfig', '', 204, ''],
    ['GET userDefinedLogFieldsConfig', '', 404, 'NoSuchUserDefinedLogFieldsConfig'],
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
  'callback policies': [
    ['GET policy&comp=callback', '', 404, 'BucketCallbackPolicyNotExist'],
    ['PUT policy&comp=callback', callbacks('first', 'second'), 200, ''],
    ['GET policy&comp=callback', '', 200, callbacks('first', 'second')],
    ['PUT policy&comp=callback', callbacks('first', 'first'), 400, 'MalformedXML'],
    ['PUT policy&comp=callback', callbacks(''), 400, 'MalformedXML'],
    ['GET policy', '', 404, 'NoSuchBucketPolicy'],
    ['DELETE policy&comp=callback', '', 204, ''],
    ['GET policy&comp=callback', '', 404, 'BucketCallbackPolicyNotExist'],
    ['PUT policy&comp=callback', callbacks(), 200, ''],
  ],
  styles: [
    ['GET style', '', 200, '<StyleList></StyleList>'],
    ['GET style&styleName=b', '', 404, 'NoSuchStyle'],
    ['PUT style&styleName=b', style('image/resize,w_200'), 200, ''],
    ['PUT style&styleName=a', style('csdar5324'), 200, ''],
    ['GET style&styleName=b', '', 200, styleText('b', 'image/resize,w_200', nine, nine)],
    ['PUT style&styleName=b', style('image/resize,w_300'), 200, ''],
    [
      'GET style',
      '',
      200,
      within('StyleList')(
        styleText('a', 'csdar5324', nine, nine) + styleText('b', 'image/resize,w_300', nine, nine),
      ),
    ],
    ['PUT style&styleName=c', style(''), 400, 'InvalidArgument'],
    ['PUT style&styleName=@(', style('image/resize,w_300'), 400, 'InvalidArgument'],
    ['PUT style', style('image/resize,w_300'), 400, 'InvalidArgument'],
    ['DELETE style&styleName=a', '', 204, ''],
    ['DELETE style&styleName=a', '', 204, ''],
    ['GET style&styleName=a', '', 404, 'NoSuchStyle'],
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
  inventories: [
    ['GET inventory', '', 404, 'NoSuchInventory'],
    ['GET inventory&inventoryId=i', '', 404, 'NoSuchInventory'],
    [
      'PUT inventory&inventoryId=i',
      inventory('i', '<StorageClass>Standard,IA</StorageClass>', 'True'),
      200,
      '',
    ],
    [
      'GET inventory&inventoryId=i',
      '',
      200,
      inventory('i', '<StorageClass>IA,Standard</StorageClass>'),
    ],
    ['PUT inventory&inventoryId=i', inventory('i'), 409, 'InventoryConfigurationAlreadyExists'],
    ['PUT inventory&inventoryId=j', inventory('i'), 400, 'InvalidArgument'],
    ['PUT inventory', inventory('i'), 400, 'InvalidArgument'],
    ['PUT inventory&inventoryId=a', inventory('a'), 200, ''],
    [
      'GET inventory',
      '',
      200,
      within('ListInventoryConfigurationsResult')(
        `${inventory('a')}${inventory('i', '<StorageClass>IA,Standard</StorageClass>')}` +
          '<IsTruncated>false</IsTruncated>',
      ),
    ],
    [
      'GET inventory&continuation-token=a',
      '',
      200,
      within('ListInventoryConfigurationsResult')(
        `${inventory('i', '<StorageClass>IA,Standard</StorageClass>')}` +
          '<IsTruncated>false</IsTruncated><ContinuationToken>a</ContinuationToken>',
      ),
    ],
    [
      'PUT inventory&inventoryId=j',
      inventory('j').replace('acs:oss:::$bucket', 'not-exist-bucket'),
      400,
      'InvalidArgument',
    ],
    ['PUT inventory&inventoryId=j', inventory('j').replace('Daily', 'Hourly'), 400, 'MalformedXML'],
    [
      'PUT inventory&inventoryId=j',
      inventory('j').replace('<Format>CSV</Format>', ''),
      400,
      'MalformedXML',
    ],
    ['DELETE inventory&inventoryId=i', '', 204, ''],
    ['DELETE inventory&inventoryId=i', '', 204, ''],
    ['DELETE inventory&inventoryId=a', '', 204, ''],
    ['GET inventory', '', 404, 'NoSuchInventory'],
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

for (const [name, steps] of Object.entries(conversations)) {
  test(name, async () => {
    await converse(oss, await oss.bucket(), steps);
  });
}

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

test('inventories are listed a hundred at a time', async () => {
  const bucket = await oss.bucket();
  for (let number = 0; number < 101; number++) {
    const id = `id-${1000 + number}`;
    const put = await call(bucket, `PUT inventory&inventoryId=${id}`, inventory(id));
    assert.equal(put.status, 200);
  }
  const first = await call(bucket, 'GET inventory&continuation-token=');
  assert.equal(textsOf(first.text, 'Id').length, 100);
  assert.equal(textOf(first.text, 'IsTruncated'), 'true');
  assert.equal(textOf(first.text, 'ContinuationToken'), undefined);
  const token = textOf(first.text, 'NextContinuationToken') ?? '';
  assert.equal(token, 'id-1099');
  const second = await call(bucket, `GET inventory&continuation-token=${token}`);
  assert.deepEqual(textsOf(second.text, 'Id'), ['id-1100']);
  assert.equal(textOf(second.text, 'ContinuationToken'), token);
  assert.equal(textOf(second.text, 'NextContinuationToken'), undefined);
});

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

test('overwrite rules without a bucket are no document', async () => {
  const body = overwrite(rule('<Action>forbid</Action>'));
  const answer = await call('no-such-bucket', 'PUT overwriteConfig', body);
  assert.deepEqual([answer.status, answer.code], [400, 'MalformedXML']);
  assert.equal(textOf(answer.text, 'EC'), '0015-00000231');
  assert.equal((await call('no-such-bucket', 'GET overwriteConfig')).code, 'NoSuchBucket');
});

test('a target of logs belongs to the same account', async () => {
  const stranger = await oss.stranger();
  assert.equal(
    (await oss.call({ method: 'PUT', bucket: 'logs-of-others', as: stranger })).status,
    200,
  );
  const target = '<LoggingEnabled><TargetBucket>logs-of-others</TargetBucket></LoggingEnabled>';
  const answer = await call(await oss.bucket(), 'PUT logging', logging(target));
  assert.equal(
    textOf(answer.text, 'Message'),
    'put bucket log requester is not target bucket owner.',
  );
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
