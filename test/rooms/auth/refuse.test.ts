import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type SignedRequest,
  signHeaderV1,
  signHeaderV4,
  signUrlV1,
  signUrlV4,
} from '../../support/sign.ts';
import { alice, authenticate, createAuthRoom, gone, refusalOf } from './room.ts';

const host = 'localhost:9080';
const request = { host, bucket: 'b', key: 'k', credentials: alice };
const room = createAuthRoom();
const second = 1000;

type Headers = Record<string, string | undefined>;

/** The signed request with headers replaced, or taken out where the value is undefined. */
function withHeaders(signed: SignedRequest, changes: Headers): SignedRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...signed.headers, ...changes })) {
    if (value !== undefined) headers[name] = value;
  }
  return { ...signed, headers };
}

function withTarget(signed: SignedRequest, change: (target: string) => string): SignedRequest {
  const target = change(signed.target);
  assert.notEqual(target, signed.target, 'the test must change the target');
  return { ...signed, target };
}

const authorization = (text: string) => withHeaders(signHeaderV4(request), { authorization: text });
const v4 = signHeaderV4(request).headers.authorization ?? '';
const scope = '20261122/cn-hangzhou/oss/aliyun_v4_request';

interface Refusal {
  code: string;
  status: number;
  ec?: string;
  message?: string | RegExp;
  fields?: Record<string, string>;
}

function refused(what: string, signed: () => SignedRequest, expected: Refusal, in_ = room): void {
  it(`${what}: ${expected.code} ${expected.status}`, async () => {
    const refusal = await refusalOf(in_, signed());
    assert.equal(refusal.code, expected.code);
    assert.equal(refusal.status, expected.status);
    if (expected.ec) assert.equal(refusal.ec, expected.ec);
    if (typeof expected.message === 'string') assert.equal(refusal.message, expected.message);
    else if (expected.message) assert.match(refusal.message, expected.message);
    for (const [name, value] of Object.entries(expected.fields ?? {})) {
      assert.equal(refusal.fields[name], value, name);
    }
    assert.match(refusal.ec, /^\d{4}-\d{8}$/);
  });
}

describe('an Authorization header that is none', () => {
  const invalid = { code: 'InvalidArgument', status: 400 };
  for (const text of [
    '',
    'Bearer x',
    'Basic eDp5',
    'OSS',
    'oss a:b',
    'OSS4-HMAC-SHA256',
    'OSSa:b',
  ]) {
    refused(JSON.stringify(text), () => authorization(text), {
      ...invalid,
      message: 'Authorization header is invalid.',
      fields: { ArgumentName: 'Authorization', ArgumentValue: text },
    });
  }
  refused('of version 2', () => authorization('OSS2 AccessKeyId:a,Signature:b'), {
    ...invalid,
    message: /version 2 is not supported/,
  });
  refused('V1 without a colon', () => authorization('OSS ak'), {
    ...invalid,
    ec: '0002-00000062',
    message: 'Authorization header is invalid.',
  });
  for (const text of ['OSS :sig', 'OSS ak:', 'OSS : ']) {
    refused(text, () => authorization(text), {
      ...invalid,
      message: 'AccessKeyId or Signature is missing in Authorization header value.',
    });
  }
  refused('V4 with a foreign part', () => authorization(`${v4},Expires=1`), {
    ...invalid,
    message: 'Unknown parameter in Authorization header.',
  });
  refused('V4 with a part without value', () => authorization(`${v4},Credential`), {
    ...invalid,
    message: 'Unknown parameter in Authorization header.',
  });
  refused('V4 with a part twice', () => authorization(`${v4},Signature=a`), {
    ...invalid,
    message: /Signature comes more than once/,
  });
  refused('V4 without Credential', () => authorization('OSS4-HMAC-SHA256 Signature=a'), {
    ...invalid,
    ec: '0002-00000205',
  });
  refused('V4 without Signature', () => authorization('OSS4-HMAC-SHA256 Credential=a'), invalid);
  refused('V4 with empty additional headers', () => authorization(`${v4},AdditionalHeaders=`), {
    ...invalid,
    ec: '0002-00000209',
  });
  const credential = (text: string) =>
    authorization(`OSS4-HMAC-SHA256 Credential=${text},Signature=a`);
  for (const text of [
    'a',
    `a/${scope}/x`,
    'a/20261122/cn-hangzhou/s3/aliyun_v4_request',
    `a/${scope}x`,
  ]) {
    refused(`V4 with the credential ${text}`, () => credential(text), {
      ...invalid,
      ec: '0002-00000213',
    });
  }
  for (const date of ['2026112', '20261322', '20261131', 'yyyymmdd']) {
    const text = `a/${date}/cn-hangzhou/oss/aliyun_v4_request`;
    refused(`V4 with the day ${date}`, () => credential(text), { ...invalid, ec: '0002-00000223' });
  }
  refused(
    'V4 with another day than x-oss-date',
    () => credential(`a/${scope.replace('22', '23')}`),
    {
      ...invalid,
      fields: { ArgumentName: 'x-oss-date' },
    },
  );
  refused('V4 of another region', () => signHeaderV4({ ...request, region: 'us-east-1' }), {
    ...invalid,
    ec: '0002-00000226',
    message: 'Invalid signing region in Authorization header.',
  });
  refused('V1 with a key id of control characters', () => authorization('OSS a\tb:sig'), {
    ...invalid,
    ec: '0002-00000064',
  });
  refused('V4 with a key id of latin1 bytes', () => credential(`\xe9/${scope}`), {
    ...invalid,
    ec: '0002-00000206',
  });
});

