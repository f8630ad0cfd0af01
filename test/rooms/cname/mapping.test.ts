/** PutCname below the wire: every refusal, their order, and what is left behind (2.2 to 2.6). */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { txtNameOf } from '../../../src/cname/index.ts';
import {
  createAuthority,
  type TestAuthority,
  type TestCertificate,
} from '../../support/certificates.ts';
import { testEpoch } from '../../support/world.ts';
import { actorOf, openRooms, type PutRequest, type Rooms } from './rooms.ts';

const domain = 'img.shop.example';
const hour = 3_600_000;
let authority: TestAuthority;
let leaves: TestCertificate[];

before(async () => {
  authority = await createAuthority({ now: testEpoch });
  leaves = await Promise.all(
    [0, 1, 2].map(() => authority.issue({ names: [domain], now: testEpoch })),
  );
});

const inline = (index: number): PutRequest => ({
  certificatePem: leaves[index]!.chainPem,
  privateKeyPem: leaves[index]!.keyPem,
});

async function isMapped(rooms: Rooms, name = domain): Promise<boolean> {
  return (await rooms.cnames.findMappedDomain(name)) !== undefined;
}

describe('ownership', () => {
  test('an unverified domain is refused, and nothing is listed', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await assert.rejects(rooms.put(bucket, domain), {
      code: 'NeedVerifyDomainOwnership',
      status: 403,
      ec: '0018-00000115',
      message: 'Please verify domain ownership by CreateCnameToken and try again.',
    });
    assert.deepEqual(await rooms.cnames.listDomains(bucket), []);
    assert.deepEqual(rooms.questions, [], 'without a token there is nothing to ask');
  });

  test('the refusal names bucket, domain, TXT name and what was found', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.prove(bucket, domain);
    rooms.zone.set(txtNameOf(domain), ['something else']);
    const problem = await rooms.put(bucket, domain).catch((error) => error);
    assert.equal(problem.fields.Bucket, 'shop-assets');
    assert.equal(problem.fields.Cname, domain);
    assert.equal(problem.fields.TxtName, '_dnsauth.img.shop.example');
    assert.match(problem.fields.Hint, /something else/);
  });

  test('the right record maps the domain, and may go away afterwards', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.map(bucket, domain);
    rooms.zone.clear();
    await rooms.put(bucket, domain, inline(0));
    await rooms.put(bucket, domain);
    assert.equal(rooms.questions.length, 1);
    assert.equal((await rooms.cnames.findMappedDomain(domain))?.bucket.name, 'shop-assets');
  });

  test('the token of another bucket proves nothing', async (context) => {
    const rooms = await openRooms(context);
    const [one, other] = [await rooms.makeBucket('one'), await rooms.makeBucket('other')];
    const token = await rooms.prove(one, domain);
    await rooms.prove(other, domain);
    rooms.zone.set(txtNameOf(domain), [token]);
    await assert.rejects(rooms.put(other, domain), { code: 'NeedVerifyDomainOwnership' });
  });

  test('an expired token is named as the reason, though the record stands', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.prove(bucket, domain);
    rooms.world.advance(72 * hour);
    const problem = await rooms.put(bucket, domain).catch((error) => error);
    assert.equal(problem.code, 'NeedVerifyDomainOwnership');
    assert.match(problem.fields.Hint, /token expired on Wed, 25 Nov 2026 09:00:00 GMT/);
  });

  test('a proof is spent by the mapping: after unmapping a new one is needed', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.map(bucket, domain);
    await rooms.cnames.unmapDomain(bucket, domain, actorOf(bucket));
    await assert.rejects(rooms.put(bucket, domain), { code: 'NeedVerifyDomainOwnership' });
    await rooms.map(bucket, domain);
  });

  test('off and allow-list waive the proof', async (context) => {
    const off = await openRooms(context, { rules: { ownership: 'off' } });
    await off.put(await off.makeBucket('one'), domain);
    assert.equal(await isMapped(off), true);
    const listed = await openRooms(context, {
      rules: { ownership: 'allow-list', allowList: ['shop.example'] },
    });
    const bucket = await listed.makeBucket('one');
    await listed.put(bucket, domain);
    await assert.rejects(listed.put(bucket, 'img.other.example'), {
      code: 'NeedVerifyDomainOwnership',
    });
  });

  test('too many questions are 503 with Retry-After, which clients repeat', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.cnames.issueToken(bucket, domain, actorOf(bucket));
    let problem: { code: string; status: number; headers: Record<string, string> } | undefined;
    for (let count = 0; count <= 600 && problem?.code !== 'ServiceUnavailable'; count++) {
      problem = await rooms.put(bucket, domain).catch((error) => error);
    }
    assert.equal(problem?.code, 'ServiceUnavailable');
    assert.equal(problem?.status, 503);
    assert.match(problem?.headers['Retry-After'] ?? '', /^[1-9][0-9]*$/);
  });
});

