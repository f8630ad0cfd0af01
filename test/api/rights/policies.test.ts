/** The policy of a bucket as its operations show it, and how refusals are worded. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { callers, owner } from '../../rooms/rights/cases.ts';
import { documentNames, documentOf } from '../../rooms/rights/documents.ts';
import { putCnameDocument } from '../../support/put-cname.ts';
import { testEpoch } from '../../support/world.ts';
import { type Call, openStage, type Stage, textOf } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

const policy = { policy: undefined };
const call = (as: Call['as'], more: Omit<Call, 'as'> = {}) =>
  stage.call({ bucket: 'shop', ...more, as });
const put = (body: string, as: Call['as'] = 'owner') =>
  call(as, { method: 'PUT', query: policy, body });
const statement = (more: object) => {
  const base = { Effect: 'Allow', Action: 'oss:GetObject', Resource: 'acs:oss:*:*:shop/*' };
  return JSON.stringify({ Version: '1', Statement: [{ ...base, ...more }] });
};

async function setBlock(isOn: boolean): Promise<void> {
  const { buckets } = stage.server.rooms.engines.metadata;
  await buckets.setBucketDocument(stage.shop.id, 'public-access-block', isOn ? '{}' : undefined);
}

it('a condition on the tags of an object looks at those it has', async () => {
  const tagged = (key: string, tagging: string) => {
    const headers = { 'x-oss-tagging': tagging };
    return call('owner', { method: 'PUT', key, body: key, headers });
  };
  await tagged('tagged-yes', 'other=1&allow=yes');
  await tagged('tagged-no', 'allow=no');
  await call('owner', { method: 'PUT', key: 'untagged', body: 'x' });
  const Condition = { StringEquals: { 'oss:ExistingObjectTag/allow': ['yes'] } };
  assert.equal((await put(statement({ Principal: ['*'], Condition }))).status, 200);
  for (const [key, status] of [
    ['tagged-yes', 200],
    ['tagged-no', 403],
    ['untagged', 403],
  ] as const) {
    assert.equal((await call('anon', { key })).status, status, key);
  }
  await call('owner', { method: 'DELETE', query: policy });
});

const { alice } = callers;
const identities = () => stage.server.rooms.engines.metadata.identities;

/** Alice has this one policy while `act` runs. */
async function having(statements: readonly object[], act: () => Promise<void>): Promise<void> {
  const document = JSON.stringify({ Version: '1', Statement: statements });
  const policy = { accountId: owner, name: 'ByTags', document, createdAt: testEpoch };
  await identities().putPolicy(policy, 100);
  await identities().attachPolicy(alice.userId, 'ByTags', { isBuiltIn: false, limit: 20 });
  try {
    await act();
  } finally {
    await identities().detachPolicy(alice.userId, 'ByTags');
    await identities().deletePolicy(owner, 'ByTags');
  }
}

