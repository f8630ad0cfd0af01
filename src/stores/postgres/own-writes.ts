import type { Answers } from '../serving/answers.ts';
import type { RememberedObjects } from '../serving/remembered-objects.ts';
import { identitiesTag, tagOf } from '../serving/tags.ts';
import type { RunWrite, WriteArguments, WriteName } from '../sql/writes.ts';
import { WriteNotMade } from './failures.ts';

type SubjectsOf = {
  readonly [Name in WriteName]?: (...rest: WriteArguments<Name>) => string;
};

/** What a write changes of the answers kept here; a write that is not named changes none. */
const subjects: SubjectsOf = {
  setAccountStanding: (id) => tagOf('account', id),
  setCredentialStanding: (accessKeyId) => tagOf('credential', accessKeyId),
  resealCredential: (accessKeyId) => tagOf('credential', accessKeyId),
  // Changes of users, groups, roles and policies are rare: they drop what is kept of all of them.
  setIdentityStanding: () => identitiesTag,
  setRole: () => identitiesTag,
  deleteIdentity: () => identitiesTag,
  putPolicy: () => identitiesTag,
  attachPolicy: () => identitiesTag,
  detachPolicy: () => identitiesTag,
  addMember: () => identitiesTag,
  removeMember: () => identitiesTag,
  setBucketAcl: (bucketId) => tagOf('bucket', bucketId),
  setBucketDocument: (bucketId) => tagOf('bucket', bucketId),
  setBucketRedundancy: (bucketId) => tagOf('bucket', bucketId),
  setBucketVersioning: (bucketId) => tagOf('bucket', bucketId),
  deleteBucket: (bucketId) => tagOf('bucket', bucketId),
  changeMapping: ({ domain }) => tagOf('domain', domain),
  releaseDomain: ({ domain }) => tagOf('domain', domain),
  resealCertificate: (number) => tagOf('certificate', number),
};

type ObjectsOf = {
  readonly [Name in WriteName]?: (
    ...rest: WriteArguments<Name>
  ) => readonly [bucketId: number, keys: readonly string[]];
};

/** What a write changes of the rows of objects remembered here. */
const changedObjects: ObjectsOf = {
  putObject: ({ bucketId, key }) => [bucketId, [key]],
  deleteObjects: ({ bucketId, deletions }) => [bucketId, deletions.map(({ key }) => key)],
  changeObject: ({ bucketId, key }) => [bucketId, [key]],
  appendToObject: ({ bucketId, key }) => [bucketId, [key]],
  completeUpload: ({ bucketId, key }) => [bucketId, [key]],
};

/** Changes many buckets, and so rarely that all answers may be asked for again. */
const changesAll: readonly WriteName[] = ['setAccountAccessBlock'];

/** What is not as it was, of the answers that are kept: subjects by their tags, or `all`. */
export type StaleSubjects = readonly string[] | 'all';

export function dropStale(answers: Answers, stale: StaleSubjects): void {
  if (stale === 'all') answers.clear();
  else for (const tag of stale) answers.drop(tag);
}

/** Whoever keeps answers of the same subjects as this process. */
export interface OtherKeepers {
  /** Other nodes: that there is something new. */
  announce(): void;
  /** The processes of this node: when it has resolved, none keeps what is stale. */
  tellSiblings(stale: StaleSubjects): Promise<void>;
}

/**
 * Runs writes so that this process and its siblings see them at once: what a write made stale goes
 * before its promise settles, also when nobody knows whether it was made. One that certainly was
 * not makes nothing stale: a refused change of a domain must not end its service.
 */
export function seeingOwnWrites(
  write: RunWrite,
  { answers, objects }: { readonly answers: Answers; readonly objects: RememberedObjects },
  others: OtherKeepers,
): RunWrite {
  return (async (name: WriteName, ...rest: unknown[]) => {
    const subjectOf = subjects[name] as ((...rest: unknown[]) => string) | undefined;
    const objectsOf = changedObjects[name] as
      | ((...rest: unknown[]) => readonly [number, readonly string[]])
      | undefined;
    const settle = async (outcome?: unknown): Promise<void> => {
      if (objectsOf !== undefined) objects.drop(...objectsOf(...rest));
      const stale = changesAll.includes(name)
        ? 'all'
        : [
            ...(subjectOf === undefined ? [] : [subjectOf(...rest)]),
            ...(name === 'createBucket' ? bucketTags(outcome) : []),
          ];
      if (stale.length > 0) {
        dropStale(answers, stale);
        await others.tellSiblings(stale);
      }
      if (stale.length > 0 || name === 'createBucket') others.announce();
    };
    let outcome: unknown;
    try {
      outcome = await (write as (...all: unknown[]) => Promise<unknown>)(name, ...rest);
    } catch (error) {
      if (!(error instanceof WriteNotMade)) await settle();
      throw error;
    }
    await settle(outcome);
    return outcome;
  }) as RunWrite;
}

/** A bucket that is made again under its name may have been given another ACL. */
function bucketTags(outcome: unknown): string[] {
  const { bucket } = (outcome ?? {}) as { bucket?: { id: number } };
  return bucket === undefined ? [] : [tagOf('bucket', bucket.id)];
}
