/**
 * Certificate robots, Terraform, oss-auto-cert and ossutil: programs that call PutCname unattended,
 * as they call it (clients.md, "Robots and infrastructure tools").
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  createAuthority,
  type TestAuthority,
  type TestCertificate,
} from '../../support/certificates.ts';
import { connectRaw } from '../../support/raw-client.ts';
import { testEpoch } from '../../support/world.ts';
import {
  type Answer,
  bucket,
  domain,
  errorOf,
  inline,
  openShop,
  type Shop,
  withCertificate,
} from '../cname/shop.ts';

let shop: Shop;
let authority: TestAuthority;

before(async () => {
  shop = await openShop();
  authority = await createAuthority({ now: testEpoch });
  await shop.prove(domain);
  assert.equal((await map(domain)).status, 200);
});
after(() => shop.close());

const map = (name: string): Promise<Answer> => shop.putCname(`<Domain>${name}</Domain>`);
const issue = (name = domain): Promise<TestCertificate> =>
  authority.issue({ names: [name], now: testEpoch });
const bind = (elements: Record<string, string>, name = domain): Promise<Answer> =>
  shop.putCname(withCertificate(elements, name));

async function entryOf(name = domain) {
  const { xml } = await shop.list();
  const entry = xml?.childrenNamed('Cname').find((each) => each.child('Domain')?.text === name);
  const certificate = entry?.child('Certificate');
  return {
    isListed: entry !== undefined,
    lastModified: entry?.child('LastModified')?.text,
    certId: certificate?.child('CertId')?.text,
    type: certificate?.child('Type')?.text,
    fingerprint: certificate?.child('Fingerprint')?.text,
    boundAt: certificate?.child('CreationDate')?.text,
  };
}

const storedCertificates = async (): Promise<number> =>
  (await shop.server.rooms.engines.metadata.certificates.listCertificates(0, 1_000)).length;

/** SHA-1 of the leaf that a new handshake shows. */
async function servedFingerprint(name: string): Promise<string> {
  const tls = { servername: name };
  const client = await connectRaw({ port: shop.server.httpsPort, tls });
  const { fingerprint } = (
    client.socket as unknown as { getPeerCertificate(): { fingerprint: string } }
  ).getPeerCertificate();
  client.destroy();
  return fingerprint;
}

