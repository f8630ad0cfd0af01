/**
 * Two tenants on one TLS listener: whatever session, server name and Host a client puts together,
 * and whatever happens to a domain meanwhile, nobody is served as somebody else
 * (security.md 3.3, 3.4, 5.4, 5.5).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { createAuthority, type TestAuthority } from '../support/certificates.ts';
import { type DnsServer, startDnsServer } from '../support/dns-server.ts';
import { deleteCname, putCname, putCnameDocument } from '../support/put-cname.ts';
import {
  captureSession,
  connectRaw,
  handshakeFailure,
  type RawResponse,
} from '../support/raw-client.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createSignedClient, type SignedClient } from '../support/signed-client.ts';

let dns: DnsServer;
let server: TestServer;
let authority: TestAuthority;
let ann: SignedClient;
let ben: SignedClient;

before(async () => {
  dns = await startDnsServer();
  authority = await createAuthority();
  server = await startTestServer({ settings: { DNS_SERVERS: dns.server, TRANSFER: 'proof' } });
  const port = server.httpPort;
  ann = createSignedClient({ port, credentials: server });
  const credentials = await server.rooms.accounts.createAccount('ben');
  ben = createSignedClient({ port, credentials });
});

after(async () => {
  ann?.close();
  ben?.close();
  await server?.close();
  await dns?.close();
});

/** A bucket everybody may read, with one page that names it. */
async function openBucket(owner: SignedClient, bucket: string): Promise<void> {
  const headers = { 'x-oss-acl': 'public-read' };
  const made = await owner.call({ method: 'PUT', bucket, headers });
  assert.equal(made.status, 200, made.body.toString());
  const put = await owner.call({ method: 'PUT', bucket, key: 'page', body: `page of ${bucket}` });
  assert.equal(put.status, 200, put.body.toString());
}

async function map(owner: SignedClient, bucket: string, domain: string): Promise<void> {
  const token = await owner.call({
    method: 'POST',
    bucket,
    query: { cname: undefined, comp: 'token' },
    body: putCnameDocument(domain),
  });
  const value = /<Token>(.*)<\/Token>/.exec(token.body.toString())?.[1];
  assert.ok(value, token.body.toString());
  dns.txt(`_dnsauth.${domain}`, value);
  const certificate = await authority.issue({ names: [domain] });
  const mapped = await putCname(owner, bucket, domain, { certificate });
  assert.equal(mapped.status, 200, mapped.body.toString());
}