describe('the audit record', () => {
  test('keeps a refused proof with its evidence, and every change', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await assert.rejects(rooms.put(bucket, domain));
    await rooms.cnames.issueToken(bucket, domain, actorOf(bucket));
    await assert.rejects(rooms.put(bucket, domain));
    await rooms.map(bucket, domain, inline(0));
    await rooms.put(bucket, domain, {
      isUnbind: true,
      isForced: false,
      previousCertId: String(await rooms.boundId(domain)),
    });
    await rooms.cnames.unmapDomain(bucket, domain, actorOf(bucket));
    const records = await rooms.engine.audit.listAudit({ domain, limit: 10 });
    assert.deepEqual(
      records.map((record) => record.action),
      ['DeleteCname', 'PutCname', 'PutCname', 'PutCname', 'CreateCnameToken'],
    );
    const [, unbound, mapped, refused] = records;
    assert.equal(refused?.detail.outcome, 'NeedVerifyDomainOwnership');
    assert.equal(refused?.detail.what, 'nothing-there');
    assert.deepEqual(refused?.detail.proof, {
      method: 'dns',
      txtName: '_dnsauth.img.shop.example',
      resolver: '192.0.2.53:53',
      answer: 'none: no-such-name',
    });
    assert.equal(refused?.remoteAddress, '192.0.2.7');
    assert.partialDeepStrictEqual(mapped?.detail, {
      binding: { kind: 'bind', fingerprint256: leaves[0]?.x509.fingerprint256 },
      proof: { answer: 'found' },
    });
    assert.deepEqual(unbound?.detail.proof, { method: 'standing' });
  });
});

describe('conflicts', () => {
  test('another bucket of the account: at once, with the standing type', async (context) => {
    const rooms = await openRooms(context);
    const [one, other] = [await rooms.makeBucket('one'), await rooms.makeBucket('other')];
    await rooms.map(one, domain);
    await rooms.map(one, 'pic.shop.example', { type: 'CNAME_IMG' });
    const refusal = (name: string, type: string) => ({
      code: 'CnameAlreadyExists',
      status: 409,
      fields: { Bucket: 'other', Cname: name, CnameType: type },
    });
    await assert.rejects(rooms.put(other, domain), refusal(domain, 'CNAME_OSS'));
    await assert.rejects(
      rooms.put(other, 'pic.shop.example', { type: 'CNAME_OSS' }),
      refusal('pic.shop.example', 'CNAME_IMG'),
    );
  });

  test('another account: proof first, then CnameDenied that names nobody', async (context) => {
    const rooms = await openRooms(context);
    const mine = await rooms.makeBucket('shop-assets');
    const theirs = await rooms.makeBucket('grab', rooms.ben);
    await rooms.map(mine, domain);
    await assert.rejects(rooms.put(theirs, domain), { code: 'NeedVerifyDomainOwnership' });
    await rooms.prove(theirs, domain);
    await assert.rejects(rooms.put(theirs, domain), {
      code: 'CnameDenied',
      status: 403,
      message: 'The cname belongs to another user.',
      fields: { Bucket: 'grab', Cname: domain },
    });
    assert.equal((await rooms.cnames.findMappedDomain(domain))?.bucket.name, 'shop-assets');
  });

  test('with transfer by proof it moves, without the certificate of before', async (context) => {
    const rooms = await openRooms(context, { rules: { transfer: 'proof' } });
    const mine = await rooms.makeBucket('shop-assets');
    const theirs = await rooms.makeBucket('grab', rooms.ben);
    await rooms.map(mine, domain, inline(0));
    await assert.rejects(rooms.put(theirs, domain), { code: 'NeedVerifyDomainOwnership' });
    await rooms.map(theirs, domain);
    const mapped = await rooms.cnames.findMappedDomain(domain);
    assert.equal(mapped?.bucket.name, 'grab');
    assert.equal(mapped?.cname.binding, undefined);
    const [departed] = await rooms.cnames.listDomains(mine);
    assert.equal(departed?.cname.status, 'Disabled');
    const sides = await rooms.engine.audit.listAudit({ domain, limit: 2 });
    assert.deepEqual(sides.map((record) => [record.action, record.ownerId]).sort(), [
      ['TransferCname', rooms.ann],
      ['TransferCname', rooms.ben],
    ]);
  });

  test('a waiver moves nothing, even with transfer by proof', async (context) => {
    const rooms = await openRooms(context, { rules: { ownership: 'off', transfer: 'proof' } });
    await rooms.put(await rooms.makeBucket('shop-assets'), domain);
    const theirs = await rooms.makeBucket('grab', rooms.ben);
    await assert.rejects(rooms.put(theirs, domain), { code: 'CnameDenied' });
  });

  test('the quota counts domains of the bucket; those that stand stay usable', async (context) => {
    const rooms = await openRooms(context, { rules: { cnamesPerBucketMax: 1 } });
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.map(bucket, domain);
    await assert.rejects(rooms.put(bucket, 'b.example'), {
      code: 'TooManyCname',
      status: 400,
      message: /domains .* \(1\)/,
      fields: { Bucket: 'shop-assets' },
    });
    await rooms.put(bucket, domain, inline(0));
  });
});

