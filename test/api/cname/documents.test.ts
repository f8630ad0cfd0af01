/**
 * What PutCname and its siblings read, and what they refuse to guess (custom-domain.md 2.1, 2.4).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createAuthority, type TestCertificate } from '../../support/certificates.ts';
import { testEpoch } from '../../support/world.ts';
import {
  document,
  domain,
  errorOf,
  inline,
  md5Of,
  openShop,
  type Shop,
  withCertificate,
} from './shop.ts';

let shop: Shop;
let leaf: TestCertificate;

before(async () => {
  shop = await openShop();
  const authority = await createAuthority({ now: testEpoch });
  leaf = await authority.issue({ names: [domain], now: testEpoch });
  await shop.prove(domain);
  assert.equal((await shop.putCname(`<Domain>${domain}</Domain>`)).status, 200);
});
after(() => shop.close());

const body = (text: string | Buffer) => shop.putCname('', { body: text });

/** The domain stands already, so that 200 means: the document was understood. */
describe('read', () => {
  const root = document(`<Domain>${domain}</Domain>`);
  const understood: readonly [string, string | Buffer][] = [
    ['the bare document', root],
    ['a declaration', `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`],
    ['a byte order mark', `\ufeff${root}`],
    ['a default namespace', root.replace('>', ' xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com">')],
    ['white space around the domain', document(`<Domain>\n  ${domain}\t</Domain>`)],
    ['capitals and a final dot', document('<Domain>IMG.Shop.Example.</Domain>')],
    ['a domain in CDATA', document(`<Domain><![CDATA[${domain}]]></Domain>`)],
    ['an empty configuration', document(withCertificate({}))],
    [
      'an empty configuration, short',
      document(`<Domain>${domain}</Domain><CertificateConfiguration/>`),
    ],
    [
      'empty elements, as Terraform sends',
      document(
        withCertificate({
          PreviousCertId: '',
          CertId: '',
          Certificate: '',
          PrivateKey: '',
          Force: 'false',
          DeleteCertificate: 'false',
        }),
      ),
    ],
    ['only a Force', document(withCertificate({ Force: 'true' }))],
    ['only a PreviousCertId', document(withCertificate({ PreviousCertId: '1-cn-hangzhou' }))],
    [
      'DeleteCertificate false beside Force true',
      document(withCertificate({ DeleteCertificate: 'False', Force: 'true' })),
    ],
    ['a Status, which is ignored', document(`<Domain>${domain}</Domain><Status>enable</Status>`)],
    ['IsWildCard false', document(`<Domain>${domain}</Domain><IsWildCard>False</IsWildCard>`)],
    ['an empty access point', document(`<Domain>${domain}</Domain><AccessPointName/>`)],
    [
      'IsPurgeCdnCache under Cname',
      document(`<Domain>${domain}</Domain><IsPurgeCdnCache>true</IsPurgeCdnCache>`),
    ],
    ['a comment', document(`<!-- x --><Domain>${domain}</Domain>`)],
    ['an unbind where nothing is bound', document(withCertificate({ DeleteCertificate: 'true' }))],
  ];
  for (const [what, text] of understood) {
    test(what, async () => {
      const answer = await body(text);
      assert.equal(answer.status, 200, answer.text);
    });
  }

  test('booleans in any letter case are equal', async () => {
    for (const word of ['true', 'True', 'TRUE', 'tRuE', ' true\n']) {
      const request = withCertificate({ ...inline(leaf), Force: word });
      assert.equal((await shop.putCname(request)).status, 200, word);
      const unbind = withCertificate({ DeleteCertificate: word });
      assert.equal((await shop.putCname(unbind)).status, 200, word);
      assert.equal(await currentId(), '', word);
    }
  });

  async function currentId(): Promise<string> {
    const cname = (await shop.list()).xml?.child('Cname');
    return cname?.child('Certificate')?.child('CertId')?.text ?? '';
  }
});

