/**
 * Every error of the reference's PutCname page and its siblings as a whole document (DESIGN
 * ruling 4): V1 and V4, HTTP and HTTPS, every way to address; the operator's lists changing under a
 * running server; the sentences of a proof that fails.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  createAuthority,
  type TestAuthority,
  type TestCertificate,
} from '../../support/certificates.ts';
import { nothing, code as rcode, reply } from '../../support/dns-server.ts';
import { testEpoch } from '../../support/world.ts';
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

const folders: string[] = [];
function listFiles(files: Readonly<Record<string, string>>): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'cnamed-lists-'));
  folders.push(folder);
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => {
      writeFileSync(join(folder, name), text);
      return [name, join(folder, name)];
    }),
  );
}
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('every error, whole', () => {
  let shop: Shop;
  let authority: TestAuthority;
  let leaf: TestCertificate;
  let next: TestCertificate;
  let leafId = '';
  const theirDomain = 'www.theirs.example';

  before(async () => {
    const { forbidden, risk, registry } = listFiles({
      forbidden: 'forbidden.example\n',
      risk: '0.0.0.0 risk.example\n',
      registry: 'shop.example\nrisk.example\ntheirs.example\n',
    });
    shop = await openShop({
      FORBIDDEN_LIST: String(forbidden),
      RISK_LIST: String(risk),
      LICENSE_REGISTRY: String(registry),
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

describe('sentences of a proof that fails', () => {
  let shop: Shop;
  const name = 'proof.example';
  const txtName = `_dnsauth.${name}`;
  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());

  const hint = async (): Promise<string> => {
    const answer = await shop.putCname(`<Domain>${name}</Domain>`);
    const error = errorOf(answer);
    assert.equal(answer.status, 403, answer.text);
    assert.equal(error.Code, 'NeedVerifyDomainOwnership');
    assert.equal(error.EC, '0018-00000115');
    assert.equal(error.TxtName, txtName);
    const about = `Domain ${name}, bucket ${bucket}: `;
    const text = error.Hint ?? '';
    assert.ok(text.startsWith(about), text);
    return text.slice(about.length);
  };

  it('each says what is wrong and what to do', async () => {
    assert.match(
      await hint(),
      /^the bucket has no token for this domain\. Make one with CreateCna/,
    );
    const token = (await shop.createToken(name)).xml?.child('Token')?.text ?? '';
    const wanted = `Its value must be the token of this bucket, ${token}.`;

    const absent =
      `there is no TXT record at ${txtName}. Create it. ${wanted} ` +
      'A new record may take minutes to be seen.';
    assert.equal(await hint(), absent);
    shop.dns.script(txtName, (question, replier) => replier.send(nothing(question)));
    assert.equal(await hint(), absent);

    shop.dns.txt(txtName, 'google-site-verification=x', 'other');
    assert.equal(
      await hint(),
      `the TXT record at ${txtName} has another value: ` +
        `"google-site-verification=x" and 1 more record. ${wanted}`,
    );
    shop.dns.txt(txtName, `${token}x`);
    assert.equal(
      await hint(),
      `the TXT record at ${txtName} has another value: "${token}x". ${wanted}`,
    );

    for (const [code, sentence] of [
      [rcode.servfail, /failed: the resolver 127\.0\.0\.1:\d+ answered SERVFAIL/],
      [rcode.refused, /failed: the resolver 127\.0\.0\.1:\d+ answered REFUSED/],
    ] as const) {
      shop.dns.script(txtName, (question, replier) =>
        replier.send(reply(question, [], { rcode: code })),
      );
      const text = await hint();
      assert.match(text, /^ownership could not be checked, because asking for the TXT record/);
      assert.match(text, sentence);
    }

    shop.dns.txt(txtName, token);
    shop.world.advance(72 * 3_600_000);
    assert.match(
      await hint(),
      /^the token expired on Wed, 25 Nov 2026 09:00:00 GMT\. Make a new one with CreateCnameToken, change/,
    );
    const fresh = (await shop.createToken(name)).xml?.child('Token')?.text ?? '';
    assert.notEqual(fresh, token);
    assert.match(await hint(), new RegExp(`another value: "${token}"\\. .*, ${fresh}\\.$`));
    shop.dns.txt(txtName, fresh);
    assert.equal((await shop.putCname(`<Domain>${name}</Domain>`)).status, 200);
  });
});

describe('lists that change while the server runs', () => {
  let shop: Shop;
  let files: Record<string, string>;
  before(async () => {
    files = listFiles({ forbidden: '', risk: '', registry: 'list.example\n' });
    shop = await openShop({
      FORBIDDEN_LIST: String(files.forbidden),
      RISK_LIST: String(files.risk),
      LICENSE_REGISTRY: String(files.registry),
    });
  });
  after(() => shop.close());

  const codeOf = async (name: string): Promise<string> => {
    await shop.createToken(name);
    const token = (await shop.getToken(name)).xml?.child('Token')?.text;
    if (token !== undefined) shop.dns.txt(`_dnsauth.${name}`, token);
    const answer = await shop.putCname(`<Domain>${name}</Domain>`);
    if (answer.status === 200) await shop.deleteCname(name);
    return answer.status === 200 ? 'mapped' : (errorOf(answer).Code ?? '');
  };
  const write = (list: string, text: string): void => {
    writeFileSync(String(files[list]), text);
    shop.world.advance(1_000);
  };

  it('each list is in force a second after it changed, in each of its forms', async () => {
    const name = 'www.list.example';
    assert.equal(await codeOf(name), 'mapped');
    const forms = ['list.example\n', '0.0.0.0 list.example\n', '*.list.example CNAME .\n'];
    for (const [index, form] of forms.entries()) {
      // Of different lengths, for file systems with coarse times.
      const text = '# comment\n'.repeat(index) + form;
      write('forbidden', text);
      assert.equal(await codeOf(name), 'CnameIsForbidden', form);
      write('forbidden', '');
      assert.equal(await codeOf(name), 'mapped');
      write('risk', text);
      assert.equal(await codeOf(name), 'CnameIsRisk', form);
      write('risk', '');
      assert.equal(await codeOf(name), 'mapped');
    }
    write('registry', 'somebody-else.example\n');
    assert.equal(await codeOf(name), 'NoSuchCnameInRecord');
    write('registry', '# licensed\nlist.example\n');
    assert.equal(await codeOf(name), 'mapped');
  });

  it('forbids before it asks for proof, and weighs risk after it', async () => {
    write('forbidden', 'both.example\n');
    write('risk', 'both.example\nlate.list.example\n');
    const asked = shop.dns.asked.length;
    assert.equal(await codeOf('a.both.example'), 'CnameIsForbidden');
    assert.equal(shop.dns.asked.length, asked);
    const unproven = await shop.putCname('<Domain>late.list.example</Domain>');
    assert.equal(errorOf(unproven).Code, 'NeedVerifyDomainOwnership');
    assert.equal(await codeOf('late.list.example'), 'CnameIsRisk');
  });

  it('a list goes on holding what it held when its file goes away', async () => {
    write('risk', 'held.list.example\n');
    assert.equal(await codeOf('held.list.example'), 'CnameIsRisk');
    rmSync(String(files.risk));
    shop.world.advance(1_000);
    assert.equal(await codeOf('held.list.example'), 'CnameIsRisk');
    write('risk', '');
    assert.equal(await codeOf('held.list.example'), 'mapped');
  });

  it('a mapping that stands is not touched by a list', async () => {
    const name = 'stands.list.example';
    await shop.prove(name);
    assert.equal((await shop.putCname(`<Domain>${name}</Domain>`)).status, 200);
    write('risk', `${name}\n`);
    write('registry', 'nobody.example\n');
    assert.equal((await shop.putCname(`<Domain>${name}</Domain>`)).status, 200);
    write('forbidden', `${name}\n`);
    const answer = await shop.putCname(`<Domain>${name}</Domain>`);
    assert.equal(errorOf(answer).Code, 'CnameIsForbidden', 'check 4 comes before check 5');
    assert.ok((await shop.list()).text.includes(name));
  });
});
