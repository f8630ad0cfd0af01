import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SigningFacts } from '../../../src/auth/index.ts';
import {
  type RequestToSign,
  type SignedRequest,
  signHeaderV1,
  signHeaderV4,
  signUrlV1,
  signUrlV4,
} from '../../support/sign.ts';
import { isCaptured, signableOf, vectors } from '../signing/vectors.ts';
import { alice, authenticate, createAuthRoom, refusalOf, sessionOf } from './room.ts';

const minute = 60_000;
const schemes: Record<string, (request: RequestToSign) => SignedRequest> = {
  'V1 in the header': signHeaderV1,
  'V4 in the header': signHeaderV4,
  'V1 in the URL': signUrlV1,
  'V4 in the URL': signUrlV4,
};

const host = 'localhost:9080';
const requests: Record<string, RequestToSign> = {
  'the list of buckets': { host, credentials: alice },
  'a list of objects': {
    host,
    bucket: 'b-1',
    query: { prefix: 'a b/+', 'max-keys': '3' },
    credentials: alice,
  },
  'an upload with metadata': {
    method: 'PUT',
    host,
    bucket: 'b-1',
    key: 'dir/a.txt',
    headers: {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-MD5': 'SfaKXIST7CwL9ImCHCH8Ow==',
      'x-oss-meta-b': '2',
      'x-oss-meta-a': Buffer.from('grün à', 'utf8').toString('latin1'),
    },
    credentials: alice,
  },
  'a key of odd characters': {
    host,
    bucket: 'b-1',
    key: 'a b+c%2F/中 文/!\'()*~;=&#"<>\\^`{|}',
    credentials: alice,
  },
  'a mapping': {
    method: 'POST',
    host,
    bucket: 'b-1',
    query: { cname: undefined, comp: 'add' },
    headers: { 'content-type': 'application/xml' },
    credentials: alice,
  },
  'a query of odd names': {
    host,
    bucket: 'b-1',
    query: { '+a': '1', '|a': '', acl: '', 'x-oss-process': 'image/resize,w_100', 中: '文' },
    credentials: alice,
  },
};

describe('a signed request', () => {
  for (const [scheme, sign] of Object.entries(schemes)) {
    for (const [what, request] of Object.entries(requests)) {
      it(`for ${what} is its account’s, with ${scheme}`, async () => {
        const caller = await authenticate(createAuthRoom(), sign(request));
        assert.deepEqual(caller, {
          kind: 'account',
          accountId: 'id-alice',
          accountName: 'alice',
          accessKeyId: alice.accessKeyId,
          form: scheme.endsWith('URL') ? 'query' : 'header',
        });
      });
    }

    for (const addressing of ['virtual-host', 'mapped-domain'] as const) {
      it(`signs the bucket when it stands in the Host (${addressing}), with ${scheme}`, async () => {
        const signed = sign({
          host: addressing === 'virtual-host' ? 'b-1.oss.test' : 'www.example.com',
          bucket: 'b-1',
          key: 'k',
          style: 'virtual',
          credentials: alice,
        });
        const facts: SigningFacts = { bucket: 'b-1', key: 'k', addressing };
        const caller = await authenticate(createAuthRoom(), signed, facts);
        assert.equal(caller.kind, 'account');
      });
    }
  }

  it('with additional headers counts them, the Host of a mapped domain among them', async () => {
    const facts: SigningFacts = { bucket: 'b-1', key: 'k', addressing: 'mapped-domain' };
    for (const sign of [signHeaderV4, signUrlV4]) {
      const signed = sign({
        host: 'www.example.com',
        bucket: 'b-1',
        key: 'k',
        style: 'virtual',
        headers: { range: 'bytes=0-3', accept: '*/*' },
        additionalHeaders: ['Range', 'Host'],
        credentials: alice,
      });
      assert.equal((await authenticate(createAuthRoom(), signed, facts)).kind, 'account');
      const other = { ...signed, headers: { ...signed.headers, accept: 'text/html' } };
      assert.equal((await authenticate(createAuthRoom(), other, facts)).kind, 'account');
      for (const change of [{ host: 'www.example.org' }, { range: 'bytes=0-4' }]) {
        const changed = { ...signed, headers: { ...signed.headers, ...change } };
        const refusal = await refusalOf(createAuthRoom(), changed, facts);
        assert.equal(refusal.code, 'SignatureDoesNotMatch');
      }
    }
  });

  it('is anonymous when it carries no signature at all', async () => {
    const room = createAuthRoom();
    const signed = { method: 'GET', target: '/b/k?Expires=1&acl', headers: { host } };
    assert.deepEqual(await authenticate(room, signed), { kind: 'anonymous' });
    assert.equal(room.lookups(), 0);
  });
});

