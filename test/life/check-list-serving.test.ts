/**
 * The check list of custom-domain.md 13, lines 12 to 15: what a mapped domain serves, and to whom.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TestCertificate } from '../support/certificates.ts';
import { leafShown } from '../support/handshake.ts';
import {
  type RequestToSign,
  signHeaderV1,
  signHeaderV4,
  signUrlV1,
  signUrlV4,
} from '../support/sign.ts';
import { mapPlace, upload } from './check-list/mapped.ts';
import {
  type Answer,
  endpoint,
  errorOf,
  expectOk,
  firstWay,
  openStage,
  type Place,
  refusalOf,
  type Stage,
  unknownHost,
  type Visit,
  type Way,
} from './check-list/stage.ts';

let stage: Stage;
let leaf: TestCertificate;

before(async () => {
  stage = await openStage();
  leaf = await stage.issue(['*.shop.example']);
});
after(() => stage.close());

const mappedPlace = (way?: Way, acl?: string) => mapPlace(stage, leaf, way, acl);

/** A handshake without a name gets the default certificate, whatever Host says after it. */
const noName = '';
const connections = [
  { name: 'HTTP', isSecure: false },
  { name: 'HTTPS', isSecure: true },
] as const;

describe('12. signatures over the domain carry the bucket name', () => {
  const headerSigners = { V1: signHeaderV1, V4: signHeaderV4 };
  const urlSigners = { V1: signUrlV1, V4: signUrlV4 };
  const body = 'uploaded over the domain';

  for (const scheme of ['V1', 'V4'] as const) {
    for (const { name, isSecure } of connections) {
      const send = (place: Place, more: Partial<RequestToSign>, host = place.domain) => {
        const signed = headerSigners[scheme](requestOf(place, more));
        const content = signed.method === 'PUT' ? { body } : {};
        return stage.sendSigned(signed, { host, isSecure, ...content });
      };

      test(`${scheme}, ${name}: a signed PUT and GET of a private object`, async () => {
        const place = await mappedPlace();
        const key = 'a folder/\u4e2d+&.txt';
        await expectOk(send(place, { method: 'PUT', key }));
        assert.equal((await expectOk(send(place, { key }))).text, body);
        assert.equal((await place.call({ key })).text, body, 'the same object, path style');
        assert.equal((await send(place, { method: 'HEAD', key })).status, 200);
        assert.equal((await send(place, { method: 'DELETE', key })).status, 204);
        assert.equal(errorOf(await send(place, { key })).Code, 'NoSuchKey');
      });

      test(`${scheme}, ${name}: signed with anything but the bucket it is refused`, async () => {
        const place = await mappedPlace();
        for (const bucket of [place.domain, 'another-bucket', '']) {
          const refused = await send(place, { key: 'k', bucket, path: '/k' });
          assert.equal(errorOf(refused).Code, 'SignatureDoesNotMatch', bucket);
        }
      });

      test(`${scheme}, ${name}: a presigned URL stays good when only its host is swapped`, async () => {
        const place = await mappedPlace();
        const sign = urlSigners[scheme];
        const bucketHost = `${place.bucket}.${endpoint}`;
        const put = sign(requestOf(place, { method: 'PUT', key: 'k/1', host: bucketHost }));
        const get = sign(requestOf(place, { key: 'k/1', host: bucketHost }));
        await expectOk(stage.sendSigned(put, { host: place.domain, isSecure, body }));
        for (const host of [place.domain, bucketHost]) {
          const answer = await expectOk(stage.sendSigned(get, { host, isSecure }));
          assert.equal(answer.text, body);
        }
        const back = sign(requestOf(place, { key: 'k/1', host: place.domain }));
        await expectOk(stage.sendSigned(back, { host: bucketHost, isSecure }));

        const other = await mappedPlace();
        const swapped = await stage.sendSigned(get, { host: other.domain, isSecure });
        assert.equal(swapped.status, 403, "another bucket's domain is not what was signed");
        const elsewhere = { ...get, target: get.target.replace('k/1', 'k/2') };
        const tampered = await stage.sendSigned(elsewhere, { host: place.domain, isSecure });
        assert.equal(errorOf(tampered).Code, 'SignatureDoesNotMatch');
        stage.world.advance(61_000);
        const late = await stage.sendSigned(get, { host: place.domain, isSecure });
        assert.equal(late.status, 403, 'expired');
      });
    }
  }

  test('V4: a URL that signs its host is good for that host only', async () => {
    const place = await mappedPlace();
    await upload(place, 'k', body);
    const host = `${place.bucket}.${endpoint}`;
    const get = signUrlV4(requestOf(place, { key: 'k', host, additionalHeaders: ['host'] }));
    await expectOk(stage.sendSigned(get));
    const swapped = await stage.sendSigned(get, { host: place.domain });
    assert.equal(errorOf(swapped).Code, 'SignatureDoesNotMatch');
  });
});

