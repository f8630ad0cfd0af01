/** Unfinished uploads, by key and by id within a key. */
import type { UploadListing, UploadStore } from '../ports/uploads.ts';
import { type HeadRange, type KeyRange, type UploadRow, uploadTable } from './key-reads.ts';
import {
  firstKey,
  groupingOf,
  justBehind,
  listFolded,
  type Place,
  type Source,
} from './listing.ts';
import type { PreparedRead } from './prepared.ts';
import { toUpload } from './uploads.ts';

/** The reads of a listing of uploads, compiled. */
export interface UploadReads {
  readonly uploads: PreparedRead<KeyRange, UploadRow>;
  readonly heads: PreparedRead<HeadRange, UploadRow>;
}

export async function listUploads(
  { uploads, heads }: UploadReads,
  input: Parameters<UploadStore['listUploads']>[0],
): Promise<UploadListing> {
  const { bucketId, limit, afterUpload } = input;
  const prefix = Buffer.from(input.prefix);
  const delimiter = Buffer.from(input.delimiter);
  const after = Buffer.from(input.after);
  const grouping = groupingOf(prefix, delimiter);
  const source: Source<UploadRow, UploadListing['entries'][number]> = {
    read: (place, end, count) => uploads.all({ bucketId, ...startOf(place), end, count }),
    readHeads: (place, end, count) =>
      heads.all({ bucketId, ...startOf(place), end, count, ...grouping }),
    toEntry: toUpload,
  };
  const from = firstKey(prefix, delimiter, after);
  const isInside = afterUpload !== undefined && from.equals(justBehind(after));
  const marker = { key: after, upload_id: afterUpload ?? '', initiated_at: 0, facts: '' };
  const first: Place<UploadRow> = isInside ? { behind: marker } : { from };
  return await listFolded(source, { prefix, delimiter, first, limit });
}

function startOf(place: Place<UploadRow>): Pick<KeyRange, 'from' | 'tie'> {
  if ('from' in place) return { from: place.from, tie: uploadTable.tie.least };
  return { from: place.behind.key, tie: place.behind.upload_id };
}
