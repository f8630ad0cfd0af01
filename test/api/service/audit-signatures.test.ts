/**
 * Signatures on the wire: every refusal of oss-signature.md by its status, code, second-level code
 * and elements, and what is signed when a header comes twice.
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { ask } from '../../support/raw-client.ts';
import {
  requestBytes,
  type SignedRequest,
  signHeaderV1,
  signHeaderV4,
  signUrlV1,
  signUrlV4,
} from '../../support/sign.ts';
import { testEpoch } from '../../support/world.ts';
import { openRawOss, type RawOss, textOf } from '../object/raw-oss.ts';

let oss: RawOss;
let bucket: string;
before(async () => {
  oss = await openRawOss();
  bucket = await oss.bucket();
  await oss.put(bucket, 'k', 'content');
});
after(() => oss.close());

interface Change {
  /** New values of headers; `undefined` removes. */
  readonly headers?: Record<string, string | undefined>;
  /** Replaces in the target. */
  readonly target?: (target: string) => string;
}

type Sign = (more?: Partial<Parameters<typeof signHeaderV4>[0]>) => SignedRequest;

const base = () => ({ host: 'localhost', bucket, key: 'k', credentials: oss.server });
const headerV1: Sign = (more) => signHeaderV1({ ...base(), ...more });
const headerV4: Sign = (more) => signHeaderV4({ ...base(), ...more });
const urlV1: Sign = (more) => signUrlV1({ ...base(), ...more });
const urlV4: Sign = (more) => signUrlV4({ ...base(), ...more });

function changed(signed: SignedRequest, { headers = {}, target }: Change): SignedRequest {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...signed.headers, ...headers })) {
    if (value !== undefined) kept[name] = value;
  }
  return { ...signed, headers: kept, target: target ? target(signed.target) : signed.target };
}

async function send(signed: SignedRequest) {
  const bytes = requestBytes(signed);
  const answer = await ask({ port: oss.server.httpPort }, bytes, signed.method);
  return { ...answer, text: answer.body.toString() };
}

const authorization = (value: string): Change => ({ headers: { authorization: value } });
const without = (name: string): Change => ({
  target: (target) => target.replace(new RegExp(`([?&])${name}=[^&]*`), '$1').replace('?&', '?'),
});
const set = (name: string, value: string): Change => ({
  target: (target) => target.replace(new RegExp(`([?&]${name}=)[^&]*`), `$1${value}`),
});
const scope = '20261122/cn-hangzhou/oss/aliyun_v4_request';
const v4Header = (credential: string, more = 'Signature=abc'): Change =>
  authorization(`OSS4-HMAC-SHA256 Credential=${credential},${more}`);

type Row = [what: string, sign: Sign, change: Change, expected: [number, string, string]];

const denied = (ec: string): [number, string, string] => [403, 'AccessDenied', ec];
const invalid = (ec: string): [number, string, string] => [400, 'InvalidArgument', ec];
const wrong = (ec: string): [number, string, string] => [403, 'SignatureDoesNotMatch', ec];
const later = () => ({ at: testEpoch + 16 * 60 * 1000 });

