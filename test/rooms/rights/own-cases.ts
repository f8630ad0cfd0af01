/** Cases beside the table: every operator, every form of a resource, a principal, an action. */
import {
  decide,
  evaluate,
  isTrusted,
  parseBucketPolicy,
  parseRamPolicy,
  parseTrustPolicy,
  type Question,
} from '../../../src/rights/index.ts';
import { callers, other, owner } from './cases.ts';
import { keysOf, resultOf } from './judge.ts';

interface OwnCase {
  readonly name: string;
  readonly question: () => string;
  readonly result: string;
}

const resource = (relative: string, region = 'cn-hangzhou'): Question['resource'] => ({
  service: 'oss',
  region,
  accountId: owner,
  relative,
});

const statement = (more: object): string =>
  JSON.stringify({
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: 'oss:*', Resource: '*', ...more }],
  });

/** Operator, key, value or values in the policy, value in the request, whether it holds. */
type ConditionRow = readonly [string, string, unknown, string | undefined, boolean];

const agent = 'acs:UserAgent';
const time = 'acs:CurrentTime';
const tls = 'acs:SecureTransport';
const ip = 'acs:SourceIp';
const vpc = 'acs:SourceVpc';

const conditionRows: readonly ConditionRow[] = [
  ['StringEquals', agent, 'curl', 'curl', true],
  ['StringEquals', agent, 'curl', 'Curl', false],
  ['StringEquals', agent, ['wget', 'curl'], 'curl', true],
  ['StringEquals', agent, 'curl', undefined, false],
  ['StringEquals', agent, 'c*', 'curl', false],
  ['StringNotEquals', agent, 'curl', 'wget', true],
  ['StringNotEquals', agent, 'curl', 'curl', false],
  ['StringNotEquals', agent, ['wget', 'curl'], 'curl', false],
  ['StringNotEquals', agent, ['wget', 'curl'], 'ossutil', true],
  ['StringNotEquals', agent, 'curl', undefined, true],
  ['StringEqualsIgnoreCase', agent, 'CURL', 'curl', true],
  ['StringEqualsIgnoreCase', agent, 'CURL', 'curl/8', false],
  ['StringEqualsIgnoreCase', agent, 'CURL', undefined, false],
  ['StringNotEqualsIgnoreCase', agent, 'CURL', 'curl', false],
  ['StringNotEqualsIgnoreCase', agent, 'CURL', 'wget', true],
  ['StringNotEqualsIgnoreCase', agent, 'CURL', undefined, true],
  ['StringLike', agent, 'aliyun-*', 'aliyun-sdk-js', true],
  ['StringLike', agent, 'aliyun-*', 'Aliyun-sdk-js', false],
  ['StringLike', agent, '*', '', true],
  ['StringLike', agent, '?', '', false],
  ['StringLike', agent, 'c?rl', 'curl', true],
  ['StringLike', agent, 'c?rl', 'crl', false],
  ['StringLike', agent, '*?rl*8', 'curl/8.8', true],
  ['StringLike', agent, 'a*a', 'a', false],
  ['StringLike', agent, 'a*a', 'aa', true],
  ['StringLike', agent, '*', undefined, false],
  ['StringNotLike', agent, 'aliyun-*', 'curl', true],
  ['StringNotLike', agent, ['aliyun-*', 'c*'], 'curl', false],
  ['StringNotLike', agent, 'aliyun-*', undefined, true],
  ['StringLike', vpc, 'vpc-*', '', false],
  ['StringNotLike', vpc, 'vpc-*', '', true],
  ['StringLike', vpc, '*', '', true],
  ['NumericEquals', agent, '7', '7.0', true],
  ['NumericEquals', agent, 7, '7', true],
  ['NumericEquals', agent, '7', 'seven', false],
  ['NumericEquals', agent, '7', '', false],
  ['NumericNotEquals', agent, '7', '8', true],
  ['NumericNotEquals', agent, '7', 'seven', true],
  ['NumericLessThan', agent, '7', '6.9', true],
  ['NumericLessThan', agent, '7', '7', false],
  ['NumericLessThanEquals', agent, '7', '7', true],
  ['NumericLessThanEquals', agent, '7', '7.1', false],
  ['NumericGreaterThan', agent, '7', '7.1', true],
  ['NumericGreaterThan', agent, '7', '7', false],
  ['NumericGreaterThanEquals', agent, '7', '7', true],
  ['NumericGreaterThanEquals', agent, '-7', '-8', false],
  ['DateEquals', time, '2026-11-22T08:00:00+08:00', '2026-11-22T00:00:00Z', true],
  ['DateEquals', time, '2026-11-22T08:00:00+0800', '2026-11-22T00:00:00Z', true],
  ['DateEquals', time, '2026-11-22', '2026-11-22T00:00:00Z', true],
  ['DateNotEquals', time, '2026-11-22T00:00:00Z', '2026-11-22T00:00:00.001Z', true],
  ['DateNotEquals', time, '2026-11-22T00:00:00', '2026-11-22T00:00:00Z', false],
  ['DateLessThan', time, '2026-11-22T00:00:01Z', '2026-11-22T00:00:00Z', true],
  ['DateLessThan', time, '2026-11-22T00:00:00Z', '2026-11-22T00:00:00Z', false],
  ['DateLessThanEquals', time, '2026-11-22T00:00:00Z', '2026-11-22T00:00:00Z', true],
  ['DateGreaterThan', time, '2026-11-21T23:59:59Z', '2026-11-22T00:00:00Z', true],
  ['DateGreaterThan', time, '2026-11-22T00:00:00Z', 'now', false],
  ['DateGreaterThanEquals', time, '2026-11-22T00:00:00Z', '2026-11-22T00:00:00Z', true],
  ['Bool', tls, 'true', 'true', true],
  ['Bool', tls, true, 'true', true],
  ['Bool', tls, 'TRUE', 'true', true],
  ['Bool', tls, 'false', 'true', false],
  ['Bool', tls, ['false', 'true'], 'true', true],
  ['Bool', 'acs:MFAPresent', false, undefined, false],
  ['IpAddress', ip, '192.0.2.1', '192.0.2.1', true],
  ['IpAddress', ip, '192.0.2.1', '192.0.2.2', false],
  ['IpAddress', ip, '192.0.2.0/24', '192.0.2.255', true],
  ['IpAddress', ip, '192.0.2.77/24', '192.0.2.255', true],
  ['IpAddress', ip, '192.0.2.0/25', '192.0.2.128', false],
  ['IpAddress', ip, '0.0.0.0/0', '203.0.113.9', true],
  ['IpAddress', ip, '0.0.0.0/0', '2001:db8::1', false],
  ['IpAddress', ip, '*', '2001:db8::1', true],
  ['IpAddress', ip, '192.*.2.*', '192.77.2.9', true],
  ['IpAddress', ip, '192.*.2.*', '192.77.3.9', false],
  ['IpAddress', ip, '2001:db8::/32', '2001:db8:ffff::1', true],
  ['IpAddress', ip, '2001:db8::/32', '2001:db9::1', false],
  ['IpAddress', ip, '2001:db8::/33', '2001:db8:8000::', false],
  ['IpAddress', ip, '2001:db8::1', '2001:0db8:0:0:0:0:0:1', true],
  ['IpAddress', ip, '192.0.2.1', '::ffff:192.0.2.1', true],
  ['IpAddress', ip, '::ffff:192.0.2.1', '192.0.2.1', true],
  ['IpAddress', ip, ['192.0.2.1', '198.51.100.0/24'], '198.51.100.7', true],
  ['IpAddress', ip, '*', 'unknown', false],
  ['NotIpAddress', ip, '192.0.2.0/24', '198.51.100.7', true],
  ['NotIpAddress', ip, '192.0.2.0/24', '192.0.2.7', false],
  ['NotIpAddress', ip, ['192.0.2.1', '198.51.100.0/24'], '198.51.100.7', false],
  ['NotIpAddress', ip, '192.0.2.0/24', 'unknown', true],
  ['IpAddressIncludeBorder', ip, '192.0.2.0/24', '192.0.2.0', true],
  ['NotIpAddressIncludeBorder', ip, '192.0.2.0/24', '192.0.2.0', false],
  ['StringEquals', 'OSS:prefix', 'a/', 'a/', true],
  ['StringEquals', 'ACS:accessid', 'LTAI', 'LTAI', true],
  ['StringEquals', 'oss:BucketTag/Team', 'web', 'web', true],
  ['StringEquals', 'oss:RequestObjectTag/a/b', 'web', 'web', true],
];

