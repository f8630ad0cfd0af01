/**
 * PutCname's way: checks 4 to 11 of custom-domain.md 2.6, in that order, one function each. Clients
 * depend on which refusal comes first. DNS is asked before the transaction, and the transaction
 * looks again at everything that was looked at here (DESIGN ruling 1); what it finds then is
 * answered as if it had been found at once.
 */
import { OssError } from '../errors/index.ts';
import type { BindingChange, Cname, MappingChange, MappingOutcome } from '../stores/index.ts';
import { readDomain } from './domain.ts';
import type { CnameParts } from './parts.ts';
import {
  certificateGone,
  cnameAlreadyExists,
  cnameDenied,
  cnameIsForbidden,
  cnameIsRisk,
  guardFailed,
  needVerifyDomainOwnership,
  noSuchBucket,
  noSuchCname,
  noSuchCnameInRecord,
  type Place,
  tooManyCname,
  tooManyQuestions,
} from './refusals.ts';
import type { MapDomain, ProofEvidence } from './types.ts';

/** What allows the mapping, and what the audit record says of it. */
interface Permission {
  readonly proof: MappingChange['proof'];
  readonly evidence: ProofEvidence | undefined;
}

/** For a domain that stands on this bucket already (DESIGN ruling 8). */
const standingPermission: Permission = { proof: { kind: 'none' }, evidence: undefined };

/** Each look after the first means that the domain was mapped or unmapped during the one before. */
const looksMax = 5;

/** The domain is mapped as asked after this, or nothing has changed and the refusal is thrown. */
export async function mapDomain(parts: CnameParts, input: MapDomain): Promise<void> {
  const domain = readDomain(input.domainText);
  const place = { bucket: input.bucket.name, domain };
  await refuseForbidden(parts, place);
  const { standing, permission, binding } = await prepare(parts, input, place);
  const outcome = await parts.cnames.changeMapping({
    domain,
    bucketId: input.bucket.id,
    accountId: input.bucket.accountId,
    type: input.type ?? standing?.type ?? 'CNAME_OSS',
    isPurgeCdnCache: input.isPurgeCdnCache,
    proof: permission.proof,
    allowTransfer: mayTransfer(parts, permission),
    cnamesMax: parts.rules.cnamesPerBucketMax,
    binding,
    now: parts.world.clock.now(),
    audit: { actor: input.actor, detail: detailOf(permission, binding) },
  });
  refuseOutcome(parts, input, place, outcome);
  // A new mapping too: another node may have unmapped the domain for an account served here.
  if (outcome.outcome !== 'mapped' || !(outcome.isNew || input.isUnbind)) return;
  const isBound = outcome.certificateNumber !== undefined;
  await parts.onOwnerChanged?.(domain, isBound ? input.bucket.accountId : undefined);
}

interface Prepared {
  readonly standing: Cname | undefined;
  readonly permission: Permission;
  readonly binding: BindingChange;
}

/**
 * Checks 6 to 10. They look at one thing after the other; a mapping that changed meanwhile can make
 * them refuse what no single moment would have refused: two calls claim a domain for one bucket,
 * and the second sees it free and then its token spent by the first. So a refusal counts only over
 * the mapping it was found with. What lets pass needs no second look: the transaction has its own.
 */
async function prepare(parts: CnameParts, input: MapDomain, place: Place): Promise<Prepared> {
  const look = async () => (await parts.cnames.findDomain(place.domain))?.cname;
  let standing = await look();
  for (let looks = 1; ; looks++) {
    try {
      const permission =
        standing?.bucketId === input.bucket.id
          ? standingPermission
          : await permitNewMapping(parts, input, place, standing);
      return { standing, permission, binding: await input.prepareBinding(place.domain) };
    } catch (refusal) {
      if (!(refusal instanceof OssError) || looks === looksMax) throw refusal;
      const now = await look();
      if (isSameMapping(standing, now)) throw refusal;
      standing = now;
    }
  }
}

function isSameMapping(one: Cname | undefined, other: Cname | undefined): boolean {
  return one?.bucketId === other?.bucketId && one?.mappedAt === other?.mappedAt;
}

/** Check 4, second half. */
async function refuseForbidden(parts: CnameParts, place: Place): Promise<void> {
  const screen = await parts.screens.screenForbidden(place.domain);
  if (screen.verdict === 'forbidden') throw cnameIsForbidden(place, screen.reason);
}

