/**
 * The official client beside the table of conformance (conformance.test.ts): hostile keys, wrong
 * secrets, what a mapped domain cannot do, callbacks.
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type OSS from 'ali-oss';
import { type Addressing, type AliOss, openAliOss } from '../../support/ali-oss.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { document } from '../cname/shop.ts';

let server: TestServer;

before(async () => {
  server = await startTestServer({
    settings: {
      OWNERSHIP: 'off',
      ENDPOINT: 'oss.test,localhost',
      OUTBOUND_ALLOW: '127.0.0.1',
    },
  });
});
after(() => server.close());

const modes: readonly Addressing[] = ['sldEnable', 'virtual-host', 'ip', 'cname'];

/** Loosely typed on purpose: the client's declarations lag behind its methods. */
// biome-ignore lint/suspicious/noExplicitAny: the client's own declarations miss methods it has.
type Untyped = any;

const hostileKey = "dir/sub dir/ключ 中文+&=$#;,?:@!*()'%25~.txt";

for (const addressing of modes) {
  for (const isV4 of [false, true]) {
    describe(`ali-oss, ${addressing}, ${isV4 ? 'V4' : 'V1'}`, () => {
      let opened: AliOss;
      let client: OSS;
      const bucket = `ali-${addressing.toLowerCase()}-${isV4 ? 'v4' : 'v1'}`;
      const domain = `www.${addressing.toLowerCase()}-${isV4 ? 'v4' : 'v1'}.test`;

      before(async () => {
        const key = server;
        const port = server.httpPort;
        // Buckets are made through an endpoint (ruling 19), so the mapped mode starts beside one.
        const first = openAliOss({ ...key, addressing: 'sldEnable', isV4, port, bucket });
        await first.client.putBucket(bucket);
        if (addressing === 'cname') {
          await (first.client as Untyped).request({
            method: 'POST',
            bucket,
            subres: { cname: '', comp: 'add' },
            content: document(`<Domain>${domain}</Domain>`),
            successStatuses: [200],
          });
        }
        first.close();
        opened = openAliOss({ ...key, addressing, isV4, port, bucket, domain });
        client = opened.client;
      });
      after(() => opened.close());

      if (addressing === 'cname') {
        it('cannot list buckets through a mapped domain', async () => {
          // The client signs the service's resource, and the host says a bucket's: there is no
          // service level on a mapped domain.
          await assert.rejects(
            client.listBuckets({}),
            (error: Untyped) => error.code === 'SignatureDoesNotMatch' && error.status === 403,
          );
        });
      }

      it('keeps keys with every kind of character', async () => {
        await client.put(hostileKey, Buffer.from('x'));
        const got = (await client.get(hostileKey)) as Untyped;
        assert.equal(got.content.toString(), 'x');
        const listed = (await client.list({ prefix: 'dir/', 'max-keys': 10 }, {})) as Untyped;
        assert.deepEqual(
          listed.objects.map((each: { name: string }) => each.name),
          [hostileKey],
        );
        await client.copy('copied', hostileKey);
        const deleted = (await client.deleteMulti([hostileKey, 'copied'])) as Untyped;
        assert.equal(deleted.deleted.length, 2);
      });

      it('answers the empty lists that a tear-down asks for', async () => {
        const uploads = (await client.listUploads({ 'max-uploads': 10 } as Untyped)) as Untyped;
        assert.deepEqual(uploads.uploads, []);
        const versions = (await (client as Untyped).getBucketVersions({})) as Untyped;
        assert.deepEqual(versions.objects ?? [], []);
      });

      it('names a wrong secret', async () => {
        const wrong = openAliOss({
          ...server,
          accessKeySecret: 'not-the-secret',
          addressing,
          isV4,
          port: server.httpPort,
          bucket,
          domain,
        });
        await assert.rejects(
          wrong.client.put('a', Buffer.from('a')),
          (error: Untyped) => error.code === 'SignatureDoesNotMatch' && error.status === 403,
        );
        wrong.close();
      });
    });
  }
}

describe('ali-oss and a receiver of callbacks', () => {
  const bucket = 'ali-uploads';
  let opened: AliOss;
  let client: Untyped;
  let receiver: Server;
  const bodies: string[] = [];

  before(async () => {
    const port = server.httpPort;
    const options = { ...server, addressing: 'sldEnable' as const, isV4: true, port, bucket };
    opened = openAliOss(options);
    client = opened.client;
    await client.putBucket(bucket);
    receiver = createServer(async (incoming, response) => {
      let body = '';
      for await (const chunk of incoming) body += chunk;
      bodies.push(body);
      response.end('{"Status":"OK"}');
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  });
  after(() => {
    receiver.close();
    opened.close();
  });

  it('sends a callback and hands on what the receiver answered', async () => {
    const { port } = receiver.address() as AddressInfo;
    const callback = {
      url: `http://127.0.0.1:${port}/client`,
      body: 'key=${object}&own=${x:own}',
      contentType: 'application/x-www-form-urlencoded',
      customValue: { own: 'mine' },
    };
    const { data } = await client.put('by-client', Buffer.from('content'), { callback });
    assert.deepEqual(data, { Status: 'OK' });
    assert.deepEqual(bodies, ['key=by-client&own=mine']);
  });
});
