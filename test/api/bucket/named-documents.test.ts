/**
 * Documents of which a bucket has several, each under a name: styles, policies of callbacks,
 * inventories (oss-bucket-api.md; oss-semantics.md 8).
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openRawOss, type RawOss, textOf, textsOf } from '../object/raw-oss.ts';
import { ask, type Conversations, testAll, within } from './conversation.ts';

let oss: RawOss;
before(async () => {
  oss = await openRawOss();
});
after(() => oss.close());

const styleText = (name: string, content: string, made: string, changed: string) =>
  `<Style><Name>${name}</Name><Content>${content}</Content><Category>image</Category>` +
  `<CreateTime>${made}</CreateTime><LastModifyTime>${changed}</LastModifyTime></Style>`;
const style = (content: string) => within('Style')(within('Content')(content));
const nine = 'Sun, 22 Nov 2026 09:00:00 GMT';
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
const conversations: Conversations = {
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
};

testAll(() => oss, conversations);

const call = (bucket: string, request: string, body = '') => ask(oss, bucket, request, body);

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
