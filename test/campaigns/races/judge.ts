/**
 * Says whether what the store did may have happened. Knows the rules of custom-domain.md and
 * nothing of the engine: it watches the calls, keeps its own account of who owns what, and
 * compares.
 */
import assert from 'node:assert/strict';
import type {
  AuditActor,
  BucketStore,
  CnameStore,
  MappingChange,
  MappingOutcome,
} from '../../../src/stores/index.ts';
import type { Stage } from './stage.ts';

/** More than one race writes. */
const recordsMax = 1000;

interface Standing {
  readonly bucketId: number;
  readonly accountId: string;
  readonly certificateNumber: number | undefined;
}

export interface Tally {
  mapped: number;
  transferred: number;
  refused: number;
  rebound: number;
  unmapped: number;
}

export class Judge {
  readonly #stage: Stage;
  readonly #domain: string;
  readonly #mayTransfer: boolean;
  #standing: Standing | undefined;
  /** Tokens by bucket id, in the order they were given; the last one may be alive. */
  readonly #issued = new Map<number, { token: string; expiresAt: number }[]>();
  readonly #spent = new Set<string>();
  /** Every value DNS ever showed. */
  readonly shown = new Set<string>();
  /** Requests whose change the store took. */
  readonly #taken = new Set<string>();
  readonly #claims = new Set<string>();
  readonly #guardsWon = new Set<number>();
  /** Buckets that still list the domain as one that moved away. */
  readonly #departed = new Set<number>();
  readonly #notes: { readonly requestId: string; readonly apply: () => void }[] = [];
  readonly tally: Tally = { mapped: 0, transferred: 0, refused: 0, rebound: 0, unmapped: 0 };

  constructor(stage: Stage, domain: string, mayTransfer: boolean) {
    this.#stage = stage;
    this.#domain = domain;
    this.#mayTransfer = mayTransfer;
  }

  /** The store, observed. */
  watch(store: CnameStore): CnameStore {
    return {
      ...store,
      takeOrReuseToken: async (input) => {
        const answer = await store.takeOrReuseToken(input);
        if (answer.outcome === 'issued') {
          this.#note(input.audit.actor, () => this.#noteToken(input.bucketId, answer, input.fresh));
        }
        return answer;
      },
      changeMapping: async (change) => {
        const outcome = await store.changeMapping(change);
        const { actor } = change.audit;
        if (outcome.outcome === 'mapped') this.#taken.add(actor.requestId);
        this.#note(actor, () => this.#noteChange(change, outcome));
        return outcome;
      },
      releaseDomain: async (input) => {
        const outcome = await store.releaseDomain(input);
        if (outcome === 'released') {
          this.#note(input.audit.actor, () => this.#noteRelease(input.bucketId));
        }
        return outcome;
      },
    };
  }

  watchBuckets(store: BucketStore): BucketStore {
    return {
      ...store,
      deleteBucket: async (bucketId, audit) => {
        const answer = await store.deleteBucket(bucketId, audit);
        if (answer.outcome === 'deleted' && answer.domains.includes(this.#domain)) {
          this.#note(audit.actor, () => this.#noteRelease(bucketId));
        }
        return answer;
      },
    };
  }

  #note({ requestId }: AuditActor, apply: () => void): void {
    this.#notes.push({ requestId, apply });
  }