describe('conditions on tags', () => {
  it('of buckets choose those that are listed', async () => {
    const tags: Record<string, string> = { 'by-tag-a': 'a', 'by-tag-b': 'b' };
    for (const [bucket, value] of Object.entries(tags)) {
      await call('owner', { bucket, method: 'PUT' });
      const body = `<Tagging><TagSet><Tag><Key>team</Key><Value>${value}</Value></Tag></TagSet></Tagging>`;
      await call('owner', { bucket, method: 'PUT', query: { tagging: undefined }, body });
    }
    const listed = async (query: Record<string, string> = {}): Promise<string[]> => {
      const { status, text } = await call('alice', { bucket: '', query });
      const names = [...text.matchAll(/<Name>([^<]*)</g)].map(([, name = '']) => name);
      return status === 200 ? names : [String(status)];
    };
    const list = { Effect: 'Allow', Action: 'oss:ListBuckets', Resource: '*' };
    const ofTeam = (operator: string) => ({
      Condition: { [operator]: { 'oss:BucketTag/team': 'a' } },
    });
    await having([{ ...list, ...ofTeam('StringEquals') }], async () => {
      assert.deepEqual(await listed(), ['by-tag-a']);
      assert.deepEqual(await listed({ 'tag-key': 'team', 'tag-value': 'b' }), []);
    });
    await having([list, { ...list, Effect: 'Deny', ...ofTeam('StringEquals') }], async () => {
      assert.deepEqual(await listed(), ['by-tag-b', 'shop']);
      assert.deepEqual(await listed({ 'max-keys': '1' }), ['by-tag-b']);
    });
    const other = { ...list, Action: 'oss:ListObjects' };
    await having([{ ...other, ...ofTeam('StringEquals') }], async () => {
      assert.deepEqual(await listed(), ['403']);
    });
    await having([list], async () => {
      assert.deepEqual(await listed(), ['by-tag-a', 'by-tag-b', 'shop']);
    });
  });

  it('of an object and of the request count for its tags, too', async () => {
    const key = 'tags-of-tags';
    await call('owner', {
      method: 'PUT',
      key,
      body: 'x',
      headers: { 'x-oss-tagging': 'allow=yes' },
    });
    const query = { tagging: undefined };
    const give = (value: string) => {
      const body = `<Tagging><TagSet><Tag><Key>allow</Key><Value>${value}</Value></Tag></TagSet></Tagging>`;
      return call('alice', { method: 'PUT', key, query, body });
    };
    const allow = { Effect: 'Allow', Action: 'oss:*ObjectTagging', Resource: '*' };
    const existing = { StringEquals: { 'oss:ExistingObjectTag/allow': 'yes' } };
    await having([{ ...allow, Condition: existing }], async () => {
      assert.equal((await call('alice', { key, query })).status, 200);
      assert.equal((await give('no')).status, 200);
      assert.equal((await call('alice', { key, query })).status, 403);
      assert.equal((await give('yes')).status, 403);
      assert.equal((await call('alice', { method: 'DELETE', key, query })).status, 403);
    });
    const requested = { StringEquals: { 'oss:RequestObjectTag/allow': 'secret' } };
    await having([allow, { ...allow, Effect: 'Deny', Condition: requested }], async () => {
      assert.equal((await give('yes')).status, 200);
      const refused = await give('secret');
      assert.deepEqual([refused.status, refused.ec], [403, '0003-00000201']);
      assert.match((await call('alice', { key, query })).text, /<Value>yes</);
    });
    await having([{ ...allow, Condition: requested }], async () => {
      assert.equal((await give('yes')).status, 403);
      assert.equal((await give('secret')).status, 200);
    });
  });
});

it('who sends access logs to another bucket may write there', async () => {
  const target = 'log-target';
  await call('owner', { bucket: target, method: 'PUT' });
  const put = (bucket: string) => {
    const body = `<BucketLoggingStatus><LoggingEnabled><TargetBucket>${bucket}</TargetBucket><TargetPrefix>log/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>`;
    return call('alice', { method: 'PUT', query: { logging: undefined }, body });
  };
  const allow = (Action: string, Resource: string) => ({ Effect: 'Allow', Action, Resource });
  const logging = allow('oss:PutBucketLogging', 'acs:oss:*:*:shop');
  await having([logging], async () => {
    assert.equal((await put('shop')).status, 200);
    const refused = await put(target);
    assert.deepEqual([refused.status, refused.code], [403, 'AccessDenied']);
    assert.equal(textOf(refused.text, 'AuthAction'), 'oss:PutObject');
  });
  await having([logging, allow('oss:PutObject', `acs:oss:*:*:${target}/log/*`)], async () => {
    assert.equal((await put(target)).status, 200);
  });
  await call('owner', { method: 'DELETE', query: { logging: undefined } });
});

