/** The guard rule for replacing a certificate, and races around it (custom-domain.md 2.3). */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { CnameRules } from '../../../src/cname/index.ts';
import { OssError } from '../../../src/errors/index.ts';
import type { Bucket, CnameStore } from '../../../src/stores/index.ts';
import { createAuthority, type TestCertificate } from '../../support/certificates.ts';
import { testEpoch } from '../../support/world.ts';
import { actorOf, openRooms, type PutRequest, type Rooms, type Scope } from './rooms.ts';

const domain = 'img.shop.example';
let leaves: TestCertificate[];

before(async () => {
  const authority = await createAuthority({ now: testEpoch });
  leaves = await Promise.all(
    Array.from({ length: 8 }, () => authority.issue({ names: [domain], now: testEpoch })),
  );
});

const inline = (index: number): PutRequest => ({
  certificatePem: leaves[index]!.chainPem,
  privateKeyPem: leaves[index]!.keyPem,
});

async function boundLeaf(rooms: Rooms): Promise<number> {
  const bound = await rooms.certificates.findBoundCertificate(domain);
  return leaves.findIndex((leaf) => leaf.x509.fingerprint256 === bound?.certificate.fingerprint256);
}

const guardFailed = (message: RegExp) => (problem: unknown) => {
  assert.ok(problem instanceof OssError);
  assert.equal(problem.code, 'InvalidArgument');
  assert.equal(problem.ec, '0018-00000209');
  assert.match(problem.message, message);
  return true;
};

describe('the guard', () => {
  test('the first certificate needs nothing, the second one a word', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.map(bucket, domain);
    await rooms.put(bucket, domain, inline(0));
    const first = String(await rooms.boundId(domain));
    await assert.rejects(rooms.put(bucket, domain, inline(1)), guardFailed(new RegExp(first)));
    assert.equal(await boundLeaf(rooms), 0);
    await rooms.put(bucket, domain, { ...inline(1), previousCertId: first });
    assert.equal(await boundLeaf(rooms), 1);
    await assert.rejects(
      rooms.put(bucket, domain, { ...inline(2), previousCertId: first }),
      guardFailed(/is not the id of the certificate now bound/),
    );
    await rooms.put(bucket, domain, { ...inline(2), previousCertId: first, isForced: true });
    assert.equal(await boundLeaf(rooms), 2);
    await rooms.put(bucket, domain, { certId: first, isForced: true });
    assert.equal(await boundLeaf(rooms), 0);
  });

  test('a stated id on a domain without a certificate fails', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.map(bucket, domain);
    await assert.rejects(
      rooms.put(bucket, domain, { ...inline(0), previousCertId: '1-cn-hangzhou' }),
      guardFailed(/No certificate is bound/),
    );
  });

  test('an id of another region never matches', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.map(bucket, domain, inline(0));
    const foreign = String(await rooms.boundId(domain)).replace('cn-hangzhou', 'cn-beijing');
    await assert.rejects(
      rooms.put(bucket, domain, { ...inline(1), previousCertId: foreign }),
      guardFailed(/now bound/),
    );
  });

  test('the certificate already bound passes through the guard too', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.map(bucket, domain, inline(0));
    const id = String(await rooms.boundId(domain));
    await assert.rejects(rooms.put(bucket, domain, inline(0)), guardFailed(/now bound/));
    await rooms.put(bucket, domain, { ...inline(0), isForced: true });
    await rooms.put(bucket, domain, { certId: id, previousCertId: id });
    assert.equal(await rooms.boundId(domain), id);
  });

  test('a renewal robot that sends one certificate often stores it once', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.map(bucket, domain);
    for (let count = 0; count < 5; count++) {
      await rooms.put(bucket, domain, { ...inline(0), isForced: true });
    }
    await rooms.put(bucket, domain, { ...inline(1), isForced: true });
    await rooms.put(bucket, domain, { ...inline(0), isForced: true });
    assert.equal((await rooms.engine.certificates.listCertificates(0, 10)).length, 2);
  });

  test('a binding says how it came: by id or inline', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.map(bucket, domain, inline(0));
    const id = String(await rooms.boundId(domain));
    const bindingType = async () =>
      (await rooms.cnames.findMappedDomain(domain))?.cname.binding?.type;
    assert.equal(await bindingType(), 'Upload');
    await rooms.put(bucket, domain, { ...inline(1), isForced: true });
    await rooms.put(bucket, domain, { certId: id, isForced: true });
    assert.equal(await bindingType(), 'CAS');
  });
});

describe('unbinding', () => {
  test('needs no word; an id that is given must be the right one', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.map(bucket, domain, inline(0));
    const id = String(await rooms.boundId(domain));
    await assert.rejects(
      rooms.put(bucket, domain, { isUnbind: true, previousCertId: '77-cn-hangzhou' }),
      guardFailed(/now bound/),
    );
    await rooms.put(bucket, domain, { isUnbind: true, previousCertId: id });
    assert.equal(await rooms.boundId(domain), undefined);
    await rooms.put(bucket, domain, { isUnbind: true });
    await assert.rejects(
      rooms.put(bucket, domain, { isUnbind: true, previousCertId: id }),
      guardFailed(/No certificate is bound/),
    );
    await rooms.put(bucket, domain, { certId: id });
    await rooms.put(bucket, domain, { isUnbind: true });
    assert.equal(await rooms.boundId(domain), undefined);
    assert.ok(await rooms.cnames.findMappedDomain(domain), 'the mapping is kept');
  });

  test('of an unmapped domain: proof first, then NoSuchCname, never a mapping', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    const unbind = { isUnbind: true };
    await assert.rejects(rooms.put(bucket, domain, unbind), { code: 'NeedVerifyDomainOwnership' });
    await rooms.prove(bucket, domain);
    await assert.rejects(rooms.put(bucket, domain, unbind), {
      code: 'NoSuchCname',
      status: 404,
      fields: { Bucket: 'shop-assets', Cname: domain },
    });
    assert.equal(await rooms.cnames.findMappedDomain(domain), undefined);
    await rooms.put(bucket, domain);
  });
});

