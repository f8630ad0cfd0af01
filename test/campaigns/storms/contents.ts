/** Contents that a number and a seed make again: none is kept, and no two are alike. */
import { createCipheriv, createHash } from 'node:crypto';

const poolBytes = 24 * 1024 * 1024;
const stampBytes = 8;

export interface Content {
  readonly id: number;
  readonly size: number;
  /** As OSS shows it: the MD5, upper case, without quotes. */
  readonly tag: string;
}

export class Contents {
  readonly #pool: Buffer;
  readonly #made: Content[] = [];
  readonly #byTag = new Map<string, Content>();

  constructor(seed: number) {
    const key = createHash('md5').update(String(seed)).digest();
    const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
    this.#pool = cipher.update(Buffer.alloc(poolBytes));
  }

  make(size: number): Content {
    const id = this.#made.length;
    const bytes = this.#bytes(id, size);
    const tag = createHash('md5').update(bytes).digest('hex').toUpperCase();
    const content = { id, size, tag };
    this.#made.push(content);
    this.#byTag.set(tag, content);
    return content;
  }

  bytesOf({ id, size }: Content): Buffer {
    return this.#bytes(id, size);
  }

  withTag(tag: string): Content | undefined {
    return this.#byTag.get(tag);
  }

  #bytes(id: number, size: number): Buffer {
    const offset = (id * 4_099) % (poolBytes - size);
    const bytes = Buffer.from(this.#pool.subarray(offset, offset + size));
    const stamp = Buffer.alloc(stampBytes);
    stamp.writeDoubleBE(id + 1);
    stamp.copy(bytes);
    return bytes;
  }
}
