/**
 * Temporary credentials of roles (access-control.md 6.6). The token carries everything, sealed
 * under the master key, so that every node opens it and none keeps a list: what ends a session
 * early is the role's `sessionsFrom`.
 */
import { type Sealer, SealingError } from '../sealing/index.ts';
import type { Instant, World } from '../world/index.ts';
import { newAccessKeySecret, newSessionKeyId } from './identifiers.ts';

export interface Session {
  readonly accessKeyId: string;
  readonly secret: string;
  readonly accountId: string;
  readonly roleId: string;
  readonly roleName: string;
  readonly name: string;
  readonly issuedAt: Instant;
  readonly expiresAt: Instant;
  /** What it was narrowed to; JSON, as it was given. */
  readonly policy: string | undefined;
}

export type NewSession = Omit<Session, 'accessKeyId' | 'secret'>;

export interface Sessions {
  issue(session: NewSession): { readonly session: Session; readonly securityToken: string };
  /** `undefined`: no token of this installation. Whether it is still good is not said here. */
  open(securityToken: string): Session | undefined;
}

const context = 'security-token';

/** Tokens stay well below the limit of headers; what is longer is none of ours. */
const tokenLengthMax = 8 * 1024;

export function createSessions(sealer: Sealer, world: Pick<World, 'random'>): Sessions {
  return {
    issue(facts) {
      const accessKeyId = newSessionKeyId(world.random);
      const session = { ...facts, accessKeyId, secret: newAccessKeySecret(world.random) };
      const securityToken = sealer.seal(Buffer.from(JSON.stringify(session), 'utf8'), context);
      return { session, securityToken };
    },
    open(securityToken) {
      if (securityToken.length > tokenLengthMax) return undefined;
      try {
        const plain = sealer.unseal(securityToken, context);
        const { policy, ...session } = JSON.parse(plain.toString('utf8')) as Session;
        return { ...session, policy };
      } catch (error) {
        if (error instanceof SealingError) return undefined;
        throw error;
      }
    },
  };
}
