/**
 * The check list of custom-domain.md 13, lines 10 to 16: what a mapped domain serves. Lines 1 to 9,
 * and the ways a story is played in, are in check-list.test.ts and check-list/stage.ts.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Visits, visit } from '../campaigns/rotation/visitors.ts';
import type { TestCertificate } from '../support/certificates.ts';
import { leafShown } from '../support/handshake.ts';
import { connectRaw, handshakeFailure, type RawClient } from '../support/raw-client.ts';
import {
  type RequestToSign,
  signHeaderV1,
  signHeaderV4,
  signUrlV1,
  signUrlV4,
} from '../support/sign.ts';
import {
  type Answer,
  type Call,
  endpoint,
  errorOf,
  expectOk,
  firstWay,
  inline,
  openStage,
  type Place,
  refusalOf,
  type Stage,
  type Visit,
  type Way,
  ways,
} from './check-list/stage.ts';

let stage: Stage;
let leaf: TestCertificate;

before(async () => {
  stage = await openStage();
  leaf = await stage.issue(['*.shop.example']);
});
after(() => stage.close());

/** A handshake without a name gets the default certificate, whatever Host says after it. */
const noName = '';
const unknownHost = '404 NoSuchBucket 0015-00000101';
const connections = [
  { name: 'HTTP', isSecure: false },
  { name: 'HTTPS', isSecure: true },
] as const;
const html = { 'content-type': 'text/html' };

function inEveryWay(line: string, story: (place: Place) => Promise<void>): void {
  describe(line, () => {
    for (const way of ways) test(way.name, async () => story(await stage.place(way)));
  });
}

/** A bucket of this owner and way whose domain is mapped, with a certificate. */
async function mappedPlace(way: Way = firstWay, acl = 'private'): Promise<Place> {
  const place = await stage.place(way);
  await expectOk(place.call({ method: 'PUT', query: { acl: undefined }, headers: aclOf(acl) }));
  await place.prove();
  await expectOk(place.put(inline(leaf)));
  return place;
}

const aclOf = (acl: string) => ({ 'x-oss-acl': acl });

async function upload(place: Place, key: string, body: string, headers = {}): Promise<void> {
  await expectOk(place.call({ method: 'PUT', key, body, headers: { ...html, ...headers } }));
}

describe('10. a certificate changes under load', () => {
  for (const scheme of ['V1', 'V4'] as const) {
    for (const form of ['inline', 'by id'] as const) {
      test(`${scheme}, ${form}: no failed handshake, every new one shows the new leaf`, async () => {
        await swapUnderLoad({ ...firstWay, scheme }, form);
      });
    }
  }

  test('a connection from before the swap and its unmapped certificate goes on', async () => {
    const place = await mappedPlace(firstWay, 'public-read');
    await upload(place, 'page.html', 'the page');
    const client = await openKept(place.domain);
    const ask = async () => {
      client.send(`GET /page.html HTTP/1.1\r\nHost: ${place.domain}\r\n\r\n`);
      return (await client.response()).body.toString();
    };
    assert.equal(await ask(), 'the page');
    const next = await stage.issue([place.domain]);
    await expectOk(place.put({ ...inline(next), Force: 'true' }));
    assert.equal(await ask(), 'the page');
    assert.equal(client.isClosed, false);
    client.destroy();
  });
});

function openKept(domain: string): Promise<RawClient> {
  return connectRaw({
    port: stage.server.httpsPort,
    tls: { servername: domain, rejectUnauthorized: true, ca: stage.authority.certificatePem },
  });
}