  /**
   * Applies what was seen since the last time, in the order in which it was committed: that of the
   * audit records, which are written in the same transactions. A note that left no record changed
   * nothing, and can only be judged when nothing else happened beside it.
   */
  async #applyNotes(): Promise<void> {
    const notes = this.#notes.splice(0);
    if (notes.length <= 1) {
      for (const { apply } of notes) apply();
      return;
    }
    const records = await this.#stage.engine.audit.listAudit({
      domain: this.#domain,
      limit: recordsMax,
    });
    const sequences = new Map(records.map(({ requestId, sequence }) => [requestId, sequence]));
    const committed = notes.filter(({ requestId }) => sequences.has(requestId));
    committed.sort((a, b) => (sequences.get(a.requestId) ?? 0) - (sequences.get(b.requestId) ?? 0));
    for (const { apply } of committed) apply();
  }

  #noteRelease(bucketId: number): void {
    if (this.#standing?.bucketId === bucketId) {
      this.#standing = undefined;
      this.tally.unmapped++;
    } else {
      // The owner acknowledges that the domain moved away; nothing else may be released there.
      assert.ok(this.#departed.delete(bucketId), 'taken from a stranger');
    }
  }

  #noteToken(
    bucketId: number,
    { token, isReused }: { token: { token: string; expiresAt: number }; isReused: boolean },
    fresh: { token: string; createdAt: number },
  ): void {
    const known = this.#issued.get(bucketId) ?? [];
    const last = known.at(-1);
    assert.ok(token.expiresAt > fresh.createdAt, 'a dead token was given');
    assert.ok(!this.#spent.has(token.token), 'a spent token was given again');
    if (isReused) assert.deepEqual(token.token, last?.token, 'reused, but another token');
    else {
      const isAlive = last && last.expiresAt > fresh.createdAt && !this.#spent.has(last.token);
      assert.ok(!isAlive, 'a second token while the first is alive');
      this.#issued.set(bucketId, [...known, token]);
    }
  }

  #noteChange(change: MappingChange, outcome: MappingOutcome): void {
    const before = this.#standing;
    if (outcome.outcome === 'taken-by-other') {
      assert.ok(before && before.accountId !== change.accountId, 'nobody else has it');
      assert.ok(!this.#mayTransfer, 'refused, though a proof moves it');
    }
    if (outcome.outcome !== 'mapped') {
      this.tally.refused++;
      return;
    }
    if (outcome.isNew) this.#noteClaim(change, outcome, before);
    else {
      assert.equal(before?.bucketId, change.bucketId, 'not new, yet not the owner');
    }
    this.#noteGuard(change, outcome, outcome.isNew ? undefined : before);
    this.#standing = {
      bucketId: change.bucketId,
      accountId: change.accountId,
      certificateNumber: outcome.certificateNumber,
    };
  }

  #noteClaim(
    change: MappingChange,
    outcome: MappingOutcome & { outcome: 'mapped' },
    before: Standing | undefined,
  ): void {
    this.tally.mapped++;
    this.#departed.delete(change.bucketId);
    this.#claims.add(change.audit.actor.requestId);
    if (before) {
      assert.ok(this.#mayTransfer, 'moved without leave');
      assert.notEqual(before.accountId, change.accountId, 'moved within an account');
      this.tally.transferred++;
      this.#departed.add(before.bucketId);
    }
    assert.equal(outcome.transferredFrom, before?.accountId);
    assert.equal(change.proof.kind, 'token', 'mapped without proof');
    if (change.proof.kind !== 'token') return;
    const { token } = change.proof;
    const live = this.#issued.get(change.bucketId)?.find((issued) => issued.token === token);
    assert.ok(live, 'mapped by a token of another bucket');
    assert.ok(live.expiresAt > change.now, 'mapped by a dead token');
    assert.ok(!this.#spent.has(token), 'mapped twice by one token');
    assert.ok(this.shown.has(token), 'mapped by a token DNS never showed');
    this.#spent.add(token);
    if (change.binding.kind === 'keep') {
      assert.equal(outcome.certificateNumber, undefined, 'a moved domain kept its certificate');
    }
  }

  #noteGuard(
    change: MappingChange,
    outcome: MappingOutcome & { outcome: 'mapped' },
    before: Standing | undefined,
  ): void {
    const { binding } = change;
    if (binding.kind === 'keep') {
      assert.equal(outcome.certificateNumber, before?.certificateNumber, 'changed by nobody');
      return;
    }
    if (outcome.certificateNumber !== before?.certificateNumber) this.tally.rebound++;
    if (binding.guard.kind === 'forced') return;
    const expected = binding.guard.certificateNumber;
    assert.equal(before?.certificateNumber, expected, 'the guard let a wrong caller pass');
    if (expected === undefined || outcome.certificateNumber === expected) return;
    assert.ok(!this.#guardsWon.has(expected), 'two guarded replaces won over one certificate');
    this.#guardsWon.add(expected);
  }

  /** An actor's call ended well: then the store took its change; refused: then it did not. */
  noteAnswer(requestId: string, isGood: boolean): void {
    assert.equal(this.#taken.has(requestId), isGood, isGood ? 'nothing changed' : 'half made');
  }

  /** What is served now is what this account says; nothing of anybody else is. */
  async checkNow(): Promise<void> {
    await this.#applyNotes();
    const { engine } = this.#stage;
    const found = await engine.cnames.findDomain(this.#domain);
    const standing = this.#standing;
    assert.equal(found?.cname.bucketId, standing?.bucketId, 'the store has another owner');
    if (!found || !standing) return;
    assert.equal(found.cname.binding?.certificateNumber, standing.certificateNumber, 'certificate');
    assert.equal(found.bucket.id, found.cname.bucketId);
    assert.equal(found.bucket.accountId, standing.accountId, 'the bucket of another account');
    assert.equal(found.cname.accountId, standing.accountId);
    const object = await engine.objects.findObject(found.bucket.id, 'owner');
    if (object) assert.equal(object.metadata.owner, standing.accountId, 'a foreign object');
    const { binding } = found.cname;
    if (!binding) return;
    const certificate = await engine.certificates.findCertificate(binding.certificateNumber);
    assert.equal(certificate?.accountId, standing.accountId, 'the certificate of another account');
  }

  /** At the end: one owner in all lists, and one audit record for each claim. */
  async checkEnd(bucketNames: readonly string[]): Promise<void> {
    await this.checkNow();
    const { engine } = this.#stage;
    let owners = 0;
    for (const name of bucketNames) {
      const bucket = await engine.buckets.findBucket(name);
      if (!bucket) continue;
      for (const { cname, certificate } of await engine.cnames.listDomains(bucket.id)) {
        assert.equal(cname.domain, this.#domain);
        if (cname.status !== 'Enabled') continue;
        owners++;
        assert.equal(bucket.id, this.#standing?.bucketId, 'listed by a stranger');
        assert.equal(certificate?.number, this.#standing?.certificateNumber);
      }
    }
    assert.equal(owners, this.#standing ? 1 : 0, 'owners in the lists');
    const records = await engine.audit.listAudit({ domain: this.#domain, limit: recordsMax });
    for (const requestId of this.#claims) {
      // A proof that failed has a record of its own: the claim may have looked again and passed.
      const mine = records.filter(
        (record) =>
          record.requestId === requestId &&
          /^(?:Put|Transfer)Cname$/.test(record.action) &&
          record.detail.outcome === undefined,
      );
      assert.ok(mine.length >= 1 && mine.length <= 2, 'the audit record of a claim');
    }
  }
}
