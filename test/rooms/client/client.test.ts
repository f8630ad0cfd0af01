/** The client against a service that answers what a test tells it to. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import {
  type Answer,
  CnameClient,
  type CnameClientOptions,
  CnameError,
  type Exchange,
} from '../../../src/client/index.ts';
import { signV4 } from '../../../src/signing/index.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const seen: Seen[] = [];
let script: (response: ServerResponse, turn: number) => void;
let endpoint: string;

const service = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    script(response, seen.length);
  });
});

before(async () => {
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  endpoint = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
});
after(() => service.close());
beforeEach(() => {
  seen.length = 0;
  script = (response) => response.writeHead(200, { 'x-oss-request-id': 'R1' }).end();
});

const key = { region: 'cn-hangzhou', accessKeyId: 'AK', accessKeySecret: 'SK' };
const at = Date.UTC(2026, 10, 22, 9, 30);

function clientWith(options: Partial<CnameClientOptions> = {}): CnameClient {
  const clock = { now: () => at, monotonicMs: () => 0 };
  return new CnameClient({ endpoint, bucket: 'shop-assets', ...key, clock, ...options });
}

/** Where a call would go, without going there. */
async function exchangeOf(options: Partial<CnameClientOptions>): Promise<Exchange> {
  let exchange: Exchange | undefined;
  const answer: Answer = { status: 200, headers: {}, body: Buffer.alloc(0) };
  const transport = async (given: Exchange): Promise<Answer> => {
    exchange = given;
    return answer;
  };
  await clientWith({ ...options, transport }).putCname({ domain: 'img.shop.example' });
  assert.ok(exchange);
  return exchange;
}

async function refusalOf(call: Promise<unknown>): Promise<CnameError> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof CnameError, String(error));
    return error;
  }
  return assert.fail('the call must be refused');
}

test('each call has the request line of the reference', async () => {
  const client = clientWith();
  script = (response) =>
    response.end('<CnameToken><Cname>a.example</Cname><Token>t</Token></CnameToken>');
  await client.createCnameToken({ domain: 'a.example' });
  await client.getCnameToken({ domain: 'a.example' });
  script = (response) => response.end('<ListCnameResult/>');
  await client.listCname();
  script = (response) => response.end();
  await client.putCname({ domain: 'a.example' });
  await client.deleteCname({ domain: 'a.example', bucket: 'other-bucket' });
  assert.deepEqual(
    seen.map(({ method, url }) => `${method} ${url}`),
    [
      'POST /shop-assets/?cname&comp=token',
      'GET /shop-assets/?comp=token&cname=a.example',
      'GET /shop-assets/?cname',
      'POST /shop-assets/?cname&comp=add',
      'POST /other-bucket/?cname&comp=delete',
    ],
  );
});

test('a call is signed in V4 over bucket, query, content type and digest', async () => {
  await clientWith({ securityToken: 'STS' }).putCname({ domain: 'a.example' });
  const [call] = seen;
  assert.ok(call);
  const expected = signV4({
    method: 'POST',
    bucket: 'shop-assets',
    key: '',
    query: [
      { name: 'cname', value: '' },
      { name: 'comp', value: 'add' },
    ],
    headers: {
      'content-type': 'application/xml',
      'content-md5': String(call.headers['content-md5']),
    },
    at,
    region: 'cn-hangzhou',
    credentials: { accessKeyId: 'AK', accessKeySecret: 'SK', securityToken: 'STS' },
  });
  for (const [name, value] of Object.entries(expected)) assert.equal(call.headers[name], value);
  assert.equal(call.headers['x-oss-date'], '20261122T093000Z');
  assert.equal(call.headers['x-oss-security-token'], 'STS');
});

test('the secret never leaves the client', async () => {
  await clientWith({ accessKeySecret: 'very-secret-indeed' }).putCname({ domain: 'a.example' });
  assert.doesNotMatch(JSON.stringify(seen), /very-secret-indeed/);
});

test('IP literals and localhost are addressed by path, names by virtual host', async () => {
  const check = async (
    given: string,
    expected: string,
    addressing?: CnameClientOptions['addressing'],
  ): Promise<void> => {
    const { url } = await exchangeOf({ endpoint: given, addressing });
    assert.equal(url.href, expected);
  };
  const query = '?cname&comp=add';
  await check('http://127.0.0.1:9080', `http://127.0.0.1:9080/shop-assets/${query}`);
  await check('http://[::1]:9080', `http://[::1]:9080/shop-assets/${query}`);
  await check('http://localhost:9080/', `http://localhost:9080/shop-assets/${query}`);
  await check(
    'oss-cn-hangzhou.aliyuncs.com',
    `https://shop-assets.oss-cn-hangzhou.aliyuncs.com/${query}`,
  );
  await check('https://oss.lan:8443', `https://oss.lan:8443/shop-assets/${query}`, 'path');
  await check('http://localhost:1', `http://shop-assets.localhost:1/${query}`, 'virtual-host');
  await check('https://img.shop.example', `https://img.shop.example/${query}`, 'cname');
});

