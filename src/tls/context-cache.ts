import type { SecureContext } from 'node:tls';

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
export function createContextCache(limits: ContextCacheLimits): ContextCache {
  // A Map keeps the order of insertion, and knows no `__proto__` (security.md 5.2).
  const entries = new Map<string, { readonly context: SecureContext; readonly bytes: number }>();
  let bytes = 0;

  function drop(key: string): void {
    bytes -= entries.get(key)?.bytes ?? 0;
    entries.delete(key);
  }

  return {
    find(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.context;
    },
    keep(key, context, chainLength) {
      drop(key);
      const cost = contextBytes + chainLength * bytesPerChainCharacter;
      entries.set(key, { context, bytes: cost });
      bytes += cost;
      for (const oldest of entries.keys()) {
        if (entries.size <= limits.countMax && bytes <= limits.bytesMax) break;
        if (oldest !== key) drop(oldest);
      }
    },
    get count() {
      return entries.size;
    },
    get bytes() {
      return bytes;
    },
  };
}
