import type { KeyObject } from 'node:crypto';
import { type ScopeV4, signingKeyV4 } from '../signing/index.ts';

/** A key takes about 300 bytes; one for each access key in use and day. */
const keysMax = 4096;

/** V4 signing keys at hand: they change once a day, and making one costs four HMACs. */
export interface SigningKeys {
  find(secret: string, scope: ScopeV4): KeyObject;
}

export function createSigningKeys(): SigningKeys {
  const known = new Map<string, KeyObject>();
  return {
    find(secret, scope) {
      // A key depends on secret, day and region alone; a new secret under the same id is a new key.
      const name = `${scope.date}/${scope.region}/${secret}`;
      let key = known.get(name);
      if (key === undefined) {
        key = signingKeyV4(secret, scope);
        const oldest = known.size >= keysMax ? known.keys().next().value : undefined;
        if (oldest !== undefined) known.delete(oldest);
      } else {
        known.delete(name);
      }
      known.set(name, key);
      return key;
    },
  };
}
