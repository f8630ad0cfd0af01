/** The mark of a place in a bucket. */
import { markName, type PlaceMark, readMark, renderMark } from '../place-mark.ts';
import { isMissing } from './failures.ts';
import type { S3Parts } from './parts.ts';

export function markKey({ location }: Pick<S3Parts, 'location'>): string {
  return location.prefix + markName;
}

export async function findMark(parts: S3Parts): Promise<PlaceMark | undefined> {
  const { sdk, client, requests, location } = parts;
  const input = { Bucket: location.bucket, Key: markKey(parts) };
  try {
    return await requests.send(async (abortSignal) => {
      const answer = await client.send(new sdk.GetObjectCommand(input), { abortSignal });
      return readMark((await answer.Body?.transformToString('utf8')) ?? '');
    });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Not every server writes only where nothing stands. So all nodes of an installation write the same
 * mark here, and it does not matter who is last; of two installations the earlier sees it.
 */
export async function ensureMark(parts: S3Parts, installation: string): Promise<PlaceMark> {
  const { sdk, client, requests, location } = parts;
  const standing = await findMark(parts);
  if (standing !== undefined) return standing;
  const place = `s3://${location.bucket}/${location.prefix}`;
  const Body = Buffer.from(renderMark({ installation, place }));
  const target = { Bucket: location.bucket, Key: markKey(parts) };
  const input = { ...target, Body, ContentType: 'text/plain' };
  await requests.send((abortSignal) =>
    client.send(new sdk.PutObjectCommand(input), { abortSignal }),
  );
  return (await findMark(parts)) ?? { installation, place };
}