const page = (host: string): string => `GET /page HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const codeOf = (response: RawResponse): string =>
  /<Code>(.*)<\/Code>/.exec(response.body.toString())?.[1] ?? response.body.toString();

let names = 0;
/** Names and buckets of a test's own. */
async function openTenants() {
  const number = ++names;
  const facts = {
    annBucket: `ann-${number}`,
    benBucket: `ben-${number}`,
    annDomain: `ann${number}.shop.example`,
    benDomain: `ben${number}.shop.example`,
  };
  await openBucket(ann, facts.annBucket);
  await openBucket(ben, facts.benBucket);
  await map(ann, facts.annBucket, facts.annDomain);
  await map(ben, facts.benBucket, facts.benDomain);
  return facts;
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  describe(version, () => {
    const versions = { minVersion: version, maxVersion: version } as const;
    const open = (servername: string, session?: Buffer) =>
      connectRaw({
        port: server.httpsPort,
        tls: { ...versions, servername, ...(session ? { session } : {}) },
      });
    const capture = (domain: string) =>
      captureSession(
        { port: server.httpsPort, tls: { ...versions, servername: domain } },
        page(domain),
      );

    test('a connection for one tenant answers 421 for another, and closes', async () => {
      const { annDomain, annBucket, benDomain } = await openTenants();
      const client = await open(annDomain);
      client.send(page(annDomain));
      assert.equal((await client.response()).body.toString(), `page of ${annBucket}`);
      client.send(page(benDomain));
      const response = await client.response();
      assert.equal(`${response.status} ${codeOf(response)}`, '421 MisdirectedRequest');
      assert.equal(await client.closed(), 'end');
    });

    test("one tenant's session under another's name shows that name's bucket or nothing", async () => {
      const { annDomain, benDomain, benBucket } = await openTenants();
      const { session } = await capture(annDomain);
      const client = await open(benDomain, session);
      assert.ok(client.socket instanceof TLSSocket);
      client.send(page(benDomain));
      const response = await client.response();
      assert.equal(response.body.toString(), `page of ${benBucket}`);
      if (!client.socket.isSessionReused()) {
        assert.equal(client.socket.getPeerX509Certificate()?.subject, `CN=${benDomain}`);
      }
      client.destroy();
    });

    test('after an unmap neither the session nor the open connection reaches anything', async () => {
      const { annDomain, annBucket } = await openTenants();
      const standing = await open(annDomain);
      standing.send(page(annDomain));
      assert.equal((await standing.response()).status, 200);
      const { session } = await capture(annDomain);
      const released = await deleteCname(ann, annBucket, annDomain);
      assert.ok(released.status < 300, released.body.toString());
      const failure = await handshakeFailure({
        port: server.httpsPort,
        tls: { ...versions, servername: annDomain, session },
      });
      assert.match(failure, /HANDSHAKE_FAILURE/);
      standing.send(page(annDomain));
      const response = await standing.response();
      assert.equal(`${response.status} ${codeOf(response)}`, '404 NoSuchBucket');
      standing.destroy();
    });

    test('a name that shares a certificate is not served once the connection has lost its own', async () => {
      const { annDomain, annBucket } = await openTenants();
      const other = `other.${annDomain}`;
      await map(ann, annBucket, other);
      const certificate = await authority.issue({ names: [annDomain, other] });
      assert.equal((await putCname(ann, annBucket, annDomain, { certificate })).status, 200);
      const client = await open(annDomain);
      // Again and again, so that whatever could be kept of it is kept.
      for (let time = 0; time < 3; time++) {
        client.send(page(other));
        assert.equal((await client.response()).body.toString(), `page of ${annBucket}`);
      }
      assert.ok((await deleteCname(ann, annBucket, annDomain)).status < 300);
      client.send(page(other));
      const response = await client.response();
      assert.equal(`${response.status} ${codeOf(response)}`, '421 MisdirectedRequest');
    });

    test('after a transfer the old session and the old certificate are gone', async () => {
      const { annDomain, benBucket } = await openTenants();
      const standing = await open(annDomain);
      standing.send(page(annDomain));
      await standing.response();
      const { session } = await capture(annDomain);
      const before = (await shown(annDomain)).fingerprint256;
      await map(ben, benBucket, annDomain);
      const client = await open(annDomain, session);
      assert.ok(client.socket instanceof TLSSocket);
      assert.equal(client.socket.isSessionReused(), false);
      client.send(page(annDomain));
      assert.equal((await client.response()).body.toString(), `page of ${benBucket}`);
      client.destroy();
      assert.notEqual((await shown(annDomain)).fingerprint256, before);
      standing.send(page(annDomain));
      assert.equal((await standing.response()).body.toString(), `page of ${benBucket}`);
      standing.destroy();
    });

    test('a bucket made again by somebody else is not served on the old domain', async () => {
      const { annDomain, annBucket } = await openTenants();
      const { session } = await capture(annDomain);
      const standing = await open(annDomain);
      standing.send(page(annDomain));
      await standing.response();
      await ann.call({ method: 'DELETE', bucket: annBucket, key: 'page' });
      const deleted = await ann.call({ method: 'DELETE', bucket: annBucket });
      assert.equal(deleted.status, 204, deleted.body.toString());
      await openBucket(ben, annBucket);
      standing.send(page(annDomain));
      assert.equal(codeOf(await standing.response()), 'NoSuchBucket');
      standing.destroy();
      const failure = await handshakeFailure({
        port: server.httpsPort,
        tls: { ...versions, servername: annDomain, session },
      });
      assert.match(failure, /HANDSHAKE_FAILURE/);
    });

    test('a swap and an unbind are seen by the very next handshake', async () => {
      const { annDomain, annBucket } = await openTenants();
      for (let round = 0; round < 10; round++) {
        const certificate = await authority.issue({ names: [annDomain] });
        const put = await putCname(ann, annBucket, annDomain, { certificate });
        assert.equal(put.status, 200, put.body.toString());
        const { fingerprint256 } = await shown(annDomain);
        assert.equal(fingerprint256, certificate.x509.fingerprint256);
      }
      const unbound = await putCname(ann, annBucket, annDomain, { isUnbind: true });
      assert.equal(unbound.status, 200, unbound.body.toString());
      const failure = await handshakeFailure({
        port: server.httpsPort,
        tls: { ...versions, servername: annDomain },
      });
      assert.match(failure, /HANDSHAKE_FAILURE/);
      // Still mapped: plain HTTP serves on.
      const plain = await ann.get(annDomain, '/page');
      assert.equal(plain.body.toString(), `page of ${annBucket}`);
    });

    async function shown(domain: string) {
      const client = await open(domain);
      assert.ok(client.socket instanceof TLSSocket);
      const certificate = client.socket.getPeerCertificate();
      client.destroy();
      return certificate;
    }
  });
}

test('one certificate for two domains of one account serves both on one connection', async () => {
  const { annBucket, annDomain } = await openTenants();
  const second = annDomain.replace('ann', 'also');
  await map(ann, annBucket, second);
  const certificate = await authority.issue({ names: [annDomain, second] });
  await putCname(ann, annBucket, annDomain, { certificate });
  const client = await connectRaw({ port: server.httpsPort, tls: { servername: annDomain } });
  client.send(page(second));
  assert.equal((await client.response()).body.toString(), `page of ${annBucket}`);
  client.destroy();
});
