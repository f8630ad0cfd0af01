/**
 * The check list of custom-domain.md 13, lines 1 to 9: proof, mapping and certificates. Each story
 * is played in every way to sign (V1, V4), to address (path, IP, virtual host, a domain already
 * mapped) and to connect (HTTP, HTTPS). The other lines are in the files beside it:
 * check-list-changes, -serving and -listing.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TestCertificate } from '../support/certificates.ts';
import { leafShown } from '../support/handshake.ts';
import {
  type Answer,
  errorOf,
  expectOk,
  hour,
  inline,
  openStage,
  type Place,
  refusalOf,
  type Stage,
  unknownHost,
  ways,
} from './check-list/stage.ts';

let stage: Stage;
let leaf: TestCertificate;
let renewed: TestCertificate;

before(async () => {
  stage = await openStage();
  leaf = await stage.issue(['*.shop.example']);
  renewed = await stage.issue(['*.shop.example']);
});
after(() => stage.close());

const refusals = {
  unproven: '403 NeedVerifyDomainOwnership 0018-00000115',
  noToken: '404 CnameTokenNotFound 0018-00000301',
  noNeed: '403 NoNeedCreateCnameToken 0018-00000302',
  denied: '403 CnameDenied 9018-00000102',
  taken: '409 CnameAlreadyExists 9018-00000101',
  guard: '400 InvalidArgument 0018-00000209',
} as const;

/** One test of a line for each way; every one has a bucket and a domain of its own. */
function inEveryWay(line: string, story: (place: Place) => Promise<void>): void {
  describe(line, () => {
    for (const way of ways) test(way.name, async () => story(await stage.place(way)));
  });
}

const elementOf = (answer: Answer, name: string): string => answer.xml?.child(name)?.text ?? '';

/** The domain is mapped after this, with a certificate if one is given. */
async function map(place: Place, certificate?: TestCertificate): Promise<void> {
  await place.prove();
  await expectOk(place.put(certificate && inline(certificate)));
}

async function isServed(domain: string): Promise<boolean> {
  const answer = await stage.visit({ host: domain, path: '/any-object' });
  if (refusalOf(answer) === unknownHost) return false;
  // The bucket is private: who is refused here has found it.
  assert.equal(errorOf(answer).Code, 'AccessDenied', answer.text);
  return true;
}

inEveryWay('1. PutCname of an unverified domain is refused and maps nothing', async (place) => {
  for (const step of ['without a token', 'with a token nobody published']) {
    const answer = await place.put();
    assert.equal(refusalOf(answer), refusals.unproven, step);
    const { Bucket, Cname, TxtName } = errorOf(answer);
    assert.deepEqual([Bucket, Cname], [place.bucket, place.domain]);
    assert.equal(TxtName, `_dnsauth.${place.domain}`);
    assert.deepEqual(await place.listed(), []);
    assert.equal(await isServed(place.domain), false);
    await expectOk(place.createToken());
  }
});

inEveryWay('2. a token is stable for 72 hours, then gone, then another one', async (place) => {
  const issuedAt = stage.world.clock.now();
  const first = await expectOk(place.createToken());
  assert.match(elementOf(first, 'Token'), /^[0-9a-f]{32}$/);
  assert.equal(elementOf(first, 'ExpireTime'), new Date(issuedAt + 72 * hour).toUTCString());
  stage.world.advance(hour);
  assert.equal((await expectOk(place.createToken())).text, first.text);
  assert.equal((await expectOk(place.getToken())).text, first.text);
  stage.world.advance(71 * hour - 1);
  assert.equal((await expectOk(place.getToken())).text, first.text, 'the last millisecond');
  assert.equal((await expectOk(place.createToken())).text, first.text, 'the last millisecond');

  stage.world.advance(1);
  const gone = await place.getToken();
  assert.equal(refusalOf(gone), refusals.noToken);
  assert.deepEqual([errorOf(gone).Bucket, errorOf(gone).Cname], [place.bucket, place.domain]);
  stage.publish(place.domain, elementOf(first, 'Token'));
  const late = await place.put();
  assert.equal(refusalOf(late), refusals.unproven, 'an expired token proves nothing');
  assert.match(errorOf(late).Hint ?? '', /expired/);
  const second = await expectOk(place.createToken());
  assert.notEqual(elementOf(second, 'Token'), elementOf(first, 'Token'));
  assert.equal(elementOf(second, 'ExpireTime'), new Date(issuedAt + 144 * hour).toUTCString());
  assert.equal(refusalOf(await place.put()), refusals.unproven, 'the old token in DNS');
  stage.publish(place.domain, elementOf(second, 'Token'));
  await expectOk(place.put());
});

