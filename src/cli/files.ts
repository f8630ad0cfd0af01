import type { Disk } from '../world/index.ts';

/** Larger than any certificate chain or configuration; a guard against a wrong path. */
const textBytesMax = 1024 * 1024;

/** The whole of a UTF-8 file. Rejects as the disk does, or when the file is too large. */
export async function readText(disk: Disk, path: string): Promise<string> {
  const file = await disk.open(path);
  try {
    const size = await file.size();
    if (size > textBytesMax) throw new Error(`${path} is larger than ${textBytesMax} bytes`);
    const chunks: Buffer[] = [];
    let position = 0;
    for (;;) {
      // Not `size` alone: generated files (those below /proc) say 0.
      const chunk = Buffer.alloc(16 * 1024);
      const count = await file.read(chunk, position);
      if (count === 0) return Buffer.concat(chunks).toString('utf8');
      position += count;
      if (position > textBytesMax) throw new Error(`${path} is larger than ${textBytesMax} bytes`);
      chunks.push(chunk.subarray(0, count));
    }
  } finally {
    await file.close();
  }
}
