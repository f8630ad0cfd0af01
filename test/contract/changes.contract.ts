import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Change, MetadataEngine } from '../../src/stores/index.ts';
import {
  actor,
  makeBucket,
  mapping,
  mapWithSample,
  now,
  sampleAccount,
  sampleCredential,
  unique,
} from './samples.ts';
import { type EngineUnderTest, engineForSuite } from './under-test.ts';

export function changeFeedContract(under: EngineUnderTest): void {
  describe(`the feed of changes on ${under.name}`, () => {
    const suite = engineForSuite(under);
    const position = async () => (await suite.engine.changes.changesSince(0, 1)).current;

    it('each kind of change is told once, oldest first, by its subject', async () => {
      const { engine } = suite;
      const account = sampleAccount();
      const key = sampleCredential(account.id);
      await engine.accounts.createAccount(account, key);
      const bucket = await makeBucket(engine);
      const domain = unique('told.example');
      const start = await position();
      const { number, certificate } = await mapWithSample(engine, bucket, domain);
      await engine.certificates.resealCertificate(number, certificate.keySealed, 'again');
      await engine.accounts.setCredentialStanding(key.accessKeyId, 'disabled');
      await engine.accounts.setAccountStanding(account.id, 'disabled');
      await engine.buckets.setBucketAcl(bucket.id, 'public-read');
      await engine.buckets.setBucketDocument(bucket.id, 'website', '{}');
      const told = await engine.changes.changesSince(start, 100);
      assert.deepEqual(told.changes, [
        { kind: 'domain', name: domain },
        { kind: 'certificate', name: String(number) },
        { kind: 'credential', name: key.accessKeyId },
        { kind: 'account', name: account.id },
        { kind: 'bucket', name: String(bucket.id) },
      ]);
      assert.equal(told.revision, told.current);
      assert.equal(told.current, start + 6);
      const none = await engine.changes.changesSince(told.revision, 100);
      assert.deepEqual(none, { changes: [], revision: told.current, current: told.current });
    });

    it('what changes nothing is not told', async () => {
      const { engine } = suite;
      const bucket = await makeBucket(engine);
      const domain = unique('same.example');
      await engine.cnames.changeMapping(mapping(bucket, domain));
      const start = await position();
      await engine.cnames.changeMapping(mapping(bucket, domain, { now: now + 5 }));
      const release = { domain: unique('never.example'), bucketId: bucket.id, now };
      await engine.cnames.releaseDomain({ ...release, audit: { actor } });
      await engine.buckets.setBucketAcl(999_999, 'private');
      await engine.accounts.setCredentialStanding(unique('LTAI'), 'disabled');
      assert.equal(await position(), start);
    });

    it('a bucket that is deleted is told, and each domain that went with it', async () => {
      const { engine } = suite;
      const bucket = await makeBucket(engine);
      const domains = [unique('a.gone.example'), unique('b.gone.example')];
      for (const domain of domains) await engine.cnames.changeMapping(mapping(bucket, domain));
      const start = await position();
      await engine.buckets.deleteBucket(bucket.id, { actor, at: now });
      const { changes } = await engine.changes.changesSince(start, 100);
      assert.deepEqual(changes, [
        ...domains.map((name) => ({ kind: 'domain', name })),
        { kind: 'bucket', name: String(bucket.id) },
      ]);
    });

    it('a page at a time tells everything; a position ahead of the database is seen', async () => {
      const { engine } = suite;
      const bucket = await makeBucket(engine);
      const start = await position();
      const domains = Array.from({ length: 7 }, () => unique('page.example'));
      for (const domain of domains) await engine.cnames.changeMapping(mapping(bucket, domain));
      assert.deepEqual(
        (await readAll(engine, start, 3)).map(({ name }) => name),
        domains,
      );
      const ahead = await engine.changes.changesSince(start + 1_000, 3);
      assert.deepEqual(ahead.changes, []);
      assert.equal(ahead.current, start + 7);
    });

    it('whoever asks on while many write misses nothing', async () => {
      const [one, other] = [suite.engine, await suite.openAgain()];
      const start = await position();
      const seen = new Set<string>();
      let isWriting = true;
      const watching = (async () => {
        for (let revision = start; ; ) {
          const isLast = !isWriting;
          const news = await one.changes.changesSince(revision, 10);
          for (const { kind, name } of news.changes) if (kind === 'domain') seen.add(name);
          revision = news.revision;
          if (isLast && revision === news.current) return;
          // The embedded engine answers in the same turn: the writers need one, too.
          await nextTurn();
        }
      })();
      const written: string[] = [];
      const write = async (engine: MetadataEngine): Promise<void> => {
        const bucket = await makeBucket(engine);
        for (let count = 0; count < 15; count += 1) {
          const domain = unique('watched.example');
          written.push(domain);
          await engine.cnames.changeMapping(mapping(bucket, domain));
        }
      };
      await Promise.all([one, other, one, other].map(write));
      isWriting = false;
      await watching;
      assert.deepEqual(
        written.filter((domain) => !seen.has(domain)),
        [],
      );
      await other.close();
    });
  });
}

async function readAll(engine: MetadataEngine, start: number, limit: number): Promise<Change[]> {
  const all: Change[] = [];
  for (let revision = start; ; ) {
    const news = await engine.changes.changesSince(revision, limit);
    assert.ok(news.changes.length <= limit);
    all.push(...news.changes);
    revision = news.revision;
    if (revision === news.current) return all;
  }
}
