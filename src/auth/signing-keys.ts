import type { KeyObject } from 'node:crypto';
import { Lru } from '../lru/index.ts';
import { type ScopeV4, signingKeyV4 } from '../signing/index.ts';

/** A key takes about 300 bytes; one for each access key in use and day. */
const keysMax = 4096;

/** V4 signing keys at hand: they change once a day, and making one costs four HMACs. */
export interface SigningKeys {
  find(secret: string, scope: ScopeV4): KeyObject;
}

export function createSigningKeys(): SigningKeys {
  const known = new Lru<KeyObject>({ countMax: keysMax });
  return {
    find(secret, scope) {
      // A key depends on secret, day and region alone; a new secret under the same id is a new key.
      const name = `${scope.date}/${scope.region}/${secret}`;
      const found = known.find(name);
      if (found !== undefined) return found;
      const key = signingKeyV4(secret, scope);
      known.keep(name, key);
      return key;
    },
  };
}
