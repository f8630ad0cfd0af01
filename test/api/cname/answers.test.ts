/** The answers of the five operations, byte for byte (custom-domain.md 2.5, 3 and 4). */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createAuthority, type TestAuthority } from '../../support/certificates.ts';
import { testEpoch } from '../../support/world.ts';
import { bucket, domain, inline, md5Of, openShop, type Shop, withCertificate } from './shop.ts';

let shop: Shop;
let authority: TestAuthority;
const hour = 3_600_000;

before(async () => {
  shop = await openShop();
  authority = await createAuthority({ now: testEpoch });
});
after(() => shop.close());

const lines = (...all: readonly string[]): string =>
  ['<?xml version="1.0" encoding="UTF-8"?>', ...all, ''].join('\n');

describe('a new bucket', () => {
  test('lists its name and its owner, and no domain', async () => {
    const answer = await shop.list();
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'application/xml');
    assert.equal(
      answer.text,
      lines(
        '<ListCnameResult>',
        `  <Bucket>${bucket}</Bucket>`,
        `  <Owner>${shop.server.rootAccountId}</Owner>`,
        '</ListCnameResult>',
      ),
    );
    assert.match(shop.server.rootAccountId, /^[0-9]{16}$/);
  });
});

describe('tokens', () => {
  test('a token asked for twice is the same document; read, it is so again', async () => {
    const first = await shop.createToken();
    const token = first.xml?.child('Token')?.text ?? '';
    assert.match(token, /^[0-9a-f]{32}$/);
    const expected = lines(
      '<CnameToken>',
      `  <Bucket>${bucket}</Bucket>`,
      `  <Cname>${domain}</Cname>`,
      `  <Token>${token}</Token>`,
      '  <ExpireTime>Wed, 25 Nov 2026 09:00:00 GMT</ExpireTime>',
      '</CnameToken>',
    );
    assert.equal(first.text, expected);
    shop.world.advance(hour);
    assert.equal((await shop.createToken('IMG.shop.example.')).text, expected);
    const read = await shop.getToken();
    assert.equal(read.status, 200);
    assert.equal(read.headers['content-type'], 'application/xml');
    assert.equal(read.text, expected);
    assert.equal((await shop.getToken('IMG.SHOP.EXAMPLE')).text, expected);
  });

  test('a token that is not there is answered with bucket and domain', async () => {
    const answer = await shop.getToken('none.shop.example');
    const requestId = answer.headers['x-oss-request-id'] ?? '';
    assert.match(requestId, /^[0-9A-F]{24}$/);
    assert.equal(answer.status, 404);
    assert.equal(answer.headers['x-oss-ec'], '0018-00000301');
    assert.equal(
      answer.text,
      lines(
        '<Error>',
        '  <Code>CnameTokenNotFound</Code>',
        '  <Message>Cname token not found.</Message>',
        `  <RequestId>${requestId}</RequestId>`,
        `  <HostId>127.0.0.1:${shop.server.httpPort}</HostId>`,
        `  <Bucket>${bucket}</Bucket>`,
        '  <Cname>none.shop.example</Cname>',
        '  <EC>0018-00000301</EC>',
        '</Error>',
      ),
    );
  });
});

describe('mapped domains', () => {
  test('mapping and unmapping answer 200 with no body and no type', async () => {
    await shop.prove('gone.shop.example');
    for (const answer of [
      await shop.putCname('<Domain>gone.shop.example</Domain>'),
      await shop.putCname('<Domain>gone.shop.example</Domain>'),
      await shop.deleteCname('gone.shop.example'),
      await shop.deleteCname('gone.shop.example'),
      await shop.deleteCname('never.shop.example'),
    ]) {
      assert.equal(answer.status, 200);
      assert.equal(answer.headers['content-length'], '0');
      assert.equal(answer.text, '');
      assert.equal(answer.headers['content-type'], undefined);
      assert.match(answer.headers['x-oss-request-id'] ?? '', /^[0-9A-F]{24}$/);
    }
  });

  test('the list is by domain, in the published order, dates and fingerprints', async () => {
    shop.world.jump(testEpoch + 41 * 60_000 + 7_089 - shop.world.clock.now());
    for (const name of ['static.shop.example', domain, 'pic.shop.example']) await shop.prove(name);
    await shop.putCname('<Domain>static.shop.example</Domain>');
    await shop.putCname(`<Domain>pic.shop.example</Domain><CnameType>CNAME_IMG</CnameType>
      <PurgeConfiguration><IsPurgeCdnCache>TRUE</IsPurgeCdnCache></PurgeConfiguration>`);
    const leaf = await authority.issue({
      names: [domain],
      notBefore: Date.UTC(2026, 10, 1),
      notAfter: Date.UTC(2027, 0, 30, 23, 59, 59),
    });
    shop.world.advance(1000);
    assert.equal((await shop.putCname(withCertificate(inline(leaf)))).status, 200);
    shop.world.advance(hour);
    const answer = await shop.list();
    const certId = /<CertId>([1-9][0-9]*-cn-hangzhou)<\/CertId>/.exec(answer.text)?.[1];
    assert.ok(certId, answer.text);
    const plain = (name: string, isPurge: boolean, ...more: readonly string[]) => [
      '  <Cname>',
      `    <Domain>${name}</Domain>`,
      '    <LastModified>2026-11-22T09:41:07.000Z</LastModified>',
      '    <Status>Enabled</Status>',
      `    <IsPurgeCdnCache>${isPurge}</IsPurgeCdnCache>`,
      ...more,
      '  </Cname>',
    ];
    assert.equal(
      answer.text,
      lines(
        '<ListCnameResult>',
        `  <Bucket>${bucket}</Bucket>`,
        `  <Owner>${shop.server.rootAccountId}</Owner>`,
        '  <Cname>',
        `    <Domain>${domain}</Domain>`,
        '    <LastModified>2026-11-22T09:41:08.000Z</LastModified>',
        '    <Status>Enabled</Status>',
        '    <IsPurgeCdnCache>false</IsPurgeCdnCache>',
        '    <Certificate>',
        '      <Type>Upload</Type>',
        `      <CertId>${certId}</CertId>`,
        '      <Status>Enabled</Status>',
        '      <CreationDate>Sun, 22 Nov 2026 09:41:08 GMT</CreationDate>',
        `      <Fingerprint>${leaf.x509.fingerprint}</Fingerprint>`,
        '      <ValidStartDate>Nov  1 00:00:00 2026 GMT</ValidStartDate>',
        '      <ValidEndDate>Jan 30 23:59:59 2027 GMT</ValidEndDate>',
        '    </Certificate>',
        '  </Cname>',
        ...plain('pic.shop.example', true, '    <CnameType>CNAME_IMG</CnameType>'),
        ...plain('static.shop.example', false),
        '</ListCnameResult>',
      ),
    );
    assert.match(leaf.x509.fingerprint, /^([0-9A-F]{2}:){19}[0-9A-F]{2}$/);
    const text = (name: string) => new RegExp(`<${name}>(.*)</${name}>`).exec(answer.text)?.[1];
    const [from, to] = [text('ValidStartDate'), text('ValidEndDate')];
    assert.deepEqual([from, to], [leaf.x509.validFrom, leaf.x509.validTo]);
  });

  test('a certificate near its end says so, an expired one is Disabled', async () => {
    const certificate = async () => (await shop.list()).xml?.child('Cname')?.child('Certificate');
    shop.world.jump(Date.UTC(2027, 0, 20) - shop.world.clock.now());
    assert.equal(
      (await certificate())?.child('Warning')?.text,
      'The certificate expires in 10 days: renew it.',
    );
    shop.world.jump(Date.UTC(2027, 0, 31) - shop.world.clock.now());
    assert.equal((await certificate())?.child('Status')?.text, 'Disabled');
    shop.world.jump(testEpoch - shop.world.clock.now());
    assert.equal((await certificate())?.child('Status')?.text, 'Enabled');
  });
});

