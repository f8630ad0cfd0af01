/**
 * The official client sends the five CNAME operations, for which it has no methods, through its
 * generic request: V1 and V4, HTTP and HTTPS, every way its users address a server; the proof comes
 * from a real DNS server. Then what its users do with a mapped domain: presigned URLs.
 */
import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type OSS from 'ali-oss';
import { type Addressing, type AliOss, genericRequest, openAliOss } from '../../support/ali-oss.ts';
import {
  createAuthority,
  type TestAuthority,
  type TestCertificate,
} from '../../support/certificates.ts';
import { type DnsServer, startDnsServer } from '../../support/dns-server.ts';
import { ask, handshakeFailure, type RawResponse } from '../../support/raw-client.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

const bucket = 'ali-cname';
/** Mapped from the start, with a certificate: the door of clients in `cname: true`. */
const door = 'door.ali.test';

let server: TestServer;
let dns: DnsServer;
let world: TestWorld;
let authority: TestAuthority;

before(async () => {
  // The client takes its dates from the machine, so the server's clock starts there.
  world = createTestWorld({ now: Date.now(), seed: 'ali-oss-cname' });
  dns = await startDnsServer();
  authority = await createAuthority();
  const own = await authority.issue({
    names: ['localhost', 'oss.test', '*.oss.test', '*.oss-cn-hangzhou.aliyuncs.com'],
  });
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-test-'));
  const [chain, key] = [join(folder, 'own.pem'), join(folder, 'own.key')];
  await writeFile(chain, own.chainPem);
  await writeFile(key, own.keyPem);
  server = await startTestServer({
    world,
    folder,
    settings: {
      DNS_SERVERS: dns.server,
      ENDPOINT: 'oss.test,localhost',
      CERTIFICATE: chain,
      CERTIFICATE_KEY: key,
    },
  });
  const first = open('sldEnable', false, false);
  await first.client.putBucket(bucket);
  const calls = callsOf(first.client);
  await prove(calls, door);
  await calls.put(withCertificate(door, inline(await authority.issue({ names: [door] }))));
  first.close();
});
after(async () => {
  await server.close();
  await dns.close();
});

function open(addressing: Addressing, isV4: boolean, isSecure: boolean): AliOss {
  return openAliOss({
    ...server,
    addressing,
    isV4,
    isSecure,
    port: isSecure ? server.httpsPort : server.httpPort,
    bucket,
    domain: door,
    ca: authority.certificatePem,
  });
}

const document = (cname: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<BucketCnameConfiguration><Cname>${cname}</Cname></BucketCnameConfiguration>`;
const withCertificate = (domain: string, inside: string): string =>
  `<Domain>${domain}</Domain><CertificateConfiguration>${inside}</CertificateConfiguration>`;
const inline = (leaf: TestCertificate): string =>
  `<Certificate>${leaf.chainPem}</Certificate><PrivateKey>${leaf.keyPem}</PrivateKey>`;

type Calls = ReturnType<typeof callsOf>;

/** The five operations as a user of the client writes them. */
function callsOf(client: OSS) {
  const post = (comp: string, cname: string) =>
    genericRequest(client, {
      method: 'POST',
      bucket,
      subResources: { cname: '', comp },
      body: document(cname),
    });
  const get = (subResources: Record<string, string>) =>
    genericRequest(client, { method: 'GET', bucket, subResources });
  return {
    createToken: (domain: string) => post('token', `<Domain>${domain}</Domain>`),
    getToken: (domain: string) => get({ comp: 'token', cname: domain }),
    put: (cname: string) => post('add', cname),
    list: () => get({ cname: '' }),
    delete: (domain: string) => post('delete', `<Domain>${domain}</Domain>`),
  };
}

async function prove(calls: Calls, domain: string): Promise<void> {
  const token = textOf((await calls.createToken(domain)).text, 'Token');
  assert.match(token, /^[0-9a-f]{32}$/);
  dns.txt(`_dnsauth.${domain}`, token);
}

const textOf = (text: string, name: string): string =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? '';

/** The `Cname` element of the list that has this domain; empty when there is none. */
function listed(text: string, domain: string): string {
  const found = text.match(/<Cname>.*?<\/Cname>/gs) ?? [];
  return found.find((each) => each.includes(`<Domain>${domain}</Domain>`)) ?? '';
}

/** What the client makes of a refusal: all its users ever see. */
interface ClientError {
  readonly status: number;
  readonly code: string;
  readonly ecCode: string;
  readonly requestId: string;
  readonly message: string;
}

async function refusalOf(call: Promise<unknown>): Promise<ClientError> {
  try {
    await call;
  } catch (problem) {
    return problem as ClientError;
  }
  throw new Error('The call was not refused.');
}

/** A browser's request: the name resolves to the loopback, the certificate is verified. */
function browse(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<RawResponse> {
  const { protocol, hostname, port, pathname, search, host } = new URL(url);
  const { method = 'GET', body = '' } = options;
  const headers = { Host: host, ...options.headers, 'Content-Length': String(body.length) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const bytes = `${method} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
  const tls = { servername: hostname, ca: authority.certificatePem, rejectUnauthorized: true };
  const target = { port: Number(port), ...(protocol === 'https:' ? { tls } : {}) };
  return ask(target, bytes, method);
}