/** Virtual-host form, of the place's owner; Host is the domain unless said otherwise. */
function requestOf(place: Place, more: Partial<RequestToSign>): RequestToSign {
  return {
    host: place.domain,
    bucket: place.bucket,
    style: 'virtual',
    credentials: place.owner,
    at: stage.world.clock.now(),
    ...more,
  };
}

describe('13. the root of a domain', () => {
  const website =
    '<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument>' +
    '</WebsiteConfiguration>';

  for (const { name, isSecure } of connections) {
    const anonymous = (place: Place, more: Partial<Visit> = {}) =>
      stage.visit({ host: place.domain, isSecure, ...more });

    test(`${name}: with a website, the index to visitors and a listing to signers`, async () => {
      const place = await mappedPlace();
      await upload(place, 'index.html', 'welcome', { 'x-oss-object-acl': 'public-read' });
      await upload(place, 'hidden.html', 'hidden');
      await expectOk(place.call({ method: 'PUT', query: { website: undefined }, body: website }));
      const page = await expectOk(anonymous(place));
      assert.equal(page.text, 'welcome');
      assert.match(page.headers['content-type'] ?? '', /^text\/html/);
      const head = await expectOk(anonymous(place, { method: 'HEAD' }));
      assert.deepEqual([head.headers['content-length'], head.text], ['7', '']);
      for (const path of ['/?prefix=hidden', '/?list-type=2', '/?max-keys=5&delimiter=/']) {
        const asked = await anonymous(place, { path });
        assert.ok(!asked.text.includes('hidden'), 'visitors never get a listing');
      }
      for (const sign of [signHeaderV1, signHeaderV4, signUrlV1, signUrlV4]) {
        const listing = await expectOk(stage.sendSigned(sign(requestOf(place, {})), { isSecure }));
        assert.equal(listing.xml?.name, 'ListBucketResult');
        const keys = listing.xml?.childrenNamed('Contents').map((each) => each.child('Key')?.text);
        assert.deepEqual(keys, ['hidden.html', 'index.html']);
      }
    });

    test(`${name}: without a website, 403 that says so; signers still get a listing`, async () => {
      const place = await mappedPlace();
      await upload(place, 'index.html', 'welcome', { 'x-oss-object-acl': 'public-read' });
      const refused = await anonymous(place);
      assert.deepEqual([refused.status, errorOf(refused).Code], [403, 'AccessDenied']);
      assert.match(errorOf(refused).Message ?? '', /website/);
      const head = await anonymous(place, { method: 'HEAD' });
      assert.deepEqual([head.status, head.text], [403, '']);
      const carried = Buffer.from(head.headers['x-oss-err'] ?? '', 'base64').toString();
      assert.match(carried, /<Code>AccessDenied<\/Code>/);
      assert.equal((await anonymous(place, { path: '/index.html' })).text, 'welcome');
      for (const sign of [signHeaderV1, signHeaderV4, signUrlV1, signUrlV4]) {
        const listing = await expectOk(stage.sendSigned(sign(requestOf(place, {})), { isSecure }));
        assert.equal(listing.xml?.name, 'ListBucketResult');
      }
    });

    test(`${name}: with an index that is private or missing, no way round it`, async () => {
      const place = await mappedPlace();
      await expectOk(place.call({ method: 'PUT', query: { website: undefined }, body: website }));
      for (const method of ['GET', 'HEAD']) {
        const missing = await anonymous(place, { method });
        assert.ok(missing.status === 404 || missing.status === 403, String(missing.status));
      }
      await upload(place, 'index.html', 'secret');
      for (const method of ['GET', 'HEAD']) {
        const refused = await anonymous(place, { method });
        assert.deepEqual([refused.status, refused.text.includes('secret')], [403, false]);
      }
    });
  }
});