test('what is no endpoint or no bucket is refused before anything is sent', async () => {
  for (const wrong of ['', 'ftp://x', 'https://x/path', 'http://u:p@x', 'https://x?y', 'a b']) {
    assert.throws(() => clientWith({ endpoint: wrong }), TypeError, wrong);
  }
  for (const bucket of [undefined, '', 'A', 'a/b', '../x', 'x.y', 'a#b', 'a'.repeat(64)]) {
    const call = clientWith({ bucket }).listCname();
    await assert.rejects(call, TypeError, String(bucket));
  }
  assert.deepEqual(seen, []);
});

test('PutCname writes the elements of every form in the order of the reference', async () => {
  const client = clientWith();
  const bodyOf = async (
    certificateConfiguration: Parameters<CnameClient['putCname']>[0]['certificateConfiguration'],
  ): Promise<string> => {
    seen.length = 0;
    await client.putCname({ domain: 'a.example', certificateConfiguration });
    const cname = /<Domain>a\.example<\/Domain>(.*)<\/Cname>/s.exec(seen[0]?.body ?? '');
    return cname?.[1] ?? assert.fail(seen[0]?.body);
  };
  const inside = (elements: string): string =>
    `<CertificateConfiguration>${elements}</CertificateConfiguration>`;
  assert.equal(await bodyOf(undefined), '');
  assert.equal(await bodyOf({}), inside(''));
  assert.equal(await bodyOf({ certId: '1-cn-hangzhou' }), inside('<CertId>1-cn-hangzhou</CertId>'));
  assert.equal(
    await bodyOf({
      force: true,
      previousCertId: 'P',
      privateKey: 'K',
      certificate: 'C',
      certId: 'I',
    }),
    inside(
      '<CertId>I</CertId><Certificate>C</Certificate><PrivateKey>K</PrivateKey>' +
        '<PreviousCertId>P</PreviousCertId><Force>true</Force>',
    ),
  );
  assert.equal(
    await bodyOf({ deleteCertificate: true, previousCertId: '' }),
    inside('<PreviousCertId></PreviousCertId><DeleteCertificate>true</DeleteCertificate>'),
  );
});