const addressings: readonly Addressing[] = ['sldEnable', 'virtual-host', 'ip', 'cname'];

for (const addressing of addressings) {
  for (const isV4 of [false, true]) {
    for (const isSecure of [false, true]) {
      const name = `${addressing}, ${isV4 ? 'V4' : 'V1'}, ${isSecure ? 'HTTPS' : 'HTTP'}`;
      describe(`the five operations by ali-oss: ${name}`, () => {
        let opened: AliOss;
        let calls: Calls;
        const label = name.toLowerCase().replaceAll(', ', '-').replace('sldenable', 'sld');
        const domain = `${label}.ali.test`;
        let current = '';

        before(() => {
          opened = open(addressing, isV4, isSecure);
          calls = callsOf(opened.client);
        });
        after(() => opened.close());

        it('asks for a token and reads it again', async () => {
          assert.equal((await refusalOf(calls.getToken(domain))).code, 'CnameTokenNotFound');
          const made = await calls.createToken(domain);
          assert.equal(made.status, 200);
          assert.equal(textOf(made.text, 'Bucket'), bucket);
          assert.equal(textOf(made.text, 'Cname'), domain);
          assert.match(textOf(made.text, 'Token'), /^[0-9a-f]{32}$/);
          assert.equal((await calls.createToken(domain)).text, made.text);
          assert.equal((await calls.getToken(domain)).text, made.text);
        });

        it('is refused before the record is there, in a form the client reads', async () => {
          const error = await refusalOf(calls.put(`<Domain>${domain}</Domain>`));
          assert.equal(error.code, 'NeedVerifyDomainOwnership');
          assert.equal(error.status, 403);
          assert.equal(error.ecCode, '0018-00000115');
          assert.match(error.requestId, /^[0-9A-F]{24}$/);
          assert.equal(
            error.message,
            'Please verify domain ownership by CreateCnameToken and try again.',
          );
          assert.equal(listed((await calls.list()).text, domain), '');
        });

        it('maps the domain once the record is there', async () => {
          await prove(calls, domain);
          const put = await calls.put(`<Domain>${domain}</Domain>`);
          assert.equal(put.status, 200);
          assert.equal(put.text, '');
          const entry = listed((await calls.list()).text, domain);
          assert.equal(textOf(entry, 'Status'), 'Enabled');
          assert.equal(textOf(entry, 'CertId'), '');
          dns.remove(`_dnsauth.${domain}`);
          assert.equal((await refusalOf(calls.getToken(domain))).code, 'CnameTokenNotFound');
          const again = await refusalOf(calls.createToken(domain));
          assert.equal(again.code, 'NoNeedCreateCnameToken');
        });

        it('binds a first certificate, replaces it under the guard, and by force', async () => {
          const leaves = await Promise.all(
            [1, 2, 3].map(() => authority.issue({ names: [domain] })),
          );
          const [first, second, third] = leaves as [
            TestCertificate,
            TestCertificate,
            TestCertificate,
          ];
          const bind = async (leaf: TestCertificate, more: string): Promise<void> => {
            const asked = dns.asked.length;
            await calls.put(withCertificate(domain, inline(leaf) + more));
            assert.equal(dns.asked.length, asked, 'a renewal asks no DNS question');
            const entry = listed((await calls.list()).text, domain);
            assert.equal(textOf(entry, 'Fingerprint'), leaf.x509.fingerprint);
            current = textOf(entry, 'CertId');
            assert.match(current, /^[1-9][0-9]*-cn-hangzhou$/);
          };
          await bind(first, '');
          const unguarded = await refusalOf(calls.put(withCertificate(domain, inline(second))));
          assert.equal(unguarded.code, 'InvalidArgument');
          assert.equal(unguarded.ecCode, '0018-00000209');
          const before = current;
          await bind(second, `<PreviousCertId>${current}</PreviousCertId>`);
          const wrong = `${inline(third)}<PreviousCertId>${before}</PreviousCertId>`;
          const stale = await refusalOf(calls.put(withCertificate(domain, wrong)));
          assert.equal(stale.ecCode, '0018-00000209');
          await bind(third, `<PreviousCertId>${before}</PreviousCertId><Force>true</Force>`);
          await calls.put(withCertificate(domain, `<CertId>${before}</CertId><Force>true</Force>`));
          assert.equal(textOf(listed((await calls.list()).text, domain), 'CertId'), before);
          const answer = await browse(`https://${domain}:${server.httpsPort}/`);
          assert.equal(answer.status, 403);
        });

        it('unbinds the certificate, then the domain, twice', async () => {
          await calls.put(withCertificate(domain, '<DeleteCertificate>true</DeleteCertificate>'));
          assert.equal(textOf(listed((await calls.list()).text, domain), 'CertId'), '');
          // Verified, so that the operator's default certificate does not pass for the domain's.
          const tls = {
            servername: domain,
            ca: authority.certificatePem,
            rejectUnauthorized: true,
          };
          assert.equal(
            await handshakeFailure({ port: server.httpsPort, tls }),
            'ERR_TLS_CERT_ALTNAME_INVALID',
          );
          const url = `http://${domain}:${server.httpPort}/`;
          assert.equal((await browse(url)).status, 403);
          assert.equal((await calls.delete(domain)).status, 200);
          assert.equal((await calls.delete(domain)).status, 200);
          assert.equal(listed((await calls.list()).text, domain), '');
          assert.equal((await browse(url)).status, 404);
          const after = await refusalOf(calls.put(`<Domain>${domain}</Domain>`));
          assert.equal(after.code, 'NeedVerifyDomainOwnership');
        });
      });
    }
  }
}

