/**
 * The official client drives every core operation: V1 and V4, every way its users address a server.
 * Its assertions are the client's own parsing; ours are on what came back.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
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

      if (addressing !== 'cname') {
        it('makes a bucket, lists it, reads its facts', async () => {
          const name = `${bucket}-extra`;
          await client.putBucket(name);
          // Repeating the call on one's own bucket is no error.
          await client.putBucket(name);
          const listed = (await client.listBuckets({ prefix: name } as Untyped)) as Untyped;
          assert.deepEqual(
            listed.buckets.map((each: { name: string }) => each.name),
            [name],
          );
          assert.equal(listed.buckets[0].region, 'oss-cn-hangzhou');
          await client.deleteBucket(name);
          await assert.rejects(
            client.getBucketInfo(name),
            (error: Untyped) => error.code === 'NoSuchBucket' && error.status === 404,
          );
        });
      } else {
        it('cannot list buckets through a mapped domain', async () => {
          // The client signs the service's resource, and the host says a bucket's: there is no
          // service level on a mapped domain.
          await assert.rejects(
            client.listBuckets({}),
            (error: Untyped) => error.code === 'SignatureDoesNotMatch' && error.status === 403,
          );
        });
      }

      it('reads info, location, statistics and ACL of the bucket', async () => {
        const info = (await client.getBucketInfo(bucket)) as Untyped;
        assert.equal(info.bucket.Name, bucket);
        assert.equal(info.bucket.Owner.ID, server.rootAccountId);
        const location = (await client.getBucketLocation(bucket)) as Untyped;
        assert.equal(location.location, 'oss-cn-hangzhou');
        const stat = (await (client as Untyped).getBucketStat(bucket)) as Untyped;
        assert.equal(stat.stat.ObjectCount, '0');
        await client.putBucketACL(bucket, 'public-read');
        assert.equal(((await client.getBucketACL(bucket)) as Untyped).acl, 'public-read');
        await client.putBucketACL(bucket, 'private');
        assert.equal(((await client.getBucketACL(bucket)) as Untyped).acl, 'private');
      });

      it('puts, reads and deletes the website document', async () => {
        await client.putBucketWebsite(bucket, {
          index: 'index.html',
          error: 'error.html',
          supportSubDir: 'true',
          type: '0',
        } as Untyped);
        const website = (await client.getBucketWebsite(bucket)) as Untyped;
        assert.equal(website.index, 'index.html');
        assert.equal(website.error, 'error.html');
        await client.deleteBucketWebsite(bucket);
        await assert.rejects(
          client.getBucketWebsite(bucket),
          (error: Untyped) => error.code === 'NoSuchWebsiteConfiguration',
        );
      });

      it('keeps the routing rules of a website as it wrote them', async () => {
        const rule = {
          RuleNumber: '1',
          Condition: { KeyPrefixEquals: 'abc/', HttpErrorCodeReturnedEquals: '404' },
          Redirect: {
            RedirectType: 'Mirror',
            PassQueryString: 'true',
            MirrorURL: 'http://www.test.example/',
            MirrorPassQueryString: 'true',
            MirrorUsingRole: 'false',
            MirrorUserLastModified: 'false',
            MirrorIsExpressTunnel: 'false',
            MirrorPassOriginalSlashes: 'false',
            MirrorAllowHeadObject: 'false',
            MirrorFollowRedirect: 'true',
            MirrorCheckMd5: 'true',
            MirrorHeaders: {
              PassAll: 'true',
              Pass: ['a-1', 'a-2'],
              Remove: ['a-3', 'a-4'],
              Set: { Key: 'a-5', Value: 'v' },
            },
          },
        };
        await client.putBucketWebsite(bucket, { routingRules: [rule] } as Untyped);
        const shown = (await client.getBucketWebsite(bucket)) as Untyped;
        assert.deepEqual(shown.routingRules, [rule]);
        await client.deleteBucketWebsite(bucket);
      });

      it('puts, reads and deletes CORS rules', async () => {
        const rules = [
          {
            allowedOrigin: '*',
            allowedMethod: 'GET',
            allowedHeader: '*',
            exposeHeader: 'Content-Length',
            maxAgeSeconds: '30',
          },
          { allowedOrigin: 'localhost', allowedMethod: ['HEAD', 'PUT'] },
        ];
        await client.putBucketCORS(bucket, rules as Untyped);
        assert.deepEqual(((await client.getBucketCORS(bucket)) as Untyped).rules, rules);
        const deleted = (await client.deleteBucketCORS(bucket)) as Untyped;
        assert.equal(deleted.res.status, 204);
        await assert.rejects(
          client.getBucketCORS(bucket),
          (error: Untyped) => error.message === 'The CORS Configuration does not exist.',
        );
      });

      it('puts, reads and resets hot-link protection', async () => {
        const referers = ['http://a.example', 'https://*.example.com'];
        await client.putBucketReferer(bucket, false, referers);
        const shown = (await client.getBucketReferer(bucket)) as Untyped;
        assert.deepEqual([shown.allowEmpty, shown.referers], [false, referers]);
        await client.deleteBucketReferer(bucket);
        const reset = (await client.getBucketReferer(bucket)) as Untyped;
        assert.deepEqual([reset.allowEmpty, reset.referers], [true, null]);
      });

      it('writes, reads, heads, copies and deletes objects', async () => {
        const content = randomBytes(100_000);
        const put = (await client.put('a.bin', content, {
          meta: { uid: 7, pid: 9 },
          headers: { 'Cache-Control': 'max-age=60' },
        } as Untyped)) as Untyped;
        assert.equal(put.res.status, 200);
        assert.match(put.res.headers.etag, /^"[0-9A-F]{32}"$/);

        const got = (await client.get('a.bin')) as Untyped;
        assert.ok(content.equals(got.content));
        const part = (await client.get('a.bin', { headers: { Range: 'bytes=10-19' } })) as Untyped;
        assert.equal(part.res.status, 206);
        assert.ok(content.subarray(10, 20).equals(part.content));

        const head = (await client.head('a.bin')) as Untyped;
        assert.deepEqual(head.meta, { uid: '7', pid: '9' });
        assert.equal(head.res.headers['cache-control'], 'max-age=60');
        const meta = (await (client as Untyped).getObjectMeta('a.bin')) as Untyped;
        assert.equal(meta.res.headers['content-length'], '100000');

        await client.copy('b.bin', 'a.bin');
        const copied = (await client.get('b.bin')) as Untyped;
        assert.ok(content.equals(copied.content));

        await client.putACL('b.bin', 'public-read');
        assert.equal(((await client.getACL('b.bin')) as Untyped).acl, 'public-read');

        await client.delete('a.bin');
        await client.delete('a.bin');
        await assert.rejects(
          client.head('a.bin'),
          (error: Untyped) => error.status === 404 && error.code === 'NoSuchKey',
        );
        await client.delete('b.bin');
      });

      it('streams in both directions, of unknown length too', async () => {
        const content = randomBytes(300_000);
        await client.putStream('stream.bin', Readable.from([content]) as Untyped);
        const { stream } = (await client.getStream('stream.bin')) as Untyped;
        const chunks: Buffer[] = [];
        for await (const chunk of stream) chunks.push(chunk);
        assert.ok(content.equals(Buffer.concat(chunks)));
        await client.delete('stream.bin');
      });

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

      it('lists in pages, with delimiter, V1 and V2, with empty parameters', async () => {
        for (const key of ['1', '2/a', '2/b', '3']) await client.put(key, Buffer.from(key));
        const first = (await client.list(
          { prefix: '', marker: '', 'max-keys': 2, delimiter: '/' } as Untyped,
          {},
        )) as Untyped;
        assert.deepEqual(
          [first.objects.map((each: { name: string }) => each.name), first.prefixes],
          [['1'], ['2/']],
        );
        assert.equal(first.isTruncated, true);
        const second = (await client.list(
          { marker: first.nextMarker, 'max-keys': 2, delimiter: '/' } as Untyped,
          {},
        )) as Untyped;
        assert.deepEqual(
          second.objects.map((each: { name: string }) => each.name),
          ['3'],
        );
        let token: string | undefined;
        const seen: string[] = [];
        do {
          const page = (await (client as Untyped).listV2({
            'max-keys': '3',
            ...(token ? { 'continuation-token': token } : {}),
          })) as Untyped;
          seen.push(...page.objects.map((each: { name: string }) => each.name));
          token = page.nextContinuationToken;
        } while (token);
        assert.deepEqual(seen, ['1', '2/a', '2/b', '3']);
        await client.deleteMulti(['1', '2/a', '2/b', '3'], { quiet: true });
      });

      it('answers the empty lists that a tear-down asks for', async () => {
        const uploads = (await client.listUploads({ 'max-uploads': 10 } as Untyped)) as Untyped;
        assert.deepEqual(uploads.uploads, []);
        const versions = (await (client as Untyped).getBucketVersions({})) as Untyped;
        assert.deepEqual(versions.objects ?? [], []);
      });

      it('keeps versions: reads, copies, opens, lists and removes them by id', async () => {
        const versioned = client as Untyped;
        await versioned.putBucketVersioning(bucket, 'Enabled');
        const idOf = ({ res }: Untyped): string => res.headers['x-oss-version-id'];
        const first = idOf(await client.put(hostileKey, Buffer.from('first')));
        const second = idOf(await client.put(hostileKey, Buffer.from('second')));
        const of = (versionId: string): Untyped => ({ versionId });
        const text = async (more?: Untyped) =>
          (await client.get(hostileKey, undefined, more)).content.toString();
        assert.deepEqual([await text(), await text(of(first))], ['second', 'first']);
        assert.equal(idOf(await client.head(hostileKey, of(first))), first);
        assert.equal(idOf(await versioned.getObjectMeta(hostileKey, of(first))), first);
        await versioned.putACL(hostileKey, 'public-read', of(first));
        assert.equal((await versioned.getACL(hostileKey, of(first))).acl, 'public-read');
        assert.equal((await versioned.getACL(hostileKey, of(second))).acl, 'default');
        const { res: copied } = (await client.copy('copy', hostileKey, of(first))) as Untyped;
        assert.equal(copied.headers['x-oss-copy-source-version-id'], first);
        const { res: deleted } = (await client.delete(hostileKey)) as Untyped;
        assert.equal(deleted.headers['x-oss-delete-marker'], 'true');
        await assert.rejects(client.get(hostileKey), { code: 'NoSuchKey', status: 404 });
        const marker = idOf({ res: deleted });
        const onMarker = versioned.get(hostileKey, undefined, of(marker));
        await assert.rejects(onMarker, { code: 'MethodNotAllowed', status: 405 });
        const page = await versioned.getBucketVersions({ prefix: hostileKey, 'max-keys': 2 });
        const names = (list: Untyped) => list.map((each: Untyped) => [each.name, each.versionId]);
        assert.deepEqual(names(page.deleteMarker), [[hostileKey, marker]]);
        assert.deepEqual(names(page.objects), [[hostileKey, second]]);
        const { nextKeyMarker: keyMarker, NextVersionIdMarker: versionIdMarker } = page;
        const next = { prefix: hostileKey, keyMarker, versionIdMarker };
        const rest = await versioned.getBucketVersions(next);
        assert.deepEqual([names(rest.objects), rest.isTruncated], [[[hostileKey, first]], false]);
        const named = [marker, second].map((versionId) => ({ key: hostileKey, versionId }));
        const gone = await client.deleteMulti(named as Untyped);
        assert.deepEqual(
          gone.deleted?.map((each: Untyped) => [each.VersionId, each.DeleteMarkerVersionId]),
          [
            [marker, marker],
            [second, undefined],
          ],
        );
        assert.equal(await text(), 'first');
        assert.equal(idOf(await client.delete(hostileKey, of(first))), first);
        await assert.rejects(client.get(hostileKey), { code: 'NoSuchKey' });
        const all = await versioned.getBucketVersions({});
        assert.deepEqual([all.objects.length, all.deleteMarker.length], [1, 0]);
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

describe('ali-oss, what a browser or a receiver does of it', () => {
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

  it('signs forms, with V1 and V4', async () => {
    const expiration = new Date(Date.now() + 60_000).toISOString();
    const date = new Date();
    const text = date.toISOString().replace(/[-:]|\.\d{3}/g, '');
    const credential = `${server.accessKeyId}/${text.slice(0, 8)}/cn-hangzhou/oss/aliyun_v4_request`;
    const fieldsV4 = {
      'x-oss-signature-version': 'OSS4-HMAC-SHA256',
      'x-oss-credential': credential,
      'x-oss-date': text,
    };
    const policyV4 = {
      expiration,
      conditions: [
        { bucket },
        ...Object.entries(fieldsV4).map(([name, value]) => ({ [name]: value })),
      ],
    };
    const forms: Record<string, Record<string, string>> = {
      'form-v1': client.calculatePostSignature({ expiration, conditions: [{ bucket }] }),
      'form-v4': {
        ...fieldsV4,
        policy: Buffer.from(JSON.stringify(policyV4)).toString('base64'),
        'x-oss-signature': client.signPostObjectPolicyV4(policyV4, date),
      },
    };
    for (const [key, fields] of Object.entries(forms)) {
      const form = new FormData();
      form.append('key', key);
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append('file', new Blob(['content']), 'a.txt');
      const url = `http://127.0.0.1:${server.httpPort}/${bucket}`;
      const answer = await fetch(url, { method: 'POST', body: form });
      assert.equal(answer.status, 204, `${key}: ${await answer.text()}`);
      assert.equal((await client.get(key)).content.toString(), 'content');
    }
  });
});
