/** Every row has its bytes: of its size, and, unless the check is quick, of its checksum. */
import { createCrc64 } from '../buckets/index.ts';
import {
  type BlobReader,
  type InspectedObject,
  type ObjectPlace,
  StoreUnavailable,
} from '../stores/index.ts';
import { isJsonObject, pagesOf, type Run } from './run.ts';
import type { FindingKind } from './types.ts';

/** Objects read at the same time: a store far away answers each after a while. */
const lanes = 8;

/** Of each lane. */
const chunkBytes = 256 * 1024;

/** An object costs a seek or a request whatever its size: it counts as so many bytes at least. */
const leastBytes = 4096;

/** So many in a row that cannot be read are no damage to objects: the store is away. */
const unreadableMax = 20;

/** How often a key is looked at anew because its object was replaced while it was read. */
const looksMax = 4;

interface Fault {
  readonly kind: FindingKind;
  readonly what: string;
  /** The failure of the store behind it. */
  readonly cause?: unknown;
}

export async function checkContents(run: Run): Promise<void> {
  run.begin(run.input.isQuick ? 'sizes of objects' : 'contents of objects');
  const { inspection } = run.input.metadata;
  const pages = pagesOf<InspectedObject, ObjectPlace | undefined>(
    undefined,
    (after, limit) => inspection.inspectObjects(after, limit, run.bucketId),
    ({ bucketId, key }) => ({ bucketId, key }),
  );
  const buffers = Array.from({ length: lanes }, () => Buffer.allocUnsafeSlow(chunkBytes));
  let unreadable = 0;
  for await (const page of pages) {
    for (const [row, fault] of await inLanes(run, page, buffers)) {
      unreadable = fault?.kind === 'bytes-unreadable' ? unreadable + 1 : 0;
      if (unreadable > unreadableMax) throw fault?.cause;
      if (fault !== undefined) tell(run, row, fault);
    }
  }
}

/** The verdicts in the order of the rows, whichever came first. */
async function inLanes(
  run: Run,
  page: readonly InspectedObject[],
  buffers: readonly Buffer[],
): Promise<(readonly [InspectedObject, Fault | undefined])[]> {
  const verdicts: (Fault | undefined)[] = [];
  const waiting = page.entries();
  const lane = async (buffer: Buffer): Promise<void> => {
    for (const [index, row] of waiting) {
      verdicts[index] = await checkObject(run, row, buffer);
      run.countObject();
    }
  };
  await Promise.all(buffers.map(lane));
  return page.map((row, index) => [row, verdicts[index]] as const);
}

function tell(run: Run, row: InspectedObject, { kind, what }: Fault): void {
  run.tell(kind, { bucket: row.bucket, key: row.key, blob: row.blobId }, what);
}

/**
 * Told is only what two looks at the same row have seen: between the row and its bytes a running
 * server may have replaced or removed the object.
 */
async function checkObject(
  run: Run,
  seen: InspectedObject,
  buffer: Buffer,
): Promise<Fault | undefined> {
  const { inspection } = run.input.metadata;
  let row = seen;
  let before: string | undefined;
  for (let looks = 1; looks <= looksMax; looks += 1) {
    const fault = faultOfRow(row) ?? (await faultOfBytes(run, row, buffer));
    if (fault === undefined) return undefined;
    const current = await inspection.inspectObject(row);
    if (current === undefined) return undefined;
    if (current.blobId === row.blobId && before === row.blobId) return fault;
    before = row.blobId;
    row = current;
  }
  // Replaced at every look: what a moment ago was new is not damaged.
  return undefined;
}

function faultOfRow(row: InspectedObject): Fault | undefined {
  if (row.bucket === undefined) {
    return { kind: 'object-without-bucket', what: `its bucket (${row.bucketId}) is not there` };
  }
  if (isJsonObject(row.headers) && isJsonObject(row.metadata)) return undefined;
  return { kind: 'object-unreadable', what: 'its headers or metadata cannot be read' };
}

async function faultOfBytes(
  run: Run,
  row: InspectedObject,
  buffer: Buffer,
): Promise<Fault | undefined> {
  const { blobs, isQuick } = run.input;
  let reader: BlobReader | undefined;
  try {
    reader = await blobs.open(row.blobId, isQuick ? { start: 0, length: 0 } : undefined);
    if (reader === undefined) return { kind: 'bytes-missing', what: 'its bytes are gone' };
    if (reader.size !== row.size) {
      return {
        kind: 'bytes-of-another-size',
        what: `it has ${reader.size} bytes instead of ${row.size}`,
      };
    }
    await run.keepRate(Math.max(0, leastBytes - row.size));
    return isQuick ? undefined : await faultOfContent(run, row, reader, buffer);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return { kind: 'bytes-unreadable', what: error.message, cause: error };
  } finally {
    await reader?.close();
  }
}

async function faultOfContent(
  run: Run,
  row: InspectedObject,
  reader: BlobReader,
  buffer: Buffer,
): Promise<Fault | undefined> {
  const crc64 = createCrc64();
  let position = 0;
  for (;;) {
    const count = await reader.read(buffer, position);
    if (count === 0) break;
    crc64.update(buffer.subarray(0, count));
    position += count;
    run.countBytes(count);
    await run.keepRate(count);
  }
  if (position !== row.size) {
    return {
      kind: 'bytes-of-another-size',
      what: `it ends after ${position} of ${row.size} bytes`,
    };
  }
  if (crc64.digest() === row.crc64) return undefined;
  return { kind: 'bytes-changed', what: 'its bytes are not those that were stored (CRC-64)' };
}
