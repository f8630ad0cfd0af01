/** Bytes of any length that are known by their position, so that nobody has to keep them. */
import { createChance } from '../../support/chance.ts';

/** A prime: no two parts or pieces that begin elsewhere hold the same bytes. */
const periodBytes = 1_048_583;

export class KnownBytes {
  readonly #period: Buffer;

  constructor(seed: number | string) {
    this.#period = createChance(seed).bytes(periodBytes);
  }

  at(start: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length; ) {
      const from = (start + done) % periodBytes;
      done += this.#period.copy(bytes, done, from, from + length - done);
    }
    return bytes;
  }
}