function askCondition([operator, key, wanted, value]: ConditionRow): string {
  const policy = parseRamPolicy(statement({ Condition: { [operator]: { [key]: wanted } } }));
  const keys = (name: string, tag: string) => {
    const full = tag === '' ? name : `${name}/${tag}`;
    return full.toLowerCase() === key.toLowerCase() ? value : undefined;
  };
  return evaluate([policy], { action: 'oss:GetObject', resource: resource('shop/a'), keys });
}

/** Pattern, what is asked for, whether it is covered. */
const resourceRows: readonly (readonly [string, string, boolean])[] = [
  ['*', 'shop/a', true],
  ['acs:oss:*:*:*', 'shop', true],
  ['acs:oss:*:*:shop', 'shop', true],
  ['acs:oss:*:*:shop', 'shop/a', false],
  ['acs:oss:*:*:shop/*', 'shop', false],
  ['acs:oss:*:*:shop/*', 'shop/', true],
  ['acs:oss:*:*:shop/*', 'shop/a/b/c', true],
  ['acs:oss:*:*:shop/*', 'shop2/a', false],
  ['acs:oss:*:*:shop/*.jpg', 'shop/a/b.jpg', true],
  ['acs:oss:*:*:shop/*.jpg', 'shop/a/b.JPG', false],
  ['acs:oss:*:*:shop/a?c', 'shop/abc', false],
  ['acs:oss:*:*:shop/a?c', 'shop/a?c', true],
  ['acs:oss:*:*:shop/a*b*c', 'shop/a-b-b-c', true],
  ['acs:oss:*:*:shop/a*b*c', 'shop/a-c-b', false],
  ['acs:oss:*:*:*/*', 'shop/a', true],
  ['acs:oss:*:*:*/*', 'shop', false],
  ['acs:oss:*:*:shop/a:b:c', 'shop/a:b:c', true],
  // A wildcard in one field must not swallow the next.
  ['acs:oss:*:*:shop/*', 'other/x:shop/y', false],
  ['acs:oss:cn-hangzhou:*:shop', 'shop', true],
  ['acs:oss:oss-cn-hangzhou:*:shop', 'shop', true],
  ['acs:oss:cn-beijing:*:shop', 'shop', false],
  ['acs:oss:::shop', 'shop', true],
  [`acs:oss:*:${owner}:shop`, 'shop', true],
  [`acs:oss:*:${other}:shop`, 'shop', false],
  ['acs:ram:*:*:shop', 'shop', false],
  ['acs:*:*:*:shop', 'shop', true],
];