describe('the access key', () => {
  const nobody = { accessKeyId: 'LTAInobody', accessKeySecret: 'x' };
  const unknown = {
    code: 'InvalidAccessKeyId',
    status: 403,
    ec: '0002-00000902',
    message: 'The OSS Access Key Id you provided does not exist in our records.',
    fields: { OSSAccessKeyId: 'LTAInobody' },
  };
  const disabled = {
    code: 'InvalidAccessKeyId',
    status: 403,
    ec: '0002-00000903',
    message: 'The OSS Access Key Id you provided is disabled.',
    fields: { OSSAccessKeyId: gone.accessKeyId },
  };
  for (const sign of [signHeaderV1, signHeaderV4, signUrlV1, signUrlV4]) {
    refused(`unknown, ${sign.name}`, () => sign({ ...request, credentials: nobody }), unknown);
    refused(`disabled, ${sign.name}`, () => sign({ ...request, credentials: gone }), disabled);
  }
  refused('of forbidden characters', () => authorization('OSS a/b:sig'), {
    code: 'InvalidAccessKeyId',
    status: 403,
    ec: '0002-00000901',
  });
  const token = { ...alice, securityToken: 'tok/en+=' };
  for (const sign of [signHeaderV1, signHeaderV4, signUrlV1, signUrlV4]) {
    refused(`with a token, ${sign.name}`, () => sign({ ...request, credentials: token }), {
      code: 'InvalidAccessKeyId',
      status: 403,
      ec: '0002-00000902',
      message: /without a security token/,
    });
  }
  refused(
    'with a token beside a signed URL',
    () => signUrlV4({ ...request, headers: { 'x-oss-security-token': 't' } }),
    {
      code: 'InvalidRequest',
      status: 400,
      message: 'Security-token must be provided by query string parameter.',
    },
  );
});

describe('the date of a header signature', () => {
  const noDate = {
    code: 'AccessDenied',
    status: 403,
    message: 'OSS authentication requires a valid Date.',
  };
  const v1 = () => signHeaderV1(request);
  refused('missing in V1', () => withHeaders(v1(), { 'x-oss-date': undefined }), noDate);
  refused(
    'missing in V4',
    () => withHeaders(signHeaderV4(request), { 'x-oss-date': undefined }),
    noDate,
  );
  for (const date of ['', 'yesterday', '2026-11-22T09:00:00Z', 'Sun, 31 Feb 2026 09:00:00 GMT']) {
    refused(`V1 ${JSON.stringify(date)}`, () => withHeaders(v1(), { 'x-oss-date': date }), noDate);
  }
  for (const date of ['', '20261122', '20261122T250000Z', 'Sun, 22 Nov 2026 09:00:00 GMT']) {
    const signed = () => withHeaders(signHeaderV4(request), { 'x-oss-date': date });
    refused(`V4 ${JSON.stringify(date)}`, signed, noDate);
  }
  const skewed = {
    code: 'RequestTimeTooSkewed',
    status: 403,
    ec: '0002-00000504',
    message: 'The difference between the request time and the current time is too large.',
    fields: {
      RequestTime: '2026-11-22T08:44:59.000Z',
      ServerTime: '2026-11-22T09:00:00.000Z',
      MaxAllowedSkewMilliseconds: '900000',
    },
  };
  const at = Date.parse('2026-11-22T08:44:59Z');
  refused('too old in V1', () => signHeaderV1({ ...request, at }), skewed);
  refused('too old in V4', () => signHeaderV4({ ...request, at }), skewed);

  it('is looked at before the key', async () => {
    const unknown = { accessKeyId: 'nobody', accessKeySecret: 'x' };
    const fresh = createAuthRoom();
    const refusal = await refusalOf(fresh, signHeaderV4({ ...request, credentials: unknown, at }));
    assert.equal(refusal.code, 'RequestTimeTooSkewed');
    assert.equal(fresh.lookups(), 0);
  });
});

