/** How clients address, rightly and wrongly (clients.md, Addressing), and what tear-downs call. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { genericRequest, openAliOss } from '../../support/ali-oss.ts';
import { ask, type RawResponse } from '../../support/raw-client.ts';
import { requestBytes, signHeaderV1, signHeaderV4 } from '../../support/sign.ts';
import { bucket, domain, endpoint, openShop, type Shop } from '../cname/shop.ts';

let shop: Shop;
const schemes = { V1: signHeaderV1, V4: signHeaderV4 } as const;
type Scheme = keyof typeof schemes;

before(async () => {
  shop = await openShop();
  await shop.prove(domain);
  assert.equal((await shop.putCname(`<Domain>${domain}</Domain>`)).status, 200);
});
after(() => shop.close());

interface Said extends RawResponse {
  readonly text: string;
  readonly code: string;
  readonly message: string;
}

interface Saying {
  readonly method?: string;
  readonly host: string;
  /** As written. */
  readonly target: string;
  /** As signed. */
  readonly bucket?: string;
  readonly key?: string;
  readonly query?: Record<string, string | undefined>;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly scheme?: Scheme;
}

async function say(saying: Saying): Promise<Said> {
  const { scheme = 'V4', target, body = '', method = 'GET', ...request } = saying;
  const credentials = shop.ann;
  const signed = schemes[scheme]({ method, ...request, credentials, at: shop.world.clock.now() });
  const bytes = requestBytes({ ...signed, target }, body);
  const answer = await ask({ port: shop.server.httpPort }, bytes, method);
  const text = answer.body.toString();
  return { ...answer, text, code: textOf(text, 'Code'), message: textOf(text, 'Message') };
}

const textOf = (text: string, name: string): string =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? '';
const ipHost = (): string => `127.0.0.1:${shop.server.httpPort}`;