describe('screens', () => {
  test('forbidden, risky and unlicensed names, each with its own answer', async (context) => {
    const base = await openRooms(context);
    const list = (name: string, text: string): string => {
      const path = join(base.folder, name);
      writeFileSync(path, text);
      return path;
    };
    const rooms = await openRooms(context, {
      forbiddenLists: [list('forbidden', 'forbidden.example\n')],
      riskLists: [list('risk', 'risk.example\n')],
      licenseRegistry: list('registry', 'shop.example\nrisk.example\n'),
    });
    const bucket = await rooms.makeBucket('shop-assets');
    await assert.rejects(rooms.put(bucket, 'a.forbidden.example'), {
      code: 'CnameIsForbidden',
      status: 403,
    });
    // Both later screens come after ownership: an unproven name learns nothing of them.
    await assert.rejects(rooms.put(bucket, 'a.risk.example'), {
      code: 'NeedVerifyDomainOwnership',
    });
    await assert.rejects(rooms.map(bucket, 'a.risk.example'), { code: 'CnameIsRisk', status: 403 });
    const unlicensed = await rooms.map(bucket, 'a.other.example').catch((error) => error);
    assert.equal(unlicensed.code, 'NoSuchCnameInRecord');
    assert.equal(unlicensed.status, 404);
    assert.equal(unlicensed.message, 'No such cname be found in record');
    assert.equal(unlicensed.fields.Registry, 'registry');
    await rooms.map(bucket, domain);
  });
});

