/**
 * Does what the lifecycle rules of the buckets ask for: pages through what a bucket holds, one page
 * in memory, and acts on each version only while it is the one that was read. So a run may end
 * anywhere, and two at once do nothing twice (oss-semantics.md 2.2).
 */
import type {
  Bucket,
  BucketStore,
  Deletion,
  HeldLease,
  ListedVersion,
  ObjectIndex,
  StandingVersion,
  StoredObject,
  UploadStore,
} from '../stores/index.ts';
import type { Instant, World } from '../world/index.ts';
import type { BucketDocuments } from './documents.ts';
import {
  type DueAction,
  dueActions,
  factsOf,
  type LifecycleFacts,
  type LifecycleRule,
  markerFacts,
  uploadExpiry,
} from './lifecycle-rules.ts';
import { protectedSince } from './retention-rules.ts';
import { drawVersionId } from './version-ids.ts';

/** What a run did, for the access log of the bucket. */
export interface LifecycleEvent {
  readonly operation: 'ExpireObject' | 'CommitTransition' | 'AbortMultipartUpload';
  readonly bucket: Bucket;
  readonly key: string;
  /** `undefined` of markers and uploads. */
  readonly size?: number;
  readonly storageClass?: string;
  /** Of a transition. */
  readonly targetStorageClass?: string;
  /** Bytes that are there no more. */
  readonly freedBytes?: number;
}

export interface LifecycleRunner {
  /**
   * One bucket after the other, until the lease is lost or the process ends. What is wrong with one
   * bucket is told to `onFault` and does not keep the others waiting. Returns how much was done.
   */
  run(held: Pick<HeldLease, 'isHeld' | 'signal'>): Promise<number>;
}

const bucketsAtOnce = 100;
/**
 * Rules and objects multiply: a thousand rules on a page of these are some milliseconds, after
 * which requests have their turn.
 */
const pageSize = 100;

export function createLifecycleRunner(options: {
  buckets: Pick<BucketStore, 'listBucketsWith'>;
  objects: Pick<
    ObjectIndex,
    'listObjects' | 'listNoncurrent' | 'listVersions' | 'deleteObjects' | 'changeObject'
  >;
  uploads: Pick<UploadStore, 'listUploads' | 'abortUpload'>;
  documents: Pick<BucketDocuments, 'find'>;
  world: World;
  onEvent: (event: LifecycleEvent) => void;
  onFault: (problem: unknown, bucket: Bucket) => void;
}): LifecycleRunner {
  return {
    async run(held) {
      let done = 0;
      for (let afterId = 0; held.isHeld(); ) {
        const page = await options.buckets.listBucketsWith('lifecycle', afterId, bucketsAtOnce);
        for (const bucket of page) {
          if (!held.isHeld()) break;
          const run = new BucketRun(options, held, bucket);
          try {
            await run.all();
          } catch (problem) {
            if (held.isHeld()) options.onFault(problem, bucket);
          }
          done += run.done;
        }
        const last = page.at(-1);
        if (last === undefined || page.length < bucketsAtOnce) break;
        afterId = last.id;
      }
      return done;
    },
  };
}

/** One version, and what is to become of it. */
interface Candidate {
  readonly key: string;
  readonly facts: LifecycleFacts;
  /** `undefined`: whatever is current. */
  readonly versionId: string | undefined;
  readonly standing: StandingVersion;
}

class BucketRun {
  done = 0;
  readonly #options: Parameters<typeof createLifecycleRunner>[0];
  readonly #held: Pick<HeldLease, 'isHeld' | 'signal'>;
  readonly #bucket: Bucket;
  #rules: readonly LifecycleRule[] = [];
  #protectedSince: Instant | undefined;

  constructor(
    options: Parameters<typeof createLifecycleRunner>[0],
    held: Pick<HeldLease, 'isHeld' | 'signal'>,
    bucket: Bucket,
  ) {
    this.#options = options;
    this.#held = held;
    this.#bucket = bucket;
  }