describe('MalformedXML', () => {
  const malformed: readonly [string, string | Buffer, RegExp][] = [
    ['no body', '', /empty/],
    ['no XML', 'Domain=img.shop.example', /outside of root/],
    ['JSON', '{"BucketCnameConfiguration":{}}', /outside of root/],
    ['XML cut off', document('<Domain>a.example</Domain>').slice(0, -3), /./],
    [
      'another root',
      '<CnameConfiguration><Cname/></CnameConfiguration>',
      /root node is not named BucketCnameConfiguration/,
    ],
    [
      'a root in other letter case',
      document('<Domain>a.example</Domain>').replaceAll('BucketC', 'bucketC'),
      /root node/,
    ],
    ['no Cname', '<BucketCnameConfiguration/>', /Cname is missing/],
    ['no Domain', document(''), /Domain is missing/],
    ['Domain in other letter case', document('<domain>a.example</domain>'), /Domain is missing/],
    [
      'Domain outside Cname',
      '<BucketCnameConfiguration><Domain>a.example</Domain></BucketCnameConfiguration>',
      /Cname is missing/,
    ],
    [
      'two Cname',
      '<BucketCnameConfiguration><Cname><Domain>a.example</Domain></Cname><Cname><Domain>b.example</Domain></Cname></BucketCnameConfiguration>',
      /more than one Cname/,
    ],
    [
      'two Domain',
      document('<Domain>a.example</Domain><Domain>b.example</Domain>'),
      /more than one Domain/,
    ],
    [
      'two CertificateConfiguration',
      document('<Domain>a.example</Domain><CertificateConfiguration/><CertificateConfiguration/>'),
      /more than one CertificateConfiguration/,
    ],
    [
      'two Certificate',
      document(
        '<Domain>a.example</Domain><CertificateConfiguration><Certificate>x</Certificate><Certificate>y</Certificate></CertificateConfiguration>',
      ),
      /more than one Certificate/,
    ],
    [
      'two Force',
      document(
        '<Domain>a.example</Domain><CertificateConfiguration><Force>true</Force><Force>false</Force></CertificateConfiguration>',
      ),
      /more than one Force/,
    ],
    ['a DOCTYPE', `<!DOCTYPE x>${document('<Domain>a.example</Domain>')}`, /DOCTYPE/],
    [
      'an entity of its own',
      `<!DOCTYPE x [<!ENTITY y "a.example">]>${document('<Domain>&y;</Domain>')}`,
      /DOCTYPE/,
    ],
    [
      'a processing instruction',
      `<?x y?>${document('<Domain>a.example</Domain>')}`,
      /processing instruction/,
    ],
    [
      'bytes that are no UTF-8',
      Buffer.from(document('<Domain>caf\xe9.example</Domain>'), 'latin1'),
      /UTF-8/,
    ],
    [
      'a hundred and one elements',
      document(`<Domain>a.example</Domain>${'<x/>'.repeat(98)}`),
      /more than 100 elements/,
    ],
    ['Force 1', document(withCertificate({ Force: '1' })), /Force must be true or false/],
    ['Force yes', document(withCertificate({ Force: 'yes' })), /Force must be true or false/],
    [
      'DeleteCertificate 0',
      document(withCertificate({ DeleteCertificate: '0' })),
      /DeleteCertificate must be true or false/,
    ],
    [
      'DeleteCertificate on',
      document(withCertificate({ DeleteCertificate: 'on' })),
      /DeleteCertificate must be true or false/,
    ],
    [
      'IsWildCard 1',
      document(`<Domain>${domain}</Domain><IsWildCard>1</IsWildCard>`),
      /IsWildCard must be true or false/,
    ],
    [
      'IsPurgeCdnCache x',
      document(`<Domain>${domain}</Domain><IsPurgeCdnCache>x</IsPurgeCdnCache>`),
      /IsPurgeCdnCache must be true or false/,
    ],
    [
      'an unbind by force',
      document(withCertificate({ DeleteCertificate: 'true', Force: 'true' })),
      /excludes Force/,
    ],
    [
      'an unbind with an id',
      document(withCertificate({ DeleteCertificate: 'true', CertId: '1-cn-hangzhou' })),
      /excludes CertId/,
    ],
    [
      'an unbind with a certificate',
      document(withCertificate({ DeleteCertificate: 'true', Certificate: 'x' })),
      /excludes Certificate/,
    ],
    [
      'an unbind with a key',
      document(withCertificate({ DeleteCertificate: 'true', PrivateKey: 'x' })),
      /excludes PrivateKey/,
    ],
  ];
  for (const [what, text, detail] of malformed) {
    test(what, async () => {
      const answer = await body(text);
      const error = errorOf(answer);
      assert.equal(error.Code, 'MalformedXML', answer.text);
      assert.equal(error.Status, '400');
      assert.equal(
        error.Message,
        'The XML you provided was not well-formed or did not validate against our published schema.',
      );
      assert.match(error.ErrorDetail ?? '', detail);
    });
  }

  test('it hides the missing proof, as the service does', async () => {
    const answer = await shop.putCname(withCertificate({ Force: '1' }, 'unproven.example'));
    assert.equal(errorOf(answer).Code, 'MalformedXML');
  });

  test('tokens and unmapping read the same skeleton', async () => {
    for (const comp of ['token', 'delete']) {
      const query = { cname: undefined, comp };
      for (const text of [
        '',
        '<a/>',
        document(''),
        document('<Domain>a.example</Domain>').repeat(2),
      ]) {
        assert.equal(errorOf(await shop.call({ query, body: text })).Code, 'MalformedXML', text);
      }
    }
  });
});