describe('what clients send beside', () => {
  test('Content-MD5 is verified, over an empty body too', async () => {
    const get = { headers: { 'content-md5': md5Of(''), 'content-type': 'application/xml' } };
    assert.equal((await shop.list(get)).status, 200);
    assert.equal((await shop.getToken('none.shop.example', get)).status, 404);
    const wrong = { headers: { 'content-md5': md5Of('x') } };
    for (const answer of [
      await shop.list(wrong),
      await shop.getToken('none.shop.example', wrong),
      await shop.createToken('md5.shop.example', wrong),
      await shop.deleteCname('md5.shop.example', wrong),
      await shop.putCname('<Domain>md5.shop.example</Domain>', wrong),
      await shop.list({ headers: { 'content-md5': 'not base64' } }),
    ]) {
      assert.equal(answer.status, 400);
      assert.equal(answer.xml?.child('Code')?.text, 'InvalidDigest');
    }
    assert.equal((await shop.getToken('md5.shop.example')).status, 404);
  });

  test('every way to sign and to address works for every operation', async () => {
    for (const addressing of ['path', 'virtual-host', 'mapped-domain'] as const) {
      for (const scheme of ['v1', 'v4'] as const) {
        for (const isSecure of addressing === 'mapped-domain' ? [false, true] : [false]) {
          const how = { addressing, scheme, isSecure };
          const name = `n-${scheme}.shop.example`;
          const what = JSON.stringify(how);
          await shop.prove(name, how);
          assert.equal((await shop.getToken(name, how)).status, 200, what);
          assert.equal((await shop.putCname(`<Domain>${name}</Domain>`, how)).status, 200, what);
          assert.ok((await shop.list(how)).text.includes(`<Domain>${name}</Domain>`), what);
          assert.equal((await shop.deleteCname(name, how)).status, 200, what);
          assert.equal((await shop.getToken(name, how)).status, 404, what);
        }
      }
    }
  });

  test('the order of sub-resources is free, and `cname=` is `cname`', async () => {
    const forms: readonly Record<string, string | undefined>[] = [
      { comp: 'token', cname: undefined },
      { cname: '', comp: 'token' },
      { comp: 'token', cname: '' },
    ];
    for (const query of forms) {
      for (const scheme of ['v1', 'v4'] as const) {
        assert.equal((await shop.createToken('free.shop.example', { query, scheme })).status, 200);
      }
    }
    const query = { cname: 'free.shop.example', comp: 'token' };
    assert.equal((await shop.call({ method: 'GET', query })).status, 200);
    assert.equal((await shop.list({ query: { cname: '' } })).status, 200);
  });

  test('a token read without a domain is InvalidArgument', async () => {
    for (const cname of [undefined, '']) {
      const answer = await shop.call({ method: 'GET', query: { cname, comp: 'token' } });
      assert.equal(answer.status, 400);
      assert.equal(answer.xml?.child('Code')?.text, 'InvalidArgument');
      assert.equal(answer.xml?.child('ArgumentName')?.text, 'cname');
    }
  });

  test('DeleteCname takes wildcard=false and refuses true', async () => {
    const wildcard = (value: string) =>
      shop.deleteCname('w.shop.example', {
        query: { cname: undefined, comp: 'delete', wildcard: value },
      });
    assert.equal((await wildcard('false')).status, 200);
    for (const value of ['true', 'maybe', '']) {
      const answer = await wildcard(value);
      assert.equal(answer.status, 400, value);
      assert.equal(answer.xml?.child('ArgumentName')?.text, 'wildcard');
    }
  });
});
