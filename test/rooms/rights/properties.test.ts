/** What must hold of all policies, whatever they say. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type AccessClass,
  type Acl,
  decide,
  type Policy,
  PolicyProblem,
  parseBucketPolicy,
  parseRamPolicy,
  type Question,
  type Who,
} from '../../../src/rights/index.ts';
import { callers, owner } from './cases.ts';
import { keysOf } from './judge.ts';

/** fast-check prints the seed and the path of a failure; both replay it. */
const runs = { numRuns: 2_000, verbose: 1 } as const;

const one = <Value>(...values: Value[]) => fc.constantFrom(...values);
const actions = one('oss:*', 'oss:Get*', 'oss:GetObject', 'oss:PutObject', 'oss:ListObjects', '*');
const resources = one(
  '*',
  'acs:oss:*:*:shop',
  'acs:oss:*:*:shop/*',
  'acs:oss:*:*:shop/up/*',
  'acs:oss:*:*:sh*',
);
const principals = one(
  '*',
  owner,
  '1000000000000002',
  '2000000000000011',
  '2000000000000021',
  'arn:sts::*:*/*/*',
  `arn:sts::${owner}:assumed-role/uploader/ci-1`,
);
const conditions = one(
  undefined,
  { Bool: { 'acs:SecureTransport': 'true' } },
  { Bool: { 'acs:SecureTransport': 'false' } },
  { IpAddress: { 'acs:SourceIp': ['198.51.100.0/24'] } },
  { NotIpAddress: { 'acs:SourceIp': ['198.51.100.0/24'] } },
  { StringNotLike: { 'acs:AccessId': 'STS.*' } },
  { StringEquals: { 'oss:Prefix': '' } },
);
const many = <Value>(of: fc.Arbitrary<Value>) => fc.array(of, { minLength: 1, maxLength: 3 });
const ramStatement = fc.record({
  Effect: one('Allow', 'Deny'),
  Action: many(actions),
  Resource: many(resources),
  Condition: conditions,
});
const bucketStatement = fc.tuple(ramStatement, many(principals)).map(([statement, Principal]) => ({
  ...statement,
  Principal,
}));

const textOf = (Statement: unknown) => JSON.stringify({ Version: '1', Statement });
const ram = (statements: unknown): Policy => parseRamPolicy(textOf(statements));
const ofBucket = (statements: unknown): Policy =>
  parseBucketPolicy(textOf(statements), { name: 'shop', accountId: owner });

const who: fc.Arbitrary<Who> = one(...Object.values(callers));
const accessClass = one<AccessClass>('read', 'write', 'none');
const question = fc
  .record({
    who,
    action: one('oss:GetObject', 'oss:PutObject', 'oss:ListObjects', 'oss:PutBucketAcl'),
    relative: one('shop', 'shop/a', 'shop/up/a'),
    policies: fc.array(many(ramStatement), { maxLength: 2 }),
    session: fc.option(many(ramStatement), { nil: undefined }),
    bucket: fc.option(many(bucketStatement), { nil: undefined }),
    accessClass,
    acl: one<Acl>('private', 'public-read', 'public-read-write'),
    isPublicBlocked: fc.boolean(),
    isOpenToAnonymous: fc.boolean(),
    isSecure: fc.boolean(),
  })
  .map(
    (facts): Question => ({
      who: facts.who,
      action: facts.action,
      resource: { service: 'oss', region: 'r', accountId: owner, relative: facts.relative },
      keys: keysOf({ 'acs:SecureTransport': String(facts.isSecure) }),
      policies: facts.policies.map(ram),
      sessionPolicy: facts.who.kind === 'session' && facts.session ? ram(facts.session) : undefined,
      bucketPolicy: facts.bucket && ofBucket(facts.bucket),
      accessClass: facts.accessClass,
      acl: facts.acl,
      isPublicBlocked: facts.isPublicBlocked,
      isOpenToAnonymous: facts.isOpenToAnonymous,
    }),
  );

function neverMore(less: Question, more: Question): boolean {
  return !decide(less).isAllowed || decide(more).isAllowed;
}

