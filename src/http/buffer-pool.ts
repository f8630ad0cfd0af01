/** Small objects and crowded servers use the small size, others the large one. */
const smallBytes = 64 * 1_024;
const largeBytes = 256 * 1_024;
/** Beyond so much in use, every further download gets small buffers: slow readers stay cheap. */
const largeInUseBytesMax = 64 * 1_024 * 1_024;
/** Buffers kept for the next download, per size. */
const keptMax = 64;

export interface BufferPool {
  /**
   * A buffer for reading `bytesWanted` or as much of it as one buffer holds. Content is undefined.
   */
  take(bytesWanted: number): Buffer;
  /** Nobody may touch the buffer afterwards. */
  give(buffer: Buffer): void;
  /** Takes the buffer out of use without using it again. */
  drop(buffer: Buffer): void;
}

/** Buffers for response bodies, used again and again instead of one stream object per response. */
export function createBufferPool(): BufferPool {
  const small: Buffer[] = [];
  const large: Buffer[] = [];
  let largeInUseBytes = 0;
  function drop(buffer: Buffer): void {
    if (buffer.length === largeBytes) largeInUseBytes -= largeBytes;
  }
  return {
    take(bytesWanted) {
      if (bytesWanted <= smallBytes || largeInUseBytes >= largeInUseBytesMax) {
        return small.pop() ?? Buffer.allocUnsafeSlow(smallBytes);
      }
      largeInUseBytes += largeBytes;
      return large.pop() ?? Buffer.allocUnsafeSlow(largeBytes);
    },
    drop,
    give(buffer) {
      drop(buffer);
      const kept = buffer.length === largeBytes ? large : small;
      if (kept.length < keptMax) kept.push(buffer);
    },
  };
}