describe('requests captured from official clients', () => {
  for (const vector of vectors.filter(isCaptured)) {
    const { inputs } = vector;
    const token = inputs.headers['x-oss-security-token'];
    it(`${vector.id} is ${token ? 'let in as a session' : 'let in'}`, async () => {
      const { access_key_id: accessKeyId, access_key_secret: secret } = inputs;
      const now = vector.id < 'captured-7' ? '2026-11-22T13:26:20Z' : '2026-11-22T13:27:20Z';
      const room = createAuthRoom({
        now: Date.parse(now),
        keys: [
          {
            accessKeyId,
            accountId: '1',
            accountName: 'a',
            secret,
            standing: 'active',
            user: undefined,
          },
        ],
        sessions: token ? { [token]: sessionOf({ accessKeyId, secret }) } : {},
      });
      const { bucket, key, headers } = signableOf(vector);
      const signed = {
        method: inputs.method,
        target: inputs.raw_target ?? '',
        headers: { ...headers },
      };
      const facts: SigningFacts = { bucket, key, addressing: 'path' };
      const expected = token ? 'session' : 'account';
      assert.equal((await authenticate(room, signed, facts)).kind, expected);
    });
  }

  it('have their token looked at before their signature', async () => {
    const vector = vectors.find(({ id }) => id === 'captured-4');
    assert.ok(vector);
    const { bucket, key, headers } = signableOf(vector);
    const room = createAuthRoom({
      now: Date.parse('2026-11-22T13:26:20Z'),
      keys: [
        {
          accessKeyId: 'ak',
          accountId: '1',
          accountName: 'a',
          secret: 'other',
          standing: 'active',
          user: undefined,
        },
      ],
    });
    const signed = {
      method: 'GET',
      target: vector.inputs.raw_target ?? '',
      headers: { ...headers },
    };
    const refusal = await refusalOf(room, signed, { bucket, key, addressing: 'virtual-host' });
    assert.equal(refusal.code, 'InvalidAccessKeyId');
    assert.equal(refusal.ec, '0002-00000902');
  });
});

