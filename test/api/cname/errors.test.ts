/**
 * Every error of the reference's PutCname page, provoked on the wire (DESIGN ruling 4), and the
 * rest of 6.1.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  createAuthority,
  type TestAuthority,
  type TestCertificate,
} from '../../support/certificates.ts';
import { testEpoch } from '../../support/world.ts';
import { listsForSuite } from './list-files.ts';
import {
  type Answer,
  bucket,
  domain,
  errorOf,
  inline,
  openShop,
  type Shop,
  withCertificate,
} from './shop.ts';

const list = listsForSuite();
let shop: Shop;
let authority: TestAuthority;
let leaf: TestCertificate;

before(async () => {
  shop = await openShop({
    FORBIDDEN_LIST: list('forbidden', 'forbidden.example\n'),
    RISK_LIST: list('risk', 'risk.example\n'),
    LICENSE_REGISTRY: list('registry', 'shop.example\nrisk.example\nforbidden.example\n'),
    CNAME_PER_BUCKET: '3',
  });
  authority = await createAuthority({ now: testEpoch });
  leaf = await authority.issue({ names: [domain, '*.shop.example'], now: testEpoch });
  await shop.makeBucket('other-assets');
  await shop.makeBucket('theirs', shop.ben);
  await shop.prove(domain);
  await shop.putCname(`<Domain>${domain}</Domain>`);
});
after(() => shop.close());

const map = (name: string, call = {}): Promise<Answer> =>
  shop.putCname(`<Domain>${name}</Domain>`, call);

/** The error document's facts, as far as given, and the EC in the header too. */
function assertError(answer: Answer, expected: Record<string, string | RegExp>): void {
  const error = errorOf(answer);
  for (const [name, value] of Object.entries(expected)) {
    if (value instanceof RegExp) assert.match(error[name] ?? '', value, answer.text);
    else assert.equal(error[name], value, answer.text);
  }
  assert.equal(answer.headers['x-oss-ec'], error.EC);
  assert.equal(answer.headers['x-oss-request-id'], error.RequestId);
  assert.equal(answer.headers['content-type'], 'application/xml');
}

describe('the PutCname page', () => {
  test('InvalidArgument 400, with the published code for short names', async () => {
    assertError(await map('w.c'), {
      Status: '400',
      Code: 'InvalidArgument',
      Message: 'Entire hostname must be longer than 3 ASCII characters.',
      ArgumentName: 'Domain',
      ArgumentValue: 'w.c',
      EC: '0017-00000249',
    });
    for (const name of ['', '*.shop.example', 'b&#xFC;cher.example', '192.0.2.1', 'a_b.example']) {
      assertError(await map(name), { Status: '400', Code: 'InvalidArgument' });
      assertError(await shop.createToken(name), { Status: '400', Code: 'InvalidArgument' });
      assertError(await shop.deleteCname(name), { Status: '400', Code: 'InvalidArgument' });
    }
  });

  test('NeedVerifyDomainOwnership 403, which says what to publish', async () => {
    assertError(await map('new.shop.example'), {
      Status: '403',
      Code: 'NeedVerifyDomainOwnership',
      Message: 'Please verify domain ownership by CreateCnameToken and try again.',
      EC: '0018-00000115',
      Bucket: bucket,
      Cname: 'new.shop.example',
      TxtName: '_dnsauth.new.shop.example',
      Hint: /no token/,
    });
    const token = (await shop.createToken('new.shop.example')).xml?.child('Token')?.text;
    assertError(await map('new.shop.example'), { Hint: /there is no TXT record/ });
    shop.dns.txt('_dnsauth.new.shop.example', 'v=spf1 -all');
    assertError(await map('new.shop.example'), { Hint: /another value: "v=spf1 -all"/ });
    shop.dns.txt('_dnsauth.shop.example', String(token));
    assertError(await map('new.shop.example'), { Code: 'NeedVerifyDomainOwnership' });
    assert.ok(!(await shop.list()).text.includes('new.shop.example'));
  });

  test('CnameDenied 403, after proof only', async () => {
    const theirs = { bucket: 'theirs', as: shop.ben };
    assertError(await map(domain, theirs), { Status: '403', Code: 'NeedVerifyDomainOwnership' });
    await shop.prove(domain, theirs);
    assertError(await map(domain, theirs), {
      Status: '403',
      Code: 'CnameDenied',
      Message: 'The cname belongs to another user.',
      Bucket: 'theirs',
      Cname: domain,
    });
  });

  test('CnameIsForbidden 403, reserved by nature or by the operator, for tokens too', async () => {
    for (const name of [
      'a.forbidden.example',
      'forbidden.example',
      'x.oss.shop.test',
      'a.localhost',
      'com.arpa',
      'co.uk',
    ]) {
      const expected = {
        Status: '403',
        Code: 'CnameIsForbidden',
        EC: '0018-00000401',
        Cname: name,
      };
      assertError(await map(name), expected);
      assertError(await shop.createToken(name), expected);
    }
  });

  test('CnameIsRisk 403', async () => {
    await shop.prove('a.risk.example');
    assertError(await map('a.risk.example'), {
      Status: '403',
      Code: 'CnameIsRisk',
      Cname: 'a.risk.example',
    });
  });

  test('NoSuchCnameInRecord 404, which names the registry and clears DNS', async () => {
    await shop.prove('a.unlicensed.example');
    assertError(await map('a.unlicensed.example'), {
      Status: '404',
      Code: 'NoSuchCnameInRecord',
      Message: 'No such cname be found in record',
      Registry: 'registry',
      Hint: /DNS was not the reason/,
    });
  });

  test('CnameAlreadyExists 409 with CNAME_OSS and with CNAME_IMG', async () => {
    await shop.prove('pic.shop.example');
    const image = '<Domain>pic.shop.example</Domain><CnameType>CNAME_IMG</CnameType>';
    assert.equal((await shop.putCname(image)).status, 200);
    const elsewhere = { bucket: 'other-assets' };
    assertError(await map(domain, elsewhere), {
      Status: '409',
      Code: 'CnameAlreadyExists',
      CnameType: 'CNAME_OSS',
      Bucket: 'other-assets',
      Cname: domain,
    });
    assertError(await map('pic.shop.example', elsewhere), {
      Status: '409',
      CnameType: 'CNAME_IMG',
    });
    await shop.deleteCname('pic.shop.example');
  });
});