describe('order', () => {
  const bogus: PutRequest = { certId: '999-cn-hangzhou', certificatePem: 'x', isForced: true };

  test('syntax, reservation, own conflict, quota, ownership, certificate', async (context) => {
    const rooms = await openRooms(context, { rules: { cnamesPerBucketMax: 2 } });
    const [one, full] = [await rooms.makeBucket('one'), await rooms.makeBucket('full')];
    const theirs = await rooms.makeBucket('theirs', rooms.ben);
    await rooms.map(one, domain);
    await rooms.map(full, 'a.example');
    await rooms.map(full, 'b.example');
    const code = (bucket: typeof one, name: string) =>
      rooms.put(bucket, name, bogus).then(
        () => 'mapped',
        (error) => error.code,
      );
    assert.equal(await code(full, 'a b'), 'InvalidArgument');
    assert.equal(await code(full, 'x.localhost'), 'CnameIsForbidden');
    assert.equal(await code(full, domain), 'CnameAlreadyExists');
    assert.equal(await code(full, 'c.example'), 'TooManyCname');
    assert.equal(await code(one, 'c.example'), 'NeedVerifyDomainOwnership');
    assert.equal(await code(theirs, domain), 'NeedVerifyDomainOwnership');
    await rooms.prove(theirs, domain);
    assert.equal(await code(theirs, domain), 'CnameDenied');
    await rooms.prove(one, 'c.example');
    assert.equal(await code(one, 'c.example'), 'InvalidArgument');
    assert.equal(await code(one, domain), 'InvalidArgument');
    assert.equal(await isMapped(rooms, 'c.example'), false);
  });

  test('a certificate is not looked at before ownership is clear', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    let looks = 0;
    const input = {
      bucket,
      domainText: domain,
      type: undefined,
      isPurgeCdnCache: undefined,
      isUnbind: false,
      prepareBinding: async () => {
        looks++;
        return { kind: 'keep' as const };
      },
      formatCertificateId: String,
      actor: actorOf(bucket),
    };
    await assert.rejects(rooms.cnames.mapDomain(input), { code: 'NeedVerifyDomainOwnership' });
    assert.equal(looks, 0);
    await rooms.prove(bucket, domain);
    await rooms.cnames.mapDomain(input);
    assert.equal(looks, 1);
  });

  test('a bad certificate on a new domain leaves nothing, proof unspent', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    const token = await rooms.prove(bucket, domain);
    await assert.rejects(rooms.put(bucket, domain, { certificatePem: 'x', privateKeyPem: 'y' }), {
      code: 'InvalidArgument',
    });
    await assert.rejects(rooms.put(bucket, domain, { ...inline(0), previousCertId: '1-x' }), {
      ec: '0018-00000209',
    });
    assert.equal(await isMapped(rooms), false);
    assert.equal((await rooms.cnames.findToken(bucket, domain)).token, token);
    assert.deepEqual(await rooms.engine.certificates.listCertificates(0, 10), []);
    await rooms.put(bucket, domain, inline(0));
  });
});

describe('repeats', () => {
  test('the same pair again changes nothing', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.map(bucket, domain, { ...inline(0), isPurgeCdnCache: true });
    const before = await rooms.cnames.listDomains(bucket);
    const records = await rooms.engine.audit.listAudit({ limit: 100 });
    rooms.world.advance(hour);
    await rooms.put(bucket, domain);
    await rooms.put(bucket, 'IMG.shop.example.', { isForced: true });
    await rooms.put(bucket, domain, { ...inline(0), isForced: true });
    assert.deepEqual(await rooms.cnames.listDomains(bucket), before);
    assert.equal(before[0]?.cname.isPurgeCdnCache, true);
    assert.deepEqual(await rooms.engine.audit.listAudit({ limit: 100 }), records);
  });

  test('domains are listed by name, each with its certificate', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    for (const name of ['zoo.example', 'a-b.example', 'a.example']) await rooms.map(bucket, name);
    await rooms.map(bucket, domain, inline(0));
    const listing = await rooms.cnames.listDomains(bucket);
    assert.deepEqual(
      listing.map(({ cname, certificate }) => [cname.domain, certificate?.fingerprint]),
      [
        ['a-b.example', undefined],
        ['a.example', undefined],
        [domain, leaves[0]?.x509.fingerprint],
        ['zoo.example', undefined],
      ],
    );
  });

  test('unmapping is the same for mapped, unmapped and foreign domains', async (context) => {
    const rooms = await openRooms(context);
    const mine = await rooms.makeBucket('shop-assets');
    const theirs = await rooms.makeBucket('grab', rooms.ben);
    await rooms.map(mine, domain, inline(0));
    await rooms.cnames.unmapDomain(theirs, domain, actorOf(theirs));
    assert.equal(await isMapped(rooms), true);
    await rooms.cnames.unmapDomain(mine, domain, actorOf(mine));
    await rooms.cnames.unmapDomain(mine, domain, actorOf(mine));
    assert.equal(await isMapped(rooms), false);
    assert.equal((await rooms.engine.certificates.listCertificates(0, 10)).length, 1);
    await assert.rejects(rooms.cnames.unmapDomain(mine, 'a b', actorOf(mine)), {
      code: 'InvalidArgument',
    });
  });
});
