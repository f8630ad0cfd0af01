/** The published client against a real server, over every address it can be given. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import OSS from 'ali-oss';
import {
  CnameClient,
  type CnameClientOptions,
  CnameError,
  type Exchange,
  type Transport,
} from '../../../src/client/index.ts';
import { createAuthority, type TestAuthority } from '../../support/certificates.ts';
import { type DnsServer, startDnsServer } from '../../support/dns-server.ts';
import { rootKey, startTestServer, type TestServer } from '../../support/server.ts';

const bucket = 'client-bucket';
const endpointName = 'oss.client.test';

let server: TestServer;
let dns: DnsServer;
let authority: TestAuthority;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-client-'));
  dns = await startDnsServer();
  authority = await createAuthority();
  const endpoint = await authority.issue({
    names: [endpointName, `*.${endpointName}`, 'localhost'],
    addresses: ['127.0.0.1'],
  });
  const [certificate, key] = [join(folder, 'endpoint.pem'), join(folder, 'endpoint.key')];
  await writeFile(certificate, endpoint.chainPem);
  await writeFile(key, endpoint.keyPem);
  server = await startTestServer({
    settings: {
      DNS_SERVERS: dns.server,
      ENDPOINT: `localhost,${endpointName}`,
      CERTIFICATE: certificate,
      CERTIFICATE_KEY: key,
    },
  });
  const options = {
    endpoint: `http://localhost:${server.httpPort}`,
    sldEnable: true,
    bucket,
    ...rootKey,
  };
  const store = new OSS(options);
  await store.putBucket(bucket);
});

after(async () => {
  await server.close();
  await dns.close();
  await rm(folder, { recursive: true, force: true });
});

/** As DNS would: every name leads to this server. */
const toLoopback: Transport = async (exchange: Exchange) => {
  const { url, method, body } = exchange;
  const isSecure = url.protocol === 'https:';
  const outgoing = (isSecure ? requestHttps : requestHttp)({
    host: '127.0.0.1',
    port: isSecure ? server.httpsPort : server.httpPort,
    path: url.pathname + url.search,
    method,
    headers: { ...exchange.headers, host: url.host },
    agent: false,
    ...(isSecure ? { servername: url.hostname, ca: authority.certificatePem } : {}),
  });
  outgoing.end(body);
  const [incoming] = await once(outgoing, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const headers: IncomingHttpHeaders = incoming.headers;
  return {
    status: incoming.statusCode,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, `${value}`])),
    body: Buffer.concat(chunks),
  };
};

function clientAt(options: Partial<CnameClientOptions> = {}): CnameClient {
  const endpoint = `http://127.0.0.1:${server.httpPort}`;
  return new CnameClient({ endpoint, bucket, region: 'cn-hangzhou', ...rootKey, ...options });
}

async function refusalOf(call: Promise<unknown>): Promise<CnameError> {
  const outcome = await call.catch((error: unknown) => error);
  assert.ok(outcome instanceof CnameError, String(outcome));
  return outcome;
}

/** Maps `domain` by its proof, with whatever client is given. */
async function map(client: CnameClient, domain: string): Promise<void> {
  const { txtName, token } = await client.createCnameToken({ domain });
  dns.txt(txtName, token);
  await client.putCname({ domain });
}

test('the five calls work over every way of addressing, HTTP and HTTPS', async (t) => {
  const ca = authority.certificatePem;
  const ways: Record<string, Partial<CnameClientOptions>> = {
    'IP, HTTP': {},
    'IP, HTTPS': { endpoint: `https://127.0.0.1:${server.httpsPort}`, ca },
    'localhost, HTTP': { endpoint: `http://localhost:${server.httpPort}` },
    'localhost, HTTPS': { endpoint: `https://localhost:${server.httpsPort}`, ca: [ca] },
    'virtual host, HTTP': { endpoint: `http://${endpointName}`, transport: toLoopback },
    'virtual host, HTTPS': { endpoint: endpointName, transport: toLoopback },
    'path style on a name': {
      endpoint: `http://${endpointName}`,
      addressing: 'path',
      transport: toLoopback,
    },
  };
  let count = 0;
  for (const [name, options] of Object.entries(ways)) {
    await t.test(name, async () => {
      const client = clientAt(options);
      const domain = `way-${count++}.client.example`;
      const token = await client.createCnameToken({ domain });
      assert.match(token.token, /^[0-9a-f]{32}$/);
      assert.deepEqual(
        { ...(await client.getCnameToken({ domain })), requestId: '' },
        { ...token, requestId: '' },
      );
      assert.equal((await refusalOf(client.putCname({ domain }))).ec, '0018-00000115');
      dns.txt(token.txtName, token.token);
      const { requestId } = await client.putCname({ domain });
      assert.match(requestId, /^[0-9A-F]{24}$/);
      const list = await client.listCname();
      assert.equal(list.bucket, bucket);
      assert.equal(list.owner, server.rootAccountId);
      assert.ok(list.cnames.some((cname) => cname.domain === domain));
      await client.deleteCname({ domain });
      await client.deleteCname({ domain });
      assert.ok(!(await client.listCname()).cnames.some((cname) => cname.domain === domain));
    });
  }
});