describe('a V4 header request', () => {
  const invalid = {
    code: 'InvalidArgument',
    status: 400,
    fields: { ArgumentName: 'x-oss-content-sha256' },
  };
  const signed = (headers: Record<string, string>) => signHeaderV4({ ...request, headers });
  refused(
    'without x-oss-content-sha256',
    () => withHeaders(signHeaderV4(request), { 'x-oss-content-sha256': undefined }),
    invalid,
  );
  refused(
    'with a payload hash',
    () => signed({ 'x-oss-content-sha256': 'e3b0c442'.repeat(8) }),
    invalid,
  );
});

describe('a V1 signed URL', () => {
  const url = () => signUrlV1(request);
  const denied = { code: 'AccessDenied', status: 403 };
  const missing =
    'Query string authentication requires the Signature, Expires and OSSAccessKeyId parameters.';
  const without = (name: string) => () =>
    withTarget(url(), (target) => target.replace(new RegExp(`&?${name}=[^&]*`), ''));
  refused('without OSSAccessKeyId', without('OSSAccessKeyId'), {
    ...denied,
    ec: '0002-00000071',
    message: missing,
  });
  refused('without Expires', without('Expires'), {
    ...denied,
    ec: '0002-00000067',
    message: missing,
  });
  refused('without Signature', without('Signature'), { ...denied, message: missing });
  const expires = (text: string) => () =>
    withTarget(url(), (target) => target.replace(/Expires=\d+/, `Expires=${text}`));
  refused('with an empty Expires', expires(''), { ...denied, ec: '0002-00000068' });
  for (const text of ['abc', '-1', '1e9', '1.5', '9999999999999']) {
    refused(`that expires at ${text}`, expires(text), {
      ...denied,
      ec: '0002-00000070',
      message: 'Invalid date (should be seconds since epoch).',
    });
  }
  refused(
    'with an empty key id',
    () => withTarget(url(), (target) => target.replace(/OSSAccessKeyId=\w+/, 'OSSAccessKeyId=')),
    {
      code: 'InvalidArgument',
      status: 400,
      ec: '0002-00000073',
    },
  );
  refused(
    'with a wrong signature',
    () => withTarget(url(), (target) => target.replace(/Signature=.{4}/, 'Signature=AAAA')),
    {
      code: 'SignatureDoesNotMatch',
      status: 403,
      ec: '0002-00000602',
    },
  );

  it('lives until its last second and not a millisecond longer', async () => {
    const fresh = createAuthRoom();
    const signed = signUrlV1({ ...request, expiresInSeconds: 60 });
    fresh.world.advance(60 * second);
    assert.equal((await authenticate(fresh, signed)).kind, 'account');
    fresh.world.advance(1);
    const refusal = await refusalOf(fresh, signed);
    assert.equal(refusal.ec, '0002-00000069');
    assert.equal(refusal.message, 'Request has expired.');
    assert.deepEqual(
      { ...refusal.fields },
      {
        Expires: '2026-11-22T09:01:00.000Z',
        ServerTime: '2026-11-22T09:01:00.001Z',
      },
    );
  });

  it('takes the first of doubled key ids, times and signatures', async () => {
    const more = '&OSSAccessKeyId=x&Expires=1&Signature=y';
    const behind = withTarget(url(), (target) => target + more);
    assert.equal((await authenticate(room, behind)).kind, 'account');
    const before = withTarget(url(), (target) => target.replace('?', `?${more.slice(1)}&`));
    assert.equal((await refusalOf(room, before)).code, 'AccessDenied');
  });
});

