/**
 * Every error of the reference's PutCname page and its siblings as a whole document (DESIGN
 * ruling 4): V1 and V4, HTTP and HTTPS, every way to address.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  createAuthority,
  type TestAuthority,
  type TestCertificate,
} from '../../support/certificates.ts';
import { testEpoch } from '../../support/world.ts';
import { listsForSuite } from '../cname/list-files.ts';
import {
  type Answer,
  bucket,
  type Call,
  domain,
  endpoint,
  errorOf,
  inline,
  openShop,
  type Shop,
  withCertificate,
} from '../cname/shop.ts';

/** What an error document says, in order; RequestId and HostId left out. */
type Said = readonly (readonly [name: string, text: string])[];

function documentOf(answer: Answer): Said {
  assert.equal(answer.xml?.name, 'Error', answer.text);
  return (answer.xml?.children ?? [])
    .filter(({ name }) => name !== 'RequestId' && name !== 'HostId')
    .map(({ name, text }) => [name, text] as const);
}

describe('every error, whole', () => {
  const list = listsForSuite();
  let shop: Shop;
  let authority: TestAuthority;
  let leaf: TestCertificate;
  let next: TestCertificate;
  let leafId = '';
  const theirDomain = 'www.theirs.example';

  before(async () => {
    shop = await openShop({
      FORBIDDEN_LIST: list('forbidden', 'forbidden.example\n'),
      RISK_LIST: list('risk', '0.0.0.0 risk.example\n'),
      LICENSE_REGISTRY: list('registry', 'shop.example\nrisk.example\ntheirs.example\n'),
      CNAME_PER_BUCKET: '3',
    });
    authority = await createAuthority({ now: testEpoch });
    leaf = await authority.issue({ names: [domain], now: testEpoch });
    next = await authority.issue({ names: [domain], now: testEpoch });
    await shop.prove(domain);
    assert.equal((await shop.putCname(withCertificate(inline(leaf)))).status, 200);
    leafId =
      (await shop.list()).xml?.child('Cname')?.child('Certificate')?.child('CertId')?.text ?? '';
    await shop.makeBucket('other-assets');
    await shop.makeBucket('full-assets');
    await shop.makeBucket('their-assets', shop.ben);
    const pic = '<Domain>pic.shop.example</Domain><CnameType>CNAME_IMG</CnameType>';
    const map = async (name: string, cname: string, call: Partial<Call>) => {
      await shop.prove(name, call);
      assert.equal((await shop.putCname(cname, call)).status, 200);
    };
    await map('pic.shop.example', pic, { bucket: 'other-assets' });
    for (const label of ['a', 'b', 'c']) {
      const name = `${label}.shop.example`;
      await map(name, `<Domain>${name}</Domain>`, { bucket: 'full-assets' });
    }
    const theirs = { bucket: 'their-assets', as: shop.ben };
    await map(theirDomain, `<Domain>${theirDomain}</Domain>`, theirs);
    // Proven, and still refused: what else is wrong with them comes after the proof.
    for (const name of ['x.risk.example', 'x.other.example', 'un.shop.example', theirDomain]) {
      await shop.prove(name);
    }
  });
  after(() => shop.close());

  interface Case {
    readonly what: string;
    readonly send: (call: Partial<Call>) => Promise<Answer>;
    readonly status: number;
    readonly says: () => Said;
  }
  const put = (name: string) => (call: Partial<Call>) =>
    shop.putCname(`<Domain>${name}</Domain>`, call);
  const bind = (elements: () => Record<string, string>, name = domain) => {
    return (call: Partial<Call>) => shop.putCname(withCertificate(elements(), name), call);
  };
  const token = (name: string) => (call: Partial<Call>) => shop.createToken(name, call);
  const tooShort: Said = [
    ['Code', 'InvalidArgument'],
    ['Message', 'Entire hostname must be longer than 3 ASCII characters.'],
    ['ArgumentName', 'Domain'],
    ['ArgumentValue', 'w.c'],
    ['EC', '0017-00000249'],
  ];
  const forbidden = (name: string, hint: string): Said => [
    ['Code', 'CnameIsForbidden'],
    ['Message', 'The domain name is reserved on this server and cannot be mapped.'],
    ['Bucket', bucket],
    ['Cname', name],
    ['Hint', hint],
    ['EC', '0018-00000401'],
  ];
  const onList =
    "x.forbidden.example is below forbidden.example, which is on a list of this server's operator.";
  const reserved = `${endpoint} is an endpoint of this server.`;
  const already = (name: string, type: string): Said => [
    ['Code', 'CnameAlreadyExists'],
    ['Message', 'The cname is already attached to another bucket.'],
    ['Bucket', bucket],
    ['Cname', name],
    ['CnameType', type],
    ['EC', '9018-00000101'],
  ];
  const casId = 'The CAS ID is invalid: not exist or not belong to the owner of the bucket';

  const cases: readonly Case[] = [
    { what: 'InvalidArgument', send: put('w.c'), status: 400, says: () => tooShort },
    { what: 'InvalidArgument, token', send: token('w.c'), status: 400, says: () => tooShort },
    {
      what: 'NeedVerifyDomainOwnership',
      send: put('new.shop.example'),
      status: 403,
      says: () => [
        ['Code', 'NeedVerifyDomainOwnership'],
        ['Message', 'Please verify domain ownership by CreateCnameToken and try again.'],
        ['Bucket', bucket],
        ['Cname', 'new.shop.example'],
        ['TxtName', '_dnsauth.new.shop.example'],
        [
          'Hint',
          `Domain new.shop.example, bucket ${bucket}: the bucket has no token for this domain. ` +
            'Make one with CreateCnameToken, put it into the TXT record ' +
            '_dnsauth.new.shop.example and try again.',
        ],
        ['EC', '0018-00000115'],
      ],
    },
    {
      what: 'CnameDenied',
      send: put(theirDomain),
      status: 403,
      says: () => [
        ['Code', 'CnameDenied'],
        ['Message', 'The cname belongs to another user.'],
        ['Bucket', bucket],
        ['Cname', theirDomain],
        ['EC', '9018-00000102'],
      ],
    },
    {
      what: 'CnameIsForbidden by the list',
      send: put('x.forbidden.example'),
      status: 403,
      says: () => forbidden('x.forbidden.example', onList),
    },
    {
      what: 'CnameIsForbidden by the list, token',
      send: token('x.forbidden.example'),
      status: 403,
      says: () => forbidden('x.forbidden.example', onList),
    },
    {
      what: 'CnameIsForbidden by nature',
      send: put(`x.${endpoint}`),
      status: 403,
      says: () => forbidden(`x.${endpoint}`, reserved),
    },
    {
      what: 'CnameIsForbidden by nature, token',
      send: token(`x.${endpoint}`),
      status: 403,
      says: () => forbidden(`x.${endpoint}`, reserved),
    },
    {
      what: 'CnameIsRisk',
      send: put('x.risk.example'),
      status: 403,
      says: () => [
        ['Code', 'CnameIsRisk'],
        ['Message', 'The domain name is on a risk list of this server and cannot be mapped.'],
        ['Bucket', bucket],
        ['Cname', 'x.risk.example'],
        [
          'Hint',
          "x.risk.example is below risk.example, which is on a list of this server's operator.",
        ],
        ['EC', '9018-00000103'],
      ],
    },
    {
      what: 'NoSuchCnameInRecord',
      send: put('x.other.example'),
      status: 404,
      says: () => [
        ['Code', 'NoSuchCnameInRecord'],
        ['Message', 'No such cname be found in record'],
        ['Bucket', bucket],
        ['Cname', 'x.other.example'],
        ['Registry', 'registry'],
        [
          'Hint',
          'The domain is not in the registry of licensed names that this server asks (registry). DNS was not the reason.',
        ],
        ['EC', '9018-00000105'],
      ],
    },
    {
      what: 'CnameAlreadyExists, CNAME_OSS',
      send: put('a.shop.example'),
      status: 409,
      says: () => already('a.shop.example', 'CNAME_OSS'),
    },
    {
      what: 'CnameAlreadyExists, CNAME_IMG',
      send: put('pic.shop.example'),
      status: 409,
      says: () => already('pic.shop.example', 'CNAME_IMG'),
    },
    {
      what: 'NoNeedCreateCnameToken',
      send: token(domain),
      status: 403,
      says: () => [
        ['Code', 'NoNeedCreateCnameToken'],
        ['Message', 'The domain is mapped to this bucket already; no token is needed.'],
        ['Bucket', bucket],
        ['Cname', domain],
        ['EC', '0018-00000302'],
      ],
    },
    {
      what: 'CnameTokenNotFound',
      send: (call) => shop.getToken(domain, call),
      status: 404,
      says: () => [
        ['Code', 'CnameTokenNotFound'],
        ['Message', 'Cname token not found.'],
        ['Bucket', bucket],
        ['Cname', domain],
        ['EC', '0018-00000301'],
      ],
    },
    {
      what: 'NoSuchCname',
      send: bind(() => ({ DeleteCertificate: 'true' }), 'un.shop.example'),
      status: 404,
      says: () => [
        ['Code', 'NoSuchCname'],
        ['Message', 'The domain is not mapped to this bucket.'],
        ['Bucket', bucket],
        ['Cname', 'un.shop.example'],
        ['EC', '9018-00000104'],
      ],
    },
    {
      what: 'CertificateInvalidCasId',
      send: bind(() => ({ CertId: '4711-cn-hangzhou', Force: 'true' })),
      status: 400,
      says: () => [
        ['Code', 'CertificateInvalidCasId'],
        ['Message', casId],
        ['ArgumentName', 'CertId'],
        ['ArgumentValue', '4711-cn-hangzhou'],
        ['EC', '0018-00000204'],
      ],
    },
    {
      what: 'a CertId of 64 bytes',
      send: bind(() => ({ CertId: '7'.repeat(64), Force: 'true' })),
      status: 400,
      says: () => [
        ['Code', 'InvalidArgument'],
        ['Message', 'CertId must be shorter than 64 bytes.'],
        ['ArgumentName', 'CertId'],
        ['EC', '0018-00000206'],
      ],
    },
    {
      what: 'a guard that does not match',
      send: bind(() => inline(next)),
      status: 400,
      says: () => [
        ['Code', 'InvalidArgument'],
        [
          'Message',
          `PreviousCertId is not the id of the certificate now bound, ${leafId}: ` +
            'give that id, or Force with the value true.',
        ],
        ['ArgumentName', 'PreviousCertId'],
        ['CurrentCertId', leafId],
        ['EC', '0018-00000209'],
      ],
    },
    {
      what: 'a private key alone',
      send: bind(() => ({ PrivateKey: next.keyPem, Force: 'true' })),
      status: 400,
      says: () => [
        ['Code', 'InvalidArgument'],
        ['Message', 'PrivateKey is given without Certificate: send both, or neither.'],
        ['ArgumentName', 'Certificate'],
        ['EC', '0018-00000210'],
      ],
    },
    {
      what: 'MalformedXML',
      send: bind(() => ({ Force: '1' })),
      status: 400,
      says: () => [
        ['Code', 'MalformedXML'],
        [
          'Message',
          'The XML you provided was not well-formed or did not validate against our published schema.',
        ],
        ['ErrorDetail', 'Force must be true or false'],
        ['EC', '9016-00000001'],
      ],
    },
  ];

  const ways: readonly Partial<Call>[] = (['v1', 'v4'] as const).flatMap((scheme) => [
    { scheme, addressing: 'path', isSecure: false },
    { scheme, addressing: 'virtual-host', isSecure: false },
    { scheme, addressing: 'mapped-domain', isSecure: false },
    { scheme, addressing: 'mapped-domain', isSecure: true },
  ]);

  for (const { what, send, status, says } of cases) {
    it(what, async () => {
      const before = (await shop.list()).text;
      for (const way of ways) {
        const answer = await send(way);
        assert.equal(answer.status, status, `${JSON.stringify(way)} ${answer.text}`);
        assert.deepEqual(documentOf(answer), says(), JSON.stringify(way));
        const error = errorOf(answer);
        assert.equal(answer.headers['x-oss-ec'], error.EC);
        assert.equal(answer.headers['x-oss-request-id'], error.RequestId);
        const hosts: Record<string, string> = {
          path: `127.0.0.1:${shop.server.httpPort}`,
          'virtual-host': `${bucket}.${endpoint}`,
          'mapped-domain': domain,
        };
        assert.equal(error.HostId, hosts[way.addressing ?? '']);
      }
      assert.equal((await shop.list()).text, before, 'nothing changed');
    });
  }

  it('TooManyCname: before any proof, and not for what is mapped already', async () => {
    const full = { bucket: 'full-assets' };
    for (const scheme of ['v1', 'v4'] as const) {
      const answer = await shop.putCname('<Domain>d.shop.example</Domain>', { ...full, scheme });
      assert.equal(answer.status, 400);
      assert.deepEqual(documentOf(answer), [
        ['Code', 'TooManyCname'],
        ['Message', 'You have attempted to map more domains to the bucket than allowed (3).'],
        ['Bucket', 'full-assets'],
        ['EC', '9018-00000106'],
      ]);
    }
    assert.equal((await shop.putCname('<Domain>b.shop.example</Domain>', full)).status, 200);
    assert.equal((await shop.deleteCname('b.shop.example', full)).status, 200);
    await shop.prove('d.shop.example', full);
    assert.equal((await shop.putCname('<Domain>d.shop.example</Domain>', full)).status, 200);
  });

  it('a stranger learns nothing of a mapped domain without proof', async () => {
    const theirs = { bucket: 'their-assets', as: shop.ben };
    const mapped = await shop.putCname('<Domain>a.shop.example</Domain>', theirs);
    const free = await shop.putCname('<Domain>zz.shop.example</Domain>', theirs);
    const shape = (answer: Answer) =>
      documentOf(answer).map(([name, text]) => [
        name,
        text.replaceAll(/\b(?:a|zz)\.shop/g, '*.shop'),
      ]);
    assert.deepEqual(shape(mapped), shape(free));
    assert.equal((await shop.deleteCname('a.shop.example', theirs)).status, 200);
    const full = { bucket: 'full-assets' };
    assert.ok((await shop.list(full)).text.includes('<Domain>a.shop.example</Domain>'));
  });
});
