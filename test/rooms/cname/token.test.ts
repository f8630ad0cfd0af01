/** The life of a token (custom-domain.md 3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actorOf, openRooms } from './rooms.ts';

const domain = 'img.shop.example';
const hour = 3_600_000;

test('a token asked for twice within 72 h is the same token, same expiry', async (context) => {
  const { cnames, world, makeBucket } = await openRooms(context);
  const bucket = await makeBucket('shop-assets');
  const issue = () => cnames.issueToken(bucket, domain, actorOf(bucket));
  const first = await issue();
  assert.match(first.token, /^[0-9a-f]{32}$/);
  assert.equal(first.expiresAt, world.clock.now() + 72 * hour);
  world.advance(72 * hour - 1);
  assert.deepEqual(await issue(), first);
  assert.deepEqual(await cnames.findToken(bucket, domain), first);
  world.advance(1);
  await assert.rejects(cnames.findToken(bucket, domain), { code: 'CnameTokenNotFound' });
  const second = await issue();
  assert.notEqual(second.token, first.token);
  assert.equal(second.expiresAt, first.expiresAt + 72 * hour);
});

test('a token is of one bucket and one domain', async (context) => {
  const { cnames, makeBucket } = await openRooms(context);
  const [one, other] = [await makeBucket('one'), await makeBucket('other')];
  const tokens = [
    await cnames.issueToken(one, domain, actorOf(one)),
    await cnames.issueToken(other, domain, actorOf(other)),
    await cnames.issueToken(one, 'static.shop.example', actorOf(one)),
  ].map((each) => each.token);
  assert.equal(new Set(tokens).size, 3);
});

test('spellings of one name share one token', async (context) => {
  const { cnames, makeBucket } = await openRooms(context);
  const bucket = await makeBucket('shop-assets');
  const first = await cnames.issueToken(bucket, domain, actorOf(bucket));
  for (const text of ['IMG.Shop.Example', 'img.shop.example.', ' \n img.shop.example\t']) {
    assert.deepEqual(await cnames.issueToken(bucket, text, actorOf(bucket)), first);
    assert.deepEqual(await cnames.findToken(bucket, text), first);
  }
});

test('a token that was never made says which bucket and domain', async (context) => {
  const { cnames, makeBucket } = await openRooms(context);
  const bucket = await makeBucket('shop-assets');
  await assert.rejects(cnames.findToken(bucket, 'IMG.shop.example'), {
    code: 'CnameTokenNotFound',
    status: 404,
    ec: '0018-00000301',
    message: 'Cname token not found.',
    fields: { Bucket: 'shop-assets', Cname: domain },
  });
});

test('a mapped domain needs no token, and an unmapped one needs a new one', async (context) => {
  const { cnames, makeBucket, map } = await openRooms(context);
  const bucket = await makeBucket('shop-assets');
  const { token } = await cnames.issueToken(bucket, domain, actorOf(bucket));
  await map(bucket, domain);
  await assert.rejects(cnames.findToken(bucket, domain), { code: 'CnameTokenNotFound' });
  await assert.rejects(cnames.issueToken(bucket, domain, actorOf(bucket)), {
    code: 'NoNeedCreateCnameToken',
    status: 403,
    ec: '0018-00000302',
  });
  await cnames.unmapDomain(bucket, domain, actorOf(bucket));
  const next = await cnames.issueToken(bucket, domain, actorOf(bucket));
  assert.notEqual(next.token, token);
});

test('a bucket has so many live tokens; dead ones do not count', async (context) => {
  const { cnames, world, makeBucket } = await openRooms(context, {
    rules: { tokensPerBucketMax: 2 },
  });
  const bucket = await makeBucket('shop-assets');
  const issue = (name: string) => cnames.issueToken(bucket, name, actorOf(bucket));
  const first = await issue('a.example');
  await issue('b.example');
  await assert.rejects(issue('c.example'), {
    code: 'TooManyCnameToken',
    status: 400,
    message: 'You have attempted to create more cname token than allowed.',
    fields: { Bucket: 'shop-assets' },
  });
  assert.deepEqual(await issue('a.example'), first);
  world.advance(72 * hour);
  await issue('c.example');
});

const faults: readonly [string, RegExp][] = [
  ['', /empty/],
  [' ', /empty/],
  ['w.c', /^Entire hostname must be longer than 3 ASCII characters\.$/],
  ['*.shop.example', /[Ww]ildcard/],
  ['bücher.example', /xn--/],
  ['http://img.shop.example/', /URL/],
  ['img.shop.example:80', /port/],
  ['127.0.0.1', /IP address/],
  ['img shop.example', /white space/],
  ['localhost', /two labels/],
];

for (const [text, message] of faults) {
  test(`no token for ${JSON.stringify(text)}`, async (context) => {
    const { cnames, makeBucket } = await openRooms(context);
    const bucket = await makeBucket('shop-assets');
    const refusal = {
      code: 'InvalidArgument',
      status: 400,
      message,
      fields: { ArgumentName: 'Domain', ArgumentValue: text.trim() },
    };
    await assert.rejects(cnames.issueToken(bucket, text, actorOf(bucket)), refusal);
    await assert.rejects(cnames.findToken(bucket, text), refusal);
  });
}

test('the published second-level code is that of short names', async (context) => {
  const { cnames, makeBucket } = await openRooms(context);
  const bucket = await makeBucket('shop-assets');
  await assert.rejects(cnames.findToken(bucket, 'w.c'), { ec: '0017-00000249' });
});

test('reserved names get no token', async (context) => {
  const { cnames, makeBucket } = await openRooms(context);
  const bucket = await makeBucket('shop-assets');
  for (const name of ['x.oss.endpoint.example', 'a.localhost', 'co.uk', 'x.arpa']) {
    await assert.rejects(cnames.issueToken(bucket, name, actorOf(bucket)), {
      code: 'CnameIsForbidden',
      status: 403,
      ec: '0018-00000401',
    });
  }
});

test('a token for a bucket deleted meanwhile is NoSuchBucket', async (context) => {
  const { cnames, engine, world, makeBucket } = await openRooms(context);
  const bucket = await makeBucket('shop-assets');
  await engine.buckets.deleteBucket(bucket.id, { actor: actorOf(bucket), at: world.clock.now() });
  await assert.rejects(cnames.issueToken(bucket, domain, actorOf(bucket)), {
    code: 'NoSuchBucket',
    fields: { BucketName: 'shop-assets' },
  });
});
