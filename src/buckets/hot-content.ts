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
  // A Map iterates in order of insertion: reading puts an entry back at the end.
  const contents = new Map<string, Buffer>();
  let bytesHeld = 0;
  const drop = (blobId: string): void => {
    const dropped = contents.get(blobId);
    if (dropped === undefined) return;
    bytesHeld -= dropped.length + entryBytes;
    contents.delete(blobId);
  };
  return {
    find(blobId) {
      const bytes = contents.get(blobId);
      if (bytes === undefined) return undefined;
      contents.delete(blobId);
      contents.set(blobId, bytes);
      return bytes;
    },
    keep(blobId, bytes) {
      drop(blobId);
      contents.set(blobId, bytes);
      bytesHeld += bytes.length + entryBytes;
      for (const oldest of contents.keys()) {
        if (bytesHeld <= bytesMax) break;
        drop(oldest);
      }
    },
  };
}
