/**
 * What a bucket allows of TLS, in real handshakes: versions, suites and sessions of its domains,
 * and requests over the shared endpoint (custom-domain.md 9).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { createAuthority, type TestAuthority } from '../support/certificates.ts';
import { putCname } from '../support/put-cname.ts';
import { captureSession, connectRaw, handshakeFailure } from '../support/raw-client.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createSignedClient, type SignedClient } from '../support/signed-client.ts';

let server: TestServer;
let authority: TestAuthority;
let owner: SignedClient;
const endpoint = 'oss.shop.test';
const [one, other, plain] = ['one.shop.example', 'other.shop.example', 'plain.shop.example'];

before(async () => {
  authority = await createAuthority();
  const settings = { OWNERSHIP: 'off', ENDPOINT: `localhost,${endpoint}` };
  server = await startTestServer({ settings });
  owner = createSignedClient({ port: server.httpPort, credentials: server });
  for (const [bucket, ...domains] of [
    ['bucket-one', one],
    ['bucket-other', other, plain],
  ] as const) {
    const headers = { 'x-oss-acl': 'public-read' };
    assert.equal((await owner.call({ method: 'PUT', bucket, headers })).status, 200);
    await owner.call({ method: 'PUT', bucket, key: 'page', body: `page of ${bucket}` });
    for (const domain of domains) {
      const certificate = await authority.issue({ names: [domain] });
      const mapped = await putCname(owner, bucket, domain, { certificate });
      assert.equal(mapped.status, 200, mapped.body.toString());
    }
  }
});
after(async () => {
  owner?.close();
  await server?.close();
});

const query = { httpsConfig: undefined };
async function put(inside: string, bucket = 'bucket-one') {
  const body = `<HttpsConfiguration>${inside}</HttpsConfiguration>`;
  const answer = await owner.call({ method: 'PUT', bucket, query, body });
  return [answer.status, /<Code>(.*)<\/Code>/.exec(answer.body.toString())?.[1]];
}
async function shown(): Promise<string> {
  const answer = await owner.call({ bucket: 'bucket-one', query });
  assert.equal(answer.status, 200);
  return answer.body
    .toString()
    .replace(/\n */g, '')
    .replace(/^<.*?\?>/, '');
}
const versions = (...names: string[]) =>
  `<TLS><Enable>true</Enable>${names.map((name) => `<TLSVersion>${name}</TLSVersion>`).join('')}</TLS>`;
const off = '<TLS><Enable>False</Enable></TLS>';
const ciphers = (more: string) => `<CipherSuite><Enable>true</Enable>${more}</CipherSuite>`;
const suite = (name: string) => `<CustomCipherSuite>${name}</CustomCipherSuite>`;
const suiteTls13 = (name: string) => `<TLS13CustomCipherSuite>${name}</TLS13CustomCipherSuite>`;