describe('the others', () => {
  test('TooManyCname 400', async () => {
    for (const name of ['q1.shop.example', 'q2.shop.example']) {
      await shop.prove(name);
      assert.equal((await map(name)).status, 200);
    }
    assertError(await map('q3.shop.example'), {
      Status: '400',
      Code: 'TooManyCname',
      Bucket: bucket,
    });
    for (const name of ['q1.shop.example', 'q2.shop.example']) await shop.deleteCname(name);
  });

  test('TooManyCnameToken 400 at a thousand and one', async () => {
    await shop.makeBucket('many-tokens');
    const made = await shop.server.rooms.buckets.findBucket('many-tokens');
    assert.ok(made);
    const actor = { accountId: made.accountId, accessKeyId: 'x', remoteAddress: '', requestId: '' };
    const issue = (index: number) =>
      shop.server.rooms.cnames.issueToken(made, `n${index}.example`, actor);
    // Not all at once: beside other suites a pool of connections would refuse the last of them.
    for (let start = 0; start < 1_000; start += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, index) => issue(start + index)));
    }
    assertError(await shop.createToken('one-more.example', { bucket: 'many-tokens' }), {
      Status: '400',
      Code: 'TooManyCnameToken',
      Message: 'You have attempted to create more cname token than allowed.',
      Bucket: 'many-tokens',
    });
    assert.equal((await shop.createToken('n7.example', { bucket: 'many-tokens' })).status, 200);
  });

  test('NoNeedCreateCnameToken 403, CnameTokenNotFound 404', async () => {
    assertError(await shop.createToken(domain), {
      Status: '403',
      Code: 'NoNeedCreateCnameToken',
      EC: '0018-00000302',
    });
    assertError(await shop.getToken(domain), {
      Status: '404',
      Code: 'CnameTokenNotFound',
      EC: '0018-00000301',
    });
  });

  test('NoSuchCname 404 for an unbind of what is not mapped', async () => {
    await shop.prove('un.shop.example');
    const unbind = withCertificate({ DeleteCertificate: 'true' }, 'un.shop.example');
    assertError(await shop.putCname(unbind), { Status: '404', Code: 'NoSuchCname' });
    assert.ok(!(await shop.list()).text.includes('un.shop.example'));
  });

  test('NoSuchBucket 404 and AccessDenied 403 for every operation', async () => {
    const calls = (call: object): Promise<Answer>[] => [
      map('x.shop.example', call),
      shop.createToken('x.shop.example', call),
      shop.getToken('x.shop.example', call),
      shop.list(call),
      shop.deleteCname('x.shop.example', call),
    ];
    for (const answer of await Promise.all(calls({ bucket: 'no-such-bucket' }))) {
      assertError(answer, {
        Status: '404',
        Code: 'NoSuchBucket',
        Message: 'The specified bucket does not exist.',
        BucketName: 'no-such-bucket',
        EC: '0015-00000101',
      });
    }
    for (const answer of await Promise.all(calls({ as: shop.ben }))) {
      assertError(answer, { Status: '403', Code: 'AccessDenied' });
    }
    const stranger = { accessKeyId: 'LTAINobody', accessKeySecret: 'x' };
    for (const answer of await Promise.all(calls({ as: stranger }))) {
      assertError(answer, { Status: '403', Code: 'InvalidAccessKeyId' });
    }
  });
});

