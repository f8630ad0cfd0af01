/** Objects, versions and parts of unfinished uploads: each row, and the bytes it names. */
import type {
  InspectedObject,
  InspectedPart,
  InspectedVersion,
  ObjectPlace,
  PartPlace,
  VersionPlace,
} from '../stores/index.ts';
import { type Fault, faultOfBytes } from './bytes.ts';
import { isJsonObject, pagesOf, type Run, rowsOf } from './run.ts';
import type { Subject } from './types.ts';
import { faultOfVersion } from './versions.ts';

/** Objects read at the same time: a store far away answers each after a while. */
const lanes = 8;

/** Of each lane. */
const chunkBytes = 256 * 1024;

/** So many in a row that cannot be read are no damage to objects: the store is away. */
const unreadableMax = 20;

/** How often a key is looked at anew because its object was replaced while it was read. */
const looksMax = 4;

/** How rows of one table are read and judged. */
interface Kind<Row, Place> {
  page(after: Place | undefined, limit: number): Promise<Row[]>;
  placeOf(row: Row): Place;
  /** The same place once more. */
  again(row: Row): Promise<Row | undefined>;
  /** Another one means that somebody has been at work on the row. */
  identityOf(row: Row): string;
  faultOf(row: Row, buffer: Buffer): Promise<Fault | undefined>;
  subjectOf(row: Row): Subject;
  /** One of those that the plan told. */
  isObject(row: Row): boolean;
}

export async function checkContents(run: Run): Promise<void> {
  run.begin(run.input.isQuick ? 'sizes of objects' : 'contents of objects');
  await checkAll(run, objectsOf(run));
  // Behind the objects: what is covered meanwhile is looked at twice rather than never.
  run.begin('versions');
  await checkAll(run, versionsOf(run));
  run.begin('unfinished uploads');
  await checkUploads(run);
  await checkAll(run, partsOf(run));
}

function objectsOf(run: Run): Kind<InspectedObject, ObjectPlace> {
  const { inspection } = run.input.metadata;
  return {
    page: (after, limit) => inspection.inspectObjects(after, limit, run.bucketId),
    placeOf: ({ bucketId, key }) => ({ bucketId, key }),
    again: (row) => inspection.inspectObject(row),
    identityOf: ({ blobId, size }) => `${blobId} ${size}`,
    faultOf: async (row, buffer) => faultOfRow(row) ?? (await faultOfBytes(run, row, buffer)),
    subjectOf: ({ bucket, key, blobId }) => ({ bucket, key, blob: blobId }),
    isObject: () => true,
  };
}

function versionsOf(run: Run): Kind<InspectedVersion, VersionPlace> {
  const { inspection } = run.input.metadata;
  return {
    page: (after, limit) => inspection.inspectVersions(after, limit, run.bucketId),
    placeOf: ({ bucketId, key, sequence }) => ({ bucketId, key, sequence }),
    again: (row) => inspection.inspectVersion(row),
    identityOf: ({ versionId, noncurrentAt, currentSequence }) =>
      `${versionId} ${noncurrentAt} ${currentSequence}`,
    async faultOf(row, buffer) {
      const fault = faultOfRow(row) ?? faultOfVersion(row);
      const { blobId } = row;
      if (fault !== undefined || blobId === undefined) return fault;
      return await faultOfBytes(run, { ...row, blobId }, buffer);
    },
    subjectOf: ({ bucket, key, blobId, versionId }) => ({
      ...{ bucket, key, version: versionId, blob: blobId },
    }),
    isObject: ({ isMarker }) => !isMarker,
  };
}

