/**
 * Sizes, the largest first, and how much may be in use of each before further downloads get the
 * next smaller one: a few readers are served in large pieces, and thousands of slow ones are cheap.
 */
const sizes = [
  { bytes: 256 * 1_024, inUseBytesMax: 64 * 1_024 * 1_024 },
  { bytes: 64 * 1_024, inUseBytesMax: 64 * 1_024 * 1_024 },
  { bytes: 16 * 1_024, inUseBytesMax: Number.POSITIVE_INFINITY },
] as const;
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
  const pools = sizes.map((size) => ({ ...size, inUseBytes: 0, kept: [] as Buffer[] }));

  function poolFor(bytesWanted: number) {
    // Not larger than needed: the next smaller one would not hold it.
    const fitting = pools.filter((_, at) => (pools[at + 1]?.bytes ?? 0) < bytesWanted);
    return fitting.find((pool) => pool.inUseBytes < pool.inUseBytesMax) ?? fitting.at(-1);
  }

  function drop(buffer: Buffer): void {
    const pool = pools.find(({ bytes }) => bytes === buffer.length);
    if (pool) pool.inUseBytes -= buffer.length;
  }

  return {
    take(bytesWanted) {
      const pool = poolFor(bytesWanted);
      if (!pool) return Buffer.alloc(0);
      pool.inUseBytes += pool.bytes;
      return pool.kept.pop() ?? Buffer.allocUnsafeSlow(pool.bytes);
    },
    drop,
    give(buffer) {
      drop(buffer);
      const pool = pools.find(({ bytes }) => bytes === buffer.length);
      if (pool && pool.kept.length < keptMax) pool.kept.push(buffer);
    },
  };
}
