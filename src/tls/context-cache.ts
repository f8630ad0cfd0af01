import type { SecureContext } from 'node:tls';
import { Lru } from '../lru/index.ts';

export interface ContextCacheLimits {
  readonly countMax: number;
  /** Of native memory, estimated: the heap figures of the runtime do not show it. */
  readonly bytesMax: number;
}

/** Measured: 34 to 41 KB for a context with an ordinary chain (DESIGN section 4). */
const contextBytes = 38 * 1_024;
/** Parsed certificates take more room than their text. */
const bytesPerChainCharacter = 2;

export interface ContextCache {
  /** The context of this certificate; it becomes the last one to be dropped. */
  find(key: string): SecureContext | undefined;
  keep(key: string, context: SecureContext, chainLength: number): void;
  readonly count: number;
  readonly bytes: number;
}

/**
 * Secure contexts by certificate, the longest unused dropped first. Keys are certificates and never
 * names: a domain that gets another certificate simply asks for another key, and nothing has to be
 * invalidated.
 */
export function createContextCache({ countMax, bytesMax }: ContextCacheLimits): ContextCache {
  const contexts = new Lru<SecureContext>({ countMax, costMax: bytesMax });
  return {
    find: (key) => contexts.find(key),
    keep(key, context, chainLength) {
      contexts.keep(key, context, contextBytes + chainLength * bytesPerChainCharacter);
    },
    get count() {
      return contexts.count;
    },
    get bytes() {
      return contexts.cost;
    },
  };
}
