/**
 * The check list of custom-domain.md 13, lines 10 and 11: what a mapped domain serves while its
 * certificate changes, and when the two go.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Visits, visit } from '../campaigns/rotation/visitors.ts';
import type { TestCertificate } from '../support/certificates.ts';
import { leafShown } from '../support/handshake.ts';
import { connectRaw, handshakeFailure, type RawClient } from '../support/raw-client.ts';
import { aclOf, mapPlace, upload } from './check-list/mapped.ts';
import {
  errorOf,
  expectOk,
  firstWay,
  inline,
  openStage,
  type Place,
  refusalOf,
  type Stage,
  unknownHost,
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

const mappedPlace = (way?: Way, acl?: string) => mapPlace(stage, leaf, way, acl);

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

describe('11. the certificate goes, then the domain', () => {
  for (const way of ways) test(way.name, async () => unbindAndUnmap(await stage.place(way)));
});

async function unbindAndUnmap(place: Place): Promise<void> {
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
}

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