function partsOf(run: Run): Kind<InspectedPart, PartPlace> {
  const { inspection } = run.input.metadata;
  return {
    page: (after, limit) => inspection.inspectUploadParts(after, limit, run.bucketId),
    placeOf: ({ uploadId, number }) => ({ uploadId, number }),
    again: (row) => inspection.inspectUploadPart(row),
    identityOf: ({ blobId }) => blobId,
    async faultOf(row, buffer) {
      const { bucketId } = row;
      if (bucketId !== undefined) return await faultOfBytes(run, { ...row, bucketId }, buffer);
      return { kind: 'part-without-upload', what: 'its upload is not there' };
    },
    subjectOf: ({ bucket, key, uploadId, number, blobId }) => ({
      ...{ bucket, key, upload: uploadId, part: number, blob: blobId },
    }),
    isObject: () => false,
  };
}

async function checkUploads(run: Run): Promise<void> {
  const { inspection } = run.input.metadata;
  const rows = rowsOf(
    '',
    (after: string, limit) => inspection.inspectUploads(after, limit, run.bucketId),
    ({ uploadId }) => uploadId,
  );
  for await (const { bucket, bucketId, key, uploadId, facts } of rows) {
    const subject = { bucket, key, upload: uploadId };
    if (bucket === undefined) {
      run.tell('upload-without-bucket', subject, `its bucket (${bucketId}) is not there`);
    } else if (!isJsonObject(facts)) {
      run.tell('upload-unreadable', subject, 'what it will be cannot be read');
    }
  }
}

async function checkAll<Row, Place>(run: Run, kind: Kind<Row, Place>): Promise<void> {
  const pages = pagesOf<Row, Place | undefined>(
    undefined,
    (after, limit) => kind.page(after, limit),
    (row) => kind.placeOf(row),
  );
  const buffers = Array.from({ length: lanes }, () => Buffer.allocUnsafeSlow(chunkBytes));
  let unreadable = 0;
  for await (const page of pages) {
    for (const [row, fault] of await inLanes(run, kind, page, buffers)) {
      unreadable = fault?.kind === 'bytes-unreadable' ? unreadable + 1 : 0;
      if (unreadable > unreadableMax) throw fault?.cause;
      if (fault !== undefined) run.tell(fault.kind, kind.subjectOf(row), fault.what);
    }
  }
}

/** The verdicts in the order of the rows, whichever came first. */
async function inLanes<Row, Place>(
  run: Run,
  kind: Kind<Row, Place>,
  page: readonly Row[],
  buffers: readonly Buffer[],
): Promise<(readonly [Row, Fault | undefined])[]> {
  const verdicts: (Fault | undefined)[] = [];
  const waiting = page.entries();
  const lane = async (buffer: Buffer): Promise<void> => {
    for (const [index, row] of waiting) {
      verdicts[index] = await checkRow(kind, row, buffer);
      if (kind.isObject(row)) run.countObject();
    }
  };
  await Promise.all(buffers.map(lane));
  return page.map((row, index) => [row, verdicts[index]] as const);
}

/**
 * Told is only what two looks at the same row have seen: between the row and its bytes a running
 * server may have replaced or removed the object.
 */
async function checkRow<Row, Place>(
  kind: Kind<Row, Place>,
  seen: Row,
  buffer: Buffer,
): Promise<Fault | undefined> {
  let row = seen;
  let before: string | undefined;
  for (let looks = 1; looks <= looksMax; looks += 1) {
    const fault = await kind.faultOf(row, buffer);
    if (fault === undefined) return undefined;
    const current = await kind.again(row);
    if (current === undefined) return undefined;
    const identity = kind.identityOf(row);
    if (kind.identityOf(current) === identity && before === identity) return fault;
    before = identity;
    row = current;
  }
  // Replaced at every look: what a moment ago was new is not damaged.
  return undefined;
}

function faultOfRow(
  row: Pick<InspectedObject, 'bucket' | 'bucketId' | 'headers' | 'metadata' | 'extras'>,
): Fault | undefined {
  if (row.bucket === undefined) {
    return { kind: 'object-without-bucket', what: `its bucket (${row.bucketId}) is not there` };
  }
  if ([row.headers, row.metadata, row.extras ?? '{}'].every(isJsonObject)) return undefined;
  return { kind: 'object-unreadable', what: 'its headers or metadata cannot be read' };
}