type Version = 'TLSv1.2' | 'TLSv1.3';
const only = (version: Version) => ({ minVersion: version, maxVersion: version });
const target = (servername: string, version: Version, more = {}) => ({
  port: server.httpsPort,
  tls: { servername, ...only(version), ...more },
});
const page = (host: string) => `GET /page HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const refused = /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/;

/** Suite, whether resumed, and what the page says. */
async function visit(servername: string, version: Version, more = {}, host = servername) {
  const client = await connectRaw(target(servername, version, more));
  const { socket } = client;
  assert.ok(socket instanceof TLSSocket);
  client.send(page(host));
  const response = await client.response();
  const facts = { suite: socket.getCipher().name, isReused: socket.isSessionReused() };
  client.destroy();
  return {
    ...facts,
    text: response.body.toString(),
    status: response.status,
  };
}

describe('the document', () => {
  test('is shown as it was put, duplicates once, and empty when it is off', async () => {
    const none = '<HttpsConfiguration><TLS><Enable>false</Enable></TLS></HttpsConfiguration>';
    assert.equal(await shown(), none);
    const inside =
      versions('TLSv1.2', 'TLSv1.3') +
      ciphers(
        '<StrongCipherSuite>false</StrongCipherSuite>' +
          suite('ECDHE-ECDSA-AES128-SHA256') +
          suite('ECDHE-RSA-AES128-GCM-SHA256') +
          suite('ECDHE-ECDSA-AES256-CCM8') +
          suiteTls13('TLS_AES_256_GCM_SHA384'),
      );
    assert.deepEqual(await put(inside), [200, undefined]);
    assert.equal(await shown(), `<HttpsConfiguration>${inside}</HttpsConfiguration>`);
    await put(versions('TLSv1.2', 'TLSv1.2'));
    assert.equal(await shown(), `<HttpsConfiguration>${versions('TLSv1.2')}</HttpsConfiguration>`);
    await put(off.replace('</TLS>', '<TLSVersion>TLSv1.2</TLSVersion></TLS>'));
    assert.equal(await shown(), none);
  });

  test('is refused with unknown names, without any, and when nothing is left', async () => {
    const table: [string, string][] = [
      ['', 'MalformedXML'],
      ['<TLS/>', 'MalformedXML'],
      [versions(), 'MalformedXML'],
      [versions('aaa', 'bbb'), 'MalformedXML'],
      [versions('TLSv1.2', 'SSLv3'), 'MalformedXML'],
      [off + ciphers(suite('aaa')), 'MalformedXML'],
      [off + ciphers(suite('TLS_AES_256_GCM_SHA384')), 'MalformedXML'],
      [off + ciphers(suiteTls13('ECDHE-ECDSA-AES256-CCM8')), 'MalformedXML'],
      [off + ciphers('<StrongCipherSuite>2</StrongCipherSuite>'), 'MalformedXML'],
      [versions('TLSv1.0', 'TLSv1.1'), 'InvalidArgument'],
      [versions('TLSv1.2') + ciphers(suite('AES128-SHA')), 'InvalidArgument'],
    ];
    for (const [inside, code] of table) assert.deepEqual(await put(inside), [400, code], inside);
    assert.deepEqual(await put(versions('TLSv1.2'), 'no-such-bucket'), [404, 'NoSuchBucket']);
  });
});

describe('handshakes of a domain', () => {
  test('speak what is allowed from the next one on, and others are not touched', async () => {
    await put(versions('TLSv1.3'));
    assert.match(await handshakeFailure(target(one, 'TLSv1.2')), refused);
    assert.equal((await visit(one, 'TLSv1.3')).text, 'page of bucket-one');
    assert.equal((await visit('ONE.shop.example.', 'TLSv1.3', {}, one)).status, 200);
    assert.match(await handshakeFailure(target('ONE.shop.example.', 'TLSv1.2')), refused);
    assert.equal((await visit(other, 'TLSv1.2')).status, 200);
    await put(versions('TLSv1.2', 'TLSv1.1'));
    assert.match(await handshakeFailure(target(one, 'TLSv1.3')), refused);
    assert.equal((await visit(one, 'TLSv1.2')).text, 'page of bucket-one');
    await put(off);
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      assert.equal((await visit(one, version)).status, 200);
    }
  });

  test('use the suites that are allowed, whatever the client likes more', async () => {
    const tls12 = 'ECDHE-ECDSA-AES256-GCM-SHA384';
    const tls13 = 'TLS_CHACHA20_POLY1305_SHA256';
    await put(off + ciphers(suite(tls12) + suite('ECDHE-ECDSA-AES128-SHA256') + suiteTls13(tls13)));
    assert.equal((await visit(one, 'TLSv1.2')).suite, tls12);
    assert.equal((await visit(one, 'TLSv1.3')).suite, tls13);
    const cbc = target(one, 'TLSv1.2', { ciphers: 'ECDHE-ECDSA-AES128-SHA256' });
    assert.match(await handshakeFailure(cbc), /HANDSHAKE_FAILURE/);
    const small = target(one, 'TLSv1.3', { ciphers: 'TLS_AES_128_GCM_SHA256' });
    assert.match(await handshakeFailure(small), /HANDSHAKE_FAILURE/);
    const strong = '<StrongCipherSuite>true</StrongCipherSuite>';
    await put(off + ciphers(strong));
    const again = { ciphers: 'TLS_AES_128_GCM_SHA256' };
    assert.equal((await visit(one, 'TLSv1.3', again)).status, 200);
    await put(off);
  });

  test('resume no session that is not allowed any more, nor one of another name', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      await put(off);
      const { session } = await captureSession(target(one, version), page(one));
      const foreign = (await captureSession(target(other, version), page(other))).session;
      assert.ok((await visit(one, version, { session })).isReused);
      await put(versions(version === 'TLSv1.2' ? 'TLSv1.3' : 'TLSv1.2'));
      for (const each of [session, foreign]) {
        assert.match(await handshakeFailure(target(one, version, { session: each })), refused);
      }
      await put(versions(version));
      assert.equal((await visit(one, version, { session })).isReused, false);
      const { session: own } = await captureSession(target(one, version), page(one));
      assert.ok((await visit(one, version, { session: own })).isReused, 'its own sessions work');
      assert.equal((await visit(other, version, { session: own })).isReused, false);
    }
    await put(off);
  });
});

test('other connections answer 403 over a version that is not allowed', async () => {
  const standing = await connectRaw(target(one, 'TLSv1.2'));
  await put(versions('TLSv1.3'));
  standing.send(page(one));
  const answer = await standing.response();
  assert.equal(answer.status, 403);
  assert.match(answer.body.toString(), /<Code>AccessDenied<\/Code>/);
  standing.destroy();
  // A name without a certificate, and so any bucket, over one that has.
  for (const [version, status] of [
    ['TLSv1.2', 403],
    ['TLSv1.3', 200],
  ] as const) {
    const client = await connectRaw(target(other, version));
    client.send('GET /bucket-one/page HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    assert.equal((await client.response()).status, status);
    client.destroy();
  }
  assert.equal((await owner.get(one, '/page')).status, 200, 'without TLS nothing is asked');
  assert.deepEqual(await put(off), [200, undefined]);
});
