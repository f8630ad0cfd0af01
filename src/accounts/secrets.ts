import { Lru } from '../lru/index.ts';
import { moveSealed, type Sealer, type SealerPair } from '../sealing/index.ts';
import type { Credential } from '../stores/index.ts';

type SecretPlace = Pick<Credential, 'accessKeyId' | 'accountId'>;

/** Secrets kept in memory; a key takes about 500 bytes. */
const cachedSecretsMax = 10_000;

/** Sealing of access key secrets, with the last used ones at hand. */
export interface Secrets {
  seal(secret: string, place: SecretPlace): string;
  /** Throws SealingError when the text is damaged or belongs to another key. */
  unseal(credential: Credential): string;
  rewrap(credential: Credential): string;
}

/** The place a secret is bound to: moving a row to another account or id breaks the seal. */
function contextOf(place: SecretPlace): string {
  return `access-key-secret/${place.accountId}/${place.accessKeyId}`;
}

/**
 * The sealed secret of a credential as another installation keeps it; `standing` is what that one
 * has for it. @throws SealingError
 */
export function moveSecret(
  sealers: SealerPair,
  credential: SecretPlace & Pick<Credential, 'secretSealed'>,
  standing: string | undefined,
): string {
  return moveSealed(sealers, credential.secretSealed, contextOf(credential), standing);
}

export function createSecrets(sealer: Sealer): Secrets {
  const cache = new Lru<string>({ countMax: cachedSecretsMax });

  return {
    seal: (secret, place) => sealer.seal(Buffer.from(secret, 'utf8'), contextOf(place)),
    rewrap: (credential) => sealer.rewrap(credential.secretSealed, contextOf(credential)),
    unseal(credential) {
      // The place is part of the name: a sealed text copied to another row must not be a hit.
      const name = `${contextOf(credential)}\n${credential.secretSealed}`;
      const found = cache.find(name);
      if (found !== undefined) return found;
      const plain = sealer.unseal(credential.secretSealed, contextOf(credential));
      const secret = plain.toString('utf8');
      plain.fill(0);
      cache.keep(name, secret);
      return secret;
    },
  };
}

/** Why the secret of a credential does not open, in a sentence; undefined when it does. */
export function faultOfSecret(
  sealer: Sealer,
  credential: SecretPlace & Pick<Credential, 'secretSealed'>,
): string | undefined {
  try {
    sealer.unseal(credential.secretSealed, contextOf(credential)).fill(0);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
