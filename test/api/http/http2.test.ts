/** The operations over HTTP/2, with signatures, ranges, conditions and a website. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { createSelfSigned } from '../../support/certificates.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { type RequestToSign, signHeaderV4, signUrlV1, signUrlV4 } from '../../support/sign.ts';

const bucket = 'multiplexed';
let server: TestServer;
let folder: string;
let session: ClientHttp2Session;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-http2-'));
  const own = await createSelfSigned({ names: ['localhost'] });
  await writeFile(join(folder, 'own.pem'), own.chainPem);
  await writeFile(join(folder, 'own.key'), own.keyPem);
  server = await startTestServer({
    settings: {
      CERTIFICATE: join(folder, 'own.pem'),
      CERTIFICATE_KEY: join(folder, 'own.key'),
    },
  });
  session = connect(`https://127.0.0.1:${server.httpsPort}`, { rejectUnauthorized: false });
  assert.equal((await signed({ method: 'PUT' })).status, 200);
});

after(async () => {
  session?.destroy();
  await server?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

async function ask(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>>,
  body?: Uint8Array,
): Promise<Answer> {
  const { host, Host, ...others } = headers;
  const authority = host ?? Host ?? hostOfServer();
  const pseudo = { ':method': method, ':path': target, ':authority': authority };
  const stream = session.request({ ...others, ...pseudo }, { endStream: body === undefined });
  if (body) stream.end(body);
  const [received] = await once(stream, 'response');
  return { status: received[':status'], headers: received, body: await buffer(stream) };
}

const hostOfServer = (): string => `127.0.0.1:${server.httpsPort}`;
const toSign = (request: Partial<RequestToSign>): RequestToSign => ({
  host: hostOfServer(),
  bucket,
  credentials: server,
  at: Date.now(),
  ...request,
});

async function signed(request: Partial<RequestToSign>, body?: Uint8Array): Promise<Answer> {
  const { method, target, headers } = signHeaderV4(toSign(request));
  return await ask(method, target, headers, body);
}

test('an object is put, read in parts, asked for again, and deleted', async () => {
  const body = Buffer.alloc(3 * 1_024 * 1_024, 'all of it, ');
  const put = await signed({ method: 'PUT', key: 'a b/ä' }, body);
  assert.deepEqual([put.status, put.headers.connection], [200, undefined]);
  const got = await signed({ method: 'GET', key: 'a b/ä' });
  assert.deepEqual([got.status, got.body.equals(body)], [200, true]);
  const range = await signed({ method: 'GET', key: 'a b/ä', headers: { range: 'bytes=3-5' } });
  assert.deepEqual([range.status, range.body.toString()], [206, ' of']);
  const etag = String(got.headers.etag);
  const same = await signed({ method: 'GET', key: 'a b/ä', headers: { 'if-none-match': etag } });
  assert.deepEqual([same.status, same.body.length], [304, 0]);
  const head = await signed({ method: 'HEAD', key: 'a b/ä' });
  assert.deepEqual([head.status, head.headers['content-length']], [200, String(body.length)]);
  assert.equal((await signed({ method: 'DELETE', key: 'a b/ä' })).status, 204);
  const gone = await signed({ method: 'GET', key: 'a b/ä' });
  assert.deepEqual([gone.status, /<Code>NoSuchKey</.test(gone.body.toString())], [404, true]);
});

test('presigned addresses, and whoever is not signed', async () => {
  await signed({ method: 'PUT', key: 'x' }, Buffer.from('x'));
  for (const sign of [signUrlV1, signUrlV4]) {
    const { target } = sign(toSign({ method: 'GET', key: 'x' }));
    assert.equal((await ask('GET', target, {})).body.toString(), 'x');
  }
  assert.equal((await ask('GET', `/${bucket}/x`, {})).status, 403);
  const foreign = await ask('GET', '/x', { host: 'nobody.example' });
  assert.match(foreign.body.toString(), /<Code>NoSuchBucket</);
});

test('a digest that is not that of the body is refused', async () => {
  const headers = { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' };
  const answer = await signed({ method: 'PUT', key: 'x', headers }, Buffer.from('x'));
  assert.match(answer.body.toString(), /<Code>InvalidDigest</);
});