  get #now(): Instant {
    return this.#options.world.clock.now();
  }

  /** Older versions before lonely markers: a marker may be lonely once they have gone. */
  async all(): Promise<void> {
    if (!(await this.#readDocuments())) return;
    const rules = this.#rules;
    if (rules.some((rule) => rule.expiration !== undefined || rule.transitions.length > 0)) {
      await this.#walkCurrent();
    }
    const isVersioned = this.#bucket.versioning !== undefined;
    if (isVersioned && rules.some(hasNoncurrentPart)) await this.#walkNoncurrent();
    if (isVersioned && rules.some((rule) => rule.expiration?.expiredMarker === true)) {
      await this.#walkMarkers();
    }
    if (rules.some((rule) => rule.abort !== undefined)) await this.#walkUploads();
  }

  /**
   * Between two pages: other work has its turn, and whoever changed the rules or the retention is
   * heard. False when there is nothing to do any more.
   */
  async #readDocuments(): Promise<boolean> {
    const { documents, world } = this.#options;
    await world.timers.delay(0, this.#held.signal).catch(() => {});
    if (!this.#held.isHeld()) return false;
    const rules = (await documents.find(this.#bucket, 'lifecycle'))?.rules ?? [];
    this.#rules = rules.filter(({ isEnabled }) => isEnabled);
    const worm = await documents.find(this.#bucket, 'worm');
    this.#protectedSince = protectedSince(worm, this.#now);
    return this.#rules.length > 0;
  }

  /** What every key that a rule matches begins with. */
  get #prefix(): string {
    return this.#rules.map(({ prefix }) => prefix).reduce(commonPrefix);
  }

  async #walkCurrent(): Promise<void> {
    const page = { bucketId: this.#bucket.id, delimiter: '', limit: pageSize };
    for (let after = ''; ; ) {
      const { entries, isTruncated } = await this.#options.objects.listObjects({
        ...page,
        prefix: this.#prefix,
        after,
      });
      const found = entries.filter((entry) => 'object' in entry);
      await this.#settle(
        found.map(({ key, object }) => ({
          key,
          facts: factsOf(key, object),
          versionId: undefined,
          standing: standingOf(object),
        })),
      );
      after = found.at(-1)?.key ?? '';
      if (!isTruncated || !(await this.#readDocuments())) return;
    }
  }

  async #walkNoncurrent(): Promise<void> {
    const page = { bucketId: this.#bucket.id, limit: pageSize };
    let after: { key: string; sequence: number } | undefined;
    do {
      const { versions, next } = await this.#options.objects.listNoncurrent({
        ...page,
        prefix: this.#prefix,
        after,
      });
      await this.#settle(
        versions.map((version) => {
          const { key, noncurrentAt } = version;
          const candidate = candidateOf(version);
          return {
            ...candidate,
            key,
            facts: { ...candidate.facts, noncurrentSince: noncurrentAt },
            standing: { ...candidate.standing, noncurrentAt },
          };
        }),
      );
      after = next;
    } while (after !== undefined && (await this.#readDocuments()));
  }

  /** Markers that are the only version of their key. */
  async #walkMarkers(): Promise<void> {
    const page = { bucketId: this.#bucket.id, delimiter: '', limit: pageSize };
    let after = '';
    let afterVersion: string | undefined;
    /** On top of its key; what comes next tells whether it is alone. */
    let newest: ListedVersion | undefined;
    for (;;) {
      const { entries, isTruncated } = await this.#options.objects.listVersions({
        ...page,
        prefix: this.#prefix,
        after,
        afterVersion,
      });
      const lonely: ListedVersion[] = [];
      for (const entry of entries) {
        if ('commonPrefix' in entry) continue;
        if (newest !== undefined && entry.key !== newest.key) lonely.push(newest);
        newest = entry.isLatest && 'marker' in entry ? entry : undefined;
        after = entry.key;
        afterVersion = 'object' in entry ? entry.object.versionId : entry.marker.versionId;
      }
      if (!isTruncated && newest !== undefined) lonely.push(newest);
      await this.#settle(lonely.map(candidateOf));
      if (!isTruncated || !(await this.#readDocuments())) return;
    }
  }

  async #walkUploads(): Promise<void> {
    const { uploads } = this.#options;
    const bucketId = this.#bucket.id;
    let after = '';
    let afterUpload: string | undefined;
    for (;;) {
      const { entries, isTruncated } = await uploads.listUploads({
        bucketId,
        prefix: this.#prefix,
        delimiter: '',
        after,
        afterUpload,
        limit: pageSize,
      });
      for (const upload of entries) {
        if ('commonPrefix' in upload) continue;
        const { key, uploadId } = upload;
        after = key;
        afterUpload = uploadId;
        const due = uploadExpiry(this.#rules, upload);
        if (due === undefined || due.dueAt > this.#now) continue;
        const aborted = await uploads.abortUpload({ bucketId, key, uploadId, now: this.#now });
        if (aborted === 'done') this.#tell({ operation: 'AbortMultipartUpload', key });
      }
      if (!isTruncated || !(await this.#readDocuments())) return;
    }
  }

  /** Acts on one page: transitions one by one, deletions in one step. */
  async #settle(candidates: readonly Candidate[]): Promise<void> {
    const doomed: Candidate[] = [];
    for (const candidate of candidates) {
      const end = this.#endOf(candidate.facts);
      if (end === 'gone') doomed.push(candidate);
      else if (end !== undefined) await this.#move(candidate, end.storageClass);
    }
    if (doomed.length > 0) await this.#remove(doomed);
  }

  /**
   * What is left when everything due has happened: nothing, or another class. Earlier actions come
   * first, and each may make others impossible; what retention forbids is passed over.
   */
  #endOf(given: LifecycleFacts): 'gone' | { storageClass: string } | undefined {
    let facts = given;
    for (;;) {
      const actions = dueActions(this.#rules, facts, this.#now);
      const next = actions.find((action) => this.#isPossible(action, facts));
      if (next?.kind === 'expire' || next?.kind === 'remove') return 'gone';
      if (next?.storageClass === undefined) break;
      facts = { ...facts, storageClass: next.storageClass };
    }
    const { storageClass } = facts;
    return storageClass === given.storageClass ? undefined : { storageClass };
  }

  /** A marker over a protected object takes nothing away; the store decides again. */
  #isPossible({ kind }: DueAction, { isDeleteMarker, modifiedAt }: LifecycleFacts): boolean {
    if (kind === 'transition' || isDeleteMarker || this.#protectedSince === undefined) return true;
    if (kind === 'expire' && this.#bucket.versioning === 'Enabled') return true;
    return modifiedAt < this.#protectedSince;
  }

  async #move({ key, versionId, standing, facts }: Candidate, storageClass: string): Promise<void> {
    const answer = await this.#options.objects.changeObject({
      bucketId: this.#bucket.id,
      key,
      versionId,
      standing,
      change: { storageClass, extras: { transitionedAt: this.#now } },
    });
    if (answer.outcome !== 'done') return;
    const classes = { storageClass: facts.storageClass, targetStorageClass: storageClass };
    this.#tell({ operation: 'CommitTransition', key, size: facts.size, ...classes });
  }

  async #remove(doomed: readonly Candidate[]): Promise<void> {
    const { objects, world } = this.#options;
    const deletions: Deletion[] = doomed.map(({ key, versionId, standing }) => {
      return { key, versionId, standing, markerId: drawVersionId(world.random) };
    });
    const results = await objects.deleteObjects({
      bucketId: this.#bucket.id,
      deletions,
      now: this.#now,
      protectedSince: this.#protectedSince,
    });
    for (const [index, { removed, markerId }] of results.entries()) {
      const candidate = doomed[index];
      if (candidate === undefined || (removed === undefined && markerId === undefined)) continue;
      const { key, facts } = candidate;
      this.#tell({
        operation: 'ExpireObject',
        key,
        ...(facts.isDeleteMarker ? {} : { size: facts.size, storageClass: facts.storageClass }),
        ...(removed === 'object' ? { freedBytes: facts.size } : {}),
      });
    }
  }

  #tell(event: Omit<LifecycleEvent, 'bucket'>): void {
    this.done += 1;
    this.#options.onEvent({ ...event, bucket: this.#bucket });
  }
}

function hasNoncurrentPart(rule: LifecycleRule): boolean {
  return rule.noncurrentDays !== undefined || rule.noncurrentTransitions.length > 0;
}

/** A version by its own id. */
function candidateOf(version: ListedVersion): Candidate {
  const { key } = version;
  if ('marker' in version) {
    const { versionId, modifiedAt } = version.marker;
    const standing = { blobId: undefined, modifiedAt };
    return { key, facts: markerFacts(key, modifiedAt), versionId, standing };
  }
  const { object } = version;
  const { versionId } = object;
  return { key, facts: factsOf(key, object), versionId, standing: standingOf(object) };
}

/** All that a rule may look at. */
function standingOf({ blobId, modifiedAt, extras }: StoredObject): StandingVersion {
  return { blobId, modifiedAt, extras };
}

function commonPrefix(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  // Half a character is none.
  return one.slice(0, length).isWellFormed() ? one.slice(0, length) : one.slice(0, length - 1);
}