test('a domain cannot smuggle elements or parameters into a request', async () => {
  const domain = 'a</Domain><Force>true</Force>&comp=add#?';
  await clientWith().putCname({ domain });
  assert.match(seen[0]?.body ?? '', /<Domain>a&lt;\/Domain&gt;&lt;Force&gt;.*&amp;comp=add#\?</);
  await refusalOf(clientWith().getCnameToken({ domain }));
  assert.equal(seen[1]?.url, `/shop-assets/?comp=token&cname=${encodeURIComponent(domain)}`);
});

test('a token comes with the name of its TXT record and its expiry', async () => {
  script = (response) =>
    response.setHeader('x-oss-request-id', 'R9').end(`<?xml version="1.0" encoding="UTF-8"?>
<CnameToken>
  <Bucket>shop-assets</Bucket>
  <Cname>img.shop.example</Cname>;
  <Token>5a0e6f1c94b27d83e1f0a96c7b3d2481</Token>
  <ExpireTime>Wed, 25 Nov 2026 09:30:00 GMT</ExpireTime>
</CnameToken>`);
  assert.deepEqual(await clientWith().createCnameToken({ domain: 'img.shop.example' }), {
    bucket: 'shop-assets',
    domain: 'img.shop.example',
    token: '5a0e6f1c94b27d83e1f0a96c7b3d2481',
    txtName: '_dnsauth.img.shop.example',
    expiresAt: new Date(Date.UTC(2026, 10, 25, 9, 30)),
    requestId: 'R9',
  });
});

test('a list is read with both forms of its dates and without what is not there', async () => {
  script = (response) =>
    response.end(`<ListCnameResult xmlns="http://doc.example"><Bucket>b-1</Bucket><Owner>16</Owner>
      <Cname><Domain>a.example</Domain><LastModified>2026-11-22T09:41:07.000Z</LastModified>
        <Status>Enabled</Status><IsPurgeCdnCache>True</IsPurgeCdnCache>
        <Certificate><Type>CAS</Type><CertId>1-cn-hangzhou</CertId><Status>Enabled</Status>
          <CreationDate>Sun, 22 Nov 2026 09:41:06 GMT</CreationDate>
          <Fingerprint>3F:9A</Fingerprint>
          <ValidStartDate>Nov  1 00:00:00 2026 GMT</ValidStartDate>
          <ValidEndDate>Wed, 12 Apr 2027 10:14:51 GMT</ValidEndDate></Certificate></Cname>
      <Cname><Domain>b.example</Domain><Status>Forbidden</Status></Cname></ListCnameResult>`);
  const list = await clientWith().listCname();
  assert.deepEqual(list, {
    bucket: 'b-1',
    owner: '16',
    requestId: '',
    cnames: [
      {
        domain: 'a.example',
        lastModified: new Date(Date.UTC(2026, 10, 22, 9, 41, 7)),
        status: 'Enabled',
        isPurgeCdnCache: true,
        certificate: {
          type: 'CAS',
          certId: '1-cn-hangzhou',
          status: 'Enabled',
          creationDate: new Date(Date.UTC(2026, 10, 22, 9, 41, 6)),
          fingerprint: '3F:9A',
          validStartDate: new Date(Date.UTC(2026, 10, 1)),
          validEndDate: new Date(Date.UTC(2027, 3, 12, 10, 14, 51)),
        },
      },
      {
        domain: 'b.example',
        lastModified: undefined,
        status: 'Forbidden',
        isPurgeCdnCache: false,
        certificate: undefined,
      },
    ],
  });
});

test('a refusal carries code, EC, request id and every further element', async () => {
  script = (response) =>
    response.writeHead(409, { 'x-oss-request-id': 'H' }).end(`<?xml version="1.0"?><Error>
      <Code>CnameAlreadyExists</Code><Message>attached &amp; taken</Message>
      <RequestId>6AB19C3E5D2F4A3138E6B7C1</RequestId><HostId>b.oss.example</HostId>
      <Bucket>b</Bucket><CnameType>CNAME_OSS</CnameType><EC>9018-00000101</EC></Error>`);
  const error = await refusalOf(clientWith().putCname({ domain: 'a.example' }));
  const { code, status, ec, requestId, hostId, message, fields } = error;
  assert.deepEqual(
    { code, status, ec, requestId, hostId, message, fields },
    {
      code: 'CnameAlreadyExists',
      status: 409,
      ec: '9018-00000101',
      requestId: '6AB19C3E5D2F4A3138E6B7C1',
      hostId: 'b.oss.example',
      message: 'attached & taken',
      fields: { Bucket: 'b', CnameType: 'CNAME_OSS' },
    },
  );
});

test('an error document in a header counts where the body is empty', async () => {
  const document = '<Error><Code>NoSuchBucket</Code><Message>gone</Message></Error>';
  script = (response) => {
    const encoded = Buffer.from(document).toString('base64');
    response.writeHead(404, { 'x-oss-err': encoded, 'x-oss-ec': '0015-00000101' }).end();
  };
  const error = await refusalOf(clientWith().listCname());
  assert.equal(error.code, 'NoSuchBucket');
  assert.equal(error.ec, '0015-00000101');
});

test('answers of something that is no OSS are told as such', async () => {
  const check = async (status: number, body: string): Promise<void> => {
    script = (response) => response.writeHead(status).end(body);
    const error = await refusalOf(clientWith().listCname());
    assert.equal(error.code, 'UnexpectedAnswer', body);
    assert.equal(error.status, status);
  };
  await check(502, '<html><body>Bad gateway</body></html>');
  await check(404, 'not found');
  await check(200, '<html></html>');
  await check(200, '{"not":"xml"}');
  await check(200, '');
  await check(301, '');
});

test('a service that is gone or stays silent is an error without status, in time', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, 'close');
  const refused = await refusalOf(clientWith({ endpoint: `http://127.0.0.1:${port}` }).listCname());
  assert.equal(refused.code, 'ConnectionFailed');
  assert.equal(refused.status, 0);
  script = () => {};
  const silent = await refusalOf(clientWith({ timeoutMs: 50 }).listCname());
  assert.equal(silent.code, 'TimedOut');
  script = (response) => response.writeHead(200, { 'content-length': '99' }).write('<List');
  const half = await refusalOf(clientWith({ timeoutMs: 50 }).listCname());
  assert.equal(half.code, 'TimedOut');
  script = (response) => {
    response.writeHead(200, { 'content-length': '99' }).write('<List');
    setImmediate(() => response.destroy());
  };
  assert.equal((await refusalOf(clientWith().listCname())).code, 'ConnectionFailed');
});

test('a caller can give up', async () => {
  script = () => {};
  const giveUp = new AbortController();
  const call = clientWith({ retries: 5 }).listCname({ signal: giveUp.signal });
  giveUp.abort();
  assert.equal((await refusalOf(call)).code, 'ConnectionFailed');
});

test('nothing is repeated unless asked for; then only what may be', async () => {
  const waits: number[] = [];
  const timers = {
    delay: async (ms: number): Promise<void> => void waits.push(ms),
    every: () => () => {},
  };
  const check = async (status: number, retries: number, calls: number): Promise<void> => {
    seen.length = 0;
    waits.length = 0;
    script = (response) => response.writeHead(status).end();
    const error = await refusalOf(clientWith({ retries, timers }).listCname());
    assert.equal(error.status, status);
    assert.equal(seen.length, calls);
  };
  await check(500, 0, 1);
  await check(403, 3, 1);
  await check(503, 3, 4);
  assert.deepEqual(waits, [250, 500, 1000]);
  script = (response, turn) =>
    turn === 1
      ? response.writeHead(503, { 'retry-after': '2' }).end()
      : response.end('<ListCnameResult/>');
  seen.length = 0;
  waits.length = 0;
  await clientWith({ retries: 1, timers }).listCname();
  assert.deepEqual(waits, [2000]);
});