const refusals: Row[] = [
  ['V1, wrong', headerV1, { headers: { 'x-oss-a': 'b' } }, wrong('0002-00000040')],
  ['V4, wrong', headerV4, { headers: { 'x-oss-a': 'b' } }, wrong('0002-00000201')],
  ['V1 in the URL, wrong', urlV1, set('Signature', 'abc'), wrong('0002-00000602')],
  ['V4 in the URL, wrong', urlV4, set('x-oss-signature', 'abc'), wrong('0002-00000201')],
  ['two ways', urlV1, authorization('OSS a:b'), invalid('9002-00000001')],
  ['no scheme', headerV1, authorization('Bearer a'), invalid('9002-00000002')],
  ['V2', headerV1, authorization('OSS2 a'), invalid('9002-00000011')],
  ['V1 without a colon', headerV1, authorization('OSS abc'), invalid('0002-00000062')],
  ['V1 without a key id', headerV1, authorization('OSS :abc'), invalid('0002-00000062')],
  ['V1, odd key id', headerV1, authorization('OSS caf\u00e9:abc'), invalid('0002-00000064')],
  [
    'V1, forbidden characters',
    headerV1,
    authorization('OSS a/b:abc'),
    [403, 'InvalidAccessKeyId', '0002-00000901'],
  ],
  [
    'V1, unknown key',
    headerV1,
    authorization('OSS abc:abc'),
    [403, 'InvalidAccessKeyId', '0002-00000902'],
  ],
  ['V1, no date', headerV1, { headers: { 'x-oss-date': undefined } }, denied('9002-00000003')],
  ['V1, bad date', headerV1, { headers: { 'x-oss-date': 'now' } }, denied('9002-00000003')],
  [
    'V4, no credential',
    headerV4,
    authorization('OSS4-HMAC-SHA256 Signature=a'),
    invalid('0002-00000205'),
  ],
  ['V4, no signature', headerV4, v4Header(`a/${scope}`, ''), invalid('9002-00000002')],
  ['V4, unknown part', headerV4, v4Header(`a/${scope}`, 'Sig=a'), invalid('9002-00000002')],
  ['V4, odd key id', headerV4, v4Header(`caf\u00e9/${scope}`), invalid('0002-00000206')],
  ['V4, odd credential', headerV4, v4Header('a/b'), invalid('0002-00000213')],
  ['V4, odd date', headerV4, v4Header(`a/${scope.replace('22', '2x')}`), invalid('0002-00000223')],
  [
    'V4, another day',
    headerV4,
    v4Header(`a/${scope.replace('22', '21')}`),
    invalid('0002-00000223'),
  ],
  [
    'V4, another region',
    (more) => headerV4({ ...more, region: 'x' }),
    {},
    invalid('0002-00000226'),
  ],
  [
    'V4, empty additional headers',
    headerV4,
    v4Header(`a/${scope}`, 'AdditionalHeaders=,Signature=abc'),
    invalid('0002-00000209'),
  ],
  [
    'V4, no payload hash',
    headerV4,
    { headers: { 'x-oss-content-sha256': undefined } },
    invalid('9002-00000008'),
  ],
  ['V1 URL, no key id', urlV1, without('OSSAccessKeyId'), denied('0002-00000071')],
  ['V1 URL, empty key id', urlV1, set('OSSAccessKeyId', ''), invalid('0002-00000073')],
  ['V1 URL, no Signature', urlV1, without('Signature'), denied('9002-00000004')],
  ['V1 URL, no Expires', urlV1, without('Expires'), denied('0002-00000067')],
  ['V1 URL, empty Expires', urlV1, set('Expires', ''), denied('0002-00000068')],
  ['V1 URL, expired', urlV1, set('Expires', '1'), denied('0002-00000069')],
  ['V1 URL, odd Expires', urlV1, set('Expires', '1.5'), denied('0002-00000070')],
  ['V4 URL, no credential', urlV4, without('x-oss-credential'), invalid('9002-00000005')],
  ['V4 URL, no x-oss-expires', urlV4, without('x-oss-expires'), invalid('0002-00000215')],
  ['V4 URL, eight days', urlV4, set('x-oss-expires', '691200'), invalid('9002-00000006')],
  ['V4 URL, too early', (more) => urlV4({ ...more, ...later() }), {}, denied('0002-00000235')],
  [
    'V4 URL, expired',
    (more) => urlV4({ ...more, at: testEpoch - 3_600_000 }),
    {},
    denied('9002-00000007'),
  ],
  [
    'doubled',
    (more) => headerV4({ ...more, query: { acl: 'a' } }),
    { target: (target) => `${target}&acl=b` },
    invalid('9002-00000009'),
  ],
  [
    'a token in a header',
    urlV4,
    { headers: { 'x-oss-security-token': 'a' } },
    [400, 'InvalidRequest', '9002-00000010'],
  ],
  [
    'V1, clock',
    (more) => headerV1({ ...more, ...later() }),
    {},
    [403, 'RequestTimeTooSkewed', '0002-00000504'],
  ],
];

