/** Every program in examples/, run as its reader would run it, against a real server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createVisitor, leafOf } from '../../scripts/demo/visitor.ts';
import { createAuthority, type TestAuthority } from '../support/certificates.ts';
import { type DnsServer, startDnsServer } from '../support/dns-server.ts';
import { rootKey, startTestServer, type TestServer } from '../support/server.ts';
import { end, type Running, start } from './cli-process.ts';

const bucket = 'example-site';
const domain = 'www.examples.example';
const examples = fileURLToPath(new URL('../../examples/', import.meta.url));

let server: TestServer;
let dns: DnsServer;
let authority: TestAuthority;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-examples-'));
  dns = await startDnsServer();
  authority = await createAuthority();
  server = await startTestServer({ settings: { DNS_SERVERS: dns.server } });
});
after(async () => {
  await server.close();
  await dns.close();
  await rm(folder, { recursive: true, force: true });
});

function example(name: string, ...words: string[]): Running {
  const environment = {
    OSS_ENDPOINT: `http://localhost:${server.httpPort}`,
    OSS_ACCESS_KEY_ID: rootKey.accessKeyId,
    OSS_ACCESS_KEY_SECRET: rootKey.accessKeySecret,
  };
  return start(words, { script: join(examples, name), environment });
}

async function outputOf(name: string, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await example(name, ...words).finished;
  assert.equal(code, 0, stderr);
  return stdout;
}

function visit(isSecure: boolean) {
  return {
    domain,
    port: isSecure ? server.httpsPort : server.httpPort,
    ca: isSecure ? authority.certificatePem : undefined,
    isKeptAlive: false,
  };
}

test('upload-site makes a bucket whose pages are served', async () => {
  const site = join(folder, 'site');
  await mkdir(join(site, 'docs'), { recursive: true });
  await writeFile(join(site, 'index.html'), '<title>front</title>');
  await writeFile(join(site, 'docs', 'page one.html'), '<title>one</title>');
  const output = await outputOf('upload-site.ts', bucket, site);
  assert.deepEqual(output.trim().split('\n').sort(), [
    'uploaded docs/page one.html',
    'uploaded index.html',
  ]);
});

test('map-domain shows the record, sees it and maps', async () => {
  const mapping = example('map-domain.ts', bucket, domain);
  try {
    const shown = /create this record: (\S+) TXT ([0-9a-f]{32})/;
    const [, name = '', value = ''] = await mapping.until(shown);
    dns.txt(name, value);
    const { code, stdout, stderr } = await mapping.finished;
    assert.equal(code, 0, stderr);
    assert.match(stdout, /www\.examples\.example is Enabled\n$/);
    assert.match(stderr, /the bucket has no token for this domain/);
  } finally {
    await end(mapping, 'SIGKILL');
  }
  const visitor = createVisitor(visit(false));
  assert.equal((await visitor.get('/')).text, '<title>front</title>');
  assert.equal((await visitor.get('/docs/page%20one.html')).text, '<title>one</title>');
});

test('renew-certificate replaces what is bound, and the same again changes nothing', async () => {
  const files = [join(folder, 'chain.pem'), join(folder, 'key.pem')] as const;
  for (const turn of ['first', 'second']) {
    const { chainPem, keyPem, x509 } = await authority.issue({ names: [domain] });
    await writeFile(files[0], chainPem);
    await writeFile(files[1], keyPem);
    const output = await outputOf('renew-certificate.ts', bucket, domain, ...files);
    assert.ok(output.includes(`SHA-1 ${x509.fingerprint}`), turn);
    assert.equal(await leafOf(visit(true)), x509.fingerprint256);
    assert.equal(await outputOf('renew-certificate.ts', bucket, domain, ...files), output);
  }
});

test('presigned-url opens a private object on the mapped domain, and only unchanged', async () => {
  const { cname } = (await server.rooms.cnames.findMappedDomain(domain)) ?? {};
  assert.ok(cname);
  await server.rooms.engines.metadata.buckets.setBucketAcl(cname.bucketId, 'private');
  const url = new URL((await outputOf('presigned-url.ts', bucket, domain, 'index.html')).trim());
  assert.equal(url.host, domain);
  const statusOf = async (path: string): Promise<number | undefined> => {
    const outgoing = request({
      host: '127.0.0.1',
      port: server.httpsPort,
      servername: domain,
      ca: authority.certificatePem,
      agent: false,
      headers: { host: domain },
      path,
    });
    outgoing.end();
    const [incoming] = await once(outgoing, 'response');
    incoming.resume();
    return incoming.statusCode;
  };
  assert.equal(await statusOf(url.pathname), 403);
  assert.equal(await statusOf(url.pathname + url.search), 200);
  assert.equal(await statusOf(`/docs/page%20one.html${url.search}`), 403);
});

test('every example says what is missing, and has a test here', async () => {
  const programs = (await readdir(examples)).filter((name) => name.endsWith('.ts'));
  assert.deepEqual(programs.sort(), [
    'map-domain.ts',
    'presigned-url.ts',
    'renew-certificate.ts',
    'settings.ts',
    'upload-site.ts',
  ]);
  for (const name of programs.filter((each) => each !== 'settings.ts')) {
    const { code, stderr } = await example(name).finished;
    assert.equal(code, 2);
    assert.match(stderr, /^BUCKET is missing/);
  }
});