describe('a certificate robot', () => {
  it('forces the same certificate again and again: stored once, nothing changes', async () => {
    const leaf = await issue();
    assert.equal((await bind({ ...inline(leaf), Force: 'true' })).status, 200);
    const [first, stored] = [await entryOf(), await storedCertificates()];
    assert.equal(first.type, 'Upload');
    const audited = async () =>
      (await shop.server.rooms.engines.metadata.audit.listAudit({ domain, limit: 100 })).length;
    const records = await audited();
    for (let time = 0; time < 5; time++) {
      shop.world.advance(60_000);
      assert.equal((await bind({ ...inline(leaf), Force: 'true' })).status, 200);
    }
    assert.deepEqual(await entryOf(), first);
    assert.equal(await storedCertificates(), stored);
    assert.equal(await audited(), records);
  });

  it('sends it in another form: still the same certificate', async () => {
    const stored = await storedCertificates();
    const leaf = await issue();
    await bind({ ...inline(leaf), Force: 'true' });
    const { certId } = await entryOf();
    const flat = (pem: string): string => pem.replaceAll('\n', ' ');
    const forms = [
      { Certificate: flat(leaf.chainPem), PrivateKey: flat(leaf.keyPem) },
      { Certificate: leaf.chainPem.replaceAll('\n', '\r\n'), PrivateKey: leaf.keyPem },
      { Certificate: `\n\n${leaf.chainPem}\n`, PrivateKey: `  ${leaf.keyPem}` },
      { CertId: String(certId) },
    ];
    for (const form of forms) {
      assert.equal((await bind({ ...form, Force: 'true' })).status, 200);
      assert.equal((await entryOf()).certId, certId);
    }
    assert.equal(await storedCertificates(), stored + 1);
  });

  it('one certificate for many domains is stored once', async () => {
    const names = ['one.robot.example', 'two.robot.example', 'three.robot.example'];
    const leaf = await issue('*.robot.example');
    const stored = await storedCertificates();
    const ids = new Set<string | undefined>();
    for (const name of names) {
      await shop.prove(name);
      assert.equal((await bind({ ...inline(leaf), Force: 'true' }, name)).status, 200);
      ids.add((await entryOf(name)).certId);
      assert.equal(await servedFingerprint(name), leaf.x509.fingerprint);
    }
    assert.equal(ids.size, 1);
    assert.equal(await storedCertificates(), stored + 1);
  });

  it('renews without proof: the record is gone, and no DNS question is asked', async () => {
    shop.dns.remove(`_dnsauth.${domain}`);
    const asked = shop.dns.asked.length;
    for (let time = 0; time < 3; time++) {
      const leaf = await issue();
      const { certId = '' } = await entryOf();
      const guard = time === 1 ? { PreviousCertId: certId } : { Force: 'true' };
      assert.equal((await bind({ ...inline(leaf), ...guard })).status, 200);
      assert.equal(await servedFingerprint(domain), leaf.x509.fingerprint);
    }
    assert.equal((await map(domain)).status, 200);
    const unbind = withCertificate({ DeleteCertificate: 'true' });
    assert.equal((await shop.putCname(unbind)).status, 200);
    assert.equal(shop.dns.asked.length, asked);
  });

  it('binds by id what another run uploaded', async () => {
    const leaf = await issue();
    await bind({ ...inline(leaf), Force: 'true' });
    const { certId = '' } = await entryOf();
    await bind({ ...inline(await issue()), Force: 'true' });
    const both = { CertId: certId, ...inline(leaf), Force: 'true' };
    for (const elements of [{ CertId: certId, Force: 'True' }, both]) {
      assert.equal((await bind(elements)).status, 200);
      const entry = await entryOf();
      assert.deepEqual([entry.certId, entry.type], [certId, 'CAS']);
      assert.equal(await servedFingerprint(domain), leaf.x509.fingerprint);
    }
  });

  it('takes any 409 for done: only an attached domain is one', async () => {
    await shop.makeBucket('second-assets');
    const elsewhere = await shop.putCname(`<Domain>${domain}</Domain>`, {
      bucket: 'second-assets',
    });
    assert.deepEqual([elsewhere.status, errorOf(elsewhere).Code], [409, 'CnameAlreadyExists']);
    const leaf = await issue();
    await bind({ ...inline(leaf), Force: 'true' });
    const others = [
      await map('unproven.example'),
      await bind(inline(await issue())),
      await bind({ ...inline(leaf), PreviousCertId: '1-cn-hangzhou' }),
      await bind({ CertId: '987654-cn-hangzhou', Force: 'true' }),
      await bind({ DeleteCertificate: 'true', Force: 'true' }),
      await bind({ DeleteCertificate: 'true' }, 'unmapped.example'),
      await map('localhost.localhost'),
      await map('w.c'),
    ];
    for (const answer of others) {
      assert.ok(answer.status >= 400, answer.text);
      assert.notEqual(answer.status, 409, answer.text);
    }
  });
});

