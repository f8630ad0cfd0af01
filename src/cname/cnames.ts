import { readDomain } from './domain.ts';
import { mapDomain } from './mapping.ts';
import type { CnameParts } from './parts.ts';
import { findToken, issueToken } from './token.ts';
import type { Cnames } from './types.ts';

/** The life of a domain, over one store. Every refusal is an OssError of custom-domain.md 6. */
export function createCnames(parts: CnameParts): Cnames {
  return {
    issueToken: (bucket, domainText, actor) => issueToken(parts, bucket, domainText, actor),
    findToken: (bucket, domainText) => findToken(parts, bucket, domainText),
    mapDomain: (input) => mapDomain(parts, input),
    async unmapDomain(bucket, domainText, actor) {
      // Nothing mapped, mapped elsewhere and unmapped now have one answer: whose the domain is
      // shall not be learned by asking (custom-domain.md 4.2).
      const domain = readDomain(domainText);
      const outcome = await parts.cnames.releaseDomain({
        domain,
        bucketId: bucket.id,
        now: parts.world.clock.now(),
        audit: { actor },
      });
      if (outcome === 'released') await parts.onOwnerChanged?.(domain, undefined);
    },
    findMappedDomain: (domain) => parts.serving.findDomain(domain),
    listDomains: (bucket) => parts.cnames.listDomains(bucket.id),
  };
}