describe('the policy of a bucket', () => {
  it('is given back byte for byte, replaced, and gone after DELETE', async () => {
    const none = await call('owner', { query: policy });
    assert.deepEqual([none.status, none.code], [404, 'NoSuchBucketPolicy']);
    assert.equal(none.message, 'The specified bucket policy does not exist.');
    for (const text of [
      `${documentOf('B1')}\n`,
      ` ${documentOf('B2').replace('shop', 'sh\\u006fp')}`,
    ]) {
      assert.equal((await put(text)).status, 200);
      const got = await call('owner', { query: policy });
      assert.deepEqual([got.status, got.text], [200, text]);
      assert.equal(got.headers['content-type'], 'application/json');
    }
    for (let round = 0; round < 2; round += 1) {
      const gone = await call('owner', { method: 'DELETE', query: policy });
      assert.deepEqual([gone.status, gone.text], [204, '']);
    }
    assert.equal((await call('owner', { query: policy })).status, 404);
  });

  it('that cannot be is refused, and the one that stands stays', async () => {
    await put(documentOf('B2'));
    const rows: readonly (readonly [string, string])[] = [
      ['policy', 'unknown char p'],
      ['', 'Invalid JSON: 0'],
      ['{}', 'Invalid Version.'],
      [statement({ Resource: 'acs:oss:*:*:other/*' }), 'Invalid resource: acs:oss:*:*:other/*.'],
      [' '.repeat(16_385), 'The policy document exceeds 16384 bytes.'],
    ];
    for (const [body, message] of rows) {
      const answer = await put(body);
      assert.deepEqual(
        [answer.status, answer.code, answer.message],
        [400, 'InvalidPolicyDocument', message],
      );
    }
    assert.equal((await put(' '.repeat(65_537))).code, 'EntityTooLarge');
    assert.equal((await call('owner', { query: policy })).text, documentOf('B2'));
    await call('owner', { method: 'DELETE', query: policy });
  });

  it('is public or not, and cannot become public while that is blocked', async () => {
    const status = async () => {
      const { text } = await call('owner', { query: { policyStatus: undefined } });
      return textOf(text, 'IsPublic');
    };
    assert.equal(await status(), 'false');
    // B4 closes the bucket to HTTP, which this test speaks.
    for (const name of documentNames.filter((each) => /^B(?!4)/.test(each))) {
      const isPublic = ['B1', 'B7', 'B11'].includes(name);
      assert.equal((await put(documentOf(name))).status, 200);
      assert.equal(await status(), String(isPublic), name);
      await setBlock(true);
      const blocked = await put(documentOf(name));
      const expected = isPublic ? 'Put public bucket policy is not allowed' : '';
      assert.deepEqual([blocked.status, blocked.message], [isPublic ? 403 : 200, expected], name);
      await setBlock(false);
      await stage.setPolicy(undefined);
    }
    const missing = await call('owner', { bucket: 'none', query: { policyStatus: undefined } });
    assert.deepEqual([missing.status, missing.code], [404, 'NoSuchBucket']);
  });

  it('that locks its owner out goes by the hand of the operator', async () => {
    await put(
      statement({
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { Bool: { 'acs:SecureTransport': 'false' } },
      }),
    );
    const locked = await call('owner', { method: 'DELETE', query: policy });
    assert.deepEqual([locked.status, locked.ec], [403, '0003-00000101']);
    assert.equal(locked.message, 'Access denied by bucket policy.');
    await stage.setPolicy(undefined);
    assert.equal((await call('owner', { query: policy })).status, 404);
  });

  it('lets nobody without a name change how the bucket is set up, whatever it says', async () => {
    await put(
      statement({
        Action: 'oss:*',
        Resource: ['acs:oss:*:*:shop', 'acs:oss:*:*:shop/*'],
        Principal: '*',
      }),
    );
    const writes = [
      { method: 'DELETE', query: policy },
      { method: 'PUT', query: { acl: undefined }, headers: { 'x-oss-acl': 'public-read' } },
      {
        method: 'PUT',
        key: 'a',
        query: { acl: undefined },
        headers: { 'x-oss-object-acl': 'private' },
      },
      { method: 'DELETE' },
    ];
    for (const write of writes) {
      const answer = await call('anon', write);
      assert.deepEqual([answer.status, answer.ec], [403, '0003-00001201'], answer.text);
    }
    assert.equal((await call('anon', { query: policy })).status, 200);
    assert.equal((await call('anon', { method: 'PUT', key: 'a', body: 'a' })).status, 200);
    const list = await call('anon', {});
    assert.match(list.text, /<Key>a<\/Key>/);
    assert.equal((await call('anon', { method: 'DELETE', key: 'a' })).status, 204);
    await stage.setPolicy(undefined);
  });

  it('that allows listing leaves the root of a website to its page', async () => {
    await put(documentOf('B11'));
    const { buckets } = stage.server.rooms.engines.metadata;
    await call('owner', { method: 'PUT', key: 'index.html', body: 'page' });
    assert.match((await call('anon', {})).text, /<ListBucketResult>/);
    await buckets.setBucketDocument(stage.shop.id, 'website', '{"index":{"suffix":"index.html"}}');
    // The page itself is private: listing is one right, reading another.
    assert.equal((await call('anon', {})).ec, '0003-00000001');
    await buckets.setBucketDocument(stage.shop.id, 'website', undefined);
    await stage.setPolicy(undefined);
  });
});