/** Makes a URL as users of the client do, one per method it has. */
type Presign = (
  client: OSS,
  options: { key: string; method: 'GET' | 'PUT'; expires: number; type?: string },
) => Promise<string>;

/** The client's declarations miss methods it has. */
interface Presigner {
  signatureUrl(key: string, options: object): string;
  asyncSignatureUrl(key: string, options: object): Promise<string>;
  signatureUrlV4(
    method: string,
    expires: number,
    request: { headers: Record<string, string> },
    key: string,
  ): Promise<string>;
}
const presignerOf = (client: OSS): Presigner => client as unknown as Presigner;

const presigns: Readonly<Record<string, Presign>> = {
  signatureUrl: async (client, { key, type, ...options }) =>
    presignerOf(client).signatureUrl(key, { ...options, 'Content-Type': type }),
  asyncSignatureUrl: (client, { key, type, ...options }) =>
    presignerOf(client).asyncSignatureUrl(key, { ...options, 'Content-Type': type }),
  signatureUrlV4: (client, { key, method, expires, type }) => {
    const headers: Record<string, string> = type === undefined ? {} : { 'Content-Type': type };
    return presignerOf(client).signatureUrlV4(method, expires, { headers }, key);
  },
};

for (const [name, presign] of Object.entries(presigns)) {
  for (const isSecure of [false, true]) {
    describe(`${name} over ${isSecure ? 'HTTPS' : 'HTTP'}`, () => {
      const port = () => (isSecure ? server.httpsPort : server.httpPort);
      const key = `letters/${name.toLowerCase()} ${isSecure}+ключ.txt`;
      const type = 'text/plain';
      let atBucketHost: AliOss;
      let atDomain: AliOss;
      before(() => {
        atBucketHost = open('virtual-host', false, isSecure);
        atDomain = open('cname', false, isSecure);
      });
      after(() => {
        atBucketHost.close();
        atDomain.close();
      });

      const onDomain = (url: string): string => {
        const parsed = new URL(url);
        assert.equal(parsed.hostname, `${bucket}.oss.test`);
        return url.replace(parsed.host, `${door}:${port()}`);
      };

      it('a URL made for the bucket host works on the domain: PUT, then GET', async () => {
        const options = { key, method: 'PUT', expires: 60, type } as const;
        const put = onDomain(await presign(atBucketHost.client, options));
        const headers = { 'Content-Type': type };
        const stored = await browse(put, { method: 'PUT', headers, body: 'by bucket host' });
        assert.equal(stored.status, 200, stored.body.toString());
        const get = await presign(atBucketHost.client, { key, method: 'GET', expires: 60 });
        const got = await browse(onDomain(get));
        assert.equal(got.body.toString(), 'by bucket host');
        assert.equal(got.headers['content-disposition'], undefined);
        assert.equal((await browse(get)).body.toString(), 'by bucket host');
      });

      it('a URL made with cname: true works: PUT, then GET', async () => {
        const put = await presign(atDomain.client, { key, method: 'PUT', expires: 60, type });
        assert.equal(new URL(put).host, `${door}:${port()}`);
        const headers = { 'Content-Type': type };
        const stored = await browse(put, { method: 'PUT', headers, body: 'by domain' });
        assert.equal(stored.status, 200, stored.body.toString());
        const get = await presign(atDomain.client, { key, method: 'GET', expires: 60 });
        assert.equal((await browse(get)).body.toString(), 'by domain');
      });

      it('the URL is good for what was signed and nothing else', async () => {
        const get = await presign(atDomain.client, { key, method: 'GET', expires: 60 });
        const asPut = await browse(get, { method: 'PUT', body: 'no' });
        assert.equal(textOf(asPut.body.toString(), 'Code'), 'SignatureDoesNotMatch');
        const elsewhere = await browse(get.replace('letters/', 'others/'));
        assert.equal(textOf(elsewhere.body.toString(), 'Code'), 'SignatureDoesNotMatch');
        const unsigned = await browse(get.slice(0, get.indexOf('?')));
        assert.equal(textOf(unsigned.body.toString(), 'Code'), 'AccessDenied');
      });

      it('the URL expires, on the domain as on the bucket host', async () => {
        world.jump(Date.now() - world.clock.now());
        const get = await presign(atBucketHost.client, { key, method: 'GET', expires: 60 });
        // The second before the one it names may be cut off by rounding, no more.
        world.jump(58_000);
        assert.equal((await browse(onDomain(get))).status, 200);
        world.jump(12_000);
        for (const url of [get, onDomain(get)]) {
          const late = await browse(url);
          assert.equal(late.status, 403);
          assert.equal(textOf(late.body.toString(), 'Code'), 'AccessDenied');
          assert.equal(textOf(late.body.toString(), 'Message'), 'Request has expired.');
        }
        world.jump(-70_000);
      });
    });
  }
}