describe('at the same time', () => {
  test('of several guarded replaces exactly one wins', async (context) => {
    const rooms = await openRooms(context);
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.map(bucket, domain, inline(0));
    const previousCertId = String(await rooms.boundId(domain));
    const outcomes = await Promise.allSettled(
      [1, 2, 3, 4, 5, 6, 7].map((index) =>
        rooms.put(bucket, domain, { ...inline(index), previousCertId }),
      ),
    );
    const won = outcomes.findIndex(({ status }) => status === 'fulfilled');
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') guardFailed(/now bound/)(outcome.reason);
    }
    assert.equal(await boundLeaf(rooms), won + 1);
  });

  test('of several buckets that claim a domain exactly one gets it', async (context) => {
    const rooms = await openRooms(context);
    const buckets = await Promise.all(
      ['one', 'two', 'three'].map((name) => rooms.makeBucket(name)),
    );
    const tokens = [];
    for (const bucket of buckets) tokens.push(await rooms.prove(bucket, domain));
    rooms.zone.set(`_dnsauth.${domain}`, tokens);
    const outcomes = await Promise.allSettled(buckets.map((bucket) => rooms.put(bucket, domain)));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    assert.equal(refused.length, 2);
    for (const { reason } of refused) assert.equal(reason.code, 'CnameAlreadyExists');
  });
});

/** A store's methods may need their `this`. */
function bound(store: CnameStore): CnameStore {
  return {
    takeOrReuseToken: (input) => store.takeOrReuseToken(input),
    findToken: (...input) => store.findToken(...input),
    findTokenOfAnyAge: (...input) => store.findTokenOfAnyAge(...input),
    changeMapping: (change) => store.changeMapping(change),
    releaseDomain: (input) => store.releaseDomain(input),
    findDomain: (name) => store.findDomain(name),
    listDomains: (bucketId) => store.listDomains(bucketId),
    countDomains: (bucketId) => store.countDomains(bucketId),
  };
}

describe('between look and commit', () => {
  /** What a proven PutCname answers when the world moves just before its transaction. */
  async function answerAfter(
    scope: Scope,
    arrange: (rooms: Rooms, bucket: Bucket) => Promise<() => Promise<void>>,
    rules: Partial<CnameRules> = {},
  ): Promise<string> {
    let moveWorld: (() => Promise<void>) | undefined;
    const rooms = await openRooms(scope, {
      rules,
      wrapStore: (store) => ({
        ...bound(store),
        async changeMapping(change) {
          const move = moveWorld;
          moveWorld = undefined;
          await move?.();
          return store.changeMapping(change);
        },
      }),
    });
    const bucket = await rooms.makeBucket('shop-assets');
    await rooms.prove(bucket, domain);
    moveWorld = await arrange(rooms, bucket);
    return rooms.put(bucket, domain).then(
      () => 'mapped',
      (problem: unknown) => {
        assert.ok(problem instanceof OssError, String(problem));
        return problem.code;
      },
    );
  }

  test('the token was spent: verify again', async (context) => {
    const answer = await answerAfter(context, async (rooms, bucket) => async () => {
      await rooms.put(bucket, domain);
      await rooms.cnames.unmapDomain(bucket, domain, actorOf(bucket));
    });
    assert.equal(answer, 'NeedVerifyDomainOwnership');
  });

  test('the token ran out: verify again', async (context) => {
    const answer = await answerAfter(context, async (rooms, bucket) => async () => {
      rooms.world.advance(72 * 3_600_000);
      await rooms.cnames.issueToken(bucket, domain, actorOf(bucket));
    });
    assert.equal(answer, 'NeedVerifyDomainOwnership');
  });

  test('the mapping that stood was removed: verify again', async (context) => {
    const answer = await answerAfter(context, async (rooms, bucket) => {
      await rooms.put(bucket, domain);
      return () => rooms.cnames.unmapDomain(bucket, domain, actorOf(bucket));
    });
    assert.equal(answer, 'NeedVerifyDomainOwnership');
  });

  test('another bucket of the account was faster: already exists', async (context) => {
    const answer = await answerAfter(context, async (rooms) => async () => {
      await rooms.map(await rooms.makeBucket('other'), domain);
    });
    assert.equal(answer, 'CnameAlreadyExists');
  });

  test('another account was faster: denied', async (context) => {
    const answer = await answerAfter(context, async (rooms) => async () => {
      await rooms.map(await rooms.makeBucket('other', rooms.ben), domain);
    });
    assert.equal(answer, 'CnameDenied');
  });

  test('the bucket was deleted: no such bucket', async (context) => {
    const answer = await answerAfter(context, async (rooms, bucket) => async () => {
      const at = rooms.world.clock.now();
      await rooms.engine.buckets.deleteBucket(bucket.id, { actor: actorOf(bucket), at });
    });
    assert.equal(answer, 'NoSuchBucket');
  });

  test('the last free place was taken: too many', async (context) => {
    const answer = await answerAfter(
      context,
      async (rooms, bucket) => () => rooms.map(bucket, 'other.example'),
      { cnamesPerBucketMax: 1 },
    );
    assert.equal(answer, 'TooManyCname');
  });

  test('the same request was faster: mapped', async (context) => {
    const answer = await answerAfter(
      context,
      async (rooms, bucket) => () => rooms.put(bucket, domain),
    );
    assert.equal(answer, 'mapped');
  });
});