test('a mapped domain is an endpoint of its own bucket', async () => {
  await map(clientAt(), 'self.client.example');
  const client = clientAt({
    endpoint: 'http://self.client.example',
    addressing: 'cname',
    transport: toLoopback,
  });
  const { cnames } = await client.listCname();
  assert.ok(cnames.some((cname) => cname.domain === 'self.client.example'));
});

test('every form of PutCname does what it says', async () => {
  const domain = 'forms.client.example';
  const client = clientAt();
  await map(client, domain);
  const now = async () => {
    const { cnames } = await client.listCname();
    return cnames.find((cname) => cname.domain === domain)?.certificate;
  };
  const issue = async () => {
    const { chainPem, keyPem, x509 } = await authority.issue({ names: [domain] });
    return { certificate: chainPem, privateKey: keyPem, sha1: x509.fingerprint };
  };
  const [first, second] = [await issue(), await issue()];
  const put = (
    certificateConfiguration: Parameters<CnameClient['putCname']>[0]['certificateConfiguration'],
  ) => client.putCname({ domain, certificateConfiguration });

  assert.equal(await now(), undefined);
  await put({ certificate: first.certificate, privateKey: first.privateKey });
  const bound = await now();
  assert.equal(bound?.type, 'Upload');
  assert.equal(bound?.fingerprint, first.sha1);
  assert.ok(bound?.validEndDate && bound.validStartDate && bound.creationDate);

  const inline = { certificate: second.certificate, privateKey: second.privateKey };
  assert.equal((await refusalOf(put(inline))).ec, '0018-00000209');
  await put({ ...inline, previousCertId: bound.certId });
  const replaced = await now();
  assert.equal(replaced?.fingerprint, second.sha1);
  await put({ certId: bound.certId, force: true });
  assert.equal((await now())?.type, 'CAS');
  assert.equal((await now())?.fingerprint, first.sha1);
  await put({});
  assert.equal((await now())?.fingerprint, first.sha1);
  const wrong = { deleteCertificate: true, previousCertId: replaced?.certId };
  assert.equal((await refusalOf(put(wrong))).ec, '0018-00000209');
  await put({ deleteCertificate: true, previousCertId: bound.certId });
  assert.equal(await now(), undefined);
  await put({ deleteCertificate: true });
  assert.equal(await now(), undefined);
});

test('refusals come as typed errors with their further elements', async () => {
  const domain = 'refused.client.example';
  const client = clientAt();
  const unproven = await refusalOf(client.putCname({ domain }));
  assert.equal(unproven.status, 403);
  assert.equal(unproven.code, 'NeedVerifyDomainOwnership');
  assert.match(unproven.requestId, /^[0-9A-F]{24}$/);
  assert.equal(unproven.hostId, `127.0.0.1:${server.httpPort}`);
  assert.equal(unproven.fields.Cname, domain);
  const check = async (call: Promise<unknown>, code: string, status: number): Promise<void> => {
    const error = await refusalOf(call);
    assert.deepEqual([error.code, error.status], [code, status]);
    assert.notEqual(error.ec, '');
  };
  await check(client.getCnameToken({ domain }), 'CnameTokenNotFound', 404);
  await check(client.createCnameToken({ domain: 'a.b_c.example' }), 'InvalidArgument', 400);
  await check(client.createCnameToken({ domain: 'a.\u0001b' }), 'InvalidArgument', 400);
  await check(client.createCnameToken({ domain: '' }), 'InvalidArgument', 400);
  await check(client.createCnameToken({ domain: '例子.example' }), 'InvalidArgument', 400);
  await check(client.listCname({ bucket: 'no-such-bucket' }), 'NoSuchBucket', 404);
  const stranger = clientAt({ accessKeyId: 'LTAInobody' });
  await check(stranger.listCname(), 'InvalidAccessKeyId', 403);
  const forger = clientAt({ accessKeySecret: 'not the secret' });
  await check(forger.listCname(), 'SignatureDoesNotMatch', 403);
  await check(clientAt({ region: 'eu-lab' }).listCname(), 'InvalidArgument', 400);
});

test('a body changed on its way is noticed', async () => {
  const changing: Transport = (exchange) => {
    const body = Buffer.from(exchange.body.toString().replace('good', 'evil'));
    return toLoopback({ ...exchange, body });
  };
  const client = clientAt({ transport: changing });
  const error = await refusalOf(client.createCnameToken({ domain: 'good.client.example' }));
  assert.equal(error.code, 'InvalidDigest');
});
