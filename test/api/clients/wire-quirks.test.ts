/**
 * "What real clients put on the wire" (clients.md), line by line, for the CNAME operations: each
 * SDK in its own bytes plays the life of a domain, and the answers are held to what its suites
 * assert.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createAuthority, type TestAuthority } from '../../support/certificates.ts';
import { ask } from '../../support/raw-client.ts';
import { testEpoch } from '../../support/world.ts';
import { bucket, domain as door, endpoint, openShop, type Shop } from '../cname/shop.ts';
import { type CnameOperation, md5Of, type Sdk, sdks, writeAs } from './wire.ts';

let shop: Shop;
let authority: TestAuthority;

before(async () => {
  shop = await openShop();
  authority = await createAuthority({ now: testEpoch });
  await shop.prove(door);
  assert.equal((await shop.putCname(`<Domain>${door}</Domain>`)).status, 200);
});
after(() => shop.close());

/** How SDKs address: by IP in path style, by name in front of the endpoint, by the domain alone. */
const addressings = {
  'an IP endpoint': () => ({
    host: `127.0.0.1:${shop.server.httpPort}`,
    path: (name: string) => `/${name}/`,
  }),
  'a named endpoint': () => ({ path: () => '/' }),
  'CNAME mode': () => ({ host: door, path: () => '/' }),
} satisfies Record<string, () => { host?: string; path: (name: string) => string }>;
type Addressing = keyof typeof addressings;

interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

function speaker(sdk: Sdk, addressing: Addressing) {
  return async (
    operation: CnameOperation,
    more: {
      domain?: string;
      cname?: string;
      bucket?: string;
      credentials?: Shop['ann'];
    } = {},
  ): Promise<WireAnswer> => {
    const { credentials = shop.ann, bucket: name = bucket } = more;
    const where: { host?: string; path: (name: string) => string } = addressings[addressing]();
    const host = where.host ?? `${name}.${endpoint}`;
    const isPost = operation !== 'list' && operation !== 'get-token';
    const bytes = writeAs(sdk, {
      method: isPost ? 'POST' : 'GET',
      host,
      path: where.path(name),
      bucket: name,
      operation,
      domain: more.domain ?? '',
      ...(isPost ? { body: sdk.body(more.cname ?? `<Domain>${more.domain}</Domain>`) } : {}),
      credentials,
      at: shop.world.clock.now(),
    });
    const answer = await ask({ port: shop.server.httpPort }, bytes);
    const text = answer.body.toString();
    assertCommon(answer.headers, text, host);
    return { status: answer.status, headers: answer.headers, text };
  };
}

/** What every suite asserts of every answer. */
function assertCommon(headers: Readonly<Record<string, string>>, text: string, host: string): void {
  const requestId = headers['x-oss-request-id'] ?? '';
  assert.equal(requestId.length, 24);
  assert.doesNotMatch(text, /xmlns/);
  if (!text.includes('<Error>')) return;
  assert.equal(textOf(text, 'RequestId'), requestId);
  assert.equal(textOf(text, 'HostId'), host);
  assert.equal(textOf(text, 'EC'), headers['x-oss-ec']);
}