describe('a refusal', () => {
  const forbidden = 'Anonymous access is forbidden for this operation.';
  const object = 'You have no right to access this object because of bucket acl.';
  const foreign = 'The bucket you access does not belong to you.';
  const rows: readonly (readonly [string, Call, string, string])[] = [
    ['of an object', { as: 'other', key: 'k' }, '0003-00000001', object],
    ['of an object to nobody', { as: 'anon', key: 'k' }, '0003-00000001', object],
    ['of buckets to nobody', { as: 'anon', bucket: '' }, '0003-00001201', forbidden],
    [
      'of buckets to a user',
      { as: 'alice', bucket: '' },
      '0003-00000001',
      'You are forbidden to list buckets.',
    ],
    ['of a listing', { as: 'alice' }, '0003-00000001', 'You are forbidden to list buckets.'],
    [
      'of a listing to nobody',
      { as: 'anon', query: { 'list-type': '2' } },
      '0003-00001201',
      'Anonymous user has no right to access this bucket.',
    ],
    [
      'of a configuration',
      { as: 'other', query: { bucketInfo: undefined } },
      '0003-00000001',
      foreign,
    ],
    [
      'of a configuration to nobody',
      { as: 'anon', query: { bucketInfo: undefined } },
      '0003-00001201',
      forbidden,
    ],
    ['of an ACL', { as: 'other', query: { acl: undefined } }, '0003-00000007', foreign],
    [
      'of Referers',
      { as: 'other', method: 'PUT', query: { referer: undefined } },
      '0003-00000002',
      foreign,
    ],
    [
      'to read the ACL of an object',
      { as: 'alice', key: 'k', query: { acl: undefined } },
      '0003-00000001',
      'You do not have read acl permission on this object.',
    ],
    [
      'to write the ACL of an object',
      {
        as: 'alice',
        key: 'k',
        method: 'PUT',
        query: { acl: undefined },
        headers: { 'x-oss-object-acl': 'private' },
      },
      '0003-00000001',
      'You do not have write acl permission on this object.',
    ],
    [
      'of a new bucket',
      { as: 'alice', bucket: 'newshop', method: 'PUT' },
      '0003-00000001',
      'AccessDenied',
    ],
    [
      'of a document of deletions that nobody could send',
      { as: 'anon', method: 'POST', query: { delete: undefined }, body: '<x/>' },
      '0003-00000001',
      object,
    ],
  ];
  for (const [name, asked, ec, message] of rows) {
    it(name, async () => {
      const { as, ...more } = asked;
      const answer = await call(as, more);
      assert.deepEqual(
        [answer.status, answer.code, answer.ec, answer.message],
        [403, 'AccessDenied', ec, message],
      );
      assert.equal(answer.text.includes('AccessDeniedDetail'), as === 'alice');
    });
  }

  const detailOf = (text: string) =>
    Object.fromEntries(
      [
        ...(/<AccessDeniedDetail>(.*)<\/AccessDeniedDetail>/s.exec(text)?.[1] ?? '').matchAll(
          /<(\w+)>([^<]*)</g,
        ),
      ].map(([, name, value]) => [name, value]),
    );

  it('tells a user which right is missing', async () => {
    const { text } = await call('alice', { method: 'PUT', key: 'k', body: 'x' });
    assert.deepEqual(detailOf(text), {
      PolicyType: 'AccountLevelIdentityBasedPolicy',
      AuthPrincipalOwnerId: '1000000000000001',
      AuthPrincipalType: 'SubUser',
      AuthPrincipalDisplayName: '2000000000000011',
      NoPermissionType: 'ImplicitDeny',
      AuthAction: 'oss:PutObject',
    });
  });

  it('tells a user of an explicit Deny, and whose it is', async () => {
    await stage.attach(['R4']);
    const { text, message } = await call('alice', { method: 'DELETE', key: 'private/x' });
    assert.equal(message, 'Access denied by bucket policy.');
    assert.deepEqual([textOf(text, 'Bucket'), textOf(text, 'User')], ['shop', '2000000000000011']);
    assert.equal(detailOf(text).NoPermissionType, 'ExplicitDeny');
    await stage.attach([]);
  });

  it('tells a session its role and name, and is worded for a session policy', async () => {
    const { text } = await call('ses', { key: 'k' });
    assert.equal(detailOf(text).AuthPrincipalType, 'AssumedRoleUser');
    assert.equal(detailOf(text).AuthPrincipalDisplayName, 'uploader:ci-1');
    const narrowed = await call('ses', { key: 'k', session: documentOf('S1') });
    assert.equal(narrowed.message, "Access denied by authorizer's policy.");
    assert.equal(narrowed.ec, '0003-00000301');
  });

  it('of a certificate names its right', async () => {
    await stage.attach(['R8']);
    const certificate = { chainPem: 'x', keyPem: 'y' };
    const query = { cname: undefined, comp: 'add' };
    const ask = () =>
      call('alice', {
        method: 'POST',
        query,
        body: putCnameDocument('a.example', { certificate }),
      });
    const refused = await ask();
    assert.equal(refused.ec, '0003-00000001');
    assert.equal(detailOf(refused.text).AuthAction, 'yundun-cert:DescribeSSLCertificatePrivateKey');
    await stage.attach(['R9']);
    assert.notEqual((await ask()).code, 'AccessDenied');
    // A bucket policy can hand on domains, not certificates.
    await stage.setPolicy(
      statement({ Action: '*', Resource: '*', Principal: ['2000000000000021'] }),
    );
    const foreignUser = await call('carol', {
      method: 'POST',
      query,
      body: putCnameDocument('a.example', { certificate }),
    });
    assert.deepEqual([foreignUser.status, foreignUser.ec], [403, '0003-00000001']);
    await stage.setPolicy(undefined);
    await stage.attach([]);
  });
});

