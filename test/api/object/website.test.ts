/** Websites on the wire: the document, the root, folders, error documents (oss-semantics.md 4). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Call, openRawOss, type RawOss, shapeOf, textOf } from './raw-oss.ts';

let oss: RawOss;
let bucket: string;

before(async () => {
  oss = await openRawOss({ ENDPOINT: 'oss.example.net,localhost' });
  bucket = await oss.bucket('public-read');
  const html = { 'content-type': 'text/html' };
  await oss.put(bucket, 'index.html', 'root', html);
  await oss.put(bucket, 'abc/index.html', 'abc', html);
  await oss.put(bucket, 'sp ace/\u4e2d/index.html', 'deep', html);
  await oss.put(bucket, 'error.html', 'sorry', html);
  await oss.put(bucket, 'closed/index.html', 'x', { 'x-oss-object-acl': 'private' });
});
after(() => oss.close());

const website = (body: string, more: Call = {}) =>
  oss.call({ method: 'PUT', bucket, query: { website: undefined }, body, ...more });

const configuration = (
  index: string,
  error = '<ErrorDocument><Key>error.html</Key></ErrorDocument>',
) =>
  '<WebsiteConfiguration>' +
  `<IndexDocument><Suffix>index.html</Suffix>${index}</IndexDocument>${error}` +
  '</WebsiteConfiguration>';

const open = (path: string, more: Call = {}) =>
  oss.call({ path, host: `${bucket}.oss.example.net`, as: 'anonymous', ...more });

test('a document is shown as it was put, and gone when deleted', async () => {
  const asked = { bucket, query: { website: undefined } };
  await oss.call({ ...asked, method: 'DELETE' });
  const none = await oss.call(asked);
  assert.deepEqual([none.status, none.code], [404, 'NoSuchWebsiteConfiguration']);
  assert.equal(textOf(none.text, 'BucketName'), bucket);
  const index = '<SupportSubDir>True</SupportSubDir><Type>2</Type><Unknown>x</Unknown>';
  assert.equal((await website(configuration(index))).status, 200);
  const shown = await oss.call(asked);
  assert.deepEqual(shapeOf(shown.text), [
    'WebsiteConfiguration',
    'IndexDocument',
    'Suffix',
    'SupportSubDir',
    'Type',
    'ErrorDocument',
    'Key',
  ]);
  assert.equal(textOf(shown.text, 'SupportSubDir'), 'true');
  for (let time = 0; time < 2; time++) {
    assert.equal((await oss.call({ ...asked, method: 'DELETE' })).status, 204);
  }
  assert.equal((await oss.call(asked)).status, 404);
});

test('documents that are refused', async () => {
  const table: [string, string][] = [
    ['<WebsiteConfiguration/>', 'MalformedXML'],
    ['<Website/>', 'MalformedXML'],
    ['', 'MalformedXML'],
    ['<WebsiteConfiguration><IndexDocument/></WebsiteConfiguration>', 'MalformedXML'],
    [configuration('<SupportSubDir>maybe</SupportSubDir>'), 'MalformedXML'],
    [configuration('<Type>3</Type>'), 'InvalidArgument'],
    [configuration('').replace('index.html', 'a/index.html'), 'InvalidArgument'],
    [configuration('').replace('index.html', ''), 'InvalidArgument'],
    [configuration('', '<ErrorDocument/>'), 'MalformedXML'],
    [
      configuration('', '<ErrorDocument><Key>e</Key><HttpStatus>500</HttpStatus></ErrorDocument>'),
      'InvalidArgument',
    ],
  ];
  for (const [body, code] of table) {
    const answer = await website(body);
    assert.deepEqual([answer.status, answer.code], [400, code], body);
  }
});

test('without a document the root says that no website is configured', async () => {
  await oss.call({ method: 'DELETE', bucket, query: { website: undefined } });
  const answer = await open('/');
  assert.deepEqual([answer.status, answer.code], [403, 'AccessDenied']);
  assert.match(answer.text, /no website is configured/);
  assert.equal((await open('/', { method: 'HEAD' })).status, 403);
});

test('the root is the index document without a signature and a listing with one', async () => {
  await website(configuration(''));
  const page = await open('/');
  assert.deepEqual([page.status, page.text], [200, 'root']);
  assert.match(page.headers['content-type'] ?? '', /^text\/html/);
  const head = await open('/', { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers['content-length'], head.text], [200, '4', '']);
  const notModified = await open('/', { headers: { 'if-none-match': page.headers.etag ?? '' } });
  assert.equal(notModified.status, 304);
  const part = await open('/', { headers: { range: 'bytes=1-2' } });
  assert.deepEqual([part.status, part.text], [206, 'oo']);
  const signed = await oss.call({ bucket, host: `${bucket}.oss.example.net`, path: '/' });
  assert.match(signed.text, /<ListBucketResult>/);
});

/** index elements, path, status, body or location */
const table: [string, string, number, string][] = [
  ['', '/abc/', 200, 'root'],
  ['', '/abc', 404, 'sorry'],
  ['', '/nothing', 404, 'sorry'],
  ['<SupportSubDir>true</SupportSubDir>', '/abc/', 200, 'abc'],
  ['<SupportSubDir>true</SupportSubDir>', '/abc', 302, '/abc/'],
  ['<SupportSubDir>true</SupportSubDir>', '/abc?x=1&y', 302, '/abc/?x=1&y'],
  ['<SupportSubDir>true</SupportSubDir>', '/sp%20ace/%E4%B8%AD', 302, '/sp%20ace/%E4%B8%AD/'],
  ['<SupportSubDir>true</SupportSubDir>', '/sp%20ace/%E4%B8%AD/', 200, 'deep'],
  ['<SupportSubDir>true</SupportSubDir>', '/nothing/', 404, 'sorry'],
  ['<SupportSubDir>true</SupportSubDir><Type>1</Type>', '/abc', 404, 'sorry'],
  ['<SupportSubDir>true</SupportSubDir><Type>2</Type>', '/abc', 200, 'abc'],
  ['<SupportSubDir>true</SupportSubDir><Type>2</Type>', '/nothing', 404, 'sorry'],
];

