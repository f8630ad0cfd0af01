import type { Announce } from '../ports/blobs.ts';
import { isMissing } from './failures.ts';
import { keyOf } from './location.ts';
import { MultipartUpload, sizeOf } from './multipart.ts';
import { at, type S3Parts } from './parts.ts';
import { longAttemptMs } from './requests.ts';

/**
 * Lets the server copy; no byte passes here. The copy is durable and as long as its source.
 * @throws the SDK's error, or Error when the copy has another length.
 */
export async function copyBlob(
  parts: S3Parts,
  input: { blobId: string; copyId: string; announce: Announce | undefined },
): Promise<'copied' | 'no-source'> {
  const { blobId, copyId } = input;
  try {
    const size = await sizeOf(parts, blobId);
    await input.announce?.(copyId);
    if (size > parts.sizes.copy) await copyInParts(parts, blobId, copyId, size);
    else await copyAtOnce(parts, blobId, copyId);
    const copied = await sizeOf(parts, copyId);
    if (copied !== size) throw new Error(`The copy has ${copied} bytes of ${size}.`);
    return 'copied';
  } catch (error) {
    if (isMissing(error)) return 'no-source';
    throw error;
  }
}

async function copyAtOnce(parts: S3Parts, blobId: string, copyId: string): Promise<void> {
  const { sdk, client, requests } = parts;
  const input = { ...at(parts, copyId), CopySource: sourceOf(parts, blobId) };
  await requests.send(
    (abortSignal) => client.send(new sdk.CopyObjectCommand(input), { abortSignal }),
    { attemptMs: longAttemptMs },
  );
}

async function copyInParts(
  parts: S3Parts,
  blobId: string,
  copyId: string,
  size: number,
): Promise<void> {
  const upload = await MultipartUpload.begin(parts, copyId);
  try {
    for (let start = 0; start < size; start += parts.sizes.copy) {
      await upload.putCopy(
        sourceOf(parts, blobId),
        start,
        Math.min(parts.sizes.copy, size - start),
      );
    }
    await upload.complete();
  } catch (error) {
    await upload.abort();
    throw error;
  }
}

function sourceOf({ location }: S3Parts, blobId: string): string {
  return encodeURI(`${location.bucket}/${keyOf(location, blobId)}`);
}
