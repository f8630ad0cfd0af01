import type { MappedDomain } from '../cname/index.ts';

/** What the request is about: the level decides which rows of the table of operations can match. */
export type Level = 'service' | 'bucket' | 'object';

/** Where a request points, after host and path were read. */
export interface Target {
  readonly level: Level;
  /** Empty at service level. Not judged: it may be no bucket's name. */
  readonly bucket: string;
  /** Decoded; empty unless level is `object`. Not judged: it may be no legal key. */
  readonly key: string;
  readonly addressing: 'service' | 'virtual-host' | 'path' | 'mapped-domain';
  /** Set when the host is a mapped domain: the row it was found in, whatever its status. */
  readonly mapping: MappedDomain | undefined;
}

/** Whose a Host is. */
export type ResolvedHost =
  /** An endpoint, an IP literal or localhost: service level at `/`, path style below it. */
  | { readonly kind: 'endpoint' }
  /** `<bucket>.<endpoint>`; `bucket` may be no bucket's name. */
  | { readonly kind: 'bucket'; readonly bucket: string }
  /** The status of the mapping is not judged here. */
  | { readonly kind: 'mapped'; readonly mapping: MappedDomain }
  /** A well-formed name nobody has mapped; never read as path style (DESIGN ruling 9). */
  | { readonly kind: 'unknown'; readonly name: string }
  /** Unknown too, but too many of those wait for their answer. */
  | { readonly kind: 'crowded' }
  | { readonly kind: 'bad'; readonly problem: string };
