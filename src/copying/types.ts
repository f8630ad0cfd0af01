import type { Sealer } from '../sealing/index.ts';
import type { BlobStore, MetadataEngine, RowTableName } from '../stores/index.ts';
import type { World } from '../world/index.ts';

/** One of the two installations, opened without a server. */
export interface CopySide {
  readonly metadata: MetadataEngine;
  readonly blobs: BlobStore;
  readonly sealer: Sealer;
  /** A server is known to run on it. Of a database elsewhere nobody knows, and this is false. */
  readonly isServed: boolean;
  /** Where the objects are, for people and to know the place again; no secrets. */
  readonly objectsPlace: string;
  /** The place of objects is marked as this installation's; refused when it is another's. */
  claimPlace(): Promise<void>;
}

export interface CopyInput {
  readonly source: CopySide;
  readonly target: CopySide;
  readonly world: Pick<World, 'clock' | 'random'>;
  /** Reads every byte of the target again, not only their sizes. */
  readonly isFullyVerified?: boolean;
  /** A copy without what is damaged in the source counts as complete. */
  readonly leavesDamaged?: boolean;
  readonly onProgress?: (progress: CopyProgress) => void;
}

/** Counts of the step that is under way; totals are what the source says now. */
export interface CopyProgress {
  readonly step: 'remove' | 'rows' | 'objects' | 'check' | 'compare';
  /** The table at hand, where there is one. */
  readonly table: RowTableName | undefined;
  readonly done: number;
  /** `undefined` where nobody has counted. */
  readonly total: number | undefined;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

/** Something in the source that cannot be copied as it should be. */
export interface Damage {
  /** `bucket/key` of an object, version or part of an upload, or which secret. */
  readonly of: string;
  readonly what: string;
}

export interface TableReport {
  readonly table: RowTableName;
  /** In the target. */
  readonly rows: number;
  readonly written: number;
  readonly removed: number;
  /** Of source and target at the closing comparison. */
  readonly differing: number;
  /** SHA-256 over all rows of the target but what is sealed, in order of their keys. */
  readonly digest: string;
}

export interface CopyReport {
  /** The target equals the source and may be started. */
  readonly isComplete: boolean;
  readonly isSourceServed: boolean;
  readonly tables: readonly TableReport[];
  /** Rows that differed at the end, all tables. */
  readonly differing: number;
  readonly objects: {
    /** Objects, versions and parts of uploads whose bytes were brought over in this run. */
    readonly copied: number;
    readonly bytes: number;
    /** Blobs looked at in the target's store. */
    readonly checked: number;
    /** Found missing or wrong in the target, and brought over again. */
    readonly repaired: number;
    /** Left-overs of runs that were cut off, removed. */
    readonly orphansRemoved: number;
  };
  readonly damages: readonly Damage[];
}