/** Twelve swaps while three visitors keep their connection and three make new ones. */
async function swapUnderLoad(way: Way, form: 'inline' | 'by id'): Promise<void> {
  const place = await mappedPlace(way, 'public-read');
  const page = 'a page of some length '.repeat(500);
  await upload(place, 'page.html', page);
  const certificates = await Promise.all([0, 1, 2].map(() => stage.issue([place.domain])));
  const ids: string[] = [];
  for (const certificate of certificates) {
    await expectOk(place.put({ ...inline(certificate), Force: 'true' }));
    ids.push(await place.certId());
  }
  const leaves = [certificates.at(-1)?.x509.fingerprint256 ?? ''];
  const visits: Visits = { kept: 0, full: 0, resumed: 0 };
  let isOver = false;
  const site = () => ({
    port: stage.server.httpsPort,
    domain: place.domain,
    authorityPem: stage.authority.certificatePem,
    path: '/page.html',
    page: Buffer.from(page),
    leaves,
    sure,
  });
  let sure = 0;
  const visitors = Promise.all(
    Array.from({ length: 6 }, (_, index) => visit(site, index < 3, () => isOver, visits)),
  );
  visitors.catch(() => {});
  for (let swap = 0; swap < 12; swap++) {
    const certificate = certificates[swap % 3] as TestCertificate;
    const id = ids[swap % 3] ?? '';
    leaves.push(certificate.x509.fingerprint256);
    const material = form === 'inline' ? inline(certificate) : { CertId: id };
    const guard = swap % 2 === 0 ? { Force: 'true' } : { PreviousCertId: await place.certId() };
    await Promise.race([expectOk(place.put({ ...material, ...guard })), visitors]);
    sure = leaves.length - 1;
    assert.equal(await leafShown(stage.server.httpsPort, place.domain), leaves[sure]);
  }
  isOver = true;
  await visitors;
  assert.ok(visits.kept > 0 && visits.full > 0, JSON.stringify(visits));
}

inEveryWay('11. the certificate goes, then the domain', async (place) => {
  const { domain, bucket } = place;
  const { httpsPort } = stage.server;
  await place.prove();
  await expectOk(place.put(inline(leaf)));
  await expectOk(
    place.call({ method: 'PUT', query: { acl: undefined }, headers: aclOf('public-read') }),
  );
  await upload(place, 'page.html', 'the page');
  const page = (isSecure = false) => stage.visit({ host: domain, path: '/page.html', isSecure });
  assert.equal((await page(true)).text, 'the page');
  const kept = await openKept(domain);

  await expectOk(place.put({ DeleteCertificate: 'true' }));
  assert.equal((await page()).text, 'the page', 'HTTP goes on');
  assert.equal(await leafShown(httpsPort, domain), stage.defaultLeaf);
  await assert.rejects(page(true), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });

  assert.equal((await expectOk(place.remove())).headers['content-length'], '0');
  await expectOk(place.remove());
  const gone = await page();
  assert.equal(refusalOf(gone), unknownHost);
  assert.equal(errorOf(gone).HostId, domain);
  assert.ok(!gone.text.includes(bucket));
  kept.send(`GET /page.html HTTP/1.1\r\nHost: ${domain}\r\n\r\n`);
  assert.equal((await kept.response()).status, 404, 'nor over a connection from before');
  kept.destroy();
  assert.deepEqual(await place.listed(), []);
  await expectOk(place.call({ key: 'page.html' }));
  const again = await place.createToken();
  assert.equal(again.status, 200, 'whoever maps it again proves it again');
});

describe('11. where there is no default certificate, the handshake is refused', () => {
  let bare: Stage;
  before(async () => {
    bare = await openStage({ hasDefaultCertificate: false });
  });
  after(() => bare.close());

  for (const way of ways.filter(({ isSecure }) => !isSecure)) {
    test(way.name, async () => {
      const place = await bare.place(way);
      await place.prove();
      const { httpsPort } = bare.server;
      const failure = () =>
        handshakeFailure({ port: httpsPort, tls: { servername: place.domain } });
      const alert = 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE';
      assert.equal(await failure(), alert);
      await expectOk(place.put());
      assert.equal(await failure(), alert);
      const bound = await bare.issue([place.domain]);
      await expectOk(place.put(inline(bound)));
      assert.equal(await leafShown(httpsPort, place.domain), bound.x509.fingerprint256);
      await expectOk(place.put({ DeleteCertificate: 'TRUE' }));
      assert.equal(await failure(), alert);
      const page = await bare.visit({ host: place.domain, path: '/x' });
      assert.equal(errorOf(page).Code, 'AccessDenied', 'HTTP still finds the bucket');
      await expectOk(place.put(inline(bound)));
      assert.equal(await leafShown(httpsPort, place.domain), bound.x509.fingerprint256);
      await expectOk(place.remove());
      assert.equal(await failure(), alert);
      assert.equal(refusalOf(await bare.visit({ host: place.domain })), unknownHost);
    });
  }
});

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

