/**
 * The one transaction behind PutCname (DESIGN ruling 1). All refusals come before the first write,
 * in the order of custom-domain.md 2.6, so that a refusal leaves nothing behind.
 */
import type { BindingGuard, MappingChange, MappingOutcome } from '../ports/cnames.ts';
import { appendAudit } from './audit.ts';
import { holdBucket } from './buckets.ts';
import { keepCertificate } from './certificates.ts';
import { type CnameRow, countDomains, findToken, forgetDeparture } from './cnames.ts';
import type { Sql } from './database.ts';
import { hotStatement, type Slots } from './prepared.ts';
import { noteChange } from './revisions.ts';

type Refusal = Exclude<MappingOutcome, { outcome: 'mapped' }>;

type BindingColumns = Pick<CnameRow, 'certificate_number' | 'binding_type' | 'bound_at'>;

const noBinding: BindingColumns = {
  certificate_number: null,
  binding_type: null,
  bound_at: null,
};

const heldMapping = hotStatement((sql, slot: Slots<{ domain: string }>) =>
  sql.selectFrom('cnames').selectAll().where('domain', '=', slot('domain')).forUpdate(),
);

const certificateOfAccount = hotStatement(
  (sql, slot: Slots<{ number: number; accountId: string }>) =>
    sql
      .selectFrom('certificates')
      .select('number')
      .where('number', '=', slot('number'))
      .where('account_id', '=', slot('accountId'))
      .forKeyShare(),
);

const insertMapping = hotStatement((sql, slot: Slots<CnameRow>) =>
  sql.insertInto('cnames').values({
    domain: slot('domain'),
    bucket_id: slot('bucket_id'),
    account_id: slot('account_id'),
    type: slot('type'),
    is_purge_cdn_cache: slot('is_purge_cdn_cache'),
    mapped_at: slot('mapped_at'),
    certificate_number: slot('certificate_number'),
    binding_type: slot('binding_type'),
    bound_at: slot('bound_at'),
  }),
);

const updateBinding = hotStatement(
  (sql, slot: Slots<BindingColumns & Pick<CnameRow, 'domain' | 'is_purge_cdn_cache'>>) =>
    sql
      .updateTable('cnames')
      .set({
        certificate_number: slot('certificate_number'),
        binding_type: slot('binding_type'),
        bound_at: slot('bound_at'),
        is_purge_cdn_cache: slot('is_purge_cdn_cache'),
      })
      .where('domain', '=', slot('domain')),
);

const spendToken = hotStatement((sql, slot: Slots<{ bucketId: number; domain: string }>) =>
  sql
    .deleteFrom('cname_tokens')
    .where('bucket_id', '=', slot('bucketId'))
    .where('domain', '=', slot('domain')),
);

export async function changeMapping(sql: Sql, change: MappingChange): Promise<MappingOutcome> {
  const bucket = await holdBucket(sql, change.bucketId);
  if (bucket?.account_id !== change.accountId) return { outcome: 'no-bucket' };
  const [standing] = (await heldMapping(sql, change)).rows;
  const own = standing?.bucket_id === change.bucketId ? standing : undefined;
  const refusal =
    (own === undefined ? await refuseClaim(sql, change, standing) : undefined) ??
    (await refuseBinding(sql, change, own));
  if (refusal !== undefined) return refusal;

  const binding = await bindingAfter(sql, change, own);
  const certificateNumber = binding.certificate_number ?? undefined;
  if (own !== undefined) {
    await updateMapping(sql, change, own, binding, bucket.name);
    return { outcome: 'mapped', isNew: false, certificateNumber, transferredFrom: undefined };
  }
  await claimDomain(sql, change, standing, binding, bucket.name);
  const transferredFrom = standing?.account_id;
  return { outcome: 'mapped', isNew: true, certificateNumber, transferredFrom };
}

/** Why the domain, which does not stand on this bucket, cannot be mapped to it. */
async function refuseClaim(
  sql: Sql,
  change: MappingChange,
  standing: CnameRow | undefined,
): Promise<Refusal | undefined> {
  const isUnbind = change.binding.kind === 'unbind';
  if (standing?.account_id === change.accountId) {
    return { outcome: 'taken-by-own-bucket', type: standing.type as MappingChange['type'] };
  }
  // An unbind maps nothing, so no quota is in its way.
  if (!isUnbind && (await countDomains(sql, change.bucketId)) >= change.cnamesMax) {
    return { outcome: 'too-many' };
  }
  if (!(await isProven(sql, change))) return { outcome: 'not-proven' };
  // The operator's waiver is no proof: only a token seen in DNS may take a domain from another.
  const mayTransfer = change.allowTransfer && change.proof.kind === 'token';
  if (standing !== undefined && !mayTransfer) return { outcome: 'taken-by-other' };
  return isUnbind ? { outcome: 'not-mapped' } : undefined;
}

async function isProven(sql: Sql, change: MappingChange): Promise<boolean> {
  if (change.proof.kind !== 'token') return change.proof.kind === 'waived';
  const live = await findToken(sql, change.bucketId, change.domain, change.now);
  return live?.token === change.proof.token;
}

