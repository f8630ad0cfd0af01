/** A domain moves to another account by a fresh proof (DESIGN ruling 6), as both sides see it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createAuthority, type TestAuthority } from '../../support/certificates.ts';
import { ask, connectRaw, handshakeFailure } from '../../support/raw-client.ts';
import { requestBytes, signHeaderV4 } from '../../support/sign.ts';
import { testEpoch } from '../../support/world.ts';
import {
  bucket,
  type Call,
  domain,
  errorOf,
  inline,
  openShop,
  type Shop,
  withCertificate,
} from '../cname/shop.ts';

describe('a domain that moves to another account', () => {
  let shop: Shop;
  let authority: TestAuthority;
  const theirs = (): Partial<Call> => ({ bucket: 'their-assets', as: shop.ben });
  before(async () => {
    shop = await openShop({ TRANSFER: 'proof' });
    authority = await createAuthority({ now: testEpoch });
    await shop.makeBucket('their-assets', shop.ben);
    for (const [name, as] of [
      [bucket, shop.ann],
      ['their-assets', shop.ben],
    ] as const) {
      const made = await shop.call({
        method: 'PUT',
        bucket: name,
        query: { acl: undefined },
        headers: { 'x-oss-acl': 'public-read' },
        as,
      });
      assert.equal(made.status, 200, made.text);
      const put = signHeaderV4({
        method: 'PUT',
        host: 'localhost',
        bucket: name,
        key: 'whose',
        credentials: as,
        at: shop.world.clock.now(),
      });
      const stored = await ask({ port: shop.server.httpPort }, requestBytes(put, name), 'PUT');
      assert.equal(stored.status, 200);
    }
  });
  after(() => shop.close());

  const listedAs = async (call: Partial<Call>, name = domain): Promise<Record<string, string>> => {
    const { xml } = await shop.list(call);
    const entry = xml?.childrenNamed('Cname').find((each) => each.child('Domain')?.text === name);
    return Object.fromEntries((entry?.children ?? []).map((each) => [each.name, each.text.trim()]));
  };
  const whose = `GET /whose HTTP/1.1\r\nHost: ${domain}\r\n\r\n`;
  const ownerServed = async (): Promise<string> => {
    const answer = await ask({ port: shop.server.httpPort }, whose);
    assert.equal(answer.status, 200);
    return answer.body.toString();
  };

  it('moves on a fresh proof only, at once, and never with the old certificate', async () => {
    const old = await authority.issue({ names: [domain], now: testEpoch });
    await shop.prove(domain);
    assert.equal((await shop.putCname(withCertificate(inline(old)))).status, 200);
    const tls = { servername: domain, ca: authority.certificatePem, rejectUnauthorized: true };
    const port = shop.server.httpsPort;
    assert.equal(await handshakeFailure({ port, tls }), 'none');
    assert.equal(await ownerServed(), bucket);

    const claim = () => shop.putCname(`<Domain>${domain}</Domain>`, theirs());
    assert.equal(errorOf(await claim()).Code, 'NeedVerifyDomainOwnership');
    assert.equal((await listedAs({})).Status, 'Enabled');
    shop.world.advance(60_000);
    await shop.prove(domain, theirs());
    const kept = await connectRaw({ port, tls });
    assert.equal((await claim()).status, 200);

    assert.deepEqual(await listedAs(theirs()), {
      Domain: domain,
      LastModified: '2026-11-22T09:01:00.000Z',
      Status: 'Enabled',
      IsPurgeCdnCache: 'false',
    });
    const left = await listedAs({});
    assert.equal(left.Status, 'Disabled');
    assert.equal(left.Certificate, undefined);
    assert.notEqual(await handshakeFailure({ port, tls }), 'none');
    assert.equal(await ownerServed(), 'their-assets');
    kept.send(whose);
    const onOldConnection = await kept.response();
    assert.equal(onOldConnection.body.toString(), 'their-assets');
    kept.destroy();
  });

  it('the old owner can neither change it nor learn whose it is', async () => {
    const old = await authority.issue({ names: [domain], now: testEpoch });
    for (const elements of [
      { ...inline(old), Force: 'true' },
      { DeleteCertificate: 'true' },
    ] satisfies Record<string, string>[]) {
      const answer = await shop.putCname(withCertificate(elements));
      assert.equal(errorOf(answer).Code, 'NeedVerifyDomainOwnership');
      assert.ok(!answer.text.includes('their-assets'));
    }
    assert.equal((await listedAs(theirs())).Status, 'Enabled');
    const read = await shop.call({
      method: 'GET',
      query: { cname: undefined },
      addressing: 'mapped-domain',
    });
    assert.equal(errorOf(read).Code, 'SignatureDoesNotMatch', 'signed for the old bucket');
    assert.ok(!read.text.includes(shop.ann.accessKeySecret));
  });

  it('both sides have it in their audit record, with the proof', async () => {
    const { audit } = shop.server.rooms.engines.metadata;
    const records = (await audit.listAudit({ domain, limit: 100 })).filter(
      ({ action }) => action === 'TransferCname',
    );
    const ben = (await listOwner(shop, theirs())) ?? '';
    const owners = new Set(records.map(({ ownerId }) => ownerId));
    assert.deepEqual(owners, new Set([shop.server.rootAccountId, ben]));
    for (const record of records) {
      const other = record.ownerId === ben ? shop.server.rootAccountId : ben;
      const isNew = record.ownerId === ben;
      assert.equal(record.accountId, ben, 'who did it');
      assert.equal(record.bucket, isNew ? 'their-assets' : bucket);
      assert.equal(record.detail[isNew ? 'previousOwnerId' : 'nextOwnerId'], other);
      const { proof } = record.detail as { proof: Record<string, unknown> };
      assert.deepEqual(
        [proof.method, proof.txtName, proof.answer],
        ['dns', `_dnsauth.${domain}`, 'found'],
      );
    }
  });

  it('the notice goes when the old owner deletes it, the domain stays', async () => {
    assert.equal((await shop.deleteCname()).status, 200);
    assert.deepEqual(await listedAs({}), {});
    assert.equal((await listedAs(theirs())).Status, 'Enabled');
  });

  it('moves back on a proof of its own, with a certificate in the same call', async () => {
    const back = await authority.issue({ names: [domain], now: testEpoch });
    await shop.prove(domain);
    assert.equal((await shop.putCname(withCertificate(inline(back)))).status, 200);
    assert.equal((await listedAs({})).Status, 'Enabled');
    assert.equal((await listedAs(theirs())).Status, 'Disabled');
    const tls = { servername: domain, ca: authority.certificatePem, rejectUnauthorized: true };
    assert.equal(await handshakeFailure({ port: shop.server.httpsPort, tls }), 'none');
  });

  it('a bad certificate leaves the domain where it is', async () => {
    const wrong = await authority.issue({ names: ['other.example'], now: testEpoch });
    await shop.prove(domain, theirs());
    const answer = await shop.putCname(withCertificate(inline(wrong)), theirs());
    assert.equal(answer.status, 400, answer.text);
    assert.equal((await listedAs({})).Status, 'Enabled');
    assert.equal((await listedAs(theirs())).Status, 'Disabled');
    assert.equal((await shop.getToken(domain, theirs())).status, 200, 'the token is not spent');
  });
});

async function listOwner(shop: Shop, call: Partial<Call>): Promise<string | undefined> {
  return (await shop.list(call)).xml?.child('Owner')?.text;
}