const actionRows: readonly (readonly [object, string, boolean])[] = [
  [{ Action: '*' }, 'oss:GetObject', true],
  [{ Action: 'oss:Get*' }, 'oss:GetObject', true],
  [{ Action: 'oss:Get*' }, 'oss:PutObject', false],
  [{ Action: 'oss:*Object' }, 'oss:PutObject', true],
  [{ Action: 'oss:*Object' }, 'oss:PutObjectAcl', false],
  [{ Action: 'OSS:PUTBUCKETACL' }, 'oss:PutBucketAcl', true],
  [{ Action: ['oss:GetObject', 'oss:PutObject'] }, 'oss:PutObject', true],
  [{ Action: 'oss:GetObject' }, 'oss:GetObjectVersion', false],
  [{ Action: 'yundun-cert:*' }, 'oss:GetObject', false],
  [{ Action: 'yundun-cert:*' }, 'yundun-cert:CreateSSLCertificate', true],
  [{ Action: undefined, NotAction: 'oss:Put*' }, 'oss:GetObject', true],
  [{ Action: undefined, NotAction: ['oss:Put*', 'oss:Get*'] }, 'oss:GetObject', false],
  [{ Action: undefined, NotAction: '*' }, 'oss:GetObject', false],
];

const all = Object.keys(callers) as (keyof typeof callers)[];