describe('14. a forced download is for the default hosts', () => {
  const active = [
    'text/html',
    'text/html; charset=utf-8',
    'application/xhtml+xml',
    'image/svg+xml',
  ];
  const plain = ['text/plain', 'image/png', 'application/javascript'];
  let free: Stage;
  before(async () => {
    free = await openStage({ settings: { FORCE_DOWNLOAD: 'off' } });
  });
  after(() => free.close());

  const facts = ({ headers }: Answer) => [
    headers['content-disposition'],
    headers['x-oss-force-download'],
  ];
  const forced = ['attachment', 'true'];
  const nothing = [undefined, undefined];

  async function page(place: Place, type: string, headers = {}): Promise<void> {
    await expectOk(
      place.call({
        method: 'PUT',
        key: 'page',
        body: 'x',
        headers: { 'content-type': type, 'x-oss-object-acl': 'public-read', ...headers },
      }),
    );
  }

  /** The three default hosts and their paths. */
  const defaultHosts = (on: Stage, place: Place, isSecure: boolean): Visit[] => [
    { host: endpoint, path: `/${place.bucket}/page`, isSecure },
    { host: `${place.bucket}.${endpoint}`, path: '/page', isSecure },
    {
      host: `127.0.0.1:${isSecure ? on.server.httpsPort : on.server.httpPort}`,
      path: `/${place.bucket}/page`,
      isSecure,
    },
  ];

  for (const { name, isSecure } of connections) {
    test(`${name}: on the default hosts pages are attachments, on the domain never`, async () => {
      const place = await mappedPlace();
      for (const method of ['GET', 'HEAD']) {
        for (const type of [...active, ...plain]) {
          await page(place, type);
          for (const visit of defaultHosts(stage, place, isSecure)) {
            const answer = await expectOk(stage.visit({ ...visit, method }));
            assert.deepEqual(facts(answer), active.includes(type) ? forced : nothing, type);
          }
          const own = await expectOk(
            stage.visit({ host: place.domain, path: '/page', isSecure, method }),
          );
          assert.deepEqual(facts(own), nothing, type);
          assert.equal(own.headers['content-type'], type);
        }
      }
    });

    test(`${name}: a presigned link is forced too, a signed request is not`, async () => {
      const place = await mappedPlace();
      await page(place, 'text/html');
      const host = `${place.bucket}.${endpoint}`;
      for (const sign of [signUrlV1, signUrlV4]) {
        const link = sign(requestOf(place, { key: 'page', host }));
        assert.deepEqual(facts(await expectOk(stage.sendSigned(link, { isSecure }))), forced);
        const own = await expectOk(stage.sendSigned(link, { host: place.domain, isSecure }));
        assert.deepEqual(facts(own), nothing);
      }
      for (const sign of [signHeaderV1, signHeaderV4]) {
        const signed = sign(requestOf(place, { key: 'page', host }));
        assert.deepEqual(facts(await expectOk(stage.sendSigned(signed, { isSecure }))), nothing);
      }
    });

    test(`${name}: on the domain the object's own disposition rules`, async () => {
      const place = await mappedPlace();
      await page(place, 'text/html', { 'content-disposition': 'inline; filename="a.html"' });
      const own = await expectOk(stage.visit({ host: place.domain, path: '/page', isSecure }));
      assert.deepEqual(facts(own), ['inline; filename="a.html"', undefined]);
      const other = await expectOk(
        stage.visit({ host: `${place.bucket}.${endpoint}`, path: '/page', isSecure }),
      );
      assert.deepEqual(facts(other), forced);
    });

    test(`${name}: switched off, nothing is forced anywhere`, async () => {
      const place = await free.place(firstWay);
      await page(place, 'text/html');
      for (const visit of defaultHosts(free, place, isSecure)) {
        assert.deepEqual(facts(await expectOk(free.visit(visit))), nothing);
      }
    });
  }
});

