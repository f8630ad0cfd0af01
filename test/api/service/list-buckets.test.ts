/** ListBuckets on the wire. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openRawOss, type RawOss, shapeOf, textOf, textsOf } from '../object/raw-oss.ts';

let oss: RawOss;
before(async () => {
  oss = await openRawOss();
  for (const bucket of ['pp-1', 'qq-1', 'qq-2']) await oss.call({ method: 'PUT', bucket });
});
after(() => oss.close());

test('the caller’s buckets, with the endpoint that clients call next', async () => {
  const { status, text } = await oss.call({});
  assert.equal(status, 200);
  assert.deepEqual(shapeOf(text), [
    ...['ListAllMyBucketsResult', 'Prefix', 'Marker', 'MaxKeys', 'IsTruncated', 'Owner', 'ID'],
    ...['DisplayName', 'Buckets', 'Bucket', 'CreationDate', 'ExtranetEndpoint'],
    ...['IntranetEndpoint', 'Location', 'Name', 'Region', 'StorageClass'],
  ]);
  assert.deepEqual(textsOf(text, 'Name'), ['pp-1', 'qq-1', 'qq-2']);
  assert.equal(textOf(text, 'ExtranetEndpoint'), `localhost:${oss.server.httpPort}`);
  assert.equal(textOf(text, 'Location'), 'oss-cn-hangzhou');
  assert.equal(textOf(text, 'Region'), 'cn-hangzhou');
});

test('in pages, and by prefix', async () => {
  const first = await oss.call({ query: { prefix: 'qq', 'max-keys': '1' } });
  assert.deepEqual(textsOf(first.text, 'Name'), ['qq-1']);
  assert.equal(textOf(first.text, 'IsTruncated'), 'true');
  assert.equal(textOf(first.text, 'NextMarker'), 'qq-1');
  const second = await oss.call({ query: { prefix: 'qq', marker: 'qq-1' } });
  assert.deepEqual(textsOf(second.text, 'Name'), ['qq-2']);
  assert.equal(textOf(second.text, 'NextMarker'), undefined);
});

test('another account sees its own only, nobody sees none', async () => {
  const stranger = await oss.stranger();
  assert.deepEqual(textsOf((await oss.call({ as: stranger })).text, 'Name'), []);
  const anonymous = await oss.call({ as: 'anonymous' });
  assert.deepEqual([anonymous.status, anonymous.code], [403, 'AccessDenied']);
});

test('buckets by their tags', async () => {
  const as = await oss.stranger();
  const tags: Record<string, string[]> = { 'tag-a': ['k=1'], 'tag-b': ['k=2', 'l=1'], 'tag-c': [] };
  for (const [bucket, pairs] of Object.entries(tags)) {
    await oss.call({ method: 'PUT', bucket, as });
    const inner = pairs.map((pair) => {
      const [key, value] = pair.split('=');
      return `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`;
    });
    const body = `<Tagging><TagSet>${inner.join('')}</TagSet></Tagging>`;
    await oss.call({ method: 'PUT', bucket, query: { tagging: undefined }, body, as });
  }
  const table: [Record<string, string>, string[]][] = [
    [{ 'tag-key': 'k' }, ['tag-a', 'tag-b']],
    [{ 'tag-key': 'k', 'tag-value': '2' }, ['tag-b']],
    [{ 'tag-key': 'k', 'tag-value': '' }, ['tag-a', 'tag-b']],
    [{ 'tag-key': 'k', 'max-keys': '1' }, ['tag-a']],
    [{ 'tag-key': 'k', marker: 'tag-a' }, ['tag-b']],
    [{ 'tag-key': 'k', prefix: 'other' }, []],
    [{ tagging: '"k":"2","l":"1"' }, ['tag-b']],
    [{ tagging: '"k":"1","l":"1"' }, []],
    [{ 'tag-key': 'm' }, []],
  ];
  for (const [query, names] of table) {
    const { text } = await oss.call({ query, as });
    assert.deepEqual(textsOf(text, 'Name'), names, JSON.stringify(query));
  }
  const page = (await oss.call({ query: { 'tag-key': 'k', 'max-keys': '1' }, as })).text;
  assert.equal(textOf(page, 'IsTruncated'), 'true');
  assert.equal(textOf(page, 'NextMarker'), 'tag-a');
});

test('what cannot be filtered is not listed instead', async () => {
  assert.equal((await oss.call({ query: { 'tag-value': 'a' } })).code, 'InvalidArgument');
  assert.equal((await oss.call({ query: { tagging: 'a' } })).code, 'InvalidArgument');
  assert.equal((await oss.call({ query: { tagging: '' } })).code, 'NotImplemented');
  assert.equal((await oss.call({ query: { 'max-keys': '1001' } })).code, 'InvalidArgument');
});
