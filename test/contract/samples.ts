/** Well-formed values of the ports, each different from the one before where that matters. */
import { strict as assert } from 'node:assert/strict';
import type {
  Account,
  AuditActor,
  Bucket,
  BucketCounters,
  Credential,
  Identity,
  MappingChange,
  MetadataEngine,
  NewCertificate,
  StoredObject,
} from '../../src/stores/index.ts';

export const now = Date.UTC(2026, 10, 22, 9);
export const hourMs = 3_600_000;

/** Counters of a bucket with nothing in it. */
export const noCounters: BucketCounters = {
  objectCount: 0,
  storageBytes: 0,
  markerCount: 0,
  uploadCount: 0,
  partCount: 0,
  iaCount: 0,
  iaBytes: 0,
  archiveCount: 0,
  archiveBytes: 0,
  coldArchiveCount: 0,
  coldArchiveBytes: 0,
  deepColdArchiveCount: 0,
  deepColdArchiveBytes: 0,
};

let counted = 0;

/** `name(1)`, `name(2)` ...: unique within the run. */
export function unique(name: string): string {
  counted += 1;
  return `${name}-${counted}`;
}

export function accountId(): string {
  counted += 1;
  return String(1_000_000_000_000_000 + counted);
}

export const actor: AuditActor = {
  accountId: '1000000000000001',
  accessKeyId: 'LTAIsample',
  remoteAddress: '127.0.0.1',
  requestId: '6AB1',
};

export const audit = { actor, detail: { resolver: '127.0.0.1', rcode: 'NOERROR' } };

export function sampleAccount(changes: Partial<Account> = {}): Account {
  return {
    id: accountId(),
    name: unique('account'),
    standing: 'active',
    createdAt: now,
    ...changes,
  };
}

export function sampleCredential(ofAccount: string, changes: Partial<Credential> = {}): Credential {
  return {
    accessKeyId: unique('LTAI'),
    accountId: ofAccount,
    secretSealed: unique('sealed'),
    standing: 'active',
    createdAt: now,
    ...changes,
  };
}

/** A user, unless the changes say otherwise. */
export function sampleIdentity(ofAccount: string, changes: Partial<Identity> = {}): Identity {
  counted += 1;
  return {
    id: String(200_000_000_000_000_000n + BigInt(counted)),
    accountId: ofAccount,
    kind: 'user',
    name: unique('identity'),
    standing: 'active',
    createdAt: now,
    role: undefined,
    ...changes,
  };
}

export async function makeBucket(
  engine: MetadataEngine,
  owner = accountId(),
  name = unique('bucket'),
): Promise<Bucket> {
  const made = await engine.buckets.createBucket({ name, accountId: owner, bucketsMax: 100, now });
  assert.equal(made.outcome, 'created');
  return (made as Extract<typeof made, { bucket: Bucket }>).bucket;
}

export function sampleObject(changes: Partial<StoredObject> = {}): StoredObject {
  return {
    blobId: unique('blob'),
    size: 11,
    etag: '5EB63BBBE01EEED093CB22BB8F5ACDC3',
    contentMd5: 'XrY7u+Ae7tCTyyK7j1rNww==',
    crc64: '5981764153023615706',
    type: 'Normal',
    acl: 'default',
    storageClass: 'Standard',
    modifiedAt: now,
    headers: { 'content-type': 'text/plain' },
    metadata: {},
    content: 'blob',
    versionId: 'null',
    extras: {},
    ...changes,
  };
}

export async function putSample(
  engine: MetadataEngine,
  bucketId: number,
  key: string,
  changes: Partial<StoredObject> = {},
): Promise<StoredObject> {
  const object = sampleObject(changes);
  const put = await engine.objects.putObject({ bucketId, key, object, forbidOverwrite: false });
  assert.equal(put.outcome, 'stored');
  return object;
}

/** In portions: beside other suites a pool of connections would refuse the last of a thousand. */
export async function putAll(
  engine: MetadataEngine,
  bucketId: number,
  keys: readonly string[],
  changes: Partial<StoredObject> = {},
): Promise<void> {
  for (let start = 0; start < keys.length; start += 50) {
    const portion = keys.slice(start, start + 50);
    await Promise.all(portion.map((key) => putSample(engine, bucketId, key, changes)));
  }
}

export function sampleCertificate(
  owner: string,
  changes: Partial<NewCertificate> = {},
): NewCertificate {
  return {
    accountId: owner,
    fingerprint256: unique('AA:BB'),
    fingerprint: '3F:9A:07',
    chainPem: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
    keySealed: unique('sealed-key'),
    validFrom: now - hourMs,
    validTo: now + 24 * hourMs,
    createdAt: now,
    ...changes,
  };
}

/** A claim of `domain` by the bucket, waived unless `changes` says otherwise. */
export function mapping(
  bucket: Bucket,
  domain: string,
  changes: Partial<MappingChange> = {},
): MappingChange {
  return {
    domain,
    bucketId: bucket.id,
    accountId: bucket.accountId,
    type: 'CNAME_OSS',
    isPurgeCdnCache: undefined,
    proof: { kind: 'waived' },
    allowTransfer: false,
    cnamesMax: 100,
    binding: { kind: 'keep' },
    now,
    audit,
    ...changes,
  };
}

export function bindNew(
  certificate: NewCertificate,
  guard: Extract<MappingChange['binding'], { kind: 'bind' }>['guard'] = { kind: 'forced' },
): MappingChange['binding'] {
  return { kind: 'bind', guard, certificate: { kind: 'new', certificate } };
}

export function bindStored(
  number: number,
  guard: Extract<MappingChange['binding'], { kind: 'bind' }>['guard'] = { kind: 'forced' },
): MappingChange['binding'] {
  return { kind: 'bind', guard, certificate: { kind: 'stored', number } };
}

/** Maps the domain, with a certificate that is new. */
export async function mapWithSample(
  engine: MetadataEngine,
  bucket: Bucket,
  domain: string,
  changes: Partial<NewCertificate> = {},
): Promise<{ number: number; certificate: NewCertificate }> {
  const certificate = sampleCertificate(bucket.accountId, changes);
  const bound = await engine.cnames.changeMapping(
    mapping(bucket, domain, { binding: bindNew(certificate) }),
  );
  assert.ok(bound.outcome === 'mapped' && bound.certificateNumber !== undefined);
  return { number: bound.certificateNumber, certificate };
}

export async function takeToken(
  engine: MetadataEngine,
  bucket: Bucket,
  domain: string,
  at = now,
  lifetimeMs = 72 * hourMs,
): Promise<string> {
  const token = unique('token');
  const taken = await engine.cnames.takeOrReuseToken({
    domain,
    bucketId: bucket.id,
    fresh: { token, createdAt: at, expiresAt: at + lifetimeMs },
    tokensMax: 1000,
    audit: { actor },
  });
  assert.equal(taken.outcome, 'issued');
  return token;
}