/** A principal of a bucket policy, and whom it lets in. */
const principalRows: readonly (readonly [unknown, readonly (keyof typeof callers)[]])[] = [
  [owner, ['owner']],
  [other, ['other']],
  [
    ['2000000000000011', '2000000000000021'],
    ['alice', 'carol'],
  ],
  ['*', all.filter((who) => who !== 'owner')],
  [['*', owner], all],
  ['arn:sts::*:*/*/*', ['ses', 'ses2', 'xses']],
  [`arn:sts::${owner}:assumed-role/uploader/*`, ['ses', 'ses2']],
  [`arn:sts::${owner}:assumed-role/uploader/dev`, ['ses2']],
  [`arn:sts::${owner}:assumed-role/Uploader/*`, []],
  [`arn:sts::${other}:assumed-role/*/s1`, ['xses']],
];

const trustRows: readonly (readonly [string, readonly (keyof typeof callers)[]])[] = [
  [`acs:ram::${owner}:root`, ['alice', 'bob', 'ses', 'ses2']],
  [`acs:ram::${owner}:user/alice`, ['alice']],
  [`acs:ram::${owner}:user/Alice`, []],
  [`acs:ram::${owner}:role/uploader`, ['ses', 'ses2']],
  [`acs:ram::${other}:root`, ['carol', 'xses']],
];

function letIn(Principal: unknown): string {
  const policy = parseBucketPolicy(statement({ Principal }), { name: 'shop', accountId: owner });
  const found = all.filter((name) => {
    const verdict = decide({
      who: callers[name],
      action: 'oss:GetObject',
      resource: resource('shop/a'),
      keys: keysOf(),
      policies: [],
      sessionPolicy: undefined,
      bucketPolicy: policy,
      accessClass: 'read',
      acl: 'private',
      isPublicBlocked: false,
      isOpenToAnonymous: true,
    });
    return resultOf(verdict) === 'bucket-policy';
  });
  return found.join(' ');
}

function trusted(principal: string): string {
  const policy = parseTrustPolicy(
    statement({ Action: 'sts:AssumeRole', Resource: undefined, Principal: { RAM: [principal] } }),
  );
  return all.filter((name) => isTrusted(policy, callers[name], keysOf())).join(' ');
}

const outcome = (holds: boolean): string => (holds ? 'allow' : 'none');
const shown = (value: unknown): string => JSON.stringify(value) ?? 'nothing';

export const ownCases: readonly OwnCase[] = [
  ...conditionRows.map((row) => ({
    name: `${row[0]} ${row[1]} ${shown(row[2])} of ${shown(row[3])}`,
    question: () => askCondition(row),
    result: outcome(row[4]),
  })),
  ...resourceRows.map(([pattern, relative, holds]) => ({
    name: `${pattern} of ${relative}`,
    question: () =>
      evaluate([parseRamPolicy(statement({ Resource: pattern }))], {
        action: 'oss:GetObject',
        resource: resource(relative),
        keys: keysOf(),
      }),
    result: outcome(holds),
  })),
  ...actionRows.map(([actions, action, holds]) => ({
    name: `${shown(actions)} of ${action}`,
    question: () =>
      evaluate([parseRamPolicy(statement(actions))], {
        action,
        resource: resource('shop/a'),
        keys: keysOf(),
      }),
    result: outcome(holds),
  })),
  ...principalRows.map(([principal, names]) => ({
    name: `principal ${shown(principal)}`,
    question: () => letIn(principal),
    // The owner is let in as the owner where the policy does not name the account.
    result: names.join(' '),
  })),
  ...trustRows.map(([principal, names]) => ({
    name: `trust ${principal}`,
    question: () => trusted(principal),
    result: names.join(' '),
  })),
];
