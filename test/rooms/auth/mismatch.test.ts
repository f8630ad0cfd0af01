import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import type { SigningFacts } from '../../../src/auth/index.ts';
import {
  type RequestToSign,
  signHeaderV1,
  signHeaderV4,
  signUrlV1,
  signUrlV4,
} from '../../support/sign.ts';
import { alice, createAuthRoom, refusalOf } from './room.ts';

const host = 'localhost:9080';
const wrong = { ...alice, accessKeySecret: 'not the secret' };
const room = createAuthRoom();
const unhex = (text = '') => Buffer.from(text.replaceAll(' ', ''), 'hex').toString('utf8');

describe('the answer to a wrong signature', () => {
  it('tells what was signed, as text and as bytes (V1)', async () => {
    const signed = signHeaderV1({
      host,
      bucket: 'b',
      key: '中.txt',
      query: { acl: '' },
      credentials: wrong,
    });
    const refusal = await refusalOf(room, signed);
    const date = 'Sun, 22 Nov 2026 09:00:00 GMT';
    const text = `GET\n\n\n${date}\nx-oss-date:${date}\n/b/中.txt?acl`;
    assert.equal(refusal.status, 403);
    assert.equal(refusal.ec, '0002-00000040');
    assert.deepEqual(Object.keys(refusal.fields), [
      'OSSAccessKeyId',
      'SignatureProvided',
      'StringToSign',
      'StringToSignBytes',
    ]);
    assert.equal(refusal.fields.OSSAccessKeyId, alice.accessKeyId);
    assert.equal(refusal.fields.SignatureProvided, signed.headers.authorization?.split(':')[1]);
    assert.equal(refusal.fields.StringToSign, text);
    assert.match(refusal.fields.StringToSignBytes ?? '', /^47 45 54 0A( [0-9A-F]{2})+$/);
    assert.equal(unhex(refusal.fields.StringToSignBytes), text);
  });

  it('tells the canonical request too (V4)', async () => {
    const refusal = await refusalOf(room, signHeaderV4({ host, bucket: 'b', credentials: wrong }));
    assert.equal(refusal.ec, '0002-00000201');
    assert.deepEqual(Object.keys(refusal.fields), [
      'OSSAccessKeyId',
      'SignatureProvided',
      'StringToSign',
      'StringToSignBytes',
      'CanonicalRequest',
      'CanonicalRequestBytes',
    ]);
    assert.equal(
      refusal.fields.CanonicalRequest,
      'GET\n/b/\n\nx-oss-content-sha256:UNSIGNED-PAYLOAD\nx-oss-date:20261122T090000Z\n\n\nUNSIGNED-PAYLOAD',
    );
    assert.equal(unhex(refusal.fields.CanonicalRequestBytes), refusal.fields.CanonicalRequest);
  });

  it('never holds the right signature, whatever the scheme', async () => {
    for (const sign of [signHeaderV1, signHeaderV4, signUrlV1, signUrlV4]) {
      const request: RequestToSign = { host, bucket: 'b', key: 'k', credentials: wrong };
      const refusal = await refusalOf(room, sign(request));
      const text = refusal.fields.StringToSign ?? '';
      const v1 = createHmac('sha1', alice.accessKeySecret).update(text).digest();
      const right = sign({ ...request, credentials: alice });
      const answer = JSON.stringify([refusal.message, refusal.fields]);
      const presented = decodeURIComponent(JSON.stringify(right));
      const signature = /Signature=([\w+/=]+)|OSS \w+:([\w+/=]+)|x-oss-signature=(\w+)/.exec(
        presented,
      );
      const value = signature?.slice(1).find(Boolean) ?? '';
      assert.ok(value.length >= 28);
      assert.equal(answer.includes(value), false, sign.name);
      assert.equal(answer.includes(v1.toString('base64')), false);
      assert.equal(answer.includes(v1.toString('hex')), false);
    }
  });

  it('to HEAD stays small enough for one header', async () => {
    const headers = { 'x-oss-meta-long': 'x'.repeat(8000) };
    const request = { method: 'HEAD', host, bucket: 'b', key: 'k', credentials: wrong };
    const short = await refusalOf(room, signHeaderV1(request));
    assert.ok(short.fields.StringToSign);
    assert.equal(short.fields.StringToSignBytes, undefined);
    const long = await refusalOf(room, signHeaderV1({ ...request, headers }));
    assert.equal(long.fields.StringToSign, undefined);
  });
});

