/** Tokens: what the owner of a domain publishes to prove it (custom-domain.md 3). */
import type { Bucket } from '../stores/index.ts';
import { readDomain } from './domain.ts';
import type { CnameParts } from './parts.ts';
import {
  cnameIsForbidden,
  cnameTokenNotFound,
  noNeedCreateCnameToken,
  noSuchBucket,
  tooManyCnameToken,
} from './refusals.ts';
import type { AuditActor, CnameToken } from './types.ts';

/** security.md 2.1: 128 bits; 32 hex characters on the wire (custom-domain.md 3.1). */
const tokenBytes = 16;

/**
 * The live token of (bucket, domain), made now if there is none. Asking again neither changes it
 * nor prolongs its life: Terraform reads by asking.
 * @throws OssError InvalidArgument, CnameIsForbidden, NoNeedCreateCnameToken, TooManyCnameToken.
 */
export async function issueToken(
  parts: CnameParts,
  bucket: Bucket,
  domainText: string,
  actor: AuditActor,
): Promise<CnameToken> {
  const domain = readDomain(domainText);
  const place = { bucket: bucket.name, domain };
  const screen = await parts.screens.screenForbidden(domain);
  if (screen.verdict === 'forbidden') throw cnameIsForbidden(place, screen.reason);
  const now = parts.world.clock.now();
  const issued = await parts.cnames.takeOrReuseToken({
    domain,
    bucketId: bucket.id,
    fresh: {
      token: parts.world.random.bytes(tokenBytes).toString('hex'),
      createdAt: now,
      expiresAt: now + parts.rules.tokenLifetimeMs,
    },
    tokensMax: parts.rules.tokensPerBucketMax,
    audit: { actor },
  });
  switch (issued.outcome) {
    case 'issued':
      return issued.token;
    case 'mapped':
      throw noNeedCreateCnameToken(place);
    case 'too-many':
      throw tooManyCnameToken(bucket.name);
    case 'no-bucket':
      throw noSuchBucket(bucket.name);
  }
}

/** @throws OssError InvalidArgument, CnameTokenNotFound (never made, spent or expired alike). */
export async function findToken(
  parts: CnameParts,
  bucket: Bucket,
  domainText: string,
): Promise<CnameToken> {
  const domain = readDomain(domainText);
  const token = await parts.cnames.findToken(bucket.id, domain, parts.world.clock.now());
  if (token === undefined) throw cnameTokenNotFound({ bucket: bucket.name, domain });
  return token;
}