describe('16. ListCname, byte for byte', () => {
  const lines = (...all: readonly string[]): string =>
    ['<?xml version="1.0" encoding="UTF-8"?>', ...all, ''].join('\n');
  const entry = (place: Pick<Place, 'domain'>, at: string, ...more: readonly string[]) => [
    '  <Cname>',
    `    <Domain>${place.domain}</Domain>`,
    `    <LastModified>${at}</LastModified>`,
    '    <Status>Enabled</Status>',
    '    <IsPurgeCdnCache>false</IsPurgeCdnCache>',
    ...more,
    '  </Cname>',
  ];
  const list: Call = { query: { cname: undefined } };

  for (const way of ways) {
    test(way.name, async () => {
      const place = await stage.place(way);
      const iso = () => new Date(stage.world.clock.now()).toISOString();
      const head = [
        '<ListCnameResult>',
        `  <Bucket>${place.bucket}</Bucket>`,
        `  <Owner>${place.owner.accountId}</Owner>`,
      ];
      const tail = '</ListCnameResult>';
      const empty = await stage.place({ ...way, addressing: 'path' }, place.owner);
      const emptyHead = head.map((line) => line.replace(place.bucket, empty.bucket));
      assert.equal((await expectOk(empty.call(list))).text, lines(...emptyHead, tail));

      stage.world.advance(90_061_000);
      const domains = ['b', 'a', 'c'].map((label) => `${label}.${place.domain}`);
      for (const domain of domains) {
        await place.prove(domain);
        await expectOk(place.put(undefined, domain));
      }
      const mappedAt = iso();
      stage.world.advance(7_000);
      const bound = await stage.issue([`b.${place.domain}`], {
        notBefore: Date.UTC(2026, 10, 1),
        notAfter: Date.UTC(2036, 0, 30, 23, 59, 59),
      });
      await expectOk(place.put(inline(bound), `b.${place.domain}`));
      const boundAt = new Date(stage.world.clock.now()).toUTCString();
      const certificate = [
        '    <Certificate>',
        '      <Type>Upload</Type>',
        `      <CertId>${await place.certId(`b.${place.domain}`)}</CertId>`,
        '      <Status>Enabled</Status>',
        `      <CreationDate>${boundAt}</CreationDate>`,
        `      <Fingerprint>${bound.x509.fingerprint}</Fingerprint>`,
        '      <ValidStartDate>Nov  1 00:00:00 2026 GMT</ValidStartDate>',
        '      <ValidEndDate>Jan 30 23:59:59 2036 GMT</ValidEndDate>',
        '    </Certificate>',
      ];
      const carried = await carrierEntry(place);
      const expected = lines(
        ...head,
        ...entry({ domain: `a.${place.domain}` }, mappedAt),
        ...entry({ domain: `b.${place.domain}` }, mappedAt, ...certificate),
        ...entry({ domain: `c.${place.domain}` }, mappedAt),
        ...carried,
        tail,
      );
      const answer = await expectOk(place.call(list));
      assert.equal(answer.text, expected);
      assert.equal(answer.headers['content-type'], 'application/xml');
      assert.match(bound.x509.fingerprint, /^([0-9A-F]{2}:){19}[0-9A-F]{2}$/);
    });
  }

  /** The entry of the carrier, as the list shows it: `c1.carrier.example` sorts by its own name. */
  async function carrierEntry(place: Place): Promise<string[]> {
    if (place.carrier === undefined) return [];
    const { text } = await expectOk(place.call(list));
    const entries = text.match(/ {2}<Cname>\n[\s\S]*?\n {2}<\/Cname>/g) ?? [];
    const found = entries.find((each) => each.includes(`<Domain>${place.carrier}</Domain>`));
    assert.ok(found, text);
    return found.split('\n');
  }
});
