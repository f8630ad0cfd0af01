/** Policies that were read, kept by their text: a document is read once, not at every request. */
import { Lru } from '../lru/index.ts';
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
  const kept = new Lru<Policy>({ costMax: charactersMax });
  return {
    builtIn: (name) => builtInPolicy(name) ?? silent,
    policy(kind, text) {
      const key = `${kind}\n${text}`;
      const found = kept.find(key);
      if (found !== undefined) return found;
      const policy = parsers[kind](text);
      kept.keep(key, policy, key.length);
      return policy;
    },
  };
}