for (const [what, sign, change, [status, code, ec]] of refusals) {
  test(`${what}: ${code} ${ec}`, async () => {
    const answer = await send(changed(sign(), change));
    const seen = [answer.status, textOf(answer.text, 'Code'), textOf(answer.text, 'EC')];
    assert.deepEqual(seen, [status, code, ec], answer.text);
    assert.equal(answer.headers['x-oss-ec'], ec);
  });
}

test('a disabled key is told from an unknown one', async () => {
  const credentials = await oss.stranger();
  await oss.server.rooms.accounts.setKeyStanding(credentials.accessKeyId, 'disabled');
  const { status, text } = await send(headerV4({ credentials }));
  assert.deepEqual([status, textOf(text, 'Code')], [403, 'InvalidAccessKeyId']);
  assert.equal(textOf(text, 'EC'), '0002-00000903');
});

test('a wrong signature is answered with what should have been signed', async () => {
  const v1 = await send(changed(headerV1(), { headers: { 'x-oss-a': 'b' } }));
  const names = [...v1.text.matchAll(/^ {2}<([A-Za-z]+)>/gm)].map((match) => match[1]);
  assert.deepEqual(names, [
    ...['Code', 'Message', 'RequestId', 'HostId', 'OSSAccessKeyId', 'SignatureProvided'],
    ...['StringToSign', 'StringToSignBytes', 'EC'],
  ]);
  assert.match(textOf(v1.text, 'StringToSign') ?? '', new RegExp(`/${bucket}/k$`));
  assert.match(textOf(v1.text, 'StringToSignBytes') ?? '', /^47 45 54 0A 0A 0A /);
});

/** What `name` says as two headers, one after the other, signed by hand as joined by a comma. */
function twice(signed: SignedRequest, name: string, values: [string, string]): Buffer {
  const lines = values.map((value) => `${name}: ${value}\r\n`).join('');
  const bytes = requestBytes(signed).toString('latin1');
  return Buffer.from(bytes.replace(/\r\n/, `\r\n${lines}`), 'latin1');
}

test('a header that comes twice is signed with one comma between: V1 and V4', async () => {
  for (const sign of [headerV1, headerV4]) {
    const signed = sign({ headers: { 'x-oss-meta-a': 'one,two' } });
    delete signed.headers['x-oss-meta-a'];
    const bytes = twice(signed, 'x-oss-meta-a', ['one', ' two ']);
    const answer = await ask({ port: oss.server.httpPort }, bytes);
    assert.equal(answer.status, 200, answer.body.toString());
  }
});

test('V1 signs the date of x-oss-date, else of Date', async () => {
  const date = new Date(testEpoch).toUTCString();
  const signed = headerV1({ headers: { date } });
  assert.equal(signed.headers['x-oss-date'], undefined);
  assert.equal((await send(signed)).status, 200);
  const both = headerV1({ headers: { date: 'whenever', 'x-oss-date': date } });
  assert.equal((await send(both)).status, 200);
});

test('of doubled OSSAccessKeyId, Expires and Signature the first counts', async () => {
  const signed = urlV1();
  const more = '&OSSAccessKeyId=x&Expires=1&Signature=x';
  assert.equal((await send(changed(signed, { target: (target) => target + more }))).status, 200);
});

test('V1 signs the key as it is meant, however the path writes it', async () => {
  await oss.put(bucket, 'a b/\u4e2d', 'odd');
  const text = `GET\n\n\n${Math.floor(testEpoch / 1000) + 60}\n/${bucket}/a b/\u4e2d`;
  const signature = createHmac('sha1', oss.server.accessKeySecret).update(text).digest('base64');
  for (const path of ['a%20b/%e4%b8%ad', 'a%20b%2F%E4%B8%AD', '%61%20b/%E4%B8%AD']) {
    const query = `OSSAccessKeyId=${oss.server.accessKeyId}&Expires=${
      Math.floor(testEpoch / 1000) + 60
    }&Signature=${encodeURIComponent(signature)}`;
    const head = `GET /${bucket}/${path}?${query} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const answer = await ask({ port: oss.server.httpPort }, head);
    assert.equal(answer.body.toString(), 'odd', path);
  }
});