describe('15. hosts', () => {
  const unknown = ['nobody.example', 'shop.example', 'xn--bcher-kva.example', 'a'];

  for (const { name, isSecure } of connections) {
    test(`${name}: an unknown one never lists and is never read as path style`, async () => {
      const place = await mappedPlace(firstWay, 'public-read-write');
      await upload(place, 'page.html', 'the page');
      const { bucket, domain } = place;
      const hosts = [...unknown, `www.${domain}`, `x${domain}`, `${domain}.example`];
      const paths = ['/', `/${bucket}`, `/${bucket}/`, `/${bucket}/page.html`, '/?cname', '/?acl'];
      for (const host of hosts) {
        for (const path of paths) {
          const answer = await stage.visit({ host, path, isSecure, serverName: noName });
          assertUnknown(answer, host, bucket);
        }
        const put = { method: 'PUT', path: `/${bucket}/new`, body: 'x' };
        const written = await stage.visit({ host, ...put, isSecure, serverName: noName });
        assertUnknown(written, host, bucket);
      }
      assert.equal((await place.call({ key: 'new' })).status, 404);
    });

    test(`${name}: nor for somebody with a key, however it is signed`, async () => {
      const place = await mappedPlace();
      const { bucket } = place;
      for (const sign of [signHeaderV1, signHeaderV4, signUrlV1, signUrlV4]) {
        for (const more of [
          { bucket: '' },
          { style: 'path' },
          { style: 'path', key: 'page.html' },
          { style: 'virtual' },
          { query: { cname: undefined } },
        ] as const) {
          const host = 'nobody.example';
          const signed = sign(requestOf(place, { host, ...more }));
          const answer = await stage.sendSigned(signed, { isSecure, serverName: noName });
          assertUnknown(answer, host, bucket);
        }
      }
    });

    test(`${name}: a port, capitals and a final dot do not matter`, async () => {
      const place = await mappedPlace(firstWay, 'public-read');
      await upload(place, 'page.html', 'the page');
      const { domain } = place;
      const port = isSecure ? stage.server.httpsPort : stage.server.httpPort;
      for (const host of [
        `${domain}:${port}`,
        `${domain}:80`,
        `${domain}:443`,
        domain.toUpperCase(),
        `${domain}.`,
        `${domain.toUpperCase()}.:${port}`,
      ]) {
        const visit = { host, path: '/page.html', isSecure };
        assert.equal((await expectOk(stage.visit(visit))).text, 'the page', host);
        const root = await stage.visit({ host, isSecure });
        assert.equal(errorOf(root).Code, 'AccessDenied', 'the root of the bucket, not the service');
        for (const sign of [signHeaderV1, signHeaderV4]) {
          const signed = sign(requestOf(place, { host, key: 'page.html' }));
          assert.equal((await stage.sendSigned(signed, { isSecure })).text, 'the page', host);
        }
      }
    });
  }

  test('HTTPS: the server name of the handshake in capitals or with a dot', async () => {
    const place = await mappedPlace();
    const { httpsPort } = stage.server;
    for (const serverName of [place.domain.toUpperCase(), `${place.domain}.`]) {
      assert.equal(await leafShown(httpsPort, serverName), leaf.x509.fingerprint256, serverName);
    }
    assert.equal(await leafShown(httpsPort, 'nobody.example'), stage.defaultLeaf);
  });
});

function assertUnknown(answer: Answer, host: string, bucket: string): void {
  assert.equal(refusalOf(answer), unknownHost, host);
  const error = errorOf(answer);
  assert.equal(error.HostId, host);
  assert.equal(error.BucketName, undefined);
  assert.ok(!answer.text.includes(bucket));
}
