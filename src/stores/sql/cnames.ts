import { sql as raw, type Selectable } from 'kysely';
import type { Bucket } from '../ports/buckets.ts';
import type { StoredCertificate } from '../ports/certificates.ts';
import type {
  Binding,
  Cname,
  CnameStore,
  CnameToken,
  CnameType,
  MappedDomain,
} from '../ports/cnames.ts';
import { appendAudit } from './audit.ts';
import { holdBucket, toBucket } from './buckets.ts';
import { toStoredCertificate } from './certificates.ts';
import type { CertificateTable, CnameTable, DepartedCnameTable, Sql } from './database.ts';
import { type HotRead, hotStatement, type Slots } from './prepared.ts';
import { noteChange } from './revisions.ts';

export type CnameRow = Selectable<CnameTable>;

type MappedDomainRow = CnameRow & {
  bucket_name: string;
  bucket_account_id: string;
  bucket_acl: string;
  bucket_storage_class: string;
  bucket_redundancy: string;
  bucket_documents: string;
  bucket_versioning: string;
  bucket_created_at: number;
};

export const mappedDomainByName: HotRead<{ domain: string }, MappedDomainRow> = (sql, slot) =>
  sql
    .selectFrom((of) =>
      of
        .selectFrom('cnames')
        .selectAll()
        .where('domain', '=', slot('domain'))
        .limit(raw.lit(1))
        .as('cnames'),
    )
    .innerJoin('buckets', 'buckets.id', 'cnames.bucket_id')
    .selectAll('cnames')
    .select([
      'buckets.name as bucket_name',
      'buckets.account_id as bucket_account_id',
      'buckets.acl as bucket_acl',
      'buckets.storage_class as bucket_storage_class',
      'buckets.redundancy as bucket_redundancy',
      'buckets.documents as bucket_documents',
      'buckets.versioning as bucket_versioning',
      'buckets.created_at as bucket_created_at',
    ]);

export function toMappedDomain(row: MappedDomainRow): MappedDomain {
  const bucket: Bucket = toBucket({
    id: row.bucket_id,
    name: row.bucket_name,
    account_id: row.bucket_account_id,
    acl: row.bucket_acl,
    storage_class: row.bucket_storage_class,
    redundancy: row.bucket_redundancy,
    documents: row.bucket_documents,
    versioning: row.bucket_versioning,
    created_at: row.bucket_created_at,
  });
  return { cname: toCname(row), bucket };
}

interface Place {
  readonly bucketId: number;
  readonly domain: string;
}

const tokenOf = hotStatement((sql, slot: Slots<Place>) =>
  sql
    .selectFrom('cname_tokens')
    .selectAll()
    .where('bucket_id', '=', slot('bucketId'))
    .where('domain', '=', slot('domain')),
);

const countOf = hotStatement((sql, slot: Slots<{ bucketId: number }>) =>
  sql
    .selectFrom('cnames')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('bucket_id', '=', slot('bucketId')),
);

const deleteMapping = hotStatement((sql, slot: Slots<Place>) =>
  sql
    .deleteFrom('cnames')
    .where('domain', '=', slot('domain'))
    .where('bucket_id', '=', slot('bucketId'))
    .returning('certificate_number'),
);

const deleteDeparture = hotStatement((sql, slot: Slots<Place>) =>
  sql
    .deleteFrom('departed_cnames')
    .where('bucket_id', '=', slot('bucketId'))
    .where('domain', '=', slot('domain')),
);

export async function findToken(
  sql: Sql,
  bucketId: number,
  domain: string,
  now: number,
): Promise<CnameToken | undefined> {
  const token = await findTokenOfAnyAge(sql, bucketId, domain);
  return token !== undefined && now < token.expiresAt ? token : undefined;
}

