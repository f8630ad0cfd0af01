import type { AuditStore, CnameStore, ServingReads } from '../stores/index.ts';
import type { World } from '../world/index.ts';
import type { CnameRules, OwnershipProofs, Screens } from './types.ts';

/** What the life of a domain needs from outside; wired once. */
export interface CnameParts {
  readonly cnames: CnameStore;
  /** Where requests are routed; whatever decides about a mapping asks `cnames`. */
  readonly serving: Pick<ServingReads, 'findDomain'>;
  readonly audit: Pick<AuditStore, 'appendAudit'>;
  readonly ownership: OwnershipProofs;
  readonly screens: Screens;
  readonly rules: CnameRules;
  readonly world: World;
  /**
   * The domain now shows a certificate of this account, or none: TLS sessions made with another
   * must not be resumed when this has resolved (security.md 5.5).
   */
  readonly onOwnerChanged?: (domain: string, accountId: string | undefined) => Promise<void>;
}
