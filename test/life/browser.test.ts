/**
 * A person reads the site: uploaded by the official client, owned by DNS, served over HTTPS on its
 * own domain to a real browser. The picture in the README comes from here
 * (`CNAMED_TEST_SCREENSHOT=docs/images/site.png node --test test/life/browser.test.ts`).
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { buildSite } from '../../scripts/demo/site.ts';
import { genericRequest, openAliOss } from '../support/ali-oss.ts';
import { type OpenBrowser, openBrowser } from '../support/browser.ts';
import { createAuthority, type TestAuthority } from '../support/certificates.ts';
import { type DnsServer, startDnsServer } from '../support/dns-server.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const bucket = 'docs-site';
const domain = 'docs.shop.test';
const strangerDomain = 'www.stranger.test';

let dns: DnsServer;
let server: TestServer;
let authority: TestAuthority;
let browser: OpenBrowser;

before(async () => {
  dns = await startDnsServer();
  server = await startTestServer({ settings: { DNS_SERVERS: dns.server } });
  // Below a root, so that its certificate travels in the chain: the browser trusts it by its key.
  authority = await (await createAuthority()).issueAuthority();
  const ali = openAliOss({
    ...server,
    addressing: 'sldEnable',
    isV4: true,
    port: server.httpPort,
    bucket,
  });
  const { client } = ali;
  await client.putBucket(bucket, { acl: 'public-read' } as never);
  const site = await buildSite();
  await client.putBucketWebsite(bucket, { index: site.indexKey, error: site.errorKey } as never);
  for (const file of site.files) {
    await client.put(file.key, file.bytes, {
      mime: file.contentType,
      headers: {
        'Content-Type': file.contentType,
      },
    } as never);
  }
  const ask = (subResources: Record<string, string>, inner: string) =>
    genericRequest(client, {
      method: 'POST',
      bucket,
      subResources,
      body: `<BucketCnameConfiguration><Cname>${inner}</Cname></BucketCnameConfiguration>`,
    });
  for (const [name, issuer] of [
    [domain, authority],
    [strangerDomain, await createAuthority({ commonName: 'Somebody else' })],
  ] as const) {
    const token = await ask({ cname: '', comp: 'token' }, `<Domain>${name}</Domain>`);
    dns.txt(`_dnsauth.${name}`, /<Token>(.*)<\/Token>/.exec(token.text)?.[1] ?? '');
    const leaf = await issuer.issue({ names: [name] });
    await ask(
      { cname: '', comp: 'add' },
      `<Domain>${name}</Domain><CertificateConfiguration><Certificate>${leaf.chainPem}` +
        `</Certificate><PrivateKey>${leaf.keyPem}</PrivateKey></CertificateConfiguration>`,
    );
  }
  ali.close();
  browser = await openBrowser({
    hosts: { [domain]: server.httpsPort, [strangerDomain]: server.httpsPort },
    authorityPem: authority.certificatePem,
  });
});

after(async () => {
  await browser?.close();
  await server?.close();
  await dns?.close();
});

describe('a browser on a mapped domain', () => {
  it('opens the site over HTTPS, follows a link, sees the error page', async () => {
    const page = await browser.context.newPage();
    const front = await page.goto(`https://${domain}/`);
    assert.equal(front?.status(), 200);
    assert.equal((await front?.securityDetails())?.protocol, 'TLS 1.3');
    assert.equal(front?.headers()['content-disposition'], undefined);
    const title = await page.title();
    assert.notEqual(title, '');
    const screenshot = process.env.CNAMED_TEST_SCREENSHOT;
    if (screenshot) await page.screenshot({ path: screenshot });

    const link = page.locator('nav a[href$="api.html"]').first();
    await link.click();
    await page.waitForURL(`https://${domain}/docs/api.html`);
    assert.notEqual(await page.title(), title);

    const missing = await page.goto(`https://${domain}/no-such-page.html`);
    assert.equal(missing?.status(), 404);
    assert.equal(await page.locator('h1').first().textContent(), 'No such page');
    await page.close();
  });

  it('refuses a certificate of an authority it does not know', async () => {
    const page = await browser.context.newPage();
    await assert.rejects(page.goto(`https://${strangerDomain}/`), /ERR_CERT_AUTHORITY_INVALID/);
    await page.close();
  });
});