describe('rights', () => {
  it('a Deny added to a policy never allows more', () => {
    fc.assert(
      fc.property(question, ramStatement, bucketStatement, (asked, added, addedToBucket) => {
        const denying = ram([{ ...added, Effect: 'Deny' }]);
        const inBucket = ofBucket([{ ...addedToBucket, Effect: 'Deny' }]);
        const bucketPolicy = {
          statements: [...(asked.bucketPolicy?.statements ?? []), ...inBucket.statements],
        };
        return (
          neverMore({ ...asked, policies: [...asked.policies, denying] }, asked) &&
          neverMore({ ...asked, bucketPolicy }, asked)
        );
      }),
      runs,
    );
  });

  it('an Allow added to a policy never allows less', () => {
    fc.assert(
      fc.property(question, bucketStatement, (asked, added) => {
        const allowing = ofBucket([{ ...added, Effect: 'Allow' }]);
        const bucketPolicy = {
          statements: [...(asked.bucketPolicy?.statements ?? []), ...allowing.statements],
        };
        return neverMore(asked, { ...asked, bucketPolicy });
      }),
      runs,
    );
  });

  it('a session policy never allows more', () => {
    fc.assert(
      fc.property(question, many(ramStatement), (asked, session) =>
        neverMore(
          { ...asked, sessionPolicy: ram(session) },
          { ...asked, sessionPolicy: undefined },
        ),
      ),
      runs,
    );
  });

  it('Block Public Access never allows more, and never keeps the owner out', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const blocked = { ...asked, isPublicBlocked: true };
        const free = { ...asked, isPublicBlocked: false };
        const isSame = decide(blocked).isAllowed === decide(free).isAllowed;
        const isOwner = asked.who.kind === 'account' && asked.who.accountId === owner;
        return neverMore(blocked, free) && (!isOwner || isSame);
      }),
      runs,
    );
  });

  it('nobody without a signature gets more than an ACL or a Principal * gives', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const verdict = decide({ ...asked, who: callers.anon });
        if (!verdict.isAllowed) return true;
        if (verdict.by === 'acl') {
          return !asked.isPublicBlocked && asked.acl !== 'private' && asked.accessClass !== 'none';
        }
        const isForAll = asked.bucketPolicy?.statements.some(
          ({ isDeny, principals: named }) => !isDeny && named?.some((each) => each.isEverybody),
        );
        return verdict.by === 'bucket-policy' && isForAll === true && asked.isOpenToAnonymous;
      }),
      runs,
    );
  });

  it('policies of an account say nothing about buckets of another', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const isOther = asked.who.kind !== 'anonymous' && asked.who.accountId !== owner;
        if (!isOther) return true;
        const verdict = decide(asked);
        const without = decide({ ...asked, policies: [] });
        return verdict.isAllowed === without.isAllowed;
      }),
      runs,
    );
  });

  it('what a bucket policy denies to a named caller, nothing else allows', () => {
    fc.assert(
      fc.property(question, (asked) => {
        if (asked.who.kind !== 'user') return true;
        const denying = ofBucket([
          { Effect: 'Deny', Action: '*', Resource: '*', Principal: [asked.who.userId] },
        ]);
        const statements = [...(asked.bucketPolicy?.statements ?? []), ...denying.statements];
        return !decide({ ...asked, bucketPolicy: { statements } }).isAllowed;
      }),
      runs,
    );
  });

  it('a text is a policy or refused as one, whatever it is', () => {
    const pieces = one(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"Version"',
      '"1"',
      '"Statement"',
      '"Effect"',
      '"Allow"',
      '"Action"',
      '"oss:*"',
      '"Resource"',
      '"*"',
      '\\',
      '"',
      ' ',
      '0',
      'é',
      '\u0000',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces).map((all) => all.join('')),
      fc.json(),
    );
    fc.assert(
      fc.property(text, (given) => {
        try {
          parseBucketPolicy(given, { name: 'shop', accountId: owner });
        } catch (error) {
          assert.ok(error instanceof PolicyProblem, String(error));
        }
      }),
      { ...runs, numRuns: 5_000 },
    );
  });

  it('a pattern meets its own text with anything for its stars, and parts of it do not', () => {
    const part = fc.stringMatching(/^[a-c]{0,4}$/);
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 5 }),
        fc.array(part, { minLength: 5, maxLength: 5 }),
        (parts, fillings) => {
          const pattern = ram([
            { Effect: 'Allow', Action: '*', Resource: `acs:oss:*:*:x${parts.join('*')}` },
          ]);
          const relative = `x${parts.map((piece, index) => `${index === 0 ? '' : fillings[index]}${piece}`).join('')}`;
          const asRegExp = new RegExp(`^x${parts.join('.*')}$`);
          const isMet = (text: string) =>
            pattern.statements[0]?.resources?.[0]?.matches({
              service: 'oss',
              region: '',
              accountId: owner,
              relative: text,
            });
          assert.equal(isMet(relative), true);
          const cut = relative.slice(0, -1);
          assert.equal(isMet(cut), asRegExp.test(cut));
        },
      ),
      runs,
    );
  });
});
