/** Uploads in parts on the wire: oss-object-api.md, Multipart; oss-semantics.md 7.1. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { connectRaw } from '../../support/raw-client.ts';
import { requestBytes, signHeaderV4 } from '../../support/sign.ts';
import { type Call, openRawOss, type RawOss, textOf, textsOf } from './raw-oss.ts';

let oss: RawOss;
let bucket: string;
before(async () => {
  oss = await openRawOss();
  bucket = await oss.bucket();
});
after(() => oss.close());

const md5 = (bytes: string | Buffer): string =>
  createHash('md5').update(bytes).digest('hex').toUpperCase();
const flag = undefined;
const partA = Buffer.alloc(102_400, 'a');
const partB = Buffer.from('b'.repeat(10));

async function begin(key: string, more: Call = {}): Promise<string> {
  const query = { uploads: flag, ...more.query };
  const answer = await oss.call({ method: 'POST', bucket, key, ...more, query });
  assert.equal(answer.status, 200, answer.text);
  const uploadId = textOf(answer.text, 'UploadId') ?? '';
  assert.match(uploadId, /^[0-9A-F]{32}$/);
  return uploadId;
}

const send = (
  key: string,
  uploadId: string,
  number: number | string,
  body: string | Buffer,
  more: Call = {},
) =>
  oss.call({
    method: 'PUT',
    bucket,
    key,
    body,
    query: { partNumber: String(number), uploadId },
    ...more,
  });

const finish = (key: string, uploadId: string, body: string, more: Call = {}) =>
  oss.call({ method: 'POST', bucket, key, body, ...more, query: { uploadId, ...more.query } });

const listOf = (...parts: [number | string, string?][]): string => {
  const each = parts.map(([number, etag]) => {
    const tag = etag === undefined ? '' : `<ETag>${etag}</ETag>`;
    return `<Part><PartNumber>${number}</PartNumber>${tag}</Part>`;
  });
  return `<CompleteMultipartUpload>${each.join('')}</CompleteMultipartUpload>`;
};
const expecting = '\r\nexpect: 100-continue\r\n\r\n';
const bothParts = listOf([1, md5(partA)], [2, `"${md5(partB)}"`]);

test('an object of two parts, from beginning to end', async () => {
  const key = 'a b/ü+&.txt';
  const headers = {
    'content-type': 'text/plain',
    'x-oss-meta-m': 'meta',
    'x-oss-object-acl': 'public-read',
    'x-oss-storage-class': 'IA',
  };
  const began = await oss.call({
    method: 'POST',
    bucket,
    key,
    headers,
    query: { uploads: flag, 'encoding-type': 'url' },
  });
  assert.equal(textOf(began.text, 'EncodingType'), 'url');
  assert.equal(textOf(began.text, 'Bucket'), bucket);
  assert.equal(textOf(began.text, 'Key'), 'a%20b%2F%C3%BC%2B%26.txt');
  const uploadId = textOf(began.text, 'UploadId') ?? '';
  const first = await send(key, uploadId, 1, partA);
  assert.equal(first.headers.etag, `"${md5(partA)}"`);
  assert.equal(first.headers['content-md5'], createHash('md5').update(partA).digest('base64'));
  assert.match(first.headers['x-oss-hash-crc64ecma'] ?? '', /^\d+$/);
  await send(key, uploadId, 2, partB);
  assert.equal((await oss.call({ bucket, key })).code, 'NoSuchKey');

  const done = await finish(key, uploadId, bothParts, { query: { 'encoding-type': 'url' } });
  assert.equal(done.status, 200, done.text);
  const etag = '"16F2D8490DA86AC7AA4B726C3553BAC8-2"';
  assert.equal(done.headers.etag, etag);
  assert.equal(textOf(done.text, 'ETag'), etag.replaceAll('"', '&quot;'));
  assert.equal(textOf(done.text, 'Key'), 'a%20b%2F%C3%BC%2B%26.txt');
  assert.equal(textOf(done.text, 'Location'), `http://localhost/${bucket}/a b/ü+&amp;.txt`);
  const read = await oss.call({ bucket, key, as: 'anonymous' });
  assert.ok(read.body.equals(Buffer.concat([partA, partB])));
  assert.equal(read.headers['x-oss-object-type'], 'Multipart');
  assert.equal(read.headers['x-oss-hash-crc64ecma'], done.headers['x-oss-hash-crc64ecma']);
  assert.equal(read.headers['x-oss-meta-m'], 'meta');
  assert.equal(read.headers['x-oss-storage-class'], 'IA');
  assert.equal(read.headers['content-type'], 'text/plain');
  assert.equal(read.headers['content-md5'], undefined);
  const piece = await oss.call({ bucket, key, headers: { range: 'bytes=102398-102401' } });
  assert.equal(piece.text, 'aabb');

  const again = await finish(key, uploadId, bothParts);
  assert.deepEqual([again.status, again.code], [404, 'NoSuchUpload']);
});

test('how it is encrypted is said at the beginning, or by the bucket', async () => {
  const own = await oss.bucket();
  const rule = '<ApplyServerSideEncryptionByDefault><SSEAlgorithm>SM4</SSEAlgorithm>';
  const body = `<ServerSideEncryptionRule>${rule}</ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>`;
  await oss.call({ method: 'PUT', bucket: own, query: { encryption: flag }, body });
  const header = 'x-oss-server-side-encryption';
  for (const [headers, algorithm] of [
    [{}, 'SM4'],
    [{ [header]: 'AES256' }, 'AES256'],
  ] as const) {
    const at = { bucket: own, key: algorithm };
    const query = { uploads: flag };
    const begun = await oss.call({ method: 'POST', ...at, headers, query });
    assert.equal(begun.headers[header], algorithm);
    const uploadId = textOf(begun.text, 'UploadId') ?? '';
    for (const [number, bytes] of [
      [1, partA],
      [2, partB],
    ] as const) {
      assert.equal((await send(algorithm, uploadId, number, bytes, at)).status, 200);
    }
    const done = await finish(algorithm, uploadId, bothParts, at);
    assert.equal(done.headers[header], algorithm);
    const read = await oss.call({ ...at, headers: { range: 'bytes=102398-102401' } });
    assert.deepEqual([read.text, read.headers[header]], ['aabb', algorithm]);
    const append = { method: 'POST', bucket: own, key: `log ${algorithm}`, body: 'abc' };
    const first = await oss.call({ ...append, headers, query: { append: flag, position: '0' } });
    const second = await oss.call({ ...append, query: { append: flag, position: '3' } });
    assert.deepEqual([first.headers[header], second.headers[header]], [algorithm, algorithm]);
    assert.equal((await oss.call({ bucket: own, key: append.key })).text, 'abcabc');
  }
});

test('what is wrong with a part', async () => {
  const uploadId = await begin('k');
  const encryption = { 'x-oss-server-side-encryption': 'AES256' };
  const table: [string, Call, number, string, string][] = [
    ['number 0', { query: { partNumber: '0', uploadId } }, 400, 'InvalidArgument', '0017-00000220'],
    [
      '10001',
      { query: { partNumber: '10001', uploadId } },
      400,
      'InvalidArgument',
      '0017-00000220',
    ],
    [
      'no number',
      { query: { partNumber: 'x', uploadId } },
      400,
      'InvalidArgument',
      '0017-00000220',
    ],
    ['none', { query: { uploadId } }, 400, 'InvalidArgument', '0017-00000219'],
    [
      'unknown',
      { query: { partNumber: '1', uploadId: 'X' } },
      404,
      'NoSuchUpload',
      '0042-00000104',
    ],
    ['MD5', { headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' } }, 400, 'InvalidDigest', ''],
    ['SSE', { headers: encryption }, 400, 'InvalidArgument', ''],
    ['limit', { headers: { 'x-oss-traffic-limit': '1' } }, 400, 'InvalidArgument', ''],
    [
      'version',
      { query: { partNumber: '1', uploadId, versionId: 'null' } },
      400,
      'NotImplemented',
      '',
    ],
    ['condition', { headers: { 'if-match': 'x' } }, 400, 'NotImplemented', ''],
  ];
  for (const [name, call, status, code, ec] of table) {
    const answer = await send('k', uploadId, 1, 'x', call);
    assert.deepEqual([answer.status, answer.code], [status, code], `${name} ${answer.text}`);
    if (ec !== '') assert.equal(answer.headers['x-oss-ec'], ec, name);
  }
  const number = await send('k', uploadId, 10_001, 'x');
  assert.equal(textOf(number.text, 'ArgumentName'), 'PartNumber');
  assert.equal(
    textOf(number.text, 'Message'),
    'Part number must be an integer between 1 and 10000, inclusive.',
  );
});

test('what is wrong with the end', async () => {
  const key = 'ends';
  const uploadId = await begin(key);
  for (const [number, body] of [
    [1, partA],
    [2, partB],
    [3, partB],
  ] as const) {
    await send(key, uploadId, number, body);
  }
  const [a, b] = [md5(partA), md5(partB)];
  const all = { headers: { 'x-oss-complete-all': 'yes' } };
  const some = { headers: { 'x-oss-complete-all': 'some' } };
  const table: [string, string, Call, number, string, string][] = [
    ['nothing', '', {}, 400, 'MalformedXML', '0042-00000205'],
    ['no XML', '<Complete', {}, 400, 'MalformedXML', '0042-00000205'],
    ['another root', '<Delete/>', {}, 400, 'MalformedXML', '0042-00000205'],
    ['no number', listOf(['x', a]), {}, 400, 'MalformedXML', '0042-00000205'],
    ['order', listOf([2, b], [1, a]), {}, 400, 'InvalidPartOrder', ''],
    ['twice', listOf([1, a], [1, a]), {}, 400, 'InvalidPartOrder', ''],
    ['missing', listOf([1, a], [4, b]), {}, 400, 'InvalidPart', ''],
    ['another ETag', listOf([1, b]), {}, 400, 'InvalidPart', ''],
    ['no ETag', listOf([1]), {}, 400, 'InvalidPart', ''],
    ['small', listOf([1, a], [2, b], [3, b]), {}, 400, 'EntityTooSmall', ''],
    ['small of all', '', all, 400, 'EntityTooSmall', ''],
    ['both', bothParts, all, 400, 'InvalidArgument', '0042-00000216'],
    ['not all', '', some, 400, 'InvalidArgument', ''],
    ['a callback', bothParts, { headers: { 'x-oss-callback': 'x' } }, 400, 'InvalidArgument', ''],
    ['a version', bothParts, { query: { versionId: 'null' } }, 400, 'NotImplemented', ''],
    ['encoding', bothParts, { query: { 'encoding-type': 'x' } }, 400, 'InvalidArgument', ''],
  ];
  for (const [name, body, call, status, code, ec] of table) {
    const answer = await finish(key, uploadId, body, call);
    assert.deepEqual([answer.status, answer.code], [status, code], `${name} ${answer.text}`);
    if (ec !== '') assert.equal(answer.headers['x-oss-ec'], ec, name);
  }
  const both = await finish(key, uploadId, bothParts, all);
  assert.match(both.text, /Should not speficy both complete all header and http body\./);
  const many = listOf(...Array.from({ length: 10_001 }, (_, at): [number] => [at + 1]));
  assert.equal((await finish(key, uploadId, many)).code, 'MalformedXML');

  await oss.put(bucket, key, 'before');
  const forbid = { headers: { 'x-oss-forbid-overwrite': 'true' } };
  const refused = await finish(key, uploadId, bothParts, forbid);
  assert.deepEqual([refused.status, refused.code], [409, 'FileAlreadyExists']);
  const begun = { method: 'POST', bucket, key, query: { uploads: flag } };
  assert.equal((await oss.call({ ...begun, ...forbid })).code, 'FileAlreadyExists');
  // The upload is still there: its last part is left out now.
  assert.equal((await finish(key, uploadId, bothParts)).status, 200);
});

test('all parts without a list, and an empty list', async () => {
  const uploadId = await begin('all');
  for (const [number, body] of [
    [9, partB],
    [4, partA],
  ] as const) {
    await send('all', uploadId, number, body);
  }
  const done = await finish('all', uploadId, '', { headers: { 'x-oss-complete-all': 'yes' } });
  assert.equal(done.headers.etag, '"16F2D8490DA86AC7AA4B726C3553BAC8-2"');
  const empty = await finish('none', await begin('none'), '<CompleteMultipartUpload/>');
  assert.equal(empty.status, 200, empty.text);
  const read = await oss.call({ bucket, key: 'none' });
  assert.deepEqual([read.status, read.body.length], [200, 0]);
});

test('parts in sequence: out of turn refused, and the object has an MD5', async () => {
  const query = { sequential: flag };
  const uploadId = await begin('turn', { query });
  const early = await send('turn', uploadId, 2, partB);
  assert.deepEqual([early.status, early.code], [400, 'PartNotSequential']);
  await send('turn', uploadId, 1, partA);
  const again = await send('turn', uploadId, 1, partA);
  assert.deepEqual([again.status, again.code], [409, 'PartAlreadyExist']);
  assert.equal(textOf(again.text, 'PartEtag'), md5(partA));
  await send('turn', uploadId, 2, partB);
  assert.equal((await finish('turn', uploadId, bothParts)).status, 200);
  const whole = Buffer.concat([partA, partB]);
  const read = await oss.call({ method: 'HEAD', bucket, key: 'turn' });
  assert.equal(read.headers['content-md5'], createHash('md5').update(whole).digest('base64'));
});

test('parts are listed by number, in pages', async () => {
  const key = 'listed parts';
  const uploadId = await begin(key, { headers: { 'x-oss-storage-class': 'Archive' } });
  for (const number of [5, 1, 10_000]) await send(key, uploadId, number, `part ${number}`);
  const list = (query: Call['query']) => oss.call({ bucket, key, query: { uploadId, ...query } });
  const whole = await list({ 'encoding-type': 'url' });
  assert.deepEqual(textsOf(whole.text, 'PartNumber'), ['1', '5', '10000']);
  assert.deepEqual(textsOf(whole.text, 'Size'), ['6', '6', '10']);
  assert.equal(textOf(whole.text, 'Key'), 'listed%20parts');
  assert.equal(textOf(whole.text, 'StorageClass'), 'Archive');
  assert.equal(textOf(whole.text, 'MaxParts'), '1000');
  assert.equal(textOf(whole.text, 'IsTruncated'), 'false');
  assert.equal(textOf(whole.text, 'ETag'), `&quot;${md5('part 1')}&quot;`);
  assert.match(textOf(whole.text, 'HashCrc64ecma') ?? '', /^\d+$/);
  const page = await list({ 'max-parts': '1', 'part-number-marker': '1' });
  assert.deepEqual(textsOf(page.text, 'PartNumber'), ['5']);
  assert.equal(textOf(page.text, 'PartNumberMarker'), '1');
  assert.equal(textOf(page.text, 'NextPartNumberMarker'), '5');
  assert.equal(textOf(page.text, 'IsTruncated'), 'true');
  const refusals: [Call['query'], string][] = [
    [{ 'max-parts': '1001' }, 'InvalidArgument'],
    [{ 'part-number-marker': 'x' }, 'InvalidArgument'],
    [{ uploadId: 'X' }, 'NoSuchUpload'],
  ];
  for (const [query, code] of refusals) assert.equal((await list(query)).code, code);
});

test('uploads are listed by key and id, in pages and folded', async () => {
  const own = await oss.bucket();
  const ids: string[] = [];
  for (const key of ['a/1', 'a/2', 'b c', 'b c']) ids.push(await begin(key, { bucket: own }));
  const [one = '', two = '', ...twins] = ids;
  const [low = '', high = ''] = twins.sort();
  const list = (query: Call['query']) =>
    oss.call({ bucket: own, query: { uploads: flag, ...query } });
  const whole = await list({ 'encoding-type': 'url' });
  assert.deepEqual(textsOf(whole.text, 'UploadId'), [one, two, low, high]);
  assert.deepEqual(textsOf(whole.text, 'Key'), ['a%2F1', 'a%2F2', 'b%20c', 'b%20c']);
  assert.equal(textsOf(whole.text, 'Initiated').length, 4);
  assert.equal(textOf(whole.text, 'MaxUploads'), '1000');
  const pages: [Call['query'], string[], string, string, string][] = [
    [{ 'max-uploads': '1' }, [one], 'a/1', one, 'true'],
    [{ 'max-uploads': '1', 'key-marker': 'a/1' }, [two], 'a/2', two, 'true'],
    [{ 'max-uploads': '2', 'key-marker': 'a/2' }, [low, high], 'b c', high, 'false'],
    [{ 'key-marker': 'b c', 'upload-id-marker': low }, [high], 'b c', high, 'false'],
    [{ 'upload-id-marker': low, 'max-uploads': '1' }, [one], 'a/1', one, 'true'],
    [{ prefix: 'b' }, [low, high], 'b c', high, 'false'],
    [{ delimiter: '/', 'max-uploads': '1' }, [], 'a/', '', 'true'],
    [{ delimiter: '/', 'key-marker': 'a/' }, [low, high], 'b c', high, 'false'],
  ];
  for (const [query, uploads, nextKey, nextUpload, isTruncated] of pages) {
    const { text } = await list(query);
    const shown = JSON.stringify(query);
    assert.deepEqual(textsOf(text, 'UploadId'), uploads, shown);
    assert.equal(textOf(text, 'NextKeyMarker'), nextKey, shown);
    assert.equal(textOf(text, 'NextUploadIdMarker'), nextUpload, shown);
    assert.equal(textOf(text, 'IsTruncated'), isTruncated, shown);
  }
  assert.equal((await list({ 'max-uploads': '1001' })).code, 'InvalidArgument');
  const full = await oss.call({ method: 'DELETE', bucket: own });
  assert.deepEqual([full.status, full.code], [409, 'BucketNotEmpty']);
  for (const [key, uploadId] of [
    ['a/1', one],
    ['a/2', two],
    ['b c', low],
    ['b c', high],
  ] as const) {
    const abort = { method: 'DELETE', bucket: own, key, query: { uploadId } };
    assert.equal((await oss.call(abort)).status, 204);
    const again = await oss.call(abort);
    assert.deepEqual([again.status, again.code], [404, 'NoSuchUpload']);
    assert.equal(again.headers['x-oss-ec'], '0042-00000002');
  }
  assert.equal((await oss.call({ method: 'DELETE', bucket: own })).status, 204);
});

test('a part copied from an object, or from some of its bytes', async () => {
  await oss.put(bucket, 'source', '0123456789');
  const { etag = '' } = (await oss.call({ method: 'HEAD', bucket, key: 'source' })).headers;
  const uploadId = await begin('copied');
  const copy = (headers: Record<string, string>, more: Call = {}) =>
    send('copied', uploadId, 1, '', {
      headers: { 'x-oss-copy-source': `/${bucket}/source`, ...headers },
      ...more,
    });
  const range = 'x-oss-copy-source-range';
  const ranges: [Record<string, string>, string][] = [
    [{}, '0123456789'],
    [{ [range]: 'bytes=2-4' }, '234'],
    [{ [range]: 'bytes=7-' }, '789'],
    [{ [range]: 'bytes=-2' }, '89'],
    [{ [range]: 'bytes=8-20' }, '0123456789'],
    [{ [range]: 'nonsense' }, '0123456789'],
    [{ 'x-oss-copy-source-if-match': etag }, '0123456789'],
  ];
  for (const [headers, bytes] of ranges) {
    const answer = await copy(headers);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(textOf(answer.text, 'ETag'), `&quot;${md5(bytes)}&quot;`, JSON.stringify(headers));
    assert.match(textOf(answer.text, 'LastModified') ?? '', /^2026-/);
    assert.equal(answer.headers.etag, `"${md5(bytes)}"`);
  }
  const stranger = { as: await oss.stranger() };
  const open = await oss.bucket('public-read-write');
  const foreign = { ...stranger, bucket: open, key: 'x' };
  const begun = await oss.call({ method: 'POST', ...foreign, query: { uploads: flag } });
  const foreignId = textOf(begun.text, 'UploadId') ?? '';
  const refusals: [Record<string, string>, number, string, Call?][] = [
    [{ 'x-oss-copy-source-if-none-match': etag }, 304, ''],
    [{ 'x-oss-copy-source-if-match': '"x"' }, 412, 'PreconditionFailed'],
    [{ 'x-oss-copy-source': `/${bucket}/missing` }, 404, 'NoSuchKey'],
    [{ 'x-oss-copy-source': '/no-such-bucket/missing' }, 404, 'NoSuchBucket'],
    [{ 'x-oss-copy-source': 'nonsense' }, 400, 'InvalidArgument'],
    [{}, 404, 'NoSuchUpload', { query: { partNumber: '1', uploadId: 'X' } }],
    [{}, 403, 'AccessDenied', { ...foreign, query: { partNumber: '1', uploadId: foreignId } }],
  ];
  for (const [headers, status, code, more] of refusals) {
    const answer = await copy(headers, more);
    assert.deepEqual([answer.status, answer.code], [status, code], JSON.stringify(headers));
    if (code === 'NoSuchUpload') assert.equal(answer.headers['x-oss-ec'], '0042-00000311');
  }
});

test('who may not write may do nothing with an upload', async () => {
  const uploadId = await begin('mine');
  const stranger = await oss.stranger();
  const calls: Call[] = [
    { method: 'POST', query: { uploads: flag } },
    { method: 'PUT', query: { partNumber: '1', uploadId } },
    { method: 'POST', query: { uploadId } },
    { method: 'GET', query: { uploadId } },
    { method: 'DELETE', query: { uploadId } },
  ];
  for (const as of [stranger, 'anonymous' as const]) {
    for (const call of calls) {
      const answer = await oss.call({ ...call, bucket, key: 'mine', as });
      assert.equal(answer.code, 'AccessDenied', JSON.stringify(call));
    }
    assert.equal((await oss.call({ bucket, query: { uploads: flag }, as })).code, 'AccessDenied');
  }
});

test('where there are versions the object is a new one', async () => {
  const own = await oss.bucket();
  const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
  await oss.call({ method: 'PUT', bucket: own, query: { versioning: flag }, body });
  const first = await oss.put(own, 'v', 'first');
  const uploadId = await begin('v', { bucket: own });
  const part = await send('v', uploadId, 1, 'second', { bucket: own });
  assert.equal(part.headers['x-oss-version-id'], undefined);
  const headers = { 'x-oss-forbid-overwrite': 'true' };
  const done = await finish('v', uploadId, listOf([1, md5('second')]), { bucket: own, headers });
  const version = done.headers['x-oss-version-id'] ?? '';
  assert.equal(version.length, 64);
  assert.equal((await oss.call({ bucket: own, key: 'v' })).text, 'second');
  const query = { versionId: first.headers['x-oss-version-id'] };
  assert.equal((await oss.call({ bucket: own, key: 'v', query })).text, 'first');
  const copyId = await begin('w', { bucket: own });
  const copied = await send('w', copyId, 1, '', {
    bucket: own,
    headers: { 'x-oss-copy-source': `/${own}/v?versionId=${query.versionId}` },
  });
  assert.equal(copied.headers['x-oss-copy-source-version-id'], query.versionId);
  assert.equal(textOf(copied.text, 'ETag'), `&quot;${md5('first')}&quot;`);
});

test('a client that goes away does not stop what it has asked to complete', async () => {
  const uploadId = await begin('left');
  await send('left', uploadId, 1, partA);
  await send('left', uploadId, 2, partB);
  const { httpPort: port } = oss.server;
  const signed = signHeaderV4({
    method: 'POST',
    host: 'localhost',
    bucket,
    key: 'left',
    query: { uploadId },
    credentials: oss.server,
  });
  const client = await connectRaw({ port });
  const request = requestBytes(signed, bothParts).toString('latin1');
  const head = request.slice(0, -bothParts.length).replace(/\r\n\r\n$/, expecting);
  client.send(head);
  // Whoever is asked for the body knows that it will be read.
  assert.equal((await client.response()).status, 100);
  await new Promise((resolve) => client.socket.write(bothParts, resolve));
  client.destroy();
  for (;;) {
    const answer = await oss.call({ method: 'HEAD', bucket, key: 'left' });
    if (answer.status === 200) break;
    assert.equal(answer.code, 'NoSuchKey');
  }
});
