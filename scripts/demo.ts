/**
 * The whole journey of a domain, for watching: `npm run demo`. Real parts only: the server as a
 * child process, the official client, a DNS server, a certificate authority made on the spot,
 * verified TLS.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OSS from 'ali-oss';
import { CnameClient, CnameError } from '../src/client/index.ts';
import { createAuthority } from '../test/support/certificates.ts';
import { startDnsServer } from '../test/support/dns-server.ts';
import { rotateUnderLoad } from './demo/rotation.ts';
import { type ServerProcess, startServerProcess } from './demo/server-process.ts';
import { buildSite } from './demo/site.ts';
import { Stage } from './demo/stage.ts';
import { crawl, createVisitor, leafOf } from './demo/visitor.ts';

const domain = 'docs.shop.example';
const bucket = 'shop-docs';
const region = 'cn-hangzhou';
const swapCount = 60;

const stage = new Stage();
const folder = await mkdtemp(join(tmpdir(), 'cnamed-demo-'));
/** Undone from the last to the first, whatever happens. */
const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
process.on('SIGINT', () => void cleanUp().finally(() => process.exit(130)));

async function cleanUp(): Promise<void> {
  for (const step of undo.splice(0).reverse()) await step();
}

async function startAll() {
  const dns = await stage.step('Start a DNS server on loopback', async () => {
    const started = await startDnsServer();
    undo.push(() => started.close());
    stage.show(`it answers at ${started.server}, and knows no name yet`);
    return started;
  });
  const server = await stage.step('Start cnamed in an empty folder', async () => {
    const dataDir = join(folder, 'data');
    const started = await startServerProcess({ dataDir, dnsServer: dns.server });
    undo.push(() => started.stop());
    stage.show(started.readyLine);
    stage.show(`it made itself a root access key: ${started.accessKeyId}`);
    return started;
  });
  return { dns, server };
}

/** Uploads with the official client, as anybody would to the cloud. */
async function publishSite(server: ServerProcess): Promise<void> {
  const { accessKeyId, accessKeySecret, httpPort } = server;
  const site = await buildSite();
  const options = {
    endpoint: `http://localhost:${httpPort}`,
    // Path style: the name below localhost would not resolve everywhere.
    sldEnable: true,
    authorizationV4: true,
    region: `oss-${region}`,
    accessKeyId,
    accessKeySecret,
    bucket,
  };
  const store = new OSS(options);
  await stage.step('Create a public bucket for a web site, with ali-oss', async () => {
    await store.putBucket(bucket, { acl: 'public-read' } as OSS.PutBucketOptions);
    await store.putBucketWebsite(bucket, { index: site.indexKey, error: site.errorKey });
    stage.show(`bucket ${bucket}, index ${site.indexKey}, error document ${site.errorKey}`);
  });
  await stage.step('Upload a site: the documentation of pino', async () => {
    let bytes = 0;
    for (const file of site.files) {
      await store.put(file.key, file.bytes, { headers: { 'Content-Type': file.contentType } });
      bytes += file.bytes.length;
    }
    stage.show(`${site.files.length} files, ${Math.round(bytes / 1024)} KiB`);
  });
}

async function mapDomain(
  client: CnameClient,
  publish: (name: string, value: string) => void,
  certificate: { chainPem: string; keyPem: string },
): Promise<void> {
  const token = await stage.step(`Ask for a token for ${domain}`, async () => {
    const made = await client.createCnameToken({ domain });
    stage.show(`${made.txtName}  TXT  ${made.token}`);
    return made;
  });
  await stage.step('Try PutCname before the record is there: refused', async () => {
    const refusal = await client.putCname({ domain }).catch((error: unknown) => error);
    assert.ok(refusal instanceof CnameError);
    assert.equal(refusal.code, 'NeedVerifyDomainOwnership');
    stage.show(`${refusal.status} ${refusal.code}, EC ${refusal.ec}`);
    stage.show(refusal.message);
    stage.show(refusal.fields.Hint ?? '');
  });
  await stage.step('Publish the TXT record', async () => publish(token.txtName, token.token));
  await stage.step('PutCname again, with a certificate made on the spot', async () => {
    const { chainPem, keyPem } = certificate;
    const certificateConfiguration = { certificate: chainPem, privateKey: keyPem };
    const { requestId } = await client.putCname({ domain, certificateConfiguration });
    stage.show(`200, request id ${requestId}`);
  });
}

