import { Lru } from '../lru/index.ts';

/**
 * Small contents kept in memory, least recently read first to go. A blob is immutable, so its id is
 * its revision: what is here can be superfluous, never wrong (DESIGN 4).
 */
export interface HotContent {
  find(blobId: string): Buffer | undefined;
  keep(blobId: string, bytes: Buffer): void;
}

/** Ours: what an entry costs besides its content, so that many tiny ones are bounded as well. */
const entryBytes = 512;

/** Holds at most `bytesMax` bytes, what entries cost besides included. */
export function createHotContent(bytesMax: number): HotContent {
  const contents = new Lru<Buffer>({ costMax: bytesMax });
  return {
    find: (blobId) => contents.find(blobId),
    keep: (blobId, bytes) => contents.keep(blobId, bytes, bytes.length + entryBytes),
  };
}
