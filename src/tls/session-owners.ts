import type { World } from '../world/index.ts';

/**
 * A handshake that takes longer is ended by the listener (security.md 6.6). Until then it may still
 * make a session, whatever has changed since its certificate was chosen.
 */
export const handshakeMsMax = 10_000;

/** Far more than a node can begin in `handshakeMsMax`, so that rotating makes room. */
const namesMax = 100_000;

interface Owner {
  /** Whose certificates were shown; `mixed`: of more than one account. */
  account: { readonly id: string } | 'mixed' | undefined;
  /** Look-ups that run: they may come back with what was. */
  pending: number;
  notedMs: number;
}

/** Whose certificates the sessions were made with that clients may offer again. */
export interface SessionOwners {
  /**
   * A handshake begins to look for the certificate of this name. What is returned is called when it
   * was found, with its account, or was not.
   */
  begin(domain: string): (accountId: string | undefined) => void;
  /** Whether there may be sessions of this name. */
  has(domain: string): boolean;
  /** Whether there may be sessions of this name that are not of this account. */
  hasOther(domain: string, accountId: string | undefined): boolean;
  /** No session made before now is resumed any more: only handshakes under way count. */
  forget(): void;
  readonly isFull: boolean;
}

/**
 * Names by the account whose certificate was shown since the ticket keys were rotated. A name is
 * noted before its mapping is read: a change in between is not missed.
 */
export function createSessionOwners(clock: World['clock'], countMax = namesMax): SessionOwners {
  // In the order they were noted last: the oldest first.
  const owners = new Map<string, Owner>();

  function note(domain: string, change: Partial<Owner>): void {
    const { account, pending } = owners.get(domain) ?? { account: undefined, pending: 0 };
    owners.delete(domain);
    owners.set(domain, { account, pending, ...change, notedMs: clock.monotonicMs() });
  }

  function end(domain: string, accountId: string | undefined): void {
    const { account, pending } = owners.get(domain) ?? { account: undefined, pending: 1 };
    const left = pending - 1;
    if (accountId !== undefined) {
      const isSame = account === undefined || (account !== 'mixed' && account.id === accountId);
      note(domain, { account: isSame ? { id: accountId } : 'mixed', pending: left });
    } else if (account === undefined && left === 0) {
      owners.delete(domain);
    } else {
      note(domain, { pending: left });
    }
  }

  return {
    begin(domain) {
      note(domain, { pending: (owners.get(domain)?.pending ?? 0) + 1 });
      return (accountId) => end(domain, accountId);
    },
    has: (domain) => owners.has(domain),
    hasOther(domain, accountId) {
      const known = owners.get(domain);
      if (known === undefined) return false;
      const { account, pending } = known;
      return pending > 0 || account === 'mixed' || account?.id !== accountId;
    },
    forget() {
      const over = clock.monotonicMs() - handshakeMsMax;
      for (const [domain, { notedMs, pending }] of owners) {
        if (notedMs > over) break;
        if (pending === 0) owners.delete(domain);
      }
    },
    get isFull() {
      return owners.size >= countMax;
    },
  };
}