inEveryWay('3. a proof is spent, and not asked for again', async (place) => {
  await place.prove();
  const mapped = await expectOk(place.put());
  assert.equal(mapped.headers['content-length'], '0');
  assert.equal(refusalOf(await place.getToken()), refusals.noToken);
  assert.equal(refusalOf(await place.createToken()), refusals.noNeed);
  stage.dns.remove(`_dnsauth.${place.domain}`);
  stage.world.advance(1000 * hour);
  assert.deepEqual(await place.listed(), [place.domain]);
  assert.equal(await isServed(place.domain), true);
  await expectOk(place.put(inline(leaf)));
  const { httpsPort } = stage.server;
  assert.equal(await leafShown(httpsPort, place.domain), leaf.x509.fingerprint256);
});

inEveryWay('4. only the token at the very name counts, whole or in parts', async (place) => {
  const token = await place.prove();
  stage.dns.remove(`_dnsauth.${place.domain}`);
  stage.publish('shop.example', token);
  assert.equal(refusalOf(await place.put()), refusals.unproven, 'at the registrable domain');
  stage.dns.remove('_dnsauth.shop.example');
  stage.dns.txt(place.domain, token);
  assert.equal(refusalOf(await place.put()), refusals.unproven, 'at the domain itself');
  assert.deepEqual(await place.listed(), []);

  stage.publish(place.domain, 'v=spf1 -all', token);
  await expectOk(place.put());
  const other = `deep.below.${place.domain}`;
  const halves = await place.prove(other);
  stage.publish(other, [halves.slice(0, 7), halves.slice(7)]);
  await expectOk(place.put(undefined, other));
  assert.deepEqual(await place.listed(), [place.domain, other].sort());
});

inEveryWay('5. the pair again, another bucket, another owner', async (place) => {
  await map(place);
  const listed = (await place.list()).text;
  stage.world.advance(hour);
  await expectOk(place.put());
  assert.equal((await place.list()).text, listed, 'nothing changed, LastModified neither');

  const sibling = await stage.place(place.way, place.owner);
  const taken = await sibling.put(undefined, place.domain);
  assert.equal(refusalOf(taken), refusals.taken);
  assert.equal(errorOf(taken).CnameType, 'CNAME_OSS');
  const stranger = await stage.place(place.way);
  assert.equal(refusalOf(await stranger.put(undefined, place.domain)), refusals.unproven);
  await stranger.prove(place.domain);
  const denied = await stranger.put(undefined, place.domain);
  assert.equal(refusalOf(denied), refusals.denied);
  assert.ok(!denied.text.includes(place.bucket), 'whose it is stays unsaid');

  assert.deepEqual(await place.listed(), [place.domain]);
  assert.deepEqual([await sibling.listed(), await stranger.listed()], [[], []]);
});

describe('5. where transfers are allowed, a fresh proof moves the domain', () => {
  let transferring: Stage;
  before(async () => {
    transferring = await openStage({ settings: { TRANSFER: 'proof' } });
  });
  after(() => transferring.close());

  for (const way of ways) {
    test(way.name, async () => {
      const old = await transferring.place(way);
      await old.prove();
      await expectOk(old.put(inline(await transferring.issue([old.domain]))));
      const next = await transferring.place(way);
      assert.equal(refusalOf(await next.put(undefined, old.domain)), refusals.unproven);
      await next.prove(old.domain);
      await expectOk(next.put(undefined, old.domain));
      assert.deepEqual(await next.listed(), [old.domain]);
      assert.equal(await next.certId(old.domain), '', 'never with the old certificate');
      const shown = await leafShown(transferring.server.httpsPort, old.domain);
      assert.equal(shown, transferring.defaultLeaf);
      const page = await transferring.visit({ host: old.domain, path: '/x' });
      assert.equal(errorOf(page).Code, 'AccessDenied');
      const left = (await old.list()).xml?.childrenNamed('Cname') ?? [];
      const entry = left.find((child) => child.child('Domain')?.text === old.domain);
      assert.equal(entry?.child('Status')?.text, 'Disabled', 'the old owner is told');
    });
  }
});

inEveryWay('6. the guard of a certificate, from the first one to force', async (place) => {
  await map(place);
  const current = () => place.certId();
  await expectOk(place.put(inline(leaf)));
  const first = await current();
  assert.match(first, /^[1-9][0-9]*-cn-hangzhou$/);

  assert.equal(refusalOf(await place.put(inline(renewed))), refusals.guard);
  const wrong = { PreviousCertId: '999999-cn-hangzhou' };
  assert.equal(refusalOf(await place.put({ ...inline(renewed), ...wrong })), refusals.guard);
  assert.equal(await current(), first);
  await expectOk(place.put({ ...inline(renewed), PreviousCertId: first }));
  const second = await current();
  assert.notEqual(second, first);
  await expectOk(place.put({ ...inline(leaf), ...wrong, Force: 'true' }));
  assert.equal(await current(), first, 'the same material has the same id');

  const others = await Promise.all([1, 2, 3].map(() => stage.issue([place.domain])));
  const rivals = await Promise.all(
    others.map((rival) => place.put({ ...inline(rival), PreviousCertId: first })),
  );
  const outcomes = rivals.map((answer) => (answer.status === 200 ? 'won' : refusalOf(answer)));
  assert.deepEqual(outcomes.sort(), [refusals.guard, refusals.guard, 'won']);
  const winner = others[rivals.findIndex(({ status }) => status === 200)];
  const shown = await leafShown(stage.server.httpsPort, place.domain);
  assert.equal(shown, winner?.x509.fingerprint256);
});

