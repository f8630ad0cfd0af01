/** Which names buckets and objects may have (oss-protocol.md 1.1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkObjectKey, isBucketName, keyBytesMax } from '../../../src/buckets/index.ts';
import { OssError } from '../../../src/errors/index.ts';

test('bucket names', () => {
  const longest = `a${'b'.repeat(61)}c`;
  for (const name of ['abc', '0a0', 'my-bucket-1', 'a--b', longest]) {
    assert.equal(isBucketName(name), true, name);
  }
  const refused = [
    '',
    'ab',
    `${longest}d`,
    'Abc',
    '-abc',
    'abc-',
    'a_b',
    'a.b',
    'a b',
    'abc\n',
    'äbc',
  ];
  for (const name of refused) assert.equal(isBucketName(name), false, JSON.stringify(name));
});

test('every legal character is legal in a key', () => {
  const keys = [
    'a',
    'a/b//c/./d/../e/',
    '.',
    '..',
    'a\\b',
    '\u0000',
    '\u0001\u001f\u007f',
    ' leading and trailing ',
    ';,/?:@&=+$#%',
    '中文/目录/文件.txt',
    '\u{1f600}',
    'e\u0301',
    'x'.repeat(keyBytesMax),
    '中'.repeat(341),
  ];
  for (const key of keys) assert.doesNotThrow(() => checkObjectKey(key), JSON.stringify(key));
});

test('what no key may be', () => {
  const keys = ['', '/a', '\\a', '/', 'x'.repeat(keyBytesMax + 1), '中'.repeat(342), 'a\ud800'];
  for (const key of keys) {
    assert.throws(
      () => checkObjectKey(key),
      (problem) => problem instanceof OssError && problem.code === 'InvalidObjectName',
      JSON.stringify(key.slice(0, 20)),
    );
  }
});