export async function findTokenOfAnyAge(
  sql: Sql,
  bucketId: number,
  domain: string,
): Promise<CnameToken | undefined> {
  const [row] = (await tokenOf(sql, { bucketId, domain })).rows;
  if (row === undefined) return undefined;
  return {
    domain: row.domain,
    token: row.token,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

export async function countDomains(sql: Sql, bucketId: number): Promise<number> {
  const [counted] = (await countOf(sql, { bucketId })).rows;
  return Number(counted?.count);
}

/**
 * Mapped domains, and as Disabled those that moved away and were not acknowledged yet. A domain
 * that moves between the two reads is in both, and the later read is the truth.
 */
export async function listDomains(
  sql: Sql,
  bucketId: number,
): Promise<{ cname: Cname; certificate: StoredCertificate | undefined }[]> {
  const mapped = await sql
    .selectFrom('cnames')
    .leftJoin('certificates', 'certificates.number', 'cnames.certificate_number')
    .selectAll('cnames')
    .select([
      'certificates.account_id as certificate_account_id',
      'certificates.fingerprint256',
      'certificates.fingerprint',
      'certificates.chain_pem',
      'certificates.key_sealed',
      'certificates.valid_from',
      'certificates.valid_to',
      'certificates.created_at',
    ])
    .where('cnames.bucket_id', '=', bucketId)
    .execute();
  const departed = await sql
    .selectFrom('departed_cnames')
    .selectAll()
    .where('bucket_id', '=', bucketId)
    .execute();
  const listed = new Map(
    mapped.map((row) => [
      row.domain,
      { cname: toCname(row), certificate: toBoundCertificate(row) },
    ]),
  );
  for (const row of departed) {
    listed.set(row.domain, { cname: toDepartedCname(row), certificate: undefined });
  }
  return [...listed.values()].sort((one, other) =>
    one.cname.domain < other.cname.domain ? -1 : 1,
  );
}

type BoundCertificateRow = Pick<CnameRow, 'certificate_number'> & {
  certificate_account_id: string | null;
} & {
  [Column in Exclude<keyof CertificateTable, 'number' | 'account_id'>]:
    | Selectable<CertificateTable>[Column]
    | null;
};

function toBoundCertificate(row: BoundCertificateRow): StoredCertificate | undefined {
  if (row.certificate_number === null || row.certificate_account_id === null) return undefined;
  return toStoredCertificate({
    ...(row as Omit<Selectable<CertificateTable>, 'number' | 'account_id'>),
    number: row.certificate_number,
    account_id: row.certificate_account_id,
  });
}

export async function releaseDomain(
  sql: Sql,
  input: Parameters<CnameStore['releaseDomain']>[0],
): Promise<'released' | 'none'> {
  const { domain, bucketId } = input;
  const bucket = await holdBucket(sql, bucketId);
  if (bucket === undefined) return 'none';
  const [mapped] = (await deleteMapping(sql, { domain, bucketId })).rows;
  const isNoticeGone = await forgetDeparture(sql, bucketId, domain);
  if (mapped === undefined && !isNoticeGone) return 'none';
  await appendAudit(sql, {
    ...input.audit.actor,
    at: input.now,
    action: 'DeleteCname',
    ownerId: bucket.account_id,
    domain,
    bucket: bucket.name,
    detail:
      mapped === undefined
        ? { status: 'Disabled' }
        : { certificateNumber: mapped.certificate_number },
  });
  if (mapped !== undefined) await noteChange(sql, 'domain', domain);
  return 'released';
}

/** True when the bucket listed the domain as departed. */
export async function forgetDeparture(
  sql: Sql,
  bucketId: number,
  domain: string,
): Promise<boolean> {
  const { numAffectedRows = 0n } = await deleteDeparture(sql, { bucketId, domain });
  return numAffectedRows > 0n;
}

export function toCname(row: CnameRow): Cname {
  return {
    domain: row.domain,
    bucketId: row.bucket_id,
    accountId: row.account_id,
    type: row.type as CnameType,
    status: 'Enabled',
    isPurgeCdnCache: row.is_purge_cdn_cache !== 0,
    mappedAt: row.mapped_at,
    binding: toBinding(row),
  };
}

function toBinding(row: CnameRow): Binding | undefined {
  if (row.certificate_number === null || row.bound_at === null) return undefined;
  return {
    certificateNumber: row.certificate_number,
    type: row.binding_type as Binding['type'],
    boundAt: row.bound_at,
  };
}

function toDepartedCname(row: Selectable<DepartedCnameTable>): Cname {
  return {
    domain: row.domain,
    bucketId: row.bucket_id,
    accountId: row.account_id,
    type: row.type as CnameType,
    status: 'Disabled',
    isPurgeCdnCache: row.is_purge_cdn_cache !== 0,
    mappedAt: row.mapped_at,
    binding: undefined,
  };
}
