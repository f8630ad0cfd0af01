import { Lru } from '../lru/index.ts';
import type { BuiltContext } from './spare-contexts.ts';

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
  find(key: string): BuiltContext | undefined;
  keep(key: string, built: BuiltContext, chainLength: number): void;
  readonly count: number;
  readonly bytes: number;
}

/**
 * Secure contexts by certificate, the longest unused dropped first. Keys are certificates and never
 * names: a domain that gets another certificate simply asks for another key, and nothing has to be
 * invalidated.
 */
export function createContextCache(
  { countMax, bytesMax }: ContextCacheLimits,
  onDropped: (built: BuiltContext) => void,
): ContextCache {
  const contexts = new Lru<BuiltContext>({ countMax, costMax: bytesMax }, (_key, built) =>
    onDropped(built),
  );
  return {
    find: (key) => contexts.find(key),
    keep(key, built, chainLength) {
      contexts.keep(key, built, contextBytes + chainLength * bytesPerChainCharacter);
    },
    get count() {
      return contexts.count;
    },
    get bytes() {
      return contexts.cost;
    },
  };
}