describe('what real clients need forgiven', () => {
  const room = createAuthRoom();
  const list = {
    host,
    bucket: 'b',
    query: { marker: '', prefix: '', acl: '' },
    credentials: alice,
  };

  it('Authorization parts in any order, with or without spaces', async () => {
    const signed = signHeaderV4({ ...list, additionalHeaders: ['host'] });
    const { authorization = '' } = signed.headers;
    const [scheme, rest = ''] = authorization.split(/ (.*)/s);
    const parts = rest.split(',');
    const orders = [parts, [...parts].reverse(), [parts[1], parts[2], parts[0]]];
    for (const order of orders) {
      for (const glue of [',', ', ', ' , ', ',,']) {
        const headers = { ...signed.headers, authorization: `${scheme}  ${order.join(glue)}` };
        assert.equal((await authenticate(room, { ...signed, headers })).kind, 'account');
      }
    }
  });

  it('`name=` and `name` are one thing to every scheme', async () => {
    for (const sign of Object.values(schemes)) {
      const signed = sign({ host, bucket: 'b', query: { acl: undefined }, credentials: alice });
      const target = signed.target.replace(/acl(?==?)/, 'acl=').replace('acl==', 'acl=');
      assert.equal((await authenticate(room, { ...signed, target })).kind, 'account');
    }
  });

  it('empty ordinary parameters signed with the equals sign, sub-resources without', async () => {
    const { createHmac, createHash } = await import('node:crypto');
    const date = '20261122T090000Z';
    const scope = '20261122/cn-hangzhou/oss/aliyun_v4_request';
    const sign = (query: string) => {
      const canonical = [
        'GET',
        '/b/',
        query,
        `x-oss-content-sha256:UNSIGNED-PAYLOAD\nx-oss-date:${date}\n`,
        '',
        'UNSIGNED-PAYLOAD',
      ].join('\n');
      const hash = createHash('sha256').update(canonical).digest('hex');
      let key: string | Buffer = `aliyun_v4${alice.accessKeySecret}`;
      for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest();
      const text = `OSS4-HMAC-SHA256\n${date}\n${scope}\n${hash}`;
      const signature = createHmac('sha256', key).update(text).digest('hex');
      const credential = `${alice.accessKeyId}/${scope}`;
      return {
        method: 'GET',
        target: '/b/?marker=&prefix=&acl=',
        headers: {
          host,
          'x-oss-date': date,
          'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
          authorization: `OSS4-HMAC-SHA256 Credential=${credential},Signature=${signature}`,
        },
      };
    };
    assert.equal((await authenticate(room, sign('acl&marker&prefix'))).kind, 'account');
    assert.equal((await authenticate(room, sign('acl&marker=&prefix='))).kind, 'account');
    for (const query of ['acl=&marker=&prefix=', 'acl&marker&prefix=', 'acl&marker=']) {
      assert.equal((await refusalOf(room, sign(query))).code, 'SignatureDoesNotMatch', query);
    }
  });

  it('V1 with Date alone, with x-oss-date alone, and with both: then x-oss-date counts', async () => {
    const now = new Date(room.world.clock.now()).toUTCString();
    const request = { host, bucket: 'b', credentials: alice };
    for (const headers of [
      { date: now },
      { 'x-oss-date': now },
      { 'x-oss-date': now, date: 'Thu, 01 Jan 1970 00:00:00 GMT' },
    ]) {
      assert.equal(
        (await authenticate(room, signHeaderV1({ ...request, headers }))).kind,
        'account',
      );
    }
  });

  it('V4 with Date instead of x-oss-date', async () => {
    const now = room.world.clock.now();
    const { createHmac, createHash } = await import('node:crypto');
    const canonical = 'GET\n/\n\nx-oss-content-sha256:UNSIGNED-PAYLOAD\n\n\nUNSIGNED-PAYLOAD';
    const scope = '20261122/cn-hangzhou/oss/aliyun_v4_request';
    let key: string | Buffer = `aliyun_v4${alice.accessKeySecret}`;
    for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest();
    const hash = createHash('sha256').update(canonical).digest('hex');
    const text = `OSS4-HMAC-SHA256\n20261122T090000Z\n${scope}\n${hash}`;
    const signature = createHmac('sha256', key).update(text).digest('hex');
    const authorization = `OSS4-HMAC-SHA256 Credential=${alice.accessKeyId}/${scope}, Signature=${signature}`;
    const headers = {
      host,
      date: new Date(now).toUTCString(),
      'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
      authorization,
    };
    const caller = await authenticate(room, { method: 'GET', target: '/', headers });
    assert.equal(caller.kind, 'account');
  });

  it('a plus sign in the base64 of a V1 URL that was not escaped', async () => {
    let signed: SignedRequest;
    let n = 0;
    do signed = signUrlV1({ host, bucket: 'b', key: `k${n++}`, credentials: alice });
    while (!signed.target.includes('%2B'));
    const target = signed.target.replaceAll('%2B', '+');
    assert.equal((await authenticate(room, { ...signed, target })).kind, 'account');
  });

  it('V1 header signatures after the shorter list, for what changes no operation', async () => {
    const plain = signHeaderV1({ host, bucket: 'b', credentials: alice });
    const target = '/b/?list-type=2&continuation-token=x&x-oss-request-payer=requester';
    assert.equal((await authenticate(room, { ...plain, target })).kind, 'account');
    for (const name of ['policy', 'versionId=1', 'cname', 'x-oss-process=p', 'tagging']) {
      const more = { ...plain, target: `/b/?${name}` };
      assert.equal((await refusalOf(room, more)).code, 'SignatureDoesNotMatch', name);
    }
    const url = signUrlV1({ host, bucket: 'b', credentials: alice });
    const added = { ...url, target: `${url.target}&continuation-token=x` };
    assert.equal((await refusalOf(room, added)).code, 'SignatureDoesNotMatch');
  });

  it('a clock that is off by 15 minutes, but not by one second more', async () => {
    for (const sign of [signHeaderV1, signHeaderV4]) {
      for (const off of [-15 * minute, 15 * minute]) {
        const at = room.world.clock.now() + off;
        const caller = await authenticate(room, sign({ host, credentials: alice, at }));
        assert.equal(caller.kind, 'account');
        const late = sign({ host, credentials: alice, at: at + Math.sign(off) * 1000 });
        assert.equal((await refusalOf(room, late)).code, 'RequestTimeTooSkewed');
      }
    }
  });

  it('any region of the list', async () => {
    const two = createAuthRoom({ regions: ['cn-hangzhou', 'eu-central-1'] });
    const signed = signHeaderV4({ host, credentials: alice, region: 'eu-central-1' });
    assert.equal((await authenticate(two, signed)).kind, 'account');
    assert.equal((await refusalOf(room, signed)).ec, '0002-00000226');
  });
});
