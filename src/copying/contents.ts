/** The bytes of one content, carried and checked as they pass. */
import { createCrc64, createDecryptor } from '../buckets/index.ts';
import type { BlobReader, BlobStore, BlobWriter, ObjectIndex, Row } from '../stores/index.ts';

/** Of each transfer under way. */
const chunkBytes = 256 * 1024;

/** Parts of a content asked of the database at a time. */
const partsPerRead = 100;

/** What a row says of its bytes. */
export interface Content {
  /** Of one blob, of several, or of none. */
  readonly kind: 'blob' | 'parts' | 'none';
  readonly blobId: string;
  readonly size: number;
  /** Of all bytes together, in the clear: parts that hold the wrong ones are found by it, too. */
  readonly crc64: string;
  /** Of an encrypted content. Bytes are carried as they lie, and checked as they are meant. */
  readonly key: Buffer | undefined;
  /** Where the key stream of the one blob begins. */
  readonly iv: string | undefined;
}

/** Where bytes are read, and which blobs make a content there. */
export interface ContentSource {
  readonly blobs: Pick<BlobStore, 'open'>;
  readonly metadata: { readonly objects: Pick<ObjectIndex, 'listContentParts'> };
}

/** `gone`: no such blob; anything else is told to people. */
export type ContentFault = {
  readonly kind: 'gone' | 'wrong' | 'unreadable';
  readonly what: string;
};

class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** Of a row of objects, versions or parts of unfinished uploads, which are of one blob each. */
export function contentOf(row: Row, key: Buffer | undefined): Content {
  const { blob_id: blobId, size, crc64, content: kind = 'blob', iv } = row;
  return {
    kind: kind === 'parts' || kind === 'none' ? kind : 'blob',
    blobId: String(blobId),
    size: Number(size),
    crc64: String(crc64),
    key,
    iv: typeof iv === 'string' ? iv : undefined,
  };
}

/**
 * The same blobs, under the same ids, are durable in `to` when this resolves without a fault. A
 * fault is one of the source, and leaves at most parts behind, which no row will name. Rejects when
 * `to` fails.
 */
export function carryContent(
  from: ContentSource,
  to: Pick<BlobStore, 'create'>,
  content: Content,
): Promise<ContentFault | undefined> {
  return new Passage(from, content, (piece) =>
    to.create(piece.size, undefined, piece.blobId),
  ).run();
}

/** Reads all of a content and holds it against its row. */
export function checkContent(
  from: ContentSource,
  content: Content,
): Promise<ContentFault | undefined> {
  return new Passage(from, content, async () => nowhere).run();
}

/** One blob of a content. */
interface Piece {
  readonly start: number;
  readonly blobId: string;
  readonly size: number;
  readonly iv?: string | undefined;
}

type Sink = Pick<BlobWriter, 'write' | 'abandon'> & { finish(): Promise<unknown> };

const nowhere: Sink = { async write() {}, async finish() {}, async abandon() {} };

/** All bytes of a content, piece by piece. */
class Passage {
  readonly #from: ContentSource;
  readonly #content: Content;
  readonly #begin: (piece: Piece) => Promise<Sink>;
  readonly #crc = createCrc64();
  #passed = 0;

  constructor(from: ContentSource, content: Content, begin: (piece: Piece) => Promise<Sink>) {
    this.#from = from;
    this.#content = content;
    this.#begin = begin;
  }

  async run(): Promise<ContentFault | undefined> {
    if (this.#content.kind === 'none') return undefined;
    for await (const piece of this.#pieces()) {
      const fault = await this.#passPiece(piece);
      if (fault !== undefined) return fault;
    }
    if (this.#passed === this.#content.size) return undefined;
    return { kind: 'gone', what: `its bytes behind the first ${this.#passed} are missing` };
  }

  /** As far as they follow each other: what is missing is found by the sum of their sizes. */
  async *#pieces(): AsyncGenerator<Piece> {
    const { kind, blobId, size, iv } = this.#content;
    if (kind === 'blob') {
      yield { start: 0, blobId, size, iv };
      return;
    }
    const { objects } = this.#from.metadata;
    while (this.#passed < size) {
      const parts = await objects.listContentParts(blobId, this.#passed, partsPerRead);
      for (const part of parts) {
        // What was appended since the row was read is none of its bytes.
        if (part.start !== this.#passed || part.start >= size) return;
        yield part;
      }
      if (parts.length === 0) return;
    }
  }

  async #passPiece(piece: Piece): Promise<ContentFault | undefined> {
    let reader: BlobReader | undefined;
    try {
      reader = await unreadableWhenFailing(this.#from.blobs.open(piece.blobId));
      if (reader === undefined) return { kind: 'gone', what: 'its bytes are missing' };
      if (reader.size !== piece.size) return wrongSize(reader.size, piece.size);
      return await this.#passBytes(piece, reader);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      return { kind: 'unreadable', what: `its bytes cannot be read (${error.message})` };
    } finally {
      await reader?.close();
    }
  }

  async #passBytes(piece: Piece, reader: BlobReader): Promise<ContentFault | undefined> {
    const sink = await this.#begin(piece);
    try {
      const read = await this.#readInto(sink, reader, piece);
      this.#passed += read;
      const fault = read === piece.size ? this.#faultOfSum() : wrongSize(read, piece.size);
      if (fault === undefined) await sink.finish();
      else await sink.abandon();
      return fault;
    } catch (error) {
      await sink.abandon();
      throw error;
    }
  }

  async #readInto(sink: Sink, reader: BlobReader, { size, iv }: Piece): Promise<number> {
    const { key } = this.#content;
    const clear = key === undefined ? itself : createDecryptor({ key, iv });
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, Math.max(1, size)));
    let position = 0;
    for (;;) {
      const count = await unreadableWhenFailing(reader.read(chunk, position));
      if (count === 0) return position;
      const bytes = chunk.subarray(0, count);
      this.#crc.update(clear(bytes));
      await sink.write(bytes);
      position += count;
      // Some stores answer a read behind the end with an error.
      if (position >= size) return position;
    }
  }

  /** Known with the last piece, before it is kept. */
  #faultOfSum(): ContentFault | undefined {
    const { size, crc64 } = this.#content;
    if (this.#passed !== size || this.#crc.digest() === crc64) return undefined;
    return { kind: 'wrong', what: 'its bytes are not those that were stored (CRC-64)' };
  }
}

function itself(bytes: Uint8Array): Uint8Array {
  return bytes;
}

function wrongSize(size: number, expected: number): ContentFault {
  return { kind: 'wrong', what: `it has ${size} bytes instead of ${expected}` };
}

async function unreadableWhenFailing<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    throw new Unreadable(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