describe('a V4 signed URL', () => {
  const url = () => signUrlV4(request);
  const invalid = { code: 'InvalidArgument', status: 400 };
  const without = (name: string) => () =>
    withTarget(url(), (target) => target.replace(new RegExp(`&?${name}=[^&]*`), ''));
  const names = ['x-oss-signature-version', 'x-oss-credential', 'x-oss-date', 'x-oss-signature'];
  for (const name of names) {
    refused(`without ${name}`, without(name), {
      ...invalid,
      message: `A signed URL needs the parameter ${name}.`,
    });
  }
  refused('without x-oss-expires', without('x-oss-expires'), { ...invalid, ec: '0002-00000215' });
  for (const seconds of [0, 604_801, 1_900_000_000]) {
    const signed = () => signUrlV4({ ...request, expiresInSeconds: seconds });
    refused(`that lives ${seconds} seconds`, signed, {
      ...invalid,
      message: /from 1 to 604800/,
    });
  }
  for (const text of ['', 'abc', '-5', '1.5', '+5']) {
    const signed = () =>
      withTarget(url(), (target) => target.replace('x-oss-expires=60', `x-oss-expires=${text}`));
    refused(`that lives ${JSON.stringify(text)}`, signed, invalid);
  }
  refused(
    'of another version',
    () => withTarget(url(), (target) => target.replace('OSS4-HMAC-SHA256', 'OSS2')),
    {
      ...invalid,
      fields: { ArgumentName: 'x-oss-signature-version', ArgumentValue: 'OSS2' },
    },
  );
  refused(
    'with a bad date',
    () => withTarget(url(), (target) => target.replace('20261122T', '20261122X')),
    {
      ...invalid,
      ec: '0002-00000223',
    },
  );
  refused(
    'with empty additional headers',
    () => withTarget(url(), (target) => `${target}&x-oss-additional-headers=`),
    {
      ...invalid,
      ec: '0002-00000209',
    },
  );
  refused(
    'with a payload hash',
    () => signUrlV4({ ...request, headers: { 'x-oss-content-sha256': 'a' } }),
    invalid,
  );
  refused('of another region', () => signUrlV4({ ...request, region: 'us-east-1' }), {
    ...invalid,
    ec: '0002-00000226',
  });

  it('lives from 15 minutes before its start to its end', async () => {
    const start = Date.parse('2026-11-22T09:00:00Z');
    const check = async (now: number, expiresInSeconds: number) => {
      const fresh = createAuthRoom({ now });
      return authenticate(fresh, signUrlV4({ ...request, at: start, expiresInSeconds }));
    };
    await check(start - 900 * second, 60);
    await assert.rejects(check(start - 900 * second - 1, 60), {
      code: 'AccessDenied',
      ec: '0002-00000235',
    });
    await check(start + 60 * second, 60);
    await assert.rejects(check(start + 60 * second + 1, 60), {
      code: 'AccessDenied',
      message: 'Request has expired.',
    });
    await check(start + 604_800 * second, 604_800);
  });
});

describe('a request that is signed twice', () => {
  const twice = { code: 'InvalidArgument', status: 400, message: /signed more than once/ };
  const header = signHeaderV4(request).headers;
  refused('V4 header and V4 URL', () => ({ ...signUrlV4(request), headers: header }), twice);
  refused('V4 header and V1 URL', () => ({ ...signUrlV1(request), headers: header }), twice);
  refused(
    'V1 and V4 in the URL',
    () => withTarget(signUrlV1(request), (target) => `${target}&x-oss-signature=a`),
    twice,
  );
});

describe('a parameter that is signed and comes twice', () => {
  const doubled = { code: 'InvalidArgument', status: 400, message: /comes more than once/ };
  const add = (more: string) => (signed: SignedRequest) => () =>
    withTarget(signed, (target) => target + (target.includes('?') ? '&' : '?') + more);
  refused('in V1', add('acl&acl')(signHeaderV1(request)), {
    ...doubled,
    fields: { ArgumentName: 'acl', ArgumentValue: '' },
  });
  refused('in a V1 URL', add('x-oss-process=a&x-oss-process=b')(signUrlV1(request)), doubled);
  refused('in V4', add('prefix=a&prefix=b')(signHeaderV4(request)), doubled);
  refused('in a V4 URL', add('x-oss-signature=a')(signUrlV4(request)), doubled);

  it('is no matter in V1 when it is not signed', async () => {
    const signed = add('prefix=a&prefix=b')(signHeaderV1(request))();
    assert.equal((await authenticate(room, signed)).kind, 'account');
  });
});