const textOf = (text: string, name: string): string =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? '';
const textsOf = (text: string, name: string): string[] =>
  [...text.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map((match) => match[1] ?? '');

function assertRefused(answer: WireAnswer, status: number, code: string, ec?: string): void {
  assert.equal(answer.status, status, answer.text);
  assert.equal(textOf(answer.text, 'Code'), code);
  if (ec !== undefined) assert.equal(textOf(answer.text, 'EC'), ec);
}

async function issue(name: string): Promise<{ elements: string; fingerprint: string }> {
  const leaf = await authority.issue({ names: [name], now: testEpoch });
  const { chainPem, keyPem } = leaf;
  const elements = `<Certificate>${chainPem}</Certificate><PrivateKey>${keyPem}</PrivateKey>`;
  return { elements, fingerprint: leaf.x509.fingerprint };
}

const withCertificate = (name: string, inside: string): string =>
  `<Domain>${name}</Domain><CertificateConfiguration>${inside}</CertificateConfiguration>`;

for (const sdk of sdks) {
  for (const addressing of Object.keys(addressings) as Addressing[]) {
    const label = `${sdk.name} ${addressing}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
    const domain = `${label}.wire.example`;

    describe(`${sdk.name} by ${addressing}`, () => {
      const say = speaker(sdk, addressing);

      it('plays the life of a domain', async () => {
        assertRefused(
          await say('get-token', { domain }),
          404,
          'CnameTokenNotFound',
          '0018-00000301',
        );
        const made = await say('create-token', { domain });
        assert.equal(made.status, 200, made.text);
        assert.deepEqual(
          [textOf(made.text, 'Bucket'), textOf(made.text, 'Cname')],
          [bucket, domain],
        );
        assert.equal((await say('get-token', { domain })).text, made.text);
        assertRefused(
          await say('put', { domain }),
          403,
          'NeedVerifyDomainOwnership',
          '0018-00000115',
        );
        shop.dns.txt(`_dnsauth.${domain}`, textOf(made.text, 'Token'));
        const put = await say('put', { domain });
        assert.deepEqual([put.status, put.text], [200, '']);
        assert.ok(textsOf((await say('list')).text, 'Domain').includes(domain));
        for (const time of ['first', 'again']) {
          const gone = await say('delete', { domain });
          assert.deepEqual([gone.status, gone.text], [200, ''], time);
        }
        assert.ok(!textsOf((await say('list')).text, 'Domain').includes(domain));
      });

      it('binds, replaces by force and unbinds with its own booleans', async () => {
        const token = textOf((await say('create-token', { domain })).text, 'Token');
        shop.dns.txt(`_dnsauth.${domain}`, token);
        const [first, second] = [await issue(domain), await issue(domain)];
        const bind = (elements: string, force: string) =>
          say('put', {
            cname: withCertificate(domain, elements + force + sdk.besideCertificate),
          });
        const mapped = await bind(first.elements, '');
        assert.equal(mapped.status, 200, mapped.text);
        assertRefused(await bind(second.elements, ''), 400, 'InvalidArgument', '0018-00000209');
        const forced = await bind(second.elements, `<Force>${sdk.yes}</Force>`);
        assert.equal(forced.status, 200, forced.text);
        assert.ok((await say('list')).text.includes(second.fingerprint));
        const unbound = await say('put', {
          cname: withCertificate(domain, `<DeleteCertificate>${sdk.yes}</DeleteCertificate>`),
        });
        assert.equal(unbound.status, 200, unbound.text);
        assert.ok(!(await say('list')).text.includes(second.fingerprint));
        assert.equal((await say('delete', { domain })).status, 200);
      });

      it('gets ownership refused before any look at the certificate', async () => {
        const bogus =
          '<CertId>92****-cn-nowhere</CertId><Certificate>no pem</Certificate>' +
          '<PrivateKey>no key</PrivateKey><PreviousCertId>493****</PreviousCertId>' +
          `<Force>${sdk.yes}</Force>`;
        assertRefused(
          await say('put', { cname: withCertificate(`new-${domain}`, bogus) }),
          403,
          'NeedVerifyDomainOwnership',
          '0018-00000115',
        );
      });

      it('deletes a name that was never bound', async () => {
        assert.equal((await say('delete', { domain: `never-${domain}` })).status, 200);
      });

      it('is told of an unknown key, on every operation', async () => {
        const credentials = { accessKeyId: 'LTAINobodyHasThisKey', accessKeySecret: 'x' };
        for (const operation of ['put', 'create-token', 'get-token', 'list', 'delete'] as const) {
          const answer = await say(operation, { domain, credentials });
          assertRefused(answer, 403, 'InvalidAccessKeyId', '0002-00000902');
        }
      });

      if (addressing !== 'CNAME mode') {
        it('is told of a bucket that does not exist, on every operation', async () => {
          for (const operation of ['put', 'create-token', 'get-token', 'list', 'delete'] as const) {
            const answer = await say(operation, { domain, bucket: 'no-such-bucket' });
            assertRefused(answer, 404, 'NoSuchBucket', '0015-00000101');
            assert.equal(textOf(answer.text, 'Message'), 'The specified bucket does not exist.');
            assert.equal(textOf(answer.text, 'BucketName'), 'no-such-bucket');
          }
        });

        it('lists a new bucket: Bucket, a non-empty Owner, no Cname', async () => {
          const name = `fresh-${label}`.slice(0, 63);
          await shop.makeBucket(name);
          const { status, text } = await say('list', { bucket: name });
          assert.equal(status, 200);
          assert.equal(textOf(text, 'Bucket'), name);
          assert.match(textOf(text, 'Owner'), /^[0-9]{16}$/);
          assert.ok(!text.includes('<Cname>'));
        });
      }
    });
  }
}

describe('Authorization as it is written', () => {
  const python = sdks.find(({ name }) => name === 'Python v1') as Sdk;
  const list = (authorization: Sdk['authorization'], additional: readonly string[] = []) => {
    const sdk: Sdk = {
      ...python,
      authorization,
      headers: (call) => [
        ...python.headers(call),
        ...additional.map((name) => [name, 'x'] as const),
      ],
    };
    return speaker(sdk, 'an IP endpoint')('list');
  };

  it('spaces around its parts, and their order, do not matter', async () => {
    const forms: readonly Sdk['authorization'][] = [
      ({ id, scope, signature }) =>
        `OSS4-HMAC-SHA256 Credential=${id}/${scope},Signature=${signature}`,
      ({ id, scope, signature }) =>
        `OSS4-HMAC-SHA256 Credential=${id}/${scope}, Signature=${signature}`,
      ({ id, scope, signature }) =>
        `OSS4-HMAC-SHA256 Signature=${signature},Credential=${id}/${scope}`,
      ({ id, scope, signature }) =>
        `OSS4-HMAC-SHA256  Credential=${id}/${scope} ,  Signature=${signature} `,
    ];
    for (const form of forms) {
      const answer = await list(form);
      assert.equal(answer.status, 200, form({ id: 'id', scope: 'scope', signature: 'sig' }));
    }
  });

  it('AdditionalHeaders may stand behind Signature', async () => {
    const sdk: Sdk = {
      ...python,
      additionalHeaders: ['accept-encoding', 'user-agent'],
      authorization: (parts) =>
        `${python.authorization(parts)}, AdditionalHeaders=accept-encoding;user-agent`,
    };
    const answer = await speaker(sdk, 'an IP endpoint')('list');
    assert.equal(answer.status, 200, answer.text);
    const wrong: Sdk = { ...sdk, additionalHeaders: ['accept-encoding'] };
    assertRefused(await speaker(wrong, 'an IP endpoint')('list'), 403, 'SignatureDoesNotMatch');
  });

  it('a header that was not signed does not disturb', async () => {
    assert.equal((await list(python.authorization, ['X-Forwarded-For'])).status, 200);
  });
});

describe('Content-MD5 of what was sent', () => {
  it('a wrong one is refused, also that of an empty body on a GET', async () => {
    const go = sdks.find(({ name }) => name === 'Go v2') as Sdk;
    const lying: Sdk = {
      ...go,
      headers: (call) =>
        go
          .headers(call)
          .map(([name, value]) => [name, name === 'Content-Md5' ? md5Of('other') : value] as const),
    };
    for (const operation of ['list', 'get-token', 'create-token', 'put', 'delete'] as const) {
      const answer = await speaker(lying, 'an IP endpoint')(operation, { domain: 'md5.example' });
      assertRefused(answer, 400, 'InvalidDigest');
    }
  });
});
