/** Policies of forms as a table: what they allow, what they refuse, and in which words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OssError } from '../../../src/errors/index.ts';
import { checkPostPolicy, checkSizeAllowed, parsePostPolicy } from '../../../src/forms/index.ts';

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const until = '2026-11-22T10:00:00.000Z';
const now = Date.parse('2026-11-22T09:59:59.999Z');

const fields: Readonly<Record<string, string>> = {
  bucket: 'b',
  key: 'user/eric/${filename}',
  'content-type': 'image/png',
  'x-oss-meta-tag': 'dummy',
};

/** `ok`, or code and message of the refusal. */
function verdict(work: () => void): string {
  try {
    work();
    return 'ok';
  } catch (problem) {
    assert.ok(problem instanceof OssError, String(problem));
    return `${problem.code}: ${problem.message}`;
  }
}

function judge(conditions: string, at = now, expiration = until): string {
  const text = `{"expiration":"${expiration}","conditions":${conditions}}`;
  return verdict(() =>
    checkPostPolicy(parsePostPolicy(base64(text)), {
      now: at,
      valueOf: (field) => fields[field] ?? '',
    }),
  );
}

const failed = (condition: string): string =>
  `AccessDenied: Invalid according to Policy: Policy Condition failed: ${condition}`;

test('conditions that hold', () => {
  const table = [
    '[{"bucket":"b"}]',
    '[["eq","$bucket","b"]]',
    '[["EQ","$Bucket","b"]]',
    '[{"KEY":"user/eric/\\${filename}"}]',
    '[["starts-with","$key","user\\/eric"]]',
    '[["starts-with","$key",""]]',
    '[["starts-with","$nowhere",""]]',
    '[["in","$content-type",["image/jpg","image/png"]]]',
    '[["not-in","$content-type",["text/html"]]]',
    '[["not-in","$nowhere",["x"]]]',
    '[["content-length-range",0,10]]',
    '[{"bucket":"b"},["eq","$x-oss-meta-tag","dummy"],["content-length-range","1","10"]]',
  ];
  for (const conditions of table) assert.equal(judge(conditions), 'ok', conditions);
});

test('conditions that fail are shown', () => {
  const table: [string, string][] = [
    ['[{"bucket":"x"}]', '["eq", "$bucket", "x"]'],
    ['[["eq","$bucket","B"]]', '["eq", "$bucket", "B"]'],
    ['[{"bucket":"b"},["starts-with","$key","other/"]]', '["starts-with", "$key", "other/"]'],
    ['[["eq","$nowhere","x"]]', '["eq", "$nowhere", "x"]'],
    ['[["in","$content-type",["a","b"]]]', '["in", "$content-type", ["a", "b"]]'],
    ['[["not-in","$content-type",["image/png"]]]', '["not-in", "$content-type", ["image/png"]]'],
  ];
  for (const [conditions, shown] of table) assert.equal(judge(conditions), failed(shown));
});

test('a policy ends at its expiration', () => {
  const open = '[{"bucket":"b"}]';
  const expired = 'AccessDenied: Invalid according to Policy: Policy expired.';
  assert.equal(judge(open, now + 1), expired);
  assert.equal(judge('[{"bucket":"x"}]', now + 1), expired);
  assert.equal(judge(open, now, '2026-11-22T10:00:00Z'), 'ok');
  for (const time of ['2026-11-22', '2026-11-22T10:00:00+01:00', '2026-13-22T10:00:00Z', '']) {
    assert.match(judge(open, now, time), /^InvalidPolicyDocument: Invalid Policy: the expiration/);
  }
});

test('documents that are no policy', () => {
  const table: [string, RegExp][] = [
    ['expiration', /^Invalid JSON: unknown char e\.$/],
    ['{"expiration":"x","conditions":[{} {}]}', /^Invalid JSON: , or \] expected$/],
    ['{"expiration":"x" "conditions":[]}', /^Invalid JSON: , or \} expected$/],
    ['{"expiration":', /^Invalid JSON: unexpected end\.$/],
    ['', /^it is not base64 encoded\.$/],
    ['[]', /^the policy is not an object\.$/],
    ['{"conditions":[{"bucket":"b"}]}', /^the expiration/],
    [`{"expiration":"${until}"}`, /^the conditions are missing or empty\.$/],
    [`{"expiration":"${until}","conditions":[]}`, /^the conditions are missing or empty\.$/],
    [`{"expiration":"${until}","conditions":[["eq","bucket","b"]]}`, /is not understood\.$/],
    [`{"expiration":"${until}","conditions":[["like","$bucket","b"]]}`, /is not understood\.$/],
    [`{"expiration":"${until}","conditions":[["in","$bucket","b"]]}`, /is not understood\.$/],
    [`{"expiration":"${until}","conditions":[["eq","$bucket",["b"]]]}`, /is not understood\.$/],
    [`{"expiration":"${until}","conditions":[{"bucket":1}]}`, /is not understood\.$/],
    [`{"expiration":"${until}","conditions":[{}]}`, /is not understood\.$/],
    [`{"expiration":"${until}","conditions":[7]}`, /is not understood\.$/],
    [
      `{"expiration":"${until}","conditions":[["content-length-range",-1,2]]}`,
      /is not a range of sizes\.$/,
    ],
  ];
  for (const [text, message] of table) {
    const said = verdict(() => void parsePostPolicy(base64(text)));
    const prefix = 'InvalidPolicyDocument: Invalid Policy: ';
    assert.ok(said.startsWith(prefix), `${text}: ${said}`);
    assert.match(said.slice(prefix.length), message, text);
  }
  assert.match(
    verdict(() => void parsePostPolicy('not base64!')),
    /^InvalidPolicyDocument/,
  );
});

test('the size of the file is within every range', () => {
  const conditions = '[["content-length-range",2,10],["content-length-range",0,5]]';
  const policy = parsePostPolicy(base64(`{"expiration":"${until}","conditions":${conditions}}`));
  const sizes = [1, 2, 5, 6].map((bytes) => verdict(() => checkSizeAllowed(policy, bytes)));
  assert.deepEqual(
    sizes.map((said) => said.split(':')[0]),
    ['EntityTooSmall', 'ok', 'ok', 'EntityTooLarge'],
  );
});
