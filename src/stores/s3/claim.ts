/** Whose bucket this is: two installations in one place would sweep each other's objects away. */
import { StoreUnavailable } from '../ports/engine.ts';
import { isMissing } from './failures.ts';
import type { S3Parts } from './parts.ts';

/** No id of a blob looks like it, so no listing of blobs shows it. */
const markName = 'installation';

/** Longer than any mark of ours. */
const markBytesMax = 256;

/**
 * The place bears this installation's mark: it did already, or had none.
 * @throws StoreUnavailable when another installation's stands there.
 */
export async function claimPlace(parts: S3Parts, installation: string): Promise<void> {
  const standing = await readMark(parts);
  if (standing === undefined) await writeMark(parts, installation);
  // Of two that begin at once the later mark stays, and the other sees it here.
  const mark = standing ?? (await readMark(parts));
  if (mark === installation) return;
  const { bucket, prefix } = parts.location;
  throw new StoreUnavailable(
    'failed',
    `The bucket ${bucket} with the prefix "${prefix}" holds the objects of another installation ` +
      `(${mark}; this one is ${installation}). Give this one a bucket or a prefix of its own; ` +
      `if the database was made anew on purpose, remove the object ${prefix}${markName}`,
  );
}

async function readMark(parts: S3Parts): Promise<string | undefined> {
  const { sdk, client, requests, location } = parts;
  const input = { Bucket: location.bucket, Key: location.prefix + markName };
  try {
    return await requests.send(async (abortSignal) => {
      const answer = await client.send(new sdk.GetObjectCommand(input), { abortSignal });
      const text = (await answer.Body?.transformToString('latin1')) ?? '';
      return text.slice(0, markBytesMax).trim();
    });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function writeMark(parts: S3Parts, installation: string): Promise<void> {
  const { sdk, client, requests, location } = parts;
  const Body = Buffer.from(`${installation}\n`);
  const target = { Bucket: location.bucket, Key: location.prefix + markName };
  const input = { ...target, Body, ContentType: 'text/plain' };
  await requests.send((abortSignal) =>
    client.send(new sdk.PutObjectCommand(input), { abortSignal }),
  );
}
