/** Contents made of several blobs, read as one. */
import type {
  BlobReader,
  BlobStore,
  ContentPart,
  ObjectIndex,
  StoredObject,
} from '../stores/index.ts';

import { openDecrypted } from './content-keys.ts';

/** Parts read ahead of the bytes; a content has 10,000 at most, or as many as were appended. */
const partsPerRead = 100;

export interface ComposedStores {
  readonly objects: Pick<ObjectIndex, 'listContentParts'>;
  readonly blobs: Pick<BlobStore, 'open'>;
  /** Of encrypted contents. */
  readonly key: Buffer | undefined;
}

/**
 * A reader of the bytes from `start` to before `end`. `undefined` when the content is gone: its
 * parts were found no more, or the first blob.
 */
export async function openComposed(
  stores: ComposedStores,
  { blobId, size }: Pick<StoredObject, 'blobId' | 'size'>,
  start: number,
  end: number,
): Promise<BlobReader | undefined> {
  const reader = new ComposedReader(stores, blobId, size, end);
  if (start >= end || (await reader.canRead(start))) return reader;
  await reader.close();
  return undefined;
}

interface OpenPart {
  readonly part: ContentPart;
  readonly reader: BlobReader;
  /** First byte of the content that this reader was opened for. */
  readonly from: number;
}

/** Holds one open blob at a time and the places of some parts. */
class ComposedReader implements BlobReader {
  readonly size: number;
  readonly #stores: ComposedStores;
  readonly #contentId: string;
  readonly #end: number;
  #parts: readonly ContentPart[] = [];
  #open: OpenPart | undefined;

  constructor(stores: ComposedStores, contentId: string, size: number, end: number) {
    this.#stores = stores;
    this.#contentId = contentId;
    this.size = size;
    this.#end = end;
  }

  async canRead(position: number): Promise<boolean> {
    return (await this.#openAt(position)) !== undefined;
  }

  /**
   * Fills the target over the borders of parts. Fewer bytes also where a part has gone: whoever
   * counts them will notice.
   */
  async read(target: Uint8Array, position: number): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      const count = await this.#readPart(target.subarray(filled), position + filled);
      if (count === 0) break;
      filled += count;
    }
    return filled;
  }

  /** From the part at `position`, no further than its end. */
  async #readPart(target: Uint8Array, position: number): Promise<number> {
    if (position >= this.#end) return 0;
    const open = await this.#openAt(position);
    if (open === undefined) return 0;
    const left = Math.min(open.part.start + open.part.size, this.#end) - position;
    const within = target.length > left ? target.subarray(0, left) : target;
    return await open.reader.read(within, position - open.part.start);
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.reader.close();
  }

  async #openAt(position: number): Promise<OpenPart | undefined> {
    const open = this.#open;
    if (open !== undefined && position >= open.from && isIn(open.part, position)) return open;
    await this.close();
    const part = await this.#partAt(position);
    if (part === undefined) return undefined;
    const end = Math.min(part.start + part.size, this.#end);
    const span = { start: position - part.start, length: end - position };
    const { blobs, key } = this.#stores;
    const reader =
      key === undefined
        ? await blobs.open(part.blobId, span)
        : await openDecrypted(blobs, part.blobId, { key, iv: part.iv }, span);
    if (reader === undefined) return undefined;
    this.#open = { part, reader, from: position };
    return this.#open;
  }

  async #partAt(position: number): Promise<ContentPart | undefined> {
    const known = this.#parts.find((part) => isIn(part, position));
    if (known !== undefined) return known;
    const { objects } = this.#stores;
    this.#parts = await objects.listContentParts(this.#contentId, position, partsPerRead);
    return this.#parts.find((part) => isIn(part, position));
  }
}

function isIn(part: ContentPart, position: number): boolean {
  return position >= part.start && position < part.start + part.size;
}
