import type { World } from '../world/index.ts';
import { createSessionOwners, handshakeMsMax } from './session-owners.ts';

/** Name, HMAC and AES keys of session tickets together, as the runtime takes them. */
const keyBytes = 48;
/** The runtime never rotates by itself (security.md 5.5). */
const rotateEveryMs = 12 * 60 * 60 * 1_000;

export interface TicketKeys {
  /** From now on no session made before is resumed. */
  rotate(): void;
  /**
   * A handshake begins to look for the certificate of this name; what is returned takes the account
   * of what was found. Kept, so that only changes of names shown here end sessions.
   */
  noteHandshake(domain: string): (accountId: string | undefined) => void;
  /**
   * The domain now serves for this account, or for none: no session of another is resumed after
   * this, at once. Called after an unbind, a release, a claim (security.md 5.5).
   */
  domainIsOf(domain: string, accountId: string | undefined): void;
  /**
   * Another node has changed these domains, or any there are: no session of a former account is
   * resumed when this has resolved. Never rejects.
   */
  domainsChanged(domains: readonly string[] | 'any'): Promise<void>;
  /** Ends the regular rotation. */
  stop(): void;
}

/**
 * Fresh random keys are applied at once, again every 12 hours, and when sessions have outlived
 * their right. Old ones are not kept. All sessions of the listener end with one, so keys are not
 * rotated for names that nobody has a session of, nor for a certificate that its account replaces.
 */
export function createTicketKeys(options: {
  readonly world: Pick<World, 'random' | 'timers' | 'clock'>;
  /** Hands the keys to the listener; they are overwritten when it returns. */
  readonly apply: (keys: Buffer) => void;
  /** The account whose certificate a handshake for this name shows now. */
  readonly ownerOf: (domain: string) => Promise<string | undefined>;
}): TicketKeys {
  const { timers } = options.world;
  const stopping = new AbortController();
  const owners = createSessionOwners(options.world.clock);

  function rotate(): void {
    const keys = options.world.random.bytes(keyBytes);
    options.apply(keys);
    keys.fill(0);
    owners.forget();
  }

  /** A handshake that has its certificate already ends with a session under the new keys. */
  function rotateTwice(): void {
    rotate();
    timers.delay(handshakeMsMax, stopping.signal).then(rotate, () => {});
  }

  async function isOfAnother(domain: string): Promise<boolean> {
    if (!owners.has(domain)) return false;
    try {
      return owners.hasOther(domain, await options.ownerOf(domain));
    } catch {
      return true;
    }
  }

  rotate();
  const stopRegular = timers.every(rotateEveryMs, rotate);
  return {
    rotate,
    noteHandshake(domain) {
      if (owners.isFull) rotate();
      return owners.begin(domain);
    },
    domainIsOf(domain, accountId) {
      if (owners.hasOther(domain, accountId)) rotateTwice();
    },
    async domainsChanged(domains) {
      if (domains === 'any') return rotateTwice();
      for (const domain of domains) {
        if (await isOfAnother(domain)) return rotateTwice();
      }
    },
    stop() {
      stopping.abort();
      stopRegular();
    },
  };
}