async function play(): Promise<void> {
  const { dns, server } = await startAll();
  await publishSite(server);
  const authority = await createAuthority();
  const certificates = await Promise.all(
    Array.from({ length: swapCount + 1 }, () => authority.issue({ names: [domain] })),
  );
  const [first, ...others] = certificates;
  assert.ok(first);
  const { accessKeyId, accessKeySecret, httpPort, httpsPort } = server;
  const endpoint = `http://127.0.0.1:${httpPort}`;
  const client = new CnameClient({ endpoint, bucket, region, accessKeyId, accessKeySecret });
  await mapDomain(client, (name, value) => dns.txt(name, value), first);

  const visit = { domain, port: httpsPort, ca: authority.certificatePem };
  await stage.step(`Read https://${domain}/ and follow every link`, async () => {
    const visitor = createVisitor({ ...visit, isKeptAlive: true });
    const { pages, bytes } = await crawl(visitor);
    const missing = await visitor.get('/no/such/page');
    visitor.close();
    assert.equal(missing.status, 404);
    assert.match(missing.text, /<title>No such page<\/title>/);
    stage.show(`${pages} pages, ${Math.round(bytes / 1024)} KiB, SNI and verification on`);
    stage.show('a page that is not there: 404 with the error document of the site');
  });
  const report = await stage.step(
    `Replace the certificate ${others.length} times while requests run`,
    async () => {
      const path = '/docs/transports.html';
      const seen = await rotateUnderLoad({ client, certificates: others, visit, path });
      stage.show(`${seen.requests} requests, ${seen.failures} failed`);
      stage.show(`${seen.stale} times the next handshake still showed the old certificate`);
      stage.show(`slowest replace ${Math.round(seen.slowestSwapMs)} ms`);
      assert.deepEqual([seen.failures, seen.stale], [0, 0]);
      return seen;
    },
  );
  await stage.step('List the domains, on the command line', async () => {
    stage.show(`> cnamed domain list --bucket ${bucket}`);
    stage.show(await server.run('domain', 'list', '--bucket', bucket));
  });
  await stage.step('DeleteCname: the name is nobody’s again', async () => {
    await client.deleteCname({ domain });
    const plain = createVisitor({ domain, port: httpPort, ca: undefined, isKeptAlive: false });
    const { status } = await plain.get('/');
    assert.equal(status, 404);
    stage.show(`http://${domain}/ answers ${status}`);
    const failure = await leafOf({ ...visit, isKeptAlive: false }).catch((error: unknown) => error);
    assert.ok(failure instanceof Error, 'the handshake must fail');
    stage.show(`https://${domain}/ fails its handshake: ${reasonOf(failure)}`);
  });
  await stage.step('Stop the server; it finishes its requests', () => server.stop());
  stage.line();
  const seconds = (stage.elapsedMs() / 1000).toFixed(1);
  stage.line(
    `  Proven, mapped, served, ${report.swaps} certificates replaced under ${report.requests} ` +
      `requests without a failure, unmapped: ${seconds} s.`,
    'bold',
  );
}

function reasonOf(failure: Error): string {
  const { code } = failure as NodeJS.ErrnoException;
  return code ?? failure.message;
}

stage.line();
stage.line('  cnamed: a domain from nothing to HTTPS and back', 'bold');
stage.line(`  in ${folder}\n`, 'dim');
try {
  await play();
} catch (error) {
  process.exitCode = 1;
  stage.line(`\n  The demo failed: ${error instanceof Error ? error.stack : String(error)}`, 'red');
} finally {
  await cleanUp();
}