interface Misconfigured {
  what: string;
  /** What the client signed. */
  signed: { bucket: string; key: string };
  host: string;
  path: string;
  /** What the server read. */
  facts: SigningFacts;
  advice: RegExp[];
}

const misconfigured: Misconfigured[] = [
  {
    what: 'Java takes an endpoint for a custom domain and drops the bucket',
    signed: { bucket: '', key: 'dir/k' },
    host: 'b.oss.test',
    path: '/dir/k',
    facts: { bucket: 'b', key: 'dir/k', addressing: 'virtual-host' },
    advice: [/without the bucket name b/, /setSupportCname\(false\)/],
  },
  {
    what: 'a client on a mapped domain signs without the bucket',
    signed: { bucket: '', key: 'k' },
    host: 'www.example.com',
    path: '/k',
    facts: { bucket: 'b', key: 'k', addressing: 'mapped-domain' },
    advice: [/without the bucket name b/, /On a mapped domain the bucket must still be signed/],
  },
  {
    what: 'a key is sent to the bare endpoint as if it were a custom domain',
    signed: { bucket: '', key: 'index.html' },
    host: 'localhost:9080',
    path: '/index.html',
    facts: { bucket: 'index.html', key: '', addressing: 'path' },
    advice: [/for a key "index.html" without any bucket/, /`sldEnable: true` instead of `cname/],
  },
  {
    what: 'ali-oss with an IP endpoint and sldEnable doubles the bucket',
    signed: { bucket: 'b', key: 'dir/k' },
    host: 'b.oss-cn-hangzhou.aliyuncs.com',
    path: '/b/dir/k',
    facts: { bucket: 'b', key: 'b/dir/k', addressing: 'virtual-host' },
    advice: [/Host names the bucket b and the path names it again/, /leave out `sldEnable`/],
  },
  {
    what: 'the same for the bucket itself',
    signed: { bucket: 'b', key: '' },
    host: 'b.oss-cn-hangzhou.aliyuncs.com',
    path: '/b/',
    facts: { bucket: 'b', key: 'b/', addressing: 'virtual-host' },
    advice: [/leave out `sldEnable`/],
  },
  {
    what: 'path style through a mapped domain',
    signed: { bucket: 'b', key: 'k' },
    host: 'www.example.com',
    path: '/b/k',
    facts: { bucket: 'b', key: 'b/k', addressing: 'mapped-domain' },
    advice: [/ali-oss `cname: true` without `sldEnable`/, /`UseCname` instead of `UsePathStyle`/],
  },
  {
    what: 'an endpoint that ends with the bucket, in path style',
    signed: { bucket: 'b', key: 'k' },
    host: 'localhost:9080',
    path: '/b/b/k',
    facts: { bucket: 'b', key: 'b/k', addressing: 'path' },
    advice: [/names the bucket b twice/, /endpoint of the client must not end/],
  },
];

describe('a client in the wrong addressing mode', () => {
  for (const sign of [signHeaderV1, signHeaderV4, signUrlV1, signUrlV4]) {
    for (const { what, signed, host: to, path, facts, advice } of misconfigured) {
      it(`is told the setting to change and is not let in: ${what} (${sign.name})`, async () => {
        const request = sign({ host: to, path, ...signed, credentials: alice });
        const refusal = await refusalOf(room, request, facts);
        assert.equal(refusal.code, 'SignatureDoesNotMatch');
        assert.match(refusal.message, /^The request signature we calculated does not match/);
        for (const text of advice) assert.match(refusal.message, text);
      });
    }
  }

  it('gets no advice when the secret is wrong too', async () => {
    const { signed, host: to, path, facts } = misconfigured[0] as Misconfigured;
    const request = signHeaderV4({ host: to, path, ...signed, credentials: wrong });
    const { message } = await refusalOf(room, request, facts);
    assert.match(message, /Check your key and signing method\.$/);
  });
});
