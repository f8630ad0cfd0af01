/** Bytes that tell their place, in pieces, without ever being there as a whole. */
import { createHash } from 'node:crypto';

export const pieceBytes = 1024 * 1024;

/** The piece that begins at `number` times its length: no two are alike. */
export function pieceOf(seed: number, number: number): Buffer {
  const key = createHash('sha256').update(`${seed} ${number}`).digest();
  return Buffer.alloc(pieceBytes, Buffer.concat([key, key.reverse()]));
}

/** The pieces from `first` on, `count` of them. */
export async function* pieces(seed: number, first: number, count: number): AsyncGenerator<Buffer> {
  for (let number = first; number < first + count; number++) yield pieceOf(seed, number);
}