for (const [index, path, status, expected] of table) {
  test(`${path} with ${index || 'no more'}: ${status} ${expected}`, async () => {
    await website(configuration(index));
    const page = await open(path);
    assert.equal(page.status, status, page.text);
    if (status === 302) {
      assert.equal(page.headers.location, expected);
      assert.equal(page.body.length, 0);
    } else {
      assert.equal(page.text, expected);
      assert.match(page.headers['content-type'] ?? '', /^text\/html/);
    }
    if (status === 404) {
      assert.equal(page.headers['x-oss-ec'], '0026-00000001');
      assert.equal(page.headers.etag, undefined);
    }
    const head = await open(path, { method: 'HEAD' });
    assert.equal(head.status, status);
    assert.equal(head.headers['content-length'], page.headers['content-length']);
  });
}

test('in path style the location names the bucket', async () => {
  await website(configuration('<SupportSubDir>true</SupportSubDir>'));
  const answer = await oss.call({ bucket, key: 'abc', as: 'anonymous' });
  assert.deepEqual([answer.status, answer.headers.location], [302, `/${bucket}/abc/`]);
});

test('an error document may come with 200', async () => {
  const error = '<ErrorDocument><Key>error.html</Key><HttpStatus>200</HttpStatus></ErrorDocument>';
  await website(configuration('', error));
  const page = await open('/any/page');
  assert.deepEqual([page.status, page.text], [200, 'sorry']);
});

test('a missing or closed error document leaves the plain error', async () => {
  for (const key of ['missing.html', 'closed/index.html']) {
    await website(configuration('', `<ErrorDocument><Key>${key}</Key></ErrorDocument>`));
    const answer = await open('/nothing');
    assert.deepEqual([answer.status, answer.code], [404, 'NoSuchKey']);
    assert.equal(textOf(answer.text, 'Key'), 'nothing');
  }
});

test('a website opens no object that its ACL closes', async () => {
  await website(configuration('<SupportSubDir>true</SupportSubDir>'));
  const answer = await open('/closed/');
  assert.deepEqual([answer.status, answer.code], [403, 'AccessDenied']);
  const closedBucket = await oss.bucket('private');
  await oss.put(closedBucket, 'index.html', 'x');
  await website(configuration(''), { bucket: closedBucket });
  const root = { bucket: closedBucket, as: 'anonymous' } as const;
  assert.equal((await oss.call(root)).code, 'AccessDenied');
  await oss.put(closedBucket, 'index.html', 'opened', { 'x-oss-object-acl': 'public-read' });
  assert.equal((await oss.call(root)).text, 'opened');
});

test('anonymous requests choose no response headers of pages either', async () => {
  await website(configuration(''));
  for (const path of ['/', '/nothing']) {
    const answer = await open(path, { query: { 'response-content-type': 'text/html' } });
    assert.deepEqual([answer.status, answer.code], [400, 'InvalidRequest'], path);
  }
});

test('a signed request for a folder gets its page too', async () => {
  await website(configuration(''));
  const answer = await oss.call({ bucket, key: 'some/folder/' });
  assert.deepEqual([answer.status, answer.text], [200, 'root']);
});