inEveryWay('7. truth values', async (place) => {
  await map(place);
  for (const word of ['True', 'TRUE', 'true']) {
    await expectOk(place.put({ ...inline(leaf), Force: word }));
    await expectOk(place.put({ ...inline(renewed), Force: word }));
    await expectOk(place.put({ DeleteCertificate: word }));
    assert.equal(await place.certId(), '', word);
  }
  await expectOk(place.put(inline(leaf)));
  const listed = (await place.list()).text;
  for (const [elements, element] of [
    [{ ...inline(renewed), Force: '1' }, /Force/],
    [{ ...inline(renewed), Force: 'yes' }, /Force/],
    [{ DeleteCertificate: '1' }, /DeleteCertificate/],
    [{ DeleteCertificate: 'yes' }, /DeleteCertificate/],
    [{ DeleteCertificate: 'true', Force: 'true' }, /excludes Force/],
    [{ Force: 'TRUE', DeleteCertificate: 'True' }, /excludes Force/],
  ] as const) {
    const answer = await place.put(elements);
    assert.equal(errorOf(answer).Code, 'MalformedXML', JSON.stringify(elements));
    assert.match(errorOf(answer).ErrorDetail ?? '', element);
  }
  assert.equal((await place.list()).text, listed);
  await expectOk(place.put({ DeleteCertificate: 'false', Force: 'true' }));
});

interface BadCertificate {
  readonly what: string;
  readonly elements: (place: Place) => Promise<Record<string, string>>;
  readonly refusal: RegExp;
}

const of =
  (...options: Parameters<Stage['issue']>) =>
  async () =>
    inline(await stage.issue(...options));

const badCertificates: readonly BadCertificate[] = [
  {
    what: 'a key alone',
    elements: async () => ({ PrivateKey: leaf.keyPem }),
    refusal: /^400 InvalidArgument 0018-00000210$/,
  },
  {
    what: 'an id of 64 bytes',
    elements: async () => ({ CertId: `${'1'.repeat(52)}-cn-hangzhou` }),
    refusal: /^400 InvalidArgument 0018-00000206$/,
  },
  {
    what: 'an unknown id',
    elements: async () => ({ CertId: '987654321-cn-hangzhou' }),
    refusal: /^400 CertificateInvalidCasId 0018-00000204$/,
  },
  {
    what: 'the key of another certificate',
    elements: async () => ({ Certificate: leaf.chainPem, PrivateKey: renewed.keyPem }),
    refusal: /^400 InvalidArgument 9018-000002/,
  },
  {
    what: 'another name',
    elements: of(['www.else.example']),
    refusal: /^400 InvalidArgument 9018-000002/,
  },
  {
    what: 'a wildcard one label too high',
    elements: of(['*.example']),
    refusal: /^400 InvalidArgument 9018-000002/,
  },
  {
    what: 'an expired one',
    elements: (place) => of([place.domain], { notAfter: stage.world.clock.now() - 1 })(),
    refusal: /^400 InvalidArgument 9018-000002/,
  },
];

inEveryWay('8. a bad certificate is refused and changes nothing', async (place) => {
  await map(place, leaf);
  const listed = (await place.list()).text;
  for (const { what, elements, refusal } of badCertificates) {
    const sent = { ...(await elements(place)), Force: 'true' };
    assert.match(refusalOf(await place.put(sent)), refusal, what);
    assert.equal((await place.list()).text, listed, what);
  }
  const shown = await leafShown(stage.server.httpsPort, place.domain);
  assert.equal(shown, leaf.x509.fingerprint256);
});

inEveryWay('9. a bad certificate on a new domain leaves no mapping', async (place) => {
  const token = await place.prove();
  for (const { what, elements, refusal } of badCertificates) {
    assert.match(refusalOf(await place.put(await elements(place))), refusal, what);
    assert.deepEqual(await place.listed(), [], what);
  }
  assert.equal(await isServed(place.domain), false);
  assert.equal(await leafShown(stage.server.httpsPort, place.domain), stage.defaultLeaf);
  assert.equal(elementOf(await place.getToken(), 'Token'), token, 'the proof is not spent');
  await expectOk(place.put(inline(leaf)));
  assert.equal(await isServed(place.domain), true);
});