describe('users', () => {
  it('make buckets of their account, and see those alone', async () => {
    const { identities } = stage.server.rooms.engines.metadata;
    const { userId, accountId } = { userId: '2000000000000021', accountId: '1000000000000002' };
    await identities.attachPolicy(userId, 'AliyunOSSFullAccess', { isBuiltIn: true, limit: 20 });
    assert.equal((await call('carol', { bucket: 'carols', method: 'PUT' })).status, 200);
    const list = await call('carol', { bucket: '' });
    assert.deepEqual(
      [...list.text.matchAll(/<Name>([^<]*)</g)].map(([, name]) => name),
      ['carols'],
    );
    assert.equal(textOf(list.text, 'ID'), accountId);
    const taken = await call('carol', { method: 'PUT' });
    assert.deepEqual([taken.status, taken.code], [409, 'BucketAlreadyExists']);
    assert.equal((await call('other', { bucket: 'carols', method: 'DELETE' })).status, 204);
    await identities.detachPolicy(userId, 'AliyunOSSFullAccess');
    assert.equal((await call('carol', { bucket: '' })).status, 403);
  });

  it('that are disabled are refused with all their keys', async () => {
    const { identities } = stage.server.rooms.engines.metadata;
    await identities.setIdentityStanding('2000000000000011', 'disabled');
    const refused = await call('alice', { key: 'k' });
    assert.deepEqual([refused.code, refused.ec], ['InvalidAccessKeyId', '0002-00000903']);
    await identities.setIdentityStanding('2000000000000011', 'active');
    assert.equal((await call('alice', { key: 'k' })).code, 'AccessDenied');
  });
});