async function refuseBinding(
  sql: Sql,
  change: MappingChange,
  own: CnameRow | undefined,
): Promise<Refusal | undefined> {
  const { binding } = change;
  if (binding.kind === 'keep') return undefined;
  if (binding.kind === 'bind' && binding.certificate.kind === 'stored') {
    const { number } = binding.certificate;
    const { rows } = await certificateOfAccount(sql, { number, accountId: change.accountId });
    if (rows.length === 0) return { outcome: 'no-certificate' };
  }
  const current = own?.certificate_number ?? undefined;
  return isGuardMet(binding.guard, current) ? undefined : { outcome: 'guard-failed', current };
}

function isGuardMet(guard: BindingGuard, current: number | undefined): boolean {
  return guard.kind === 'forced' || guard.certificateNumber === current;
}

/** The binding that stands afterwards; what is bound already stays exactly as it is. */
async function bindingAfter(
  sql: Sql,
  change: MappingChange,
  own: CnameRow | undefined,
): Promise<BindingColumns> {
  const { binding } = change;
  const before: BindingColumns = own ?? noBinding;
  if (binding.kind === 'keep') return before;
  if (binding.kind === 'unbind') return noBinding;
  const { certificate } = binding;
  const number =
    certificate.kind === 'stored'
      ? certificate.number
      : await keepCertificate(sql, {
          ...certificate.certificate,
          accountId: change.accountId,
        });
  if (number === before.certificate_number) return before;
  return {
    certificate_number: number,
    binding_type: certificate.kind === 'stored' ? 'CAS' : 'Upload',
    bound_at: change.now,
  };
}

/** Type and time are facts of the claim and stay; a repeat that changes nothing writes nothing. */
async function updateMapping(
  sql: Sql,
  change: MappingChange,
  own: CnameRow,
  binding: BindingColumns,
  bucket: string,
): Promise<void> {
  const purge = purgeAfter(change, own.is_purge_cdn_cache);
  const isRebound = binding.certificate_number !== own.certificate_number;
  if (!isRebound && purge === own.is_purge_cdn_cache) return;
  const columns = {
    certificate_number: binding.certificate_number,
    binding_type: binding.binding_type,
    bound_at: binding.bound_at,
  };
  await updateBinding(sql, { ...columns, is_purge_cdn_cache: purge, domain: change.domain });
  await noteChange(sql, 'domain', change.domain);
  await appendAudit(sql, {
    ...change.audit.actor,
    at: change.now,
    action: 'PutCname',
    ownerId: change.accountId,
    domain: change.domain,
    bucket,
    detail: {
      ...change.audit.detail,
      isNew: false,
      certificateNumber: binding.certificate_number,
      previousCertificateNumber: own.certificate_number,
    },
  });
}

async function claimDomain(
  sql: Sql,
  change: MappingChange,
  previous: CnameRow | undefined,
  binding: BindingColumns,
  bucket: string,
): Promise<void> {
  const claim = {
    bucket_id: change.bucketId,
    account_id: change.accountId,
    type: change.type,
    is_purge_cdn_cache: purgeAfter(change, 0),
    mapped_at: change.now,
    certificate_number: binding.certificate_number,
    binding_type: binding.binding_type,
    bound_at: binding.bound_at,
  };
  if (previous === undefined) {
    await insertMapping(sql, { domain: change.domain, ...claim });
  } else {
    // The row moves and never goes: whoever waits for it finds the new owner, not a free name.
    await sql.updateTable('cnames').set(claim).where('domain', '=', change.domain).execute();
    await departDomain(sql, change, previous);
  }
  await spendToken(sql, change);
  await forgetDeparture(sql, change.bucketId, change.domain);
  await noteChange(sql, 'domain', change.domain);
  await appendAudit(sql, {
    ...change.audit.actor,
    at: change.now,
    action: previous === undefined ? 'PutCname' : 'TransferCname',
    ownerId: change.accountId,
    domain: change.domain,
    bucket,
    detail: {
      ...change.audit.detail,
      isNew: true,
      certificateNumber: binding.certificate_number,
      ...(previous === undefined ? {} : { previousOwnerId: previous.account_id }),
    },
  });
}

/** The bucket the domain stood on goes on listing it, as Disabled. */
async function departDomain(sql: Sql, change: MappingChange, previous: CnameRow): Promise<void> {
  const notice = {
    account_id: previous.account_id,
    type: previous.type,
    is_purge_cdn_cache: previous.is_purge_cdn_cache,
    mapped_at: previous.mapped_at,
    departed_at: change.now,
  };
  await sql
    .insertInto('departed_cnames')
    .values({ bucket_id: previous.bucket_id, domain: change.domain, ...notice })
    .onConflict((conflict) => conflict.columns(['bucket_id', 'domain']).doUpdateSet(notice))
    .execute();
  const { name } = await sql
    .selectFrom('buckets')
    .select('name')
    .where('id', '=', previous.bucket_id)
    .executeTakeFirstOrThrow();
  await appendAudit(sql, {
    ...change.audit.actor,
    at: change.now,
    action: 'TransferCname',
    ownerId: previous.account_id,
    domain: change.domain,
    bucket: name,
    detail: { ...change.audit.detail, nextOwnerId: change.accountId },
  });
}

function purgeAfter(change: MappingChange, before: number): number {
  if (change.isPurgeCdnCache === undefined) return before;
  return change.isPurgeCdnCache ? 1 : 0;
}
