/** The bytes of one object, carried and checked as they pass. */
import { createCrc64 } from '../buckets/index.ts';
import type { BlobReader, BlobStore, Row } from '../stores/index.ts';

/** Of each transfer under way. */
const chunkBytes = 256 * 1024;

/** What the row of an object says of its bytes. */
export interface Content {
  readonly blobId: string;
  readonly size: number;
  readonly crc64: string;
}

/** `gone`: no such blob; anything else is told to people. */
export type ContentFault = {
  readonly kind: 'gone' | 'wrong' | 'unreadable';
  readonly what: string;
};

class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

export function contentOf(row: Row): Content {
  return { blobId: String(row.blob_id), size: Number(row.size), crc64: String(row.crc64) };
}

/**
 * The same blob, under the same id, is durable in `to` when this resolves without a fault. A fault
 * is one of the source, and leaves nothing behind. Rejects when `to` fails.
 */
export async function carryContent(
  from: BlobStore,
  to: BlobStore,
  content: Content,
): Promise<ContentFault | undefined> {
  return await reading(from, content, async (reader) => {
    const writer = await to.create(content.size, undefined, content.blobId);
    try {
      const fault = await pass(reader, content, (bytes) => writer.write(bytes));
      if (fault === undefined) await writer.finish();
      else await writer.abandon();
      return fault;
    } catch (error) {
      await writer.abandon();
      throw error;
    }
  });
}

/** Reads all of a blob and holds it against its row. */
export function checkContent(
  store: BlobStore,
  content: Content,
): Promise<ContentFault | undefined> {
  return reading(store, content, (reader) => pass(reader, content, async () => {}));
}

async function reading(
  store: BlobStore,
  content: Content,
  work: (reader: BlobReader) => Promise<ContentFault | undefined>,
): Promise<ContentFault | undefined> {
  let reader: BlobReader | undefined;
  try {
    reader = await unreadableWhenFailing(store.open(content.blobId));
    if (reader === undefined) return { kind: 'gone', what: 'its bytes are missing' };
    if (reader.size === content.size) return await work(reader);
    return wrongSize(reader.size, content);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { kind: 'unreadable', what: `its bytes cannot be read (${error.message})` };
  } finally {
    await reader?.close();
  }
}

async function pass(
  reader: BlobReader,
  content: Content,
  take: (bytes: Uint8Array) => Promise<void>,
): Promise<ContentFault | undefined> {
  const crc = createCrc64();
  const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, Math.max(1, content.size)));
  let position = 0;
  for (;;) {
    const count = await unreadableWhenFailing(reader.read(chunk, position));
    if (count === 0) break;
    const bytes = chunk.subarray(0, count);
    crc.update(bytes);
    await take(bytes);
    position += count;
    // Some stores answer a read behind the end with an error.
    if (position >= content.size) break;
  }
  if (position !== content.size) return wrongSize(position, content);
  if (crc.digest() === content.crc64) return undefined;
  return { kind: 'wrong', what: 'its bytes are not those that were stored (CRC-64)' };
}

function wrongSize(size: number, content: Content): ContentFault {
  return { kind: 'wrong', what: `it has ${size} bytes instead of ${content.size}` };
}

async function unreadableWhenFailing<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    throw new Unreadable(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
