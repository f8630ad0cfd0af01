/** The bytes of an object as the content of a part (oss-object-api.md, UploadPartCopy). */
import { OssError } from '../errors/index.ts';
import type { BlobReader, BlobSpan, StoredObject } from '../stores/index.ts';
import type { IncomingContent } from './content.ts';
import { openReader, type Shelves } from './reading.ts';
import { fromStore } from './store-failure.ts';

/** Read and written in pieces of this size, bytes. */
const pieceBytes = 1024 * 1024;

/** Bytes of an object, to be kept once more. They may have gone by the time they are asked for. */
export function contentOfObject(
  shelves: Pick<Shelves, 'objects' | 'blobs' | 'keys'>,
  bucketId: number,
  object: StoredObject,
  span: BlobSpan,
): IncomingContent {
  return {
    length: span.length,
    async *stream() {
      if (span.length === 0) return;
      const reader = await fromStore(openReader(shelves, bucketId, object, span));
      if (reader === undefined) throw changed();
      try {
        yield* piecesOf(reader, span);
      } finally {
        await reader.close();
      }
    },
  };
}

async function* piecesOf(reader: BlobReader, { start, length }: BlobSpan) {
  for (let done = 0; done < length; ) {
    // A store may still hold what it was given when it asks for more.
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, length - done));
    const count = await fromStore(reader.read(piece, start + done));
    if (count === 0) throw changed();
    yield piece.subarray(0, count);
    done += count;
  }
}

function changed(): OssError {
  return new OssError('ServiceUnavailable', {
    message: 'The source object was replaced while it was copied. Please retry.',
  });
}
