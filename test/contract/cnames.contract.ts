import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Bucket,
  type MappingChange,
  type MappingOutcome,
  StoreUnavailable,
} from '../../src/stores/index.ts';
import {
  accountId,
  actor,
  bindNew,
  bindStored,
  makeBucket,
  mapping,
  mapWithSample,
  now,
  sampleCertificate,
  takeToken,
  unique,
} from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';

type Mapped = Extract<MappingOutcome, { outcome: 'mapped' }>;

export function cnameStoreContract(under: EngineUnderTest): void {
  describe(`mapping on ${under.name}`, () => {
    const suite = engineForSuite(under);
    const change = (asked: MappingChange) => suite.engine.cnames.changeMapping(asked);
    const mustMap = async (asked: MappingChange): Promise<Mapped> => {
      const outcome = await change(asked);
      assert.equal(outcome.outcome, 'mapped');
      return outcome as Mapped;
    };

    it('a proven domain is mapped, its token spent, and found with its bucket', async () => {
      const { cnames } = suite.engine;
      const bucket = await makeBucket(suite.engine);
      const domain = unique('proven.example');
      const token = await takeToken(suite.engine, bucket, domain);
      const proven = mapping(bucket, domain, { proof: { kind: 'token', token } });
      assert.deepEqual(await change(proven), {
        outcome: 'mapped',
        isNew: true,
        certificateNumber: undefined,
        transferredFrom: undefined,
      });
      assert.equal(await cnames.findTokenOfAnyAge(bucket.id, domain), undefined);
      const cname = {
        domain,
        bucketId: bucket.id,
        accountId: bucket.accountId,
        type: 'CNAME_OSS',
        status: 'Enabled',
        isPurgeCdnCache: false,
        mappedAt: now,
        binding: undefined,
      };
      assert.deepEqual(await cnames.findDomain(domain), { cname, bucket });
      assert.deepEqual(await cnames.listDomains(bucket.id), [{ cname, certificate: undefined }]);
      assert.equal(await cnames.countDomains(bucket.id), 1);
      // Spent: after a release the same value proves nothing.
      const release = { domain, bucketId: bucket.id, now, audit: { actor } };
      assert.equal(await cnames.releaseDomain(release), 'released');
      assert.deepEqual(await change(proven), { outcome: 'not-proven' });
    });

    it('repeating a mapping changes nothing and writes nothing', async () => {
      const { cnames, audit } = suite.engine;
      const bucket = await makeBucket(suite.engine);
      const domain = unique('repeat.example');
      const certificate = sampleCertificate(bucket.accountId);
      await mustMap(mapping(bucket, domain, { binding: bindNew(certificate), type: 'CNAME_IMG' }));
      const before = await cnames.findDomain(domain);
      const records = await audit.listAudit({ domain, limit: 10 });
      const later = { now: now + 5, proof: { kind: 'none' } } as const;
      assert.equal((await mustMap(mapping(bucket, domain, later))).isNew, false);
      await mustMap(mapping(bucket, domain, { ...later, binding: bindNew(certificate) }));
      assert.deepEqual(await cnames.findDomain(domain), before);
      assert.deepEqual(await audit.listAudit({ domain, limit: 10 }), records);
    });

    it('the purge switch is kept until it is named', async () => {
      const { cnames } = suite.engine;
      const bucket = await makeBucket(suite.engine);
      const domain = unique('purge.example');
      const isPurged = async () => (await cnames.findDomain(domain))?.cname.isPurgeCdnCache;
      await mustMap(mapping(bucket, domain, { isPurgeCdnCache: true }));
      await mustMap(mapping(bucket, domain));
      assert.equal(await isPurged(), true);
      await mustMap(mapping(bucket, domain, { isPurgeCdnCache: false }));
      assert.equal(await isPurged(), false);
    });

    it('fifty buckets claim one domain at once: exactly one has it', async () => {
      const { cnames } = suite.engine;
      for (const isOneAccount of [false, true]) {
        const domain = unique('contested.example');
        const owner = accountId();
        const buckets = await Promise.all(
          Array.from({ length: 50 }, () =>
            makeBucket(suite.engine, isOneAccount ? owner : accountId()),
          ),
        );
        const outcomes = await Promise.all(
          buckets.map((bucket) => change(mapping(bucket, domain, { allowTransfer: true }))),
        );
        const winners = buckets.filter((_, index) => outcomes[index]?.outcome === 'mapped');
        assert.equal(winners.length, 1);
        assert.deepEqual((await cnames.findDomain(domain))?.bucket, winners[0]);
        const lost = isOneAccount ? 'taken-by-own-bucket' : 'taken-by-other';
        assert.equal(outcomes.filter(({ outcome }) => outcome === lost).length, 49);
        for (const bucket of buckets) {
          const count = await cnames.countDomains(bucket.id);
          assert.equal(count, bucket === winners[0] ? 1 : 0);
        }
      }
    });

    it('a token is spent once, however many use it at the same time', async () => {
      const bucket = await makeBucket(suite.engine);
      const domain = unique('once.example');
      const token = await takeToken(suite.engine, bucket, domain);
      const asked = mapping(bucket, domain, { proof: { kind: 'token', token } });
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => mustMap(asked)));
      assert.equal(outcomes.filter(({ isNew }) => isNew).length, 1);
      assert.equal((await suite.engine.audit.listAudit({ domain, limit: 99 })).length, 2);
    });

    it('the quota of a bucket holds under concurrency, and not for what it has', async () => {
      const bucket = await makeBucket(suite.engine);
      const domains = Array.from({ length: 12 }, () => unique('quota.example'));
      const claims = await Promise.all(
        domains.map((domain) => change(mapping(bucket, domain, { cnamesMax: 5 }))),
      );
      assert.equal(claims.filter(({ outcome }) => outcome === 'mapped').length, 5);
      assert.equal(claims.filter(({ outcome }) => outcome === 'too-many').length, 7);
      const own = domains[claims.findIndex(({ outcome }) => outcome === 'mapped')] ?? '';
      await mustMap(mapping(bucket, own, { cnamesMax: 1 }));
    });

    it('refusals come in their order, and a refusal leaves nothing behind', async () => {
      const { cnames, certificates } = suite.engine;
      const owner = accountId();
      const bucket = await makeBucket(suite.engine, owner);
      const standing = await makeBucket(suite.engine, owner);
      const foreign = await makeBucket(suite.engine);
      const [own, taken, free] = [unique('own.e'), unique('taken.e'), unique('free.e')];
      await mustMap(mapping(standing, own, { type: 'CNAME_IMG' }));
      await mustMap(mapping(foreign, taken));
      const wrong = {
        proof: { kind: 'none' },
        cnamesMax: 0,
        binding: bindStored(1, { kind: 'expect', certificateNumber: 2 }),
      } as const;
      const unbind = { kind: 'unbind', guard: { kind: 'forced' } } as const;
      const room = { cnamesMax: 100 };
      const proven = { ...room, proof: { kind: 'waived' } } as const;
      const guardFails = bindNew(sampleCertificate(owner, { fingerprint256: 'never-stored' }), {
        kind: 'expect',
        certificateNumber: 7,
      });
      const cases: [MappingChange, MappingOutcome][] = [
        [mapping({ ...bucket, id: 999_999 }, free, wrong), { outcome: 'no-bucket' }],
        [mapping({ ...foreign, accountId: owner }, free, wrong), { outcome: 'no-bucket' }],
        [mapping(bucket, own, wrong), { outcome: 'taken-by-own-bucket', type: 'CNAME_IMG' }],
        [
          mapping(bucket, own, { ...wrong, binding: unbind }),
          { outcome: 'taken-by-own-bucket', type: 'CNAME_IMG' },
        ],
        [mapping(bucket, free, { ...wrong, binding: unbind }), { outcome: 'not-proven' }],
        [
          mapping(bucket, taken, { ...wrong, ...proven, binding: unbind }),
          { outcome: 'taken-by-other' },
        ],
        [
          mapping(bucket, free, { ...wrong, ...proven, cnamesMax: 0, binding: unbind }),
          { outcome: 'not-mapped' },
        ],
        [mapping(bucket, taken, wrong), { outcome: 'too-many' }],
        [mapping(bucket, taken, { ...wrong, ...room }), { outcome: 'not-proven' }],
        [mapping(bucket, taken, { ...wrong, ...proven }), { outcome: 'taken-by-other' }],
        [
          mapping(bucket, taken, { ...wrong, ...proven, allowTransfer: true }),
          { outcome: 'taken-by-other' },
        ],
        [mapping(bucket, free, { ...wrong, ...proven }), { outcome: 'no-certificate' }],
        [
          mapping(bucket, free, { ...proven, binding: guardFails }),
          { outcome: 'guard-failed', current: undefined },
        ],
      ];
      const before = await certificates.listCertificates(0, 1000);
      for (const [asked, expected] of cases) assert.deepEqual(await change(asked), expected);
      assert.equal(await cnames.findDomain(free), undefined);
      assert.equal((await cnames.findDomain(own))?.bucket.id, standing.id);
      assert.equal((await cnames.findDomain(taken))?.bucket.id, foreign.id);
      assert.deepEqual(await certificates.listCertificates(0, 1000), before);
      assert.deepEqual(await suite.engine.audit.listAudit({ domain: free, limit: 9 }), []);
    });
  });

  describe(`binding on ${under.name}`, () => {
    const suite = engineForSuite(under);
    const bound = async (domain: string) =>
      (await suite.engine.cnames.findDomain(domain))?.cname.binding;
    const start = async () => {
      const bucket = await makeBucket(suite.engine);
      const domain = unique('bound.example');
      return { bucket, domain, ...(await mapWithSample(suite.engine, bucket, domain)) };
    };

    it('map and bind in one step; replace by number; list with the certificate', async () => {
      const { cnames } = suite.engine;
      const { bucket, domain, number } = await start();
      assert.deepEqual(await bound(domain), {
        certificateNumber: number,
        type: 'Upload',
        boundAt: now,
      });
      const other = unique('other.example');
      const { number: nextNumber } = await mapWithSample(suite.engine, bucket, other);
      const guard = { kind: 'expect', certificateNumber: number } as const;
      const replaced = await cnames.changeMapping(
        mapping(bucket, domain, {
          proof: { kind: 'none' },
          binding: bindStored(nextNumber, guard),
          now: now + 1,
        }),
      );
      assert.equal((replaced as Mapped).certificateNumber, nextNumber);
      assert.deepEqual(await bound(domain), {
        certificateNumber: nextNumber,
        type: 'CAS',
        boundAt: now + 1,
      });
      const listed = await cnames.listDomains(bucket.id);
      assert.deepEqual(
        listed.map(({ cname, certificate }) => [cname.domain, certificate?.number]),
        [domain, other].toSorted().map((each) => [each, nextNumber]),
      );
      const kept = await suite.engine.certificates.findCertificate(nextNumber);
      assert.deepEqual(listed[0]?.certificate, kept);
    });

    it('the guard: first bind needs nothing, later ones the present number or force', async () => {
      const { cnames } = suite.engine;
      const { bucket, domain, number } = await start();
      const bind = (expected: number | undefined) =>
        mapping(bucket, domain, {
          binding: bindNew(sampleCertificate(bucket.accountId), {
            kind: 'expect',
            certificateNumber: expected,
          }),
        });
      const failed = { outcome: 'guard-failed', current: number };
      assert.deepEqual(await cnames.changeMapping(bind(undefined)), failed);
      assert.deepEqual(await cnames.changeMapping(bind(number + 1)), failed);
      assert.equal((await cnames.changeMapping(bind(number))).outcome, 'mapped');
      const forced = mapping(bucket, domain, {
        binding: bindNew(sampleCertificate(bucket.accountId)),
      });
      assert.equal((await cnames.changeMapping(forced)).outcome, 'mapped');
      const fresh = unique('fresh.example');
      const stated = { ...bind(number), domain: fresh };
      assert.deepEqual(await cnames.changeMapping(stated), {
        outcome: 'guard-failed',
        current: undefined,
      });
      const unstated = { ...bind(undefined), domain: fresh };
      assert.equal((await cnames.changeMapping(unstated)).outcome, 'mapped');
    });

    it('of concurrent guarded replacements exactly one wins', async () => {
      const { cnames } = suite.engine;
      const { bucket, domain, number } = await start();
      const replace = () =>
        cnames.changeMapping(
          mapping(bucket, domain, {
            binding: bindNew(sampleCertificate(bucket.accountId), {
              kind: 'expect',
              certificateNumber: number,
            }),
          }),
        );
      const outcomes = await Promise.all(Array.from({ length: 50 }, replace));
      const winners = outcomes.filter(({ outcome }) => outcome === 'mapped') as Mapped[];
      assert.equal(winners.length, 1);
      const current = winners[0]?.certificateNumber;
      assert.equal((await bound(domain))?.certificateNumber, current);
      const losers = outcomes.filter(({ outcome }) => outcome !== 'mapped');
      for (const loser of losers) assert.deepEqual(loser, { outcome: 'guard-failed', current });
    });

    it('unbinding takes the certificate off and nothing else, under the guard', async () => {
      const { cnames, certificates } = suite.engine;
      const { bucket, domain, number } = await start();
      const unbind = (guard: MappingChange['binding'] & { kind: 'unbind' }) =>
        cnames.changeMapping(mapping(bucket, domain, { binding: guard, proof: { kind: 'none' } }));
      const expect = (certificateNumber: number | undefined) =>
        ({ kind: 'unbind', guard: { kind: 'expect', certificateNumber } }) as const;
      const failed = { outcome: 'guard-failed', current: number };
      assert.deepEqual(await unbind(expect(number + 1)), failed);
      assert.equal((await unbind(expect(number))).outcome, 'mapped');
      assert.equal(await bound(domain), undefined);
      assert.ok(await cnames.findDomain(domain));
      assert.ok(await certificates.findCertificate(number));
      assert.equal((await unbind(expect(undefined))).outcome, 'mapped');
    });

    it("a stored certificate of another account is no certificate of the caller's", async () => {
      const { number } = await start();
      const { bucket, domain } = await start();
      const stolen = mapping(bucket, domain, { binding: bindStored(number) });
      assert.deepEqual(await suite.engine.cnames.changeMapping(stolen), {
        outcome: 'no-certificate',
      });
    });
  });

  describe(`release and transfer on ${under.name}`, () => {
    const suite = engineForSuite(under);
    const transferable = async () => {
      const [from, to] = [await makeBucket(suite.engine), await makeBucket(suite.engine)];
      const domain = unique('moving.example');
      const certificate = sampleCertificate(from.accountId);
      await suite.engine.cnames.changeMapping(
        mapping(from, domain, { binding: bindNew(certificate), isPurgeCdnCache: true }),
      );
      const token = await takeToken(suite.engine, to, domain);
      const claim = mapping(to, domain, { proof: { kind: 'token', token }, now: now + 9 });
      return { from, to, domain, claim };
    };
    const release = (bucket: Bucket, domain: string) =>
      suite.engine.cnames.releaseDomain({ domain, bucketId: bucket.id, now, audit: { actor } });

    it('a mapping that fails at its last statement leaves nothing, and its neighbours whole', async () => {
      const { cnames, certificates, audit } = suite.engine;
      const bucket = await makeBucket(suite.engine);
      const domains = Array.from({ length: 20 }, () => unique('neighbour.example'));
      const nobody = { ...actor, requestId: null as unknown as string };
      const settled = await Promise.allSettled(
        domains.map((domain, index) => {
          const binding = bindNew(sampleCertificate(bucket.accountId));
          const isBad = index === 7;
          const told = isBad ? { audit: { actor: nobody, detail: {} } } : {};
          return cnames.changeMapping(mapping(bucket, domain, { binding, ...told }));
        }),
      );
      for (const [index, domain] of domains.entries()) {
        const result = settled[index];
        const found = await cnames.findDomain(domain);
        const records = await audit.listAudit({ domain, limit: 9 });
        if (index === 7) {
          assert.ok(result?.status === 'rejected' && result.reason instanceof StoreUnavailable);
          assert.equal(result.reason.reason, 'failed');
          assert.equal(found, undefined);
          assert.deepEqual(records, []);
          continue;
        }
        assert.ok(result?.status === 'fulfilled' && result.value.outcome === 'mapped');
        const number = result.value.certificateNumber;
        assert.equal(found?.cname.binding?.certificateNumber, number);
        assert.ok(number !== undefined && (await certificates.findCertificate(number)));
        assert.equal(records.length, 1);
      }
      const stored = await certificates.listCertificates(0, 10_000);
      assert.equal(stored.filter((each) => each.accountId === bucket.accountId).length, 19);
    });

    it('a released domain is gone at once, with its binding, and is free for all', async () => {
      const { cnames } = suite.engine;
      const { from, to, domain } = await transferable();
      assert.equal(await release(to, domain), 'none');
      assert.equal(await release(from, domain), 'released');
      assert.equal(await release(from, domain), 'none');
      assert.equal(await cnames.findDomain(domain), undefined);
      assert.deepEqual(await cnames.listDomains(from.id), []);
      const again = await cnames.changeMapping(mapping(to, domain));
      assert.equal(again.outcome, 'mapped');
      assert.equal((await cnames.findDomain(domain))?.cname.binding, undefined);
    });

    it('without permission a proven claim on a domain of another account is refused', async () => {
      const { from, domain, claim } = await transferable();
      const { cnames } = suite.engine;
      assert.deepEqual(await cnames.changeMapping(claim), { outcome: 'taken-by-other' });
      assert.equal((await cnames.findDomain(domain))?.bucket.id, from.id);
    });

    it('a permitted transfer moves the domain, not its certificate; both sides know', async () => {
      const { cnames, audit } = suite.engine;
      const { from, to, domain, claim } = await transferable();
      const moved = await cnames.changeMapping({ ...claim, allowTransfer: true });
      assert.deepEqual(moved, {
        outcome: 'mapped',
        isNew: true,
        certificateNumber: undefined,
        transferredFrom: from.accountId,
      });
      const found = await cnames.findDomain(domain);
      assert.equal(found?.bucket.id, to.id);
      assert.equal(found?.cname.accountId, to.accountId);
      assert.equal(found?.cname.binding, undefined);
      assert.equal(found?.cname.isPurgeCdnCache, false);
      assert.equal(found?.cname.mappedAt, now + 9);
      for (const side of [from, to]) {
        const ask = { domain, ownerId: side.accountId, limit: 9 };
        const records = await audit.listAudit(ask);
        const transfers = records.filter(({ action }) => action === 'TransferCname');
        assert.deepEqual(
          transfers.map(({ bucket }) => bucket),
          [side.name],
        );
      }
    });

    it('the old bucket lists a departed domain as Disabled until it is deleted there', async () => {
      const { cnames } = suite.engine;
      const { from, to, domain, claim } = await transferable();
      const binding = bindNew(sampleCertificate(to.accountId));
      const moved = await cnames.changeMapping({ ...claim, allowTransfer: true, binding });
      assert.notEqual((moved as Mapped).certificateNumber, undefined);
      const [notice, ...others] = await cnames.listDomains(from.id);
      assert.deepEqual(others, []);
      assert.equal(notice?.certificate, undefined);
      assert.deepEqual(notice?.cname, {
        domain,
        bucketId: from.id,
        accountId: from.accountId,
        type: 'CNAME_OSS',
        status: 'Disabled',
        isPurgeCdnCache: true,
        mappedAt: now,
        binding: undefined,
      });
      assert.equal(await cnames.countDomains(from.id), 0);
      await release(from, domain);
      assert.deepEqual(await cnames.listDomains(from.id), []);
      // Acknowledging the notice does not touch the new owner.
      assert.equal((await cnames.findDomain(domain))?.bucket.id, to.id);
      assert.notEqual((await cnames.findDomain(domain))?.cname.binding, undefined);
    });

    it('a departed domain that comes back is listed once, as Enabled', async () => {
      const { cnames } = suite.engine;
      const { from, to, domain, claim } = await transferable();
      await cnames.changeMapping({ ...claim, allowTransfer: true });
      const token = await takeToken(suite.engine, from, domain);
      const back = mapping(from, domain, { proof: { kind: 'token', token }, allowTransfer: true });
      assert.equal((await cnames.changeMapping(back)).outcome, 'mapped');
      const states = async (bucket: Bucket) =>
        (await cnames.listDomains(bucket.id)).map(({ cname }) => cname.status);
      assert.deepEqual(await states(from), ['Enabled']);
      assert.deepEqual(await states(to), ['Disabled']);
    });

    it('of concurrent transfers each finds one owner before it; nobody shares', async () => {
      const { cnames } = suite.engine;
      const { from, domain } = await transferable();
      const rivals = await Promise.all(Array.from({ length: 8 }, () => makeBucket(suite.engine)));
      const claims: MappingChange[] = [];
      for (const rival of rivals) {
        const token = await takeToken(suite.engine, rival, domain);
        const proof = { kind: 'token', token } as const;
        claims.push(mapping(rival, domain, { proof, allowTransfer: true }));
      }
      const moved = await Promise.all(claims.map((claim) => cnames.changeMapping(claim)));
      const previous = moved.map((each) => (each as Mapped).transferredFrom);
      const last = (await cnames.findDomain(domain))?.cname.accountId;
      const all = [from, ...rivals].map((bucket) => bucket.accountId);
      assert.deepEqual(previous.toSorted(), all.filter((owner) => owner !== last).toSorted());
    });
  });
}
