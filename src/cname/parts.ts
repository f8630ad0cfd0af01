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
   * TLS sessions of a domain may have outlived their right: it was unmapped, unbound, or moved to
   * another account. The server rotates its ticket keys (security.md 5.5).
   */
  readonly onSessionsStale?: () => void;
}