/** Checks 6 to 9, for a domain that does not stand on this bucket. */
async function permitNewMapping(
  parts: CnameParts,
  input: MapDomain,
  place: Place,
  standing: Cname | undefined,
): Promise<Permission> {
  const isOwn = standing?.accountId === input.bucket.accountId;
  if (standing !== undefined && isOwn) throw cnameAlreadyExists(place, standing.type);
  // An unbind maps nothing: no quota stands in its way, only the answer that nothing is mapped.
  if (!input.isUnbind) await refuseTooMany(parts, input, place);
  const permission = await permitByOwnership(parts, input, place);
  // Only now: a stranger without proof must not learn that the domain is somebody's (4.3).
  if (standing !== undefined && !mayTransfer(parts, permission)) throw cnameDenied(place);
  await refuseByRecord(parts, place);
  return permission;
}

/** Check 7. */
async function refuseTooMany(parts: CnameParts, input: MapDomain, place: Place): Promise<void> {
  const { cnamesPerBucketMax } = parts.rules;
  const count = await parts.cnames.countDomains(input.bucket.id);
  if (count >= cnamesPerBucketMax) throw tooManyCname(place, cnamesPerBucketMax);
}

/** Check 8. A proof that was tried and failed is kept in the audit record. */
async function permitByOwnership(
  parts: CnameParts,
  input: MapDomain,
  place: Place,
): Promise<Permission> {
  const { bucket } = input;
  const now = parts.world.clock.now();
  const proof = await parts.ownership.proveOwnership({ domain: place.domain, bucket, now });
  switch (proof.outcome) {
    case 'proven':
      return { proof: { kind: 'token', token: proof.token }, evidence: proof.evidence };
    case 'waived':
      return { proof: { kind: 'waived' }, evidence: proof.evidence };
    case 'too-many-questions':
      throw tooManyQuestions(proof.retryAfterSeconds);
    case 'refused':
      // Without a token nothing was asked and there is nothing to keep.
      if (proof.what !== 'no-token') {
        await parts.audit.appendAudit({
          ...input.actor,
          at: now,
          action: 'PutCname',
          ownerId: bucket.accountId,
          domain: place.domain,
          bucket: bucket.name,
          detail: { outcome: 'NeedVerifyDomainOwnership', what: proof.what, proof: proof.evidence },
        });
      }
      throw needVerifyDomainOwnership(place, proof.message, proof.evidence.txtName);
  }
}

/**
 * Never on a waiver: another account's domain moves on a fresh proof only (custom-domain.md 4.3).
 */
function mayTransfer(parts: CnameParts, permission: Permission): boolean {
  return parts.rules.transfer === 'proof' && permission.proof.kind === 'token';
}

/** Check 9, the operator's screens. */
async function refuseByRecord(parts: CnameParts, place: Place): Promise<void> {
  const screen = await parts.screens.screenRecord(place.domain);
  if (screen.verdict === 'unlicensed') throw noSuchCnameInRecord(place, screen.registry);
  if (screen.verdict === 'risk') throw cnameIsRisk(place, screen.reason);
}

/** Fingerprints and evidence; what a key looks like is not known here. */
function detailOf(permission: Permission, binding: BindingChange): Record<string, unknown> {
  return {
    proof: permission.evidence ?? { method: 'standing' },
    binding: describeBinding(binding),
  };
}

function describeBinding(binding: BindingChange): Record<string, unknown> {
  if (binding.kind === 'keep') return { kind: 'keep' };
  const guard = binding.guard.kind;
  if (binding.kind === 'unbind') return { kind: 'unbind', guard };
  const { certificate } = binding;
  return certificate.kind === 'stored'
    ? { kind: 'bind', guard, certificateNumber: certificate.number }
    : { kind: 'bind', guard, fingerprint256: certificate.certificate.fingerprint256 };
}

/** Check 11: what the transaction found, in the words of checks 2 to 10. */
function refuseOutcome(
  parts: CnameParts,
  input: MapDomain,
  place: Place,
  outcome: MappingOutcome,
): void {
  switch (outcome.outcome) {
    case 'mapped':
      return;
    case 'no-bucket':
      throw noSuchBucket(place.bucket);
    case 'not-mapped':
      throw noSuchCname(place);
    case 'taken-by-own-bucket':
      throw cnameAlreadyExists(place, outcome.type);
    case 'too-many':
      throw tooManyCname(place, parts.rules.cnamesPerBucketMax);
    case 'not-proven':
      throw needVerifyDomainOwnership(
        place,
        'The domain was mapped or unmapped, or its token ran out, while this request was at work: create a token again.',
        undefined,
      );
    case 'taken-by-other':
      throw cnameDenied(place);
    case 'no-certificate':
      throw certificateGone();
    case 'guard-failed': {
      const { current } = outcome;
      throw guardFailed(current === undefined ? undefined : input.formatCertificateId(current));
    }
  }
}
