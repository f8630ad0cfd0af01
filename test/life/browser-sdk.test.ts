/**
 * The official client in a real browser: a page of one origin works on a bucket behind a mapped
 * domain, which is another. The browser asks for leave as browsers do, so nothing works before the
 * bucket has a CORS rule; then uploads, downloads, parts, signed URLs and forms do.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { type AliOss, genericRequest, openAliOss } from '../support/ali-oss.ts';
import { type OpenBrowser, openBrowser } from '../support/browser.ts';
import { createAuthority } from '../support/certificates.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

/** Loosely typed on purpose: the client's declarations lag behind its methods. */
// biome-ignore lint/suspicious/noExplicitAny: the client's own declarations miss methods it has.
type Untyped = any;

const app = { bucket: 'app-pages', domain: 'app.shop.test' };
const files = { bucket: 'app-files', domain: 'files.shop.test' };

let server: TestServer;
let browser: OpenBrowser;
let page: Page;
let ali: AliOss;

before(async () => {
  server = await startTestServer({ settings: { OWNERSHIP: 'off' } });
  // Below a root, so that its certificate travels in the chain: the browser trusts it by its key.
  const authority = await (await createAuthority()).issueAuthority();
  const options = { ...server, isV4: true, port: server.httpPort, bucket: app.bucket };
  ali = openAliOss({ ...options, addressing: 'sldEnable' });
  const client: Untyped = ali.client;
  for (const { bucket, domain } of [app, files]) {
    await client.putBucket(bucket);
    const leaf = await authority.issue({ names: [domain] });
    await genericRequest(ali.client, {
      method: 'POST',
      bucket,
      subResources: { cname: '', comp: 'add' },
      body:
        `<BucketCnameConfiguration><Cname><Domain>${domain}</Domain><CertificateConfiguration>` +
        `<Certificate>${leaf.chainPem}</Certificate><PrivateKey>${leaf.keyPem}</PrivateKey>` +
        '</CertificateConfiguration></Cname></BucketCnameConfiguration>',
    });
  }
  await client.putBucketACL(app.bucket, 'public-read');
  const packaged = createRequire(import.meta.url).resolve('ali-oss/package.json');
  const build = await readFile(join(packaged, '../dist/aliyun-oss-sdk.min.js'));
  await client.put('sdk.js', build);
  const html = '<!doctype html><title>App</title><script src="/sdk.js"></script>';
  await client.put('index.html', Buffer.from(html));
  ali.client.useBucket(files.bucket);
  browser = await openBrowser({
    hosts: { [app.domain]: server.httpsPort, [files.domain]: server.httpsPort },
    authorityPem: authority.certificatePem,
  });
  page = await browser.context.newPage();
  assert.equal((await page.goto(`https://${app.domain}/index.html`))?.status(), 200);
});

after(async () => {
  await browser?.close();
  ali?.close();
  await server?.close();
});

/** The client's options as a page writes them. */
const optionsOf = (isV4: boolean) => ({
  accessKeyId: server.accessKeyId,
  accessKeySecret: server.accessKeySecret,
  region: 'oss-cn-hangzhou',
  endpoint: `https://${files.domain}`,
  bucket: files.bucket,
  cname: true,
  secure: true,
  authorizationV4: isV4,
  retryMax: 0,
});

async function allow(): Promise<void> {
  await (ali.client as Untyped).putBucketCORS(files.bucket, [
    {
      allowedOrigin: `https://${app.domain}`,
      allowedMethod: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
      allowedHeader: '*',
      exposeHeader: ['ETag', 'x-oss-request-id', 'x-oss-meta-of'],
    },
  ]);
}

