/** What PutBucketPolicy and its like refuse, with which words (access-control.md 2.5). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  PolicyProblem,
  parseBucketPolicy,
  parseRamPolicy,
  parseSessionPolicy,
  parseTrustPolicy,
} from '../../../src/rights/index.ts';
import { owner } from './cases.ts';

const shop = { name: 'shop', accountId: owner };

function refusal(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof PolicyProblem, String(error));
    return error.message;
  }
}

const allow = { Effect: 'Allow', Action: 'oss:GetObject', Resource: 'acs:oss:*:*:shop/*' };
const document = (...statements: unknown[]): string =>
  JSON.stringify({ Version: '1', Statement: statements });
const given = (more: object): string => document({ ...allow, ...more });
const condition = (operator: string, key: string, value: unknown): string =>
  given({ Condition: { [operator]: { [key]: value } } });

describe('bucket policies', () => {
  const rows: readonly (readonly [string, string, string | undefined])[] = [
    ['a word', 'policy', 'unknown char p'],
    ['a word behind white space', ' \n policy', 'unknown char p'],
    ['nothing', '', 'Invalid JSON: 0'],
    ['half a document', '{"Version":"1"', 'Invalid JSON: 14'],
    ['more than a document', `${document(allow)} x`, `Invalid JSON: ${document(allow).length + 1}`],
    ['a doubled name', '{"Version":"1","Version":"1"}', 'Invalid JSON: 15'],
    ['a trailing comma', '{"Version":"1",}', 'Invalid JSON: 15'],
    ['a control character', '{"Version":"\u0001"}', 'Invalid JSON: 12'],
    ['a bad escape', '{"Version":"\\x"}', 'Invalid JSON: 12'],
    ['a bad number', '{"Version":01}', 'Invalid JSON: 12'],
    ['what nests too deeply', '['.repeat(100), 'Invalid JSON: 17'],
    ['an array', '[]', 'Invalid Version.'],
    ['no version', '{"Statement":[]}', 'Invalid Version.'],
    ['a version as a number', '{"Version":1,"Statement":[]}', 'Invalid Version.'],
    ['no statement', '{"Version":"1"}', 'Statement must not be empty.'],
    ['an empty list of statements', document(), 'Statement must not be empty.'],
    ['a text for a statement', document('x'), 'Invalid Statement in statement 1.'],
    ['an effect in small letters', given({ Effect: 'allow' }), 'Invalid Effect in statement 1.'],
    ['the second statement', document(allow, {}), 'Invalid Effect in statement 2.'],
    ['no action', given({ Action: undefined }), 'Invalid Action in statement 1.'],
    ['both actions', given({ NotAction: 'oss:*' }), 'Invalid Action in statement 1.'],
    ['an empty list of actions', given({ Action: [] }), 'Invalid Action in statement 1.'],
    [
      'an action without a service',
      given({ Action: 'GetObject' }),
      'Invalid Action in statement 1.',
    ],
    ['a number for an action', given({ Action: [1] }), 'Invalid Action in statement 1.'],
    [
      'a NotAction of no action',
      given({ Action: undefined, NotAction: ['x y'] }),
      'Invalid NotAction in statement 1.',
    ],
    ['NotResource', given({ NotResource: '*' }), 'Invalid NotResource in statement 1.'],
    ['NotPrincipal', given({ NotPrincipal: ['1'] }), 'Invalid NotPrincipal in statement 1.'],
    ['no resource', given({ Resource: undefined }), 'Invalid Resource in statement 1.'],
    ['a resource that is none', given({ Resource: 'shop/*' }), 'Invalid resource: shop/*.'],
    [
      'a resource without fields',
      given({ Resource: 'acs:oss:shop' }),
      'Invalid resource: acs:oss:shop.',
    ],
    [
      'another bucket',
      given({ Resource: 'acs:oss:*:*:shop2/*' }),
      'Invalid resource: acs:oss:*:*:shop2/*.',
    ],
    [
      'another account',
      given({ Resource: 'acs:oss:*:1000000000000002:shop/*' }),
      'Invalid resource: acs:oss:*:1000000000000002:shop/*.',
    ],
    ['a name for a principal', given({ Principal: ['alice'] }), 'Invalid principal: alice.'],
    [
      'a user by name',
      given({ Principal: 'acs:ram::1:user/a' }),
      'Invalid principal: acs:ram::1:user/a.',
    ],
    ['a half number', given({ Principal: '2000*' }), 'Invalid principal: 2000*.'],
    [
      'an object for a principal',
      given({ Principal: { RAM: ['1'] } }),
      'Invalid Principal in statement 1.',
    ],
    [
      'an unknown operator',
      condition('StringEqualsIfExists', 'acs:UserAgent', 'x'),
      'Invalid condition operator: StringEqualsIfExists.',
    ],
    [
      'an operator of the language',
      condition('toString', 'acs:UserAgent', 'x'),
      'Invalid condition operator: toString.',
    ],
    ['Null', condition('Null', 'acs:UserAgent', 'true'), 'Invalid condition operator: Null.'],
    [
      'an unknown key',
      condition('StringEquals', 'acs:Referer', 'x'),
      'Invalid condition key: acs:Referer.',
    ],
    [
      'a tag key without a tag',
      condition('StringEquals', 'oss:BucketTag/', 'x'),
      'Invalid condition key: oss:BucketTag/.',
    ],
    [
      'a plain key with a tag',
      condition('StringEquals', 'acs:SourceIp/x', 'x'),
      'Invalid condition key: acs:SourceIp/x.',
    ],
    [
      'no address',
      condition('IpAddress', 'acs:SourceIp', '300.1.1.1'),
      'Invalid Condition in statement 1.',
    ],
    [
      'a mask that is too long',
      condition('IpAddress', 'acs:SourceIp', '10.0.0.0/33'),
      'Invalid Condition in statement 1.',
    ],
    [
      'no number',
      condition('NumericEquals', 'acs:UserAgent', 'x'),
      'Invalid Condition in statement 1.',
    ],
    [
      'no date',
      condition('DateLessThan', 'acs:CurrentTime', 'tomorrow'),
      'Invalid Condition in statement 1.',
    ],
    [
      'no truth',
      condition('Bool', 'acs:SecureTransport', 'yes'),
      'Invalid Condition in statement 1.',
    ],
    [
      'no value',
      condition('StringEquals', 'acs:UserAgent', []),
      'Invalid Condition in statement 1.',
    ],
    [
      'an object for a value',
      condition('StringEquals', 'acs:UserAgent', {}),
      'Invalid Condition in statement 1.',
    ],
    ['a list for conditions', given({ Condition: [] }), 'Invalid Condition in statement 1.'],
    [
      'one text of 4,096 bytes',
      given({ Resource: `acs:oss:*:*:shop/${'a'.repeat(4079)}` }),
      'Invalid Resource in statement 1.',
    ],
    [
      'more than 16 KiB',
      document(...Array.from({ length: 250 }, () => allow)),
      'The policy document exceeds 16384 bytes.',
    ],
    // What must pass.
    ['one statement without a list', JSON.stringify({ Version: '1', Statement: allow }), undefined],
    ['no principal', given({}), undefined],
    ['an empty list of principals', given({ Principal: [] }), undefined],
    [
      'samples of the documentation',
      given({ Resource: [`acs:oss:*:${owner}:*/*`, 'acs:oss:*:*:*', '*'] }),
      undefined,
    ],
    ['what can mean the bucket by a wildcard', given({ Resource: 'acs:oss:*:*:sh*/x' }), undefined],
    [
      'Sid, Id and white space',
      ` {"Id":"x","Version":"1","Statement":[{"Sid":"s",${JSON.stringify(allow).slice(1)}]}\n`,
      undefined,
    ],
    ['a condition without operators', given({ Condition: {} }), undefined],
    ['escapes', given({ Principal: '*' }).replace('shop', '\\u0073hop'), undefined],
  ];
  for (const [name, text, message] of rows) {
    it(name, () =>
      assert.equal(
        refusal(() => parseBucketPolicy(text, shop)),
        message,
      ),
    );
  }
});

describe('other documents', () => {
  it('a policy of an identity has no principal and any resource', () => {
    const principal = document({ ...allow, Principal: '*' });
    assert.equal(
      refusal(() => parseRamPolicy(principal)),
      'Invalid Principal in statement 1.',
    );
    assert.equal(
      refusal(() => parseRamPolicy(given({ Resource: 'shop' }))),
      'Invalid Resource in statement 1.',
    );
    assert.equal(
      refusal(() => parseRamPolicy(given({ Resource: 'acs:ecs:*:*:instance/*' }))),
      undefined,
    );
    assert.equal(
      refusal(() => parseRamPolicy(document(...Array.from({ length: 99 }, () => allow)))),
      'The policy document exceeds 6144 bytes.',
    );
  });

  it('a session policy has 2,048 characters at most', () => {
    const filled = given({ Sid: '' });
    const text = given({ Sid: 'ä'.repeat(2048 - filled.length) });
    assert.equal(
      refusal(() => parseSessionPolicy(text)),
      undefined,
    );
    assert.equal(
      refusal(() => parseSessionPolicy(`${text} `)),
      'The policy document exceeds 2048 characters.',
    );
    assert.equal(
      refusal(() => parseSessionPolicy('{"Statements":[]}')),
      'Invalid Version.',
    );
  });

  it('a trust policy names who may take the role, and no resource', () => {
    const trust = (more: object) =>
      document({
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { RAM: `acs:ram::${owner}:root` },
        ...more,
      });
    assert.equal(
      refusal(() => parseTrustPolicy(trust({}))),
      undefined,
    );
    assert.equal(
      refusal(() => parseTrustPolicy(trust({ Principal: { Service: ['ecs.aliyuncs.com'] } }))),
      undefined,
    );
    assert.equal(
      refusal(() => parseTrustPolicy(trust({ Resource: '*' }))),
      'Invalid Resource in statement 1.',
    );
    assert.equal(
      refusal(() => parseTrustPolicy(trust({ Action: 'oss:*' }))),
      'Invalid Action in statement 1.',
    );
    assert.equal(
      refusal(() => parseTrustPolicy(trust({ Principal: '*' }))),
      'Invalid Principal in statement 1.',
    );
    assert.equal(
      refusal(() => parseTrustPolicy(trust({ Principal: { RAM: '*' } }))),
      'Invalid principal: *.',
    );
    assert.equal(
      refusal(() => parseTrustPolicy(trust({ Principal: { Everybody: ['x'] } }))),
      'Invalid Principal in statement 1.',
    );
  });
});