describe('certificates', () => {
  const bind = (elements: Record<string, string>, name = domain): Promise<Answer> =>
    shop.putCname(withCertificate(elements, name));
  const currentId = async (): Promise<string> =>
    (await shop.list()).xml?.child('Cname')?.child('Certificate')?.child('CertId')?.text ?? '';

  test('a certificate speaks only after ownership', async () => {
    const bogus = { CertId: 'x'.repeat(64), Certificate: 'x', Force: 'true' };
    assertError(await bind(bogus, 'new.shop.example'), {
      Status: '403',
      Code: 'NeedVerifyDomainOwnership',
      EC: '0018-00000115',
    });
  });

  test('every published code, and nothing changed', async () => {
    const published: readonly [Record<string, string>, Record<string, string>][] = [
      [{ PrivateKey: leaf.keyPem }, { Code: 'InvalidArgument', EC: '0018-00000210' }],
      [{ CertId: 'x'.repeat(64) }, { Code: 'InvalidArgument', EC: '0018-00000206' }],
      [{ CertId: '999999-cn-hangzhou' }, { Code: 'CertificateInvalidCasId', EC: '0018-00000204' }],
      [{ CertId: '1-cas.aliyuncs.com' }, { Code: 'CertificateInvalidCasId', EC: '0018-00000204' }],
      [
        { ...inline(leaf), PreviousCertId: '1-cn-hangzhou' },
        { Code: 'InvalidArgument', EC: '0018-00000209' },
      ],
    ];
    for (const [elements, expected] of published) {
      assertError(await bind(elements), { Status: '400', ...expected });
    }
    assertError(await bind({ CertId: '1-cas.aliyuncs.com' }), {
      ExpectedForm: /10457788-cn-hangzhou/,
    });
    assert.equal(await currentId(), '');
  });

  test('every fault of the material is 400 with its sentence, and nothing changed', async () => {
    const issue = (options: object) =>
      authority.issue({ names: [domain], now: testEpoch, ...options });
    const other = await issue({});
    const faults: readonly [Record<string, string>, RegExp][] = [
      [{ Certificate: leaf.chainPem }, /without PrivateKey/],
      [{ Certificate: 'hello', PrivateKey: leaf.keyPem }, /no PEM block/],
      [{ Certificate: leaf.chainPem, PrivateKey: 'hello' }, /no PEM block/],
      [{ Certificate: leaf.chainPem, PrivateKey: other.keyPem }, /does not belong/],
      [inline(await issue({ names: ['other.example'] })), /does not cover/],
      [inline(await issue({ notAfter: testEpoch - 1 })), /expired/],
      [inline(await issue({ notBefore: testEpoch + 3_600_000 })), /not valid before/],
      [inline(await issue({ key: 'RSA-1024' })), /1024 bits/],
      [inline(await issue({ digest: 'SHA-1' })), /SHA-1/],
    ];
    for (const [elements, message] of faults) {
      const answer = await bind(elements);
      assertError(answer, {
        Status: '400',
        Code: 'InvalidArgument',
        EC: /^9018-000002/,
        Message: message,
      });
      assert.doesNotMatch(answer.text, /-----|MI[GI]/, 'no material travels in an answer');
    }
    assert.equal(await currentId(), '');
  });

  test('the guard, from the first certificate to a replacement by force', async () => {
    const next = await authority.issue({ names: [domain], now: testEpoch });
    assert.equal((await bind(inline(leaf))).status, 200);
    const first = await currentId();
    assertError(await bind(inline(next)), { EC: '0018-00000209', CurrentCertId: first });
    assert.equal((await bind({ ...inline(next), PreviousCertId: first })).status, 200);
    assertError(await bind({ CertId: first, PreviousCertId: first }), { EC: '0018-00000209' });
    assert.equal((await bind({ CertId: first, PreviousCertId: first, Force: 'TRUE' })).status, 200);
    assert.equal(await currentId(), first);
    assertError(await bind({ DeleteCertificate: 'true', PreviousCertId: '7-cn-hangzhou' }), {
      EC: '0018-00000209',
    });
    assert.equal((await bind({ DeleteCertificate: 'True', PreviousCertId: first })).status, 200);
    assert.equal(await currentId(), '');
    assert.equal((await bind({ CertId: first })).status, 200);
    assert.equal((await bind({ DeleteCertificate: 'True' })).status, 200);
    assert.equal(await currentId(), '');
  });

  test("another account's certificate cannot be bound by its id", async () => {
    assert.equal((await bind(inline(leaf))).status, 200);
    const certId = await currentId();
    const theirs = { bucket: 'theirs', as: shop.ben };
    await shop.prove('their.shop.example', theirs);
    const stolen = withCertificate({ CertId: certId }, 'their.shop.example');
    assertError(await shop.putCname(stolen, theirs), {
      Status: '400',
      Code: 'CertificateInvalidCasId',
    });
    const inTheirName = withCertificate({ CertId: certId, ...inline(leaf) }, 'their.shop.example');
    assertError(await shop.putCname(inTheirName, theirs), { Code: 'CertificateInvalidCasId' });
  });
});
