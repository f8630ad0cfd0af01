import type { World } from '../world/index.ts';
import { createSessionOwners } from './session-owners.ts';
import type { TicketKeys } from './ticket-keys.ts';

/** Sessions that clients of this process may offer again, by whose certificates they saw. */
export interface Sessions {
  /**
   * A handshake begins to look for the certificate of this name; what is returned takes the account
   * of what was found. Kept, so that only changes of names shown here end sessions.
   */
  noteHandshake(domain: string): (accountId: string | undefined) => void;
  /** Whether there may be sessions of this name that are not of this account. */
  hasOther(domain: string, accountId: string | undefined): boolean;
  /**
   * The domain now serves for this account, or for none: no session of another is resumed when this
   * has resolved. Called after an unbind, a release, a claim (security.md 5.5).
   */
  domainIsOf(domain: string, accountId: string | undefined): Promise<void>;
  /**
   * Another node has changed these domains, or any there are: no session of a former account is
   * resumed when this has resolved. Never rejects.
   */
  domainsChanged(domains: readonly string[] | 'any'): Promise<void>;
  /** The ticket keys are new: no session made before counts any more. */
  forget(): void;
}

/**
 * All sessions end with a rotation of the keys, so keys are not rotated for names that nobody has a
 * session of, nor for a certificate that its account replaces.
 */
export function createSessions(options: {
  readonly clock: World['clock'];
  readonly keys: TicketKeys;
  /** The account whose certificate a handshake for this name shows now. */
  readonly ownerOf: (domain: string) => Promise<string | undefined>;
}): Sessions {
  const { keys } = options;
  const owners = createSessionOwners(options.clock);

  async function isOfAnother(domain: string): Promise<boolean> {
    if (!owners.has(domain)) return false;
    try {
      return owners.hasOther(domain, await options.ownerOf(domain));
    } catch {
      return true;
    }
  }

  return {
    noteHandshake(domain) {
      if (owners.isFull) void keys.rotate();
      return owners.begin(domain);
    },
    hasOther: (domain, accountId) => owners.hasOther(domain, accountId),
    async domainIsOf(domain, accountId) {
      if (owners.hasOther(domain, accountId)) await keys.rotateTwice();
    },
    async domainsChanged(domains) {
      if (domains === 'any') return await keys.rotateTwice();
      for (const domain of domains) {
        if (await isOfAnother(domain)) return await keys.rotateTwice();
      }
    },
    forget: () => owners.forget(),
  };
}