describe('Terraform', () => {
  const name = 'tf.shop.example';

  it('reads the token by making it again, and accepts that none is needed', async () => {
    const first = await shop.createToken(name);
    assert.equal(first.status, 200);
    for (let refresh = 0; refresh < 3; refresh++) {
      shop.world.advance(3_600_000);
      assert.equal((await shop.createToken(name)).text, first.text);
    }
    shop.dns.txt(`_dnsauth.${name}`, first.xml?.child('Token')?.text ?? '');
    assert.equal((await map(name)).status, 200);
    for (let refresh = 0; refresh < 2; refresh++) {
      const answer = await shop.createToken(name);
      assert.deepEqual([answer.status, errorOf(answer).Code], [403, 'NoNeedCreateCnameToken']);
    }
    assert.equal((await shop.deleteCname(name)).status, 200);
  });

  it('retries every three seconds until the record shows, and is never told to stop', async () => {
    const token = (await shop.createToken(name)).xml?.child('Token')?.text ?? '';
    shop.dns.remove(`_dnsauth.${name}`);
    for (let retry = 0; retry < 200; retry++) {
      const answer = await bind({}, name);
      assert.deepEqual([answer.status, errorOf(answer).Code], [403, 'NeedVerifyDomainOwnership']);
      shop.world.advance(3_000);
    }
    shop.dns.txt(`_dnsauth.${name}`, token);
    assert.equal((await bind({}, name)).status, 200);
    assert.ok((await entryOf(name)).isListed, 'listed at once');
  });

  it('creates with an empty configuration: map only', async () => {
    await shop.deleteCname(name);
    for (const configuration of [
      '<CertificateConfiguration></CertificateConfiguration>',
      '<CertificateConfiguration/>',
      '<CertificateConfiguration><CertId></CertId><Certificate/></CertificateConfiguration>',
    ]) {
      await shop.prove(name);
      const answer = await shop.putCname(`<Domain>${name}</Domain>${configuration}`);
      assert.equal(answer.status, 200, answer.text);
      const entry = await entryOf(name);
      assert.deepEqual([entry.isListed, entry.certId], [true, undefined]);
      assert.equal((await shop.deleteCname(name)).status, 200);
    }
  });

  it('updates with an empty PreviousCertId, Force=false and DeleteCertificate=false', async () => {
    await shop.prove(name);
    const always = { PreviousCertId: '', Force: 'false', DeleteCertificate: 'false' };
    assert.equal((await bind(always, name)).status, 200, 'nothing else: map only');
    const first = await issue(name);
    assert.equal((await bind({ ...inline(first), ...always }, name)).status, 200);
    const bound = await entryOf(name);
    assert.equal(bound.fingerprint, first.x509.fingerprint);
    assert.equal((await bind(always, name)).status, 200);
    assert.deepEqual(await entryOf(name), bound, 'no certificate sent, none touched');
    const next = await issue(name);
    const refused = await bind({ ...inline(next), ...always }, name);
    assert.equal(errorOf(refused).EC, '0018-00000209');
    const guarded = { ...always, PreviousCertId: String(bound.certId) };
    assert.equal((await bind({ ...inline(next), ...guarded }, name)).status, 200);
    const forced = { ...inline(first), ...always, Force: 'true' };
    assert.equal((await bind(forced, name)).status, 200);
    assert.equal((await entryOf(name)).certId, bound.certId);
  });

  it('destroys twice', async () => {
    assert.equal((await shop.deleteCname(name)).status, 200);
    assert.equal((await shop.deleteCname(name)).status, 200);
    assert.equal((await entryOf(name)).isListed, false);
  });
});

describe('oss-auto-cert', () => {
  it('reads only the first domain of the list: it stays the first', async () => {
    const names = ['m.auto.example', 'z.auto.example', 'a.auto.example', 'a-b.auto.example'];
    for (const name of names) {
      await shop.prove(name);
      assert.equal((await map(name)).status, 200);
    }
    const listed = async (): Promise<string[]> =>
      ((await shop.list()).xml?.childrenNamed('Cname') ?? []).map(
        (each) => each.child('Domain')?.text ?? '',
      );
    const before = await listed();
    assert.deepEqual(before, [...before].sort());
    assert.equal(before[0], 'a-b.auto.example');
    for (const name of ['z.auto.example', 'a-b.auto.example']) {
      const leaf = await issue(name);
      assert.equal((await bind({ ...inline(leaf), Force: 'true' }, name)).status, 200);
      assert.deepEqual(await listed(), before);
    }
    await shop.deleteCname('m.auto.example');
    await shop.prove('m.auto.example');
    await map('m.auto.example');
    assert.deepEqual(await listed(), before);
    assert.equal((await shop.list()).xml?.child('Bucket')?.text, bucket);
  });
});
