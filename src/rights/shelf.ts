/** Policies that were read, kept by their text: a document is read once, not at every request. */
import type { Policy } from './document.ts';
import { builtInPolicy } from './evaluate.ts';
import {
  parseBucketPolicy,
  parseRamPolicy,
  parseSessionPolicy,
  parseTrustPolicy,
} from './parse.ts';

/** Of texts; a policy read takes a few times its text. */
const shelfCharactersMax = 4 * 1024 * 1024;

const parsers = {
  bucket: (text: string) => parseBucketPolicy(text, undefined),
  ram: parseRamPolicy,
  session: parseSessionPolicy,
  trust: parseTrustPolicy,
} as const;

export interface PolicyShelf {
  /** @throws PolicyProblem */
  policy(kind: keyof typeof parsers, text: string): Policy;
  /** One that every account has; of an unknown name it says nothing. */
  builtIn(name: string): Policy;
}

const silent: Policy = { statements: [] };

export function createPolicyShelf(charactersMax = shelfCharactersMax): PolicyShelf {
  // Ordered by last use: a Map keeps the order of insertion, and a hit is inserted anew.
  const kept = new Map<string, Policy>();
  let characters = 0;
  return {
    builtIn: (name) => builtInPolicy(name) ?? silent,
    policy(kind, text) {
      const key = `${kind}\n${text}`;
      const known = kept.get(key);
      const policy = known ?? parsers[kind](text);
      if (known === undefined) characters += key.length;
      else kept.delete(key);
      kept.set(key, policy);
      for (const oldest of kept.keys()) {
        if (characters <= charactersMax) break;
        kept.delete(oldest);
        characters -= oldest.length;
      }
      return policy;
    },
  };
}