for (const isV4 of [false, true]) {
  describe(`ali-oss in a browser, ${isV4 ? 'V4' : 'V1'}`, () => {
    const folder = isV4 ? 'by-v4/' : 'by-v1/';
    const key = `${folder}ключ 中文+&.txt`;

    it('is kept from a bucket without a rule, and let in by one', async () => {
      await (ali.client as Untyped).deleteBucketCORS(files.bucket);
      const attempt = (given: Untyped): Promise<Untyped> =>
        page.evaluate(async ({ options, key }: Untyped) => {
          const client = new (globalThis as Untyped).OSS(options);
          const put = client.put(key, new Blob(['from a page']), { meta: { of: 'page' } });
          return await put.then(
            ({ res }: Untyped) => res.status,
            ({ status }: Untyped) => status,
          );
        }, given);
      const given = { options: optionsOf(isV4), key };
      // What the page gets of an answer that the browser withholds.
      assert.equal(await attempt(given), -1);
      await assert.rejects(ali.client.head(key), { code: 'NoSuchKey' });
      await allow();
      assert.equal(await attempt(given), 200);
    });

    it('reads, heads, lists and deletes', async () => {
      const seen = await page.evaluate(
        async ({ options, key, folder }: Untyped) => {
          const client = new (globalThis as Untyped).OSS(options);
          const got = await client.get(key);
          const head = await client.head(key);
          const { objects } = await client.list({ prefix: folder, 'max-keys': 10 });
          await client.delete(key);
          const gone = await client.get(key).catch(({ code }: Untyped) => code);
          return {
            text: got.content.toString(),
            meta: head.meta,
            names: objects.map(({ name }: Untyped) => name),
            gone,
          };
        },
        { options: optionsOf(isV4), key, folder },
      );
      assert.deepEqual(seen, {
        text: 'from a page',
        meta: { of: 'page' },
        names: [key],
        gone: 'NoSuchKey',
      });
    });

    it('sends a file in parts and tells how far it is', async () => {
      const seen = await page.evaluate(
        async ({ options, key }: Untyped) => {
          const client = new (globalThis as Untyped).OSS(options);
          const bytes = new Uint8Array(350 * 1024).map((_, index) => index % 251);
          const progress: number[] = [];
          const sent = await client.multipartUpload(key, new File([bytes], 'a.bin'), {
            partSize: 100 * 1024,
            parallel: 2,
            progress: (done: number) => void progress.push(done),
          });
          const { content } = await client.get(key);
          return {
            status: sent.res.status,
            progress,
            isSame:
              content.length === bytes.length &&
              bytes.every((byte, index) => content[index] === byte),
          };
        },
        { options: optionsOf(isV4), key: `${key}.bin` },
      );
      assert.deepEqual([seen.status, seen.isSame], [200, true]);
      // One word of each part, and one at the start.
      assert.ok(seen.progress.length >= 4, String(seen.progress));
      assert.deepEqual(
        seen.progress,
        [...seen.progress].sort((one, other) => one - other),
      );
      assert.equal(seen.progress.at(-1), 1);
    });

    it('writes and reads by signed URLs', async () => {
      const seen = await page.evaluate(
        async ({ options, key, isV4 }: Untyped) => {
          const client = new (globalThis as Untyped).OSS(options);
          const headers = { 'Content-Type': 'text/plain' };
          const sign = (method: string, of: Record<string, string>) =>
            isV4
              ? client.signatureUrlV4(method, 60, { headers: of }, key)
              : client.asyncSignatureUrl(key, { method, expires: 60, ...of });
          const body = 'by URL';
          const put = await fetch(await sign('PUT', headers), { method: 'PUT', headers, body });
          const got = await fetch(await sign('GET', {}));
          return [put.status, got.status, await got.text(), got.headers.get('content-type')];
        },
        { options: optionsOf(isV4), key, isV4 },
      );
      assert.deepEqual(seen, [200, 200, 'by URL', 'text/plain']);
    });

    it('sends a form that a server signed', async () => {
      const date = new Date();
      const expiration = new Date(date.getTime() + 60_000).toISOString();
      const text = date.toISOString().replace(/[-:]|\.\d{3}/g, '');
      const scope = `${text.slice(0, 8)}/cn-hangzhou/oss/aliyun_v4_request`;
      const fieldsV4 = {
        'x-oss-signature-version': 'OSS4-HMAC-SHA256',
        'x-oss-credential': `${server.accessKeyId}/${scope}`,
        'x-oss-date': text,
      };
      const more = Object.entries(fieldsV4).map(([name, value]) => ({ [name]: value }));
      const bucket = files.bucket;
      const policy = { expiration, conditions: [{ bucket }, ...(isV4 ? more : [])] };
      const signer: Untyped = ali.client;
      const fields = isV4
        ? {
            ...fieldsV4,
            policy: Buffer.from(JSON.stringify(policy)).toString('base64'),
            'x-oss-signature': signer.signPostObjectPolicyV4(policy, date),
          }
        : signer.calculatePostSignature(policy);
      const seen = await page.evaluate(
        async ({ fields, url, key }: Untyped) => {
          const form = new FormData();
          form.append('key', key);
          for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
          form.append('success_action_status', '201');
          form.append('file', new File(['by form'], 'a.txt', { type: 'text/plain' }));
          const answer = await fetch(url, { method: 'POST', body: form });
          return { status: answer.status, etag: answer.headers.get('etag') };
        },
        { fields, url: `https://${files.domain}/`, key },
      );
      assert.equal(seen.status, 201);
      // Exposed by the rule, else the page would not see it.
      assert.match(seen.etag ?? '', /^"[0-9A-F]{32}"$/);
      assert.equal(String((await ali.client.get(key)).content), 'by form');
    });
  });
}
