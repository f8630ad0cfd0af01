import type { MetadataEngine } from '../ports/engine.ts';
import type { ServingReads } from '../ports/serving.ts';
import type { Answers } from './answers.ts';
import type { RememberedObjects } from './remembered-objects.ts';
import { identitiesTag, tagOf, tagOfAll } from './tags.ts';

export type ReadStores = Pick<
  MetadataEngine,
  'accounts' | 'identities' | 'buckets' | 'cnames' | 'certificates' | 'objects'
>;

/** The law of `ServingReads` where every read reaches the engine at once. */
export function directReads(stores: ReadStores): ServingReads {
  return {
    findDomain: (domain) => stores.cnames.findDomain(domain),
    findBucket: (name) => stores.buckets.findBucket(name),
    findBucketDocument: (bucketId, name) => stores.buckets.findBucketDocument(bucketId, name),
    mayHaveDocument: () => true,
    findCredential: (accessKeyId) => stores.accounts.findCredential(accessKeyId),
    findGrants: (identityId) => stores.identities.findGrants(identityId),
    findCertificate: (number) => stores.certificates.findCertificate(number),
    findObject: (bucketId, key) => stores.objects.findObject(bucketId, key),
  };
}

/**
 * The same from kept answers. Absence is kept of domains, which scans ask for, and of documents,
 * which most buckets have none of; a new bucket, key or certificate is found by the next read.
 */
export function keptReads(
  stores: ReadStores,
  answers: Answers,
  objects: RememberedObjects,
): ServingReads {
  const direct = directReads(stores);
  return {
    findDomain: (domain) =>
      answers.ask({
        key: `domain/${domain}`,
        read: () => direct.findDomain(domain),
        describe: ({ bucket }) => ({
          tags: [tagOf('domain', domain), tagOf('bucket', bucket.id)],
          bytes: 2 * domain.length,
        }),
        absentTags: [tagOf('domain', domain)],
      }),
    findBucket: (name) =>
      answers.ask({
        key: `bucket/${name}`,
        read: () => direct.findBucket(name),
        describe: ({ id }) => ({ tags: [tagOf('bucket', id)], bytes: 0 }),
        absentTags: [],
      }),
    findBucketDocument: (bucketId, name) =>
      answers.ask({
        key: `document/${bucketId}/${name}`,
        read: () => direct.findBucketDocument(bucketId, name),
        describe: (text) => ({ tags: [tagOf('bucket', bucketId)], bytes: 2 * text.length }),
        absentTags: [tagOf('bucket', bucketId)],
      }),
    mayHaveDocument: (name) =>
      answers.askNow({
        key: `documents/${name}`,
        read: async () => (await stores.buckets.listBucketsWith(name, 0, 1)).length > 0,
        describe: () => ({ tags: [tagOfAll('bucket')], bytes: 0 }),
        absentTags: [],
      }) ?? true,
    findCredential: (accessKeyId) =>
      answers.ask({
        key: `credential/${accessKeyId}`,
        read: () => direct.findCredential(accessKeyId),
        describe: ({ account, user }) => ({
          tags: [
            tagOf('credential', accessKeyId),
            tagOf('account', account.id),
            ...(user === undefined ? [] : [identitiesTag, tagOf('identities', account.id)]),
          ],
          bytes: 0,
        }),
        absentTags: [],
      }),
    findGrants: (identityId) =>
      answers.ask({
        key: `grants/${identityId}`,
        read: () => direct.findGrants(identityId),
        describe: ({ account, identity, documents }) => ({
          tags: [tagOf('account', account.id), identitiesTag, tagOf('identities', account.id)],
          bytes: documents.reduce(
            (sum, text) => sum + 2 * text.length,
            2 * (identity.role?.trustPolicy.length ?? 0),
          ),
        }),
        absentTags: [],
      }),
    findCertificate: (number) =>
      answers.ask({
        key: `certificate/${number}`,
        read: () => direct.findCertificate(number),
        describe: ({ chainPem, keySealed }) => ({
          tags: [tagOf('certificate', number)],
          bytes: chainPem.length + keySealed.length,
        }),
        absentTags: [],
      }),
    findObject: (bucketId, key) =>
      objects.ask(bucketId, key, () => direct.findObject(bucketId, key)),
  };
}
