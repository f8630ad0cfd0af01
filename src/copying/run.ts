import type { ContentKeys } from '../buckets/index.ts';
import type { RowTableName } from '../stores/index.ts';
import type { Damages } from './damages.ts';
import type { Translation } from './translation.ts';
import type { CopyInput } from './types.ts';

/** One run of a copy: what every step needs, and what they count. */
export interface CopyRun extends CopyInput {
  /** By which the target knows who may write. */
  readonly name: string;
  readonly damages: Damages;
  /** Opens keys of contents as the target seals them. */
  readonly targetKeys: ContentKeys;
  readonly translation: Translation;
  /** Of the source when the run began. */
  readonly sizes: { readonly objects: number; readonly bytes: number };
  readonly tally: Tally;
}

export interface Tally {
  copied: number;
  bytes: number;
  checked: number;
  repaired: number;
  orphansRemoved: number;
  /** Contents of several blobs that were brought over again. */
  readonly broughtAgain: Set<string>;
  /** Objects and versions, as far as they have been walked. */
  readonly walked: { objects: number; bytes: number };
  readonly written: Map<RowTableName, number>;
  readonly removed: Map<RowTableName, number>;
}

export function newTally(): Tally {
  const counts = { copied: 0, bytes: 0, checked: 0, repaired: 0, orphansRemoved: 0 };
  const walked = { objects: 0, bytes: 0 };
  return { ...counts, walked, broughtAgain: new Set(), written: new Map(), removed: new Map() };
}

export function count(counts: Map<RowTableName, number>, table: RowTableName, more: number): void {
  counts.set(table, (counts.get(table) ?? 0) + more);
}