for (const scheme of Object.keys(schemes) as Scheme[]) {
  describe(`keys and hosts as clients write them, ${scheme}`, () => {
    it('a slash inside a key may come as %2F', async () => {
      const key = 'letters/2026/a b.txt';
      const stored = await say({
        scheme,
        method: 'PUT',
        host: ipHost(),
        target: `/${bucket}/letters%2F2026%2Fa%20b.txt`,
        bucket,
        key,
        body: 'dear',
      });
      assert.equal(stored.status, 200, stored.text);
      for (const path of ['letters/2026/a%20b.txt', 'letters%2F2026/a%20b.txt']) {
        const host = `${bucket}.${endpoint}`;
        const read = await say({ scheme, host, target: `/${path}`, bucket, key });
        assert.equal(read.text, 'dear', path);
      }
    });

    it('a key of GBK bytes is InvalidArgument, not a crash', async () => {
      const answer = await say({
        scheme,
        method: 'PUT',
        host: ipHost(),
        target: `/${bucket}/%B2%E2%CA%D4.txt`,
        bucket,
        key: 'x',
      });
      assert.equal(answer.status, 400);
      assert.equal(answer.code, 'InvalidArgument');
    });

    it('PutBucket comes chunked and empty, and makes the bucket', async () => {
      const name = `chunked-${scheme.toLowerCase()}`;
      const signed = schemes[scheme]({
        method: 'PUT',
        host: ipHost(),
        bucket: name,
        headers: { 'content-type': 'application/xml' },
        credentials: shop.ann,
        at: shop.world.clock.now(),
      });
      const headers: Record<string, string> = {
        ...signed.headers,
        'transfer-encoding': 'chunked',
      };
      const lines = Object.entries(headers).map(([key, value]) => `${key}: ${value}\r\n`);
      const answer = await ask(
        { port: shop.server.httpPort },
        `PUT /${name}/ HTTP/1.1\r\n${lines.join('')}\r\n0\r\n\r\n`,
        'PUT',
      );
      assert.equal(answer.status, 200, answer.body.toString());
      const query = { bucketInfo: undefined };
      const target = `/${name}/?bucketInfo`;
      const info = await say({ scheme, host: ipHost(), target, bucket: name, query });
      assert.equal(textOf(info.text, 'Name'), name);
    });

    it('PutBucket with an ACL and a configuration makes the bucket with both', async () => {
      const name = `configured-${scheme.toLowerCase()}`;
      const storage = '<StorageClass>IA</StorageClass>';
      const configuration = `<CreateBucketConfiguration>${storage}</CreateBucketConfiguration>`;
      const made = await say({
        scheme,
        method: 'PUT',
        host: `${name}.${endpoint}`,
        target: '/',
        bucket: name,
        headers: { 'x-oss-acl': 'public-read' },
        body: configuration,
      });
      assert.equal(made.status, 200, made.text);
      const query = { bucketInfo: undefined };
      const host = `${name}.${endpoint}`;
      const info = await say({ scheme, host, target: '/?bucketInfo', bucket: name, query });
      assert.equal(textOf(info.text, 'StorageClass'), 'IA');
      assert.equal(textOf(info.text, 'Grant'), 'public-read');
    });

    it("the vendor's host names count as endpoints, a leading dot as the service", async () => {
      for (const host of ['.oss-cn-hangzhou.aliyuncs.com', 'oss-cn-hangzhou.aliyuncs.com']) {
        const listed = await say({ scheme, host, target: '/' });
        assert.equal(listed.status, 200, host);
        assert.ok(listed.text.includes(`<Name>${bucket}</Name>`));
      }
      const host = `${bucket}.oss-cn-hangzhou.aliyuncs.com`;
      const query = { cname: undefined };
      const listed = await say({ scheme, host, target: '/?cname', bucket, query });
      assert.equal(textOf(listed.text, 'Bucket'), bucket);
    });

    it('what ListBuckets and GetBucketInfo announce is an endpoint as it stands', async () => {
      const buckets = await say({ scheme, host: ipHost(), target: '/' });
      const announced = textOf(buckets.text, 'ExtranetEndpoint');
      assert.equal(announced, `localhost:${shop.server.httpPort}`);
      const query = { bucketInfo: undefined };
      const target = `/${bucket}/?bucketInfo`;
      const info = await say({ scheme, host: announced, target, bucket, query });
      assert.equal(textOf(info.text, 'ExtranetEndpoint'), announced);
      const host = `${bucket}.${announced}`;
      const again = await say({ scheme, host, target: '/?bucketInfo', bucket, query });
      assert.equal(again.status, 200);
    });

    it('in CNAME mode the signature names the bucket, Host and path do not', async () => {
      const [target, query] = ['/?cname', { cname: undefined }];
      const signed = await say({ scheme, host: domain, target, bucket, query });
      assert.equal(signed.status, 200);
      const withPort = `${domain}:${shop.server.httpPort}`;
      assert.equal((await say({ scheme, host: withPort, target, bucket, query })).status, 200);
      const without = await say({ scheme, host: domain, target, query });
      assert.equal(without.code, 'SignatureDoesNotMatch');
      assert.match(without.message, /On a mapped domain the bucket must still be signed/);
    });
  });

  describe(`clients in the wrong addressing mode, ${scheme}`, () => {
    const operations = [
      { method: 'GET', query: { cname: undefined } },
      { method: 'GET', query: { comp: 'token', cname: domain } },
      { method: 'POST', query: { cname: undefined, comp: 'token' } },
      { method: 'POST', query: { cname: undefined, comp: 'add' } },
      { method: 'POST', query: { cname: undefined, comp: 'delete' } },
    ] as const;
    const write = (query: Record<string, string | undefined>): string =>
      Object.entries(query)
        .map(([name, value]) => (value === undefined ? name : `${name}=${value}`))
        .join('&');

    it('Java drops the bucket from Host and signature, at the endpoint', async () => {
      for (const { method, query } of operations) {
        for (const signedBucket of ['', bucket]) {
          const answer = await say({
            scheme,
            method,
            host: ipHost(),
            target: `/?${write(query)}`,
            bucket: signedBucket,
            query,
            body: method === 'POST' ? '<BucketCnameConfiguration/>' : '',
          });
          assert.ok(answer.status >= 400, answer.text);
          assert.match(answer.message, /setSupportCname\(false\)/, answer.text);
        }
      }
    });

    it('Java drops the bucket, and reads and writes objects at the endpoint', async () => {
      for (const signedBucket of ['', bucket]) {
        for (const target of ['/', '/index.html']) {
          const key = target.slice(1);
          // The service's own resource is what a client without a bucket signs: it lists buckets.
          if (signedBucket === '' && key === '') continue;
          const host = ipHost();
          const answer = await say({ scheme, host, target, bucket: signedBucket, key });
          assert.equal(answer.code, 'SignatureDoesNotMatch', `${signedBucket} ${target}`);
          assert.match(answer.message, /setSupportCname\(false\)/);
        }
      }
    });

    it("Java drops the bucket from the signature at the bucket's host", async () => {
      for (const { method, query } of operations) {
        const host = `${bucket}.${endpoint}`;
        const answer = await say({ scheme, method, host, target: `/?${write(query)}`, query });
        assert.equal(answer.code, 'SignatureDoesNotMatch');
        assert.match(answer.message, /setSupportCname\(false\)/);
      }
    });

    it('ali-oss with an IP and sldEnable is told that it names the bucket twice', async () => {
      const opened = openAliOss({
        ...shop.ann,
        addressing: 'ip',
        isV4: scheme === 'V4',
        port: shop.server.httpPort,
        bucket,
      });
      // The client takes its dates from the machine.
      const clock = shop.world.clock.now();
      shop.world.jump(Date.now() - clock);
      (opened.client as unknown as { options: { sldEnable: boolean } }).options.sldEnable = true;
      const calls: readonly (() => Promise<unknown>)[] = [
        () => opened.client.put('a.txt', Buffer.from('a')),
        () => opened.client.get('a.txt'),
        () => opened.client.list(null, {}),
        ...operations.map(
          ({ method, query }) =>
            () =>
              genericRequest(opened.client, {
                method,
                bucket,
                subResources: Object.fromEntries(
                  Object.entries(query).map(([name, value]) => [name, value ?? '']),
                ),
                ...(method === 'POST' ? { body: '<BucketCnameConfiguration/>' } : {}),
              }),
        ),
      ];
      try {
        for (const [index, call] of calls.entries()) {
          await assert.rejects(call, (error: { code: string; message: string }) => {
            assert.equal(error.code, 'SignatureDoesNotMatch', `call ${index}: ${error.message}`);
            assert.match(error.message, /names it again.*`sldEnable`/);
            return true;
          });
        }
      } finally {
        shop.world.jump(clock - shop.world.clock.now());
        opened.close();
      }
    });
  });

  describe(`a tear-down, ${scheme}`, () => {
    it('finds everything it asks for, and the bucket is gone', async () => {
      const name = `torn-${scheme.toLowerCase()}`;
      await shop.makeBucket(name);
      const host = `${name}.${endpoint}`;
      const of = (query: Record<string, string | undefined>, more: Partial<Saying> = {}) => {
        const parts = Object.entries(query).map(([key, value]) =>
          value === undefined ? key : `${key}=${value}`,
        );
        const target = `/${parts.length > 0 ? `?${parts.join('&')}` : ''}`;
        return say({ scheme, host, target, bucket: name, query, ...more });
      };
      for (const key of ['a', 'b']) {
        const put = await say({
          scheme,
          method: 'PUT',
          host,
          target: `/${key}`,
          bucket: name,
          key,
          body: key,
        });
        assert.equal(put.status, 200);
      }
      await shop.prove(`${name}.example`, { bucket: name });
      await shop.putCname(`<Domain>${name}.example</Domain>`, { bucket: name });

      const buckets = await say({
        scheme,
        host: endpoint,
        target: `/?prefix=${name}&marker=&max-keys=10`,
        query: { prefix: name, marker: '', 'max-keys': '10' },
      });
      for (const [element, text] of Object.entries({
        Name: name,
        Region: 'cn-hangzhou',
        Location: 'oss-cn-hangzhou',
        StorageClass: 'Standard',
        IsTruncated: 'false',
      })) {
        assert.equal(textOf(buckets.text, element), text, element);
      }
      assert.match(textOf(buckets.text, 'CreationDate'), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
      for (const element of ['ExtranetEndpoint', 'IntranetEndpoint']) {
        assert.notEqual(textOf(buckets.text, element), '');
      }

      const early = await of({}, { method: 'DELETE' });
      assert.deepEqual([early.status, early.code], [409, 'BucketNotEmpty']);
      const objects = await of({ 'max-keys': '1' });
      assert.equal(textOf(objects.text, 'IsTruncated'), 'true');
      assert.equal(textOf((await of({ 'list-type': '2' })).text, 'IsTruncated'), 'false');
      const versions = await of({ versions: undefined });
      assert.equal(textOf(versions.text, 'IsTruncated'), 'false');
      const deleted = await of(
        { delete: undefined },
        {
          method: 'POST',
          body: '<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>',
        },
      );
      assert.equal(deleted.status, 200, deleted.text);
      const uploads = await of({ uploads: undefined });
      assert.equal(textOf(uploads.text, 'IsTruncated'), 'false');
      assert.ok(!uploads.text.includes('<Upload>'));
      const live = await of({ live: undefined });
      assert.equal(textOf(live.text, 'IsTruncated'), 'false');
      assert.ok(!live.text.includes('<LiveChannel>'));
      assert.equal((await of({ bucketInfo: undefined })).status, 200);
      assert.equal((await of({}, { method: 'DELETE' })).status, 204);
      const gone = await of({ cname: undefined });
      assert.deepEqual([gone.status, gone.code], [404, 'NoSuchBucket']);
      // Its domain went with it.
      const page = await ask(
        { port: shop.server.httpPort },
        `GET / HTTP/1.1\r\nHost: ${name}.example\r\nConnection: close\r\n\r\n`,
      );
      assert.equal(page.status, 404);
    });
  });
}
