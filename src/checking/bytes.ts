/** The bytes that a row names: there, of their size, and, unless the check is quick, right. */
import { type BlobCipher, createCrc64, createDecryptor } from '../buckets/index.ts';
import { SealingError } from '../sealing/index.ts';
import { type BlobReader, type InspectedContent, StoreUnavailable } from '../stores/index.ts';
import type { Run } from './run.ts';
import type { FindingKind } from './types.ts';

/** An object costs a seek or a request whatever its size: it counts as so many bytes at least. */
const leastBytes = 4096;

/** Parts of a content asked of the database at a time. */
const partsPerRead = 100;

export interface Fault {
  readonly kind: FindingKind;
  readonly what: string;
  /** The failure of the store behind it. */
  readonly cause?: unknown;
}

/** What the row of a content says, and in which bucket: there its key opens. */
export interface HeldContent extends InspectedContent {
  readonly bucketId: number;
  /** Where the key stream begins, of a part of an upload. */
  readonly iv?: string | undefined;
}

interface Piece {
  readonly start: number;
  readonly size: number;
  readonly blobId: string;
  readonly iv?: string | undefined;
}

export async function faultOfBytes(
  run: Run,
  row: HeldContent,
  buffer: Buffer,
): Promise<Fault | undefined> {
  if (row.content === 'none') return undefined;
  let key: Buffer | undefined;
  try {
    key = keyOf(run, row);
  } catch (error) {
    if (!(error instanceof SealingError)) throw error;
    return {
      kind: 'content-sealed-away',
      what: `the key of its bytes does not open: ${error.message}`,
    };
  }
  const crc64 = createCrc64();
  let position = 0;
  for await (const piece of piecesOf(run, row)) {
    if (piece.start !== position) break;
    const cipher = key === undefined ? undefined : { key, iv: piece.iv };
    const fault = await faultOfPiece(run, piece, cipher, crc64, buffer);
    if (fault !== undefined) return fault;
    position += piece.size;
  }
  if (position !== row.size) {
    const what = `its parts add up to ${position} of ${row.size} bytes`;
    return { kind: 'parts-incomplete', what };
  }
  if (run.input.isQuick || crc64.digest() === row.crc64) return undefined;
  return { kind: 'bytes-changed', what: 'its bytes are not those that were stored (CRC-64)' };
}

/** @throws SealingError */
function keyOf(run: Run, { bucketId, extras }: HeldContent): Buffer | undefined {
  if (extras?.includes('dataKeySealed') !== true) return undefined;
  const { encryption } = JSON.parse(extras) as { encryption?: { dataKeySealed?: string } };
  const sealed = encryption?.dataKeySealed;
  return sealed === undefined ? undefined : run.keys.open(bucketId, sealed).key;
}

async function* piecesOf(run: Run, row: HeldContent): AsyncGenerator<Piece> {
  const { blobId, size, iv } = row;
  if (row.content !== 'parts') {
    yield { start: 0, size, blobId, iv };
    return;
  }
  const { objects } = run.input.metadata;
  for (let position = 0; position < size; ) {
    const parts = await objects.listContentParts(blobId, position, partsPerRead);
    for (const part of parts) {
      // What was appended since the row was read is none of its bytes.
      if (part.start >= size) return;
      yield part;
      position = part.start + part.size;
    }
    if (parts.length === 0) return;
  }
}

async function faultOfPiece(
  run: Run,
  piece: Piece,
  cipher: BlobCipher | undefined,
  crc64: ReturnType<typeof createCrc64>,
  buffer: Buffer,
): Promise<Fault | undefined> {
  const { blobs, isQuick } = run.input;
  let reader: BlobReader | undefined;
  try {
    reader = await blobs.open(piece.blobId, isQuick ? { start: 0, length: 0 } : undefined);
    if (reader === undefined) return { kind: 'bytes-missing', what: 'its bytes are gone' };
    if (reader.size !== piece.size) {
      return wrongSize(`it has ${reader.size} bytes instead of ${piece.size}`);
    }
    await run.keepRate(Math.max(0, leastBytes - piece.size));
    if (isQuick) return undefined;
    const clear = cipher === undefined ? undefined : createDecryptor(cipher);
    const read = await readAll(run, reader, buffer, (bytes) =>
      crc64.update(clear === undefined ? bytes : clear(bytes)),
    );
    if (read === piece.size) return undefined;
    return wrongSize(`it ends after ${read} of ${piece.size} bytes`);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return { kind: 'bytes-unreadable', what: error.message, cause: error };
  } finally {
    await reader?.close();
  }
}

function wrongSize(what: string): Fault {
  return { kind: 'bytes-of-another-size', what };
}

async function readAll(
  run: Run,
  reader: BlobReader,
  buffer: Buffer,
  take: (bytes: Uint8Array) => void,
): Promise<number> {
  for (let position = 0; ; ) {
    const count = await reader.read(buffer, position);
    if (count === 0) return position;
    take(buffer.subarray(0, count));
    position += count;
    run.countBytes(count);
    await run.keepRate(count);
  }
}
