/** What a rule that mirrors asks of its origin, and what it keeps of the answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMirrorLoop, mirrorFacts, mirrorRequest } from '../../../src/buckets/index.ts';
import { readMirrorRule } from '../../../src/buckets/mirror-rules.ts';

const read = (
  fields: Record<string, string>,
  headers: [string, string | [string, string]][] = [],
) =>
  readMirrorRule({
    others: [
      ...Object.entries(fields).map(([name, text]) => ({ name, text })),
      {
        name: 'MirrorHeaders',
        children: headers.map(([name, given]) =>
          typeof given === 'string'
            ? { name, text: given }
            : {
                name,
                children: [
                  { name: 'Key', text: given[0] },
                  { name: 'Value', text: given[1] },
                ],
              },
        ),
      },
    ],
  });

const to = 'https://origin.example/base/';
function request(
  rule: ReturnType<typeof read>,
  path: string,
  asked: Partial<{ rawQuery: string; headers: Record<string, string> }> = {},
) {
  assert.ok(rule);
  return mirrorRequest(rule, path, { rawQuery: '', headers: {}, ...asked });
}

test('a rule without an origin is none', () => {
  assert.equal(read({}), undefined);
  assert.equal(read({ MirrorURL: 'http://[/' }), undefined);
});

test('the key goes behind the URL, and nowhere else', () => {
  const rule = read({ MirrorURL: to });
  for (const path of ['a%20b/c', '%E4%B8%AD', 'a//b', '...', 'a%27b;c=d,e@f:g']) {
    assert.equal(request(rule, path)?.url.href, to + path);
  }
  for (const path of ['../x', 'a/../b', './a', '..', 'a/..', '%2e%2e/x', '.%2E/x']) {
    assert.equal(request(rule, path), undefined, path);
  }
});

test('the query goes along where it shall, but never a signature', () => {
  const rawQuery = 'a=b&c&a=%26';
  assert.equal(request(read({ MirrorURL: to }), 'k', { rawQuery })?.url.search, '');
  const rule = read({ MirrorURL: to, MirrorPassQueryString: 'true' });
  const table = [
    [rawQuery, `?${rawQuery}`],
    ['Expires=1&x=2', '?Expires=1&x=2'],
    ['OSSAccessKeyId=k&Expires=1&Signat%75re=s&a=b&security-token=t', '?a=b'],
    ['x-oss-signature=s&a=b&x%2Doss-date=d&X-OSS-Credential=c&%zz', '?a=b&%zz'],
  ] as const;
  for (const [given, expected] of table) {
    assert.equal(request(rule, 'k', { rawQuery: given })?.url.search, expected);
  }
});

test('headers are passed, removed and set as the rule says', () => {
  const headers = {
    accept: '*/*',
    authorization: 'secret',
    cookie: 'c',
    date: 'd',
    'if-match': '*',
    'oss-x': '1',
    range: 'bytes=0-1',
    'x-a': 'a',
    'x-b': 'b',
    'x-drs-x': '1',
    'x-oss-x': '1',
  };
  const sent = (rules: Parameters<typeof read>[1]) => {
    const { url: _, headers: all = {} } =
      request(read({ MirrorURL: to }, rules), 'k', { headers }) ?? {};
    const { 'accept-encoding': coding, 'cdn-loop': loop, 'user-agent': agent, ...others } = all;
    assert.deepEqual([coding, loop, agent], ['identity', 'cnamed', 'cnamed-mirror']);
    return others;
  };
  assert.deepEqual(sent([]), {});
  assert.deepEqual(
    sent([
      ['Pass', 'X-A'],
      ['Pass', 'Authorization'],
    ]),
    { 'x-a': 'a' },
  );
  const { accept, cookie } = headers;
  assert.deepEqual(
    sent([
      ['PassAll', 'true'],
      ['Remove', 'X-b'],
    ]),
    { accept, cookie, 'x-a': 'a' },
  );
  const set = sent([
    ['Set', ['Host', 'h.example']],
    ['Set', ['X-A', '\u4e2d']],
    ['Set', ['Content-Length', '9']],
    ['Set', ['X-Bad', 'a\u0000b']],
    ['Pass', 'X-A'],
  ]);
  const bytes = Buffer.from('\u4e2d').toString('latin1');
  assert.deepEqual(set, { host: 'h.example', 'x-a': bytes });
});

test('what comes from a mirror is known', () => {
  assert.equal(isMirrorLoop({}), false);
  assert.equal(isMirrorLoop({ 'cdn-loop': 'cnamed2, other' }), false);
  assert.equal(isMirrorLoop({ 'cdn-loop': 'other; a=b, CNAMED; c=d' }), true);
});

test('an object keeps what its writer could have said', () => {
  const facts = mirrorFacts({
    'content-type': 'text/html',
    'cache-control': 'no-cache',
    'content-language': 'a\u0001b',
    expires: '',
    'set-cookie': ['a=b'],
    'x-oss-meta-a': 'b',
    etag: '"x"',
  });
  assert.deepEqual(facts, {
    headers: { 'content-type': 'text/html', 'cache-control': 'no-cache' },
    metadata: {},
  });
  assert.equal(mirrorFacts({}).headers['content-type'], 'application/octet-stream');
});