describe('refused by name', () => {
  const unavailable: readonly [string, string, string, RegExp][] = [
    [
      'wildcards',
      '<IsWildCard>true</IsWildCard>',
      'InvalidArgument',
      /Wildcard domains are not available/,
    ],
    ['access points', '<AccessPointName>ap</AccessPointName>', 'NotImplemented', /AccessPointName/],
    [
      'object-process access points',
      '<AccessPointNameForObjectProcess>ap</AccessPointNameForObjectProcess>',
      'NotImplemented',
      /AccessPointNameForObjectProcess/,
    ],
    [
      'client certificates',
      '<ClientCaConfiguration><CasCertId>1</CasCertId></ClientCaConfiguration>',
      'NotImplemented',
      /ClientCaConfiguration/,
    ],
    [
      'client certificates, empty',
      '<ClientCaConfiguration/>',
      'NotImplemented',
      /ClientCaConfiguration/,
    ],
    [
      'client certificates beside a certificate',
      '<CertificateConfiguration><ClientCaConfiguration/></CertificateConfiguration>',
      'NotImplemented',
      /ClientCaConfiguration/,
    ],
    [
      'an unknown type',
      '<CnameType>CNAME_CDN</CnameType>',
      'InvalidArgument',
      /CNAME_OSS or CNAME_IMG/,
    ],
  ];
  for (const [what, text, code, message] of unavailable) {
    test(what, async () => {
      const answer = await shop.putCname(`<Domain>${domain}</Domain>${text}`);
      const error = errorOf(answer);
      assert.equal(error.Status, '400');
      assert.equal(error.Code, code);
      assert.match(error.Message ?? '', message);
    });
  }
});

describe('sizes', () => {
  const filled = (bytes: number, more = ''): string => {
    const text = document(`<Domain>${domain}</Domain>${more}`);
    return text + ' '.repeat(bytes - text.length);
  };

  test('64 KiB without a certificate are read, one byte more is refused', async () => {
    assert.equal((await body(filled(65_536))).status, 200);
    assert.equal(errorOf(await body(filled(65_537))).Code, 'EntityTooLarge');
  });

  test('256 KiB with a certificate are read, one byte more is refused', async () => {
    const certificate = withCertificate({ ...inline(leaf), Force: 'true' });
    const rest = certificate.slice(certificate.indexOf('<CertificateConfiguration>'));
    assert.equal((await body(filled(262_144, rest))).status, 200);
    assert.equal(errorOf(await body(filled(262_145, rest))).Code, 'EntityTooLarge');
  });

  test('the token and unmapping read 64 KiB', async () => {
    for (const comp of ['token', 'delete']) {
      const query = { cname: undefined, comp };
      const error = errorOf(await shop.call({ query, body: filled(65_537) }));
      assert.equal(error.Code, 'EntityTooLarge');
    }
  });

  test('the MD5 is of the bytes as sent', async () => {
    const text = document(`<Domain>${domain}</Domain>`);
    const put = (digest: string) =>
      shop.putCname('', { body: text, headers: { 'content-md5': digest } });
    assert.equal((await put(md5Of(text))).status, 200);
    assert.equal(errorOf(await put(md5Of(`${text} `))).Code, 'InvalidDigest');
  });
});
