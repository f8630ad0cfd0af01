import type { PlaceMark } from '../place-mark.ts';

/**
 * Makes known, durably, that bytes will come under this id (`ObjectIndex.announceBlob`). Whoever
 * gets the id then says so to `ObjectIndex.putObject`.
 */
export type Announce = (blobId: string) => Promise<void>;

export interface BlobSpan {
  readonly start: number;
  readonly length: number;
}

/** Object bytes under server-made, immutable ids. Knows no bucket, no key, no API. */
export interface BlobStore {
  /**
   * Other processes write here too, and bytes that no row knows are found by listing only. Such a
   * store calls `announce` before the first byte leaves (security.md 9.1); others never do.
   */
  readonly isShared: boolean;
  /** For people: `the folder /srv/objects`, and where its mark is kept: `the file ...`. */
  readonly place: { readonly name: string; readonly markAt: string };
  /** `undefined`: nobody has marked the place yet. */
  findMark(): Promise<PlaceMark | undefined>;
  /**
   * The place bears a mark, durably: this installation's if it had none. Returns the one it bears.
   */
  ensureMark(installation: string): Promise<PlaceMark>;
  /**
   * Begins a blob. Nothing is visible before `finish` has resolved; then it is durable, name and
   * content (security.md 8.1). `sizeHint` lets the store refuse early when it could not keep the
   * reserve of free space; unknown sizes are checked as they grow. With `blobId` the blob gets this
   * id (one that a store gave), in place of one that had it.
   */
  create(sizeHint: number | undefined, announce?: Announce, blobId?: string): Promise<BlobWriter>;
  /**
   * `undefined` when there is no such blob. `span` says what will be read, so that nothing else is
   * asked of the store; a length of 0 that nothing will.
   */
  open(blobId: string, span?: BlobSpan): Promise<BlobReader | undefined>;
  /** Missing ids are no error. */
  remove(blobIds: readonly string[]): Promise<void>;
  /** A durable copy under a new id; `undefined` when the source is gone. */
  copy(blobId: string, announce?: Announce): Promise<string | undefined>;
  /** Every blob in the store with its age in ms, in batches, for sweeps and checks. */
  list(): AsyncIterable<
    { readonly blobId: string; readonly ageMs: number; readonly size: number }[]
  >;
  /**
   * Removes what unfinished writers left behind: of an earlier process, where only one writes; of
   * any, after a day, where others may be at work, or are by what the caller knows (`isAlone`).
   */
  sweepUnfinished(isAlone?: boolean): Promise<number>;
}

export interface BlobWriter {
  write(bytes: Uint8Array): Promise<void>;
  /** After this the blob is durable under the returned id. A failure abandons the blob. */
  finish(): Promise<string>;
  /** Forgets everything written. Safe to call at any time, also after a failure. */
  abandon(): Promise<void>;
}

export interface BlobReader {
  readonly size: number;
  /** Reads into `target` from `position`; returns the count, 0 at the end. */
  read(target: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}
