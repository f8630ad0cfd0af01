import type { World } from '../../world/index.ts';
import type { PlaceMark } from '../place-mark.ts';
import type { Announce, BlobReader, BlobSpan, BlobStore, BlobWriter } from '../ports/blobs.ts';
import { StoreUnavailable } from '../ports/engine.ts';
import { S3BlobReader } from './blob-reader.ts';
import { S3BlobWriter } from './blob-writer.ts';
import { createClient, deleteObjectsByMd5, loadSdk, type S3Credentials } from './client.ts';
import { copyBlob } from './copying.ts';
import { isMissing, isUnsupported, unavailable } from './failures.ts';
import { blobIdOf, isBlobId, keyOf, type S3Location } from './location.ts';
import { ensureMark, findMark, markKey } from './mark.ts';
import type { S3Parts, S3Sizes } from './parts.ts';
import { S3Requests } from './requests.ts';
import { RetryBudget } from './retry-budget.ts';
import { UploadMemory } from './upload-memory.ts';

export interface S3BlobsOptions {
  readonly location: S3Location;
  /** Without them the AWS environment variables, then the SDK's other places. */
  readonly credentials?: S3Credentials | undefined;
  readonly world: World;
  /** Of all parts being gathered or sent, in bytes. */
  readonly uploadMemory?: number;
  readonly sizes?: Partial<S3Sizes>;
}

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;

/** Parts of 8 MiB reach 80 GiB with the 10,000 parts an object may have. */
const defaultSizes: S3Sizes = { part: 8 * mebibyte, copy: 5 * gibibyte };
const partsMax = 10_000;
/** 64 uploads at full speed, or 128 that are gathering their first part. */
const defaultUploadMemory = gibibyte;

/** DeleteObjects and ListObjectsV2 take and give so many (S3 API). */
const perRequestMax = 1_000;

/** Younger uploads may be those of another node. */
const unfinishedMs = 24 * 60 * 60_000;

/**
 * Object bytes in a bucket of any store that speaks the S3 API. What differs between servers is
 * written down in docs/scaling.md.
 * @throws StoreUnavailable when the bucket cannot be used: absent, refused, or not to be reached.
 */
export async function openS3Blobs(options: S3BlobsOptions): Promise<BlobStore> {
  const { location, world } = options;
  const sdk = await loadSdk();
  const parts: S3Parts = {
    sdk,
    client: createClient(sdk, location, options.credentials),
    location,
    requests: new S3Requests(world, new RetryBudget()),
    memory: new UploadMemory(world, options.uploadMemory ?? defaultUploadMemory),
    world,
    sizes: { ...defaultSizes, ...options.sizes },
  };
  const blobs = new S3Blobs(parts);
  try {
    await blobs.probe();
  } catch (error) {
    parts.client.destroy();
    const place = `${location.bucket} at ${location.endpoint ?? `AWS ${location.region}`}`;
    throw unavailable(error, `The object store cannot be used (bucket ${place})`);
  }
  return blobs;
}

class S3Blobs implements BlobStore {
  readonly isShared = true;
  readonly #parts: S3Parts;
  readonly place: BlobStore['place'];
  #isBatchKnown = true;

  constructor(parts: S3Parts) {
    this.#parts = parts;
    const { bucket, prefix } = parts.location;
    const name = `the bucket ${bucket} with the prefix "${prefix}"`;
    this.place = { name, markAt: `the object ${markKey(parts)}` };
  }

  async findMark(): Promise<PlaceMark | undefined> {
    return await this.#told(findMark(this.#parts), 'The mark of the bucket cannot be read');
  }

  async ensureMark(installation: string): Promise<PlaceMark> {
    const made = ensureMark(this.#parts, installation);
    return await this.#told(made, 'The bucket cannot be marked');
  }

  /** The bucket is there and the credentials may look into it: at a name no blob has. */
  async probe(): Promise<void> {
    await this.#listPage(undefined, `${this.#parts.location.prefix}probe/`);
  }

  async create(
    sizeHint: number | undefined,
    announce?: Announce,
    blobId = this.#newBlobId(),
  ): Promise<BlobWriter> {
    if (!isBlobId(blobId)) {
      throw new StoreUnavailable('failed', `"${blobId}" is no id of a blob.`);
    }
    const { memory, sizes } = this.#parts;
    const least = Math.ceil((sizeHint ?? 0) / partsMax / mebibyte) * mebibyte;
    const partBytes = Math.max(sizes.part, least);
    const reserved = Math.min(sizeHint ?? partBytes, partBytes);
    await memory.reserve(reserved);
    return new S3BlobWriter(this.#parts, blobId, { announce, partBytes, reserved });
  }

  async open(blobId: string, span?: BlobSpan): Promise<BlobReader | undefined> {
    if (!isBlobId(blobId)) return undefined;
    try {
      return await S3BlobReader.open(this.#parts, blobId, span);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw unavailable(error, 'The object cannot be read');
    }
  }

  async remove(blobIds: readonly string[]): Promise<void> {
    const ids = [...new Set(blobIds)].filter(isBlobId);
    try {
      for (let start = 0; start < ids.length; start += perRequestMax) {
        await this.#removeSome(ids.slice(start, start + perRequestMax));
      }
    } catch (error) {
      throw unavailable(error, 'An object could not be removed');
    }
  }

  async copy(blobId: string, announce?: Announce): Promise<string | undefined> {
    if (!isBlobId(blobId)) return undefined;
    const copyId = this.#newBlobId();
    try {
      const outcome = await copyBlob(this.#parts, { blobId, copyId, announce });
      return outcome === 'copied' ? copyId : undefined;
    } catch (error) {
      throw unavailable(error, 'The object could not be copied');
    }
  }

  async *list(): ReturnType<BlobStore['list']> {
    let token: string | undefined;
    do {
      const page = await this.#listPage(token, this.#parts.location.prefix).catch((error) => {
        throw unavailable(error, 'The objects cannot be listed');
      });
      yield (page.Contents ?? []).flatMap(({ Key, LastModified, Size }) => {
        const blobId = blobIdOf(this.#parts.location, Key);
        if (blobId === undefined || LastModified === undefined) return [];
        const ageMs = this.#parts.world.clock.now() - LastModified.getTime();
        return [{ blobId, ageMs, size: Size ?? 0 }];
      });
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      if (page.IsTruncated === true && token === undefined) {
        throw new StoreUnavailable('failed', 'The store cut a listing and named no next page.');
      }
    } while (token !== undefined);
  }

  async sweepUnfinished(): Promise<number> {
    let removed = 0;
    try {
      for await (const { Key, UploadId } of this.#oldUploads()) {
        const { sdk, client, requests, location } = this.#parts;
        const input = { Bucket: location.bucket, Key, UploadId };
        await requests
          .send((abortSignal) =>
            client.send(new sdk.AbortMultipartUploadCommand(input), { abortSignal }),
          )
          .catch((error) => {
            // Another node was faster.
            if (!isMissing(error)) throw error;
          });
        removed += 1;
      }
    } catch (error) {
      // A server that does not list uploads is one that has its own rule for old ones.
      if (!isUnsupported(error)) throw unavailable(error, 'Unfinished uploads cannot be removed');
    }
    return removed;
  }

  async *#oldUploads() {
    const { sdk, client, requests, location, world } = this.#parts;
    let next: { KeyMarker: string; UploadIdMarker: string } | undefined;
    do {
      const input = { Bucket: location.bucket, Prefix: location.prefix, ...next };
      const page = await requests.send((abortSignal) =>
        client.send(new sdk.ListMultipartUploadsCommand(input), { abortSignal }),
      );
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        if (blobIdOf(location, Key) === undefined || Initiated === undefined) continue;
        const isOld = world.clock.now() - Initiated.getTime() >= unfinishedMs;
        if (isOld) yield { Key, UploadId };
      }
      const { IsTruncated, NextKeyMarker: KeyMarker = '', NextUploadIdMarker = '' } = page;
      const isMore = IsTruncated === true && KeyMarker !== '';
      next = isMore ? { KeyMarker, UploadIdMarker: NextUploadIdMarker } : undefined;
    } while (next !== undefined);
  }

  #listPage(token: string | undefined, prefix: string) {
    const { sdk, client, requests, location } = this.#parts;
    const input = {
      Bucket: location.bucket,
      Prefix: prefix,
      MaxKeys: perRequestMax,
      ...(token === undefined ? {} : { ContinuationToken: token }),
    };
    return requests.send((abortSignal) =>
      client.send(new sdk.ListObjectsV2Command(input), { abortSignal }),
    );
  }

  async #removeSome(blobIds: readonly string[]): Promise<void> {
    if (blobIds.length > 1 && this.#isBatchKnown) {
      try {
        await this.#removeBatch(blobIds);
        return;
      } catch (error) {
        if (!isUnsupported(error)) throw error;
        this.#isBatchKnown = false;
      }
    }
    for (const blobId of blobIds) await this.#removeOne(blobId);
  }

  async #removeBatch(blobIds: readonly string[]): Promise<void> {
    const { sdk, client, requests, location } = this.#parts;
    const Objects = blobIds.map((blobId) => ({ Key: keyOf(location, blobId) }));
    const input = { Bucket: location.bucket, Delete: { Objects, Quiet: true } };
    const answer = await requests.send((abortSignal) =>
      client.send(deleteObjectsByMd5(sdk, input), { abortSignal }),
    );
    for (const { Key, Code } of answer.Errors ?? []) {
      const blobId = Code === 'NoSuchKey' ? undefined : blobIdOf(location, Key);
      // One by one its failure is told as every other, and tried again.
      if (blobId !== undefined) await this.#removeOne(blobId);
    }
  }

  async #removeOne(blobId: string): Promise<void> {
    const { sdk, client, requests, location } = this.#parts;
    const input = { Bucket: location.bucket, Key: keyOf(location, blobId) };
    try {
      await requests.send((abortSignal) =>
        client.send(new sdk.DeleteObjectCommand(input), { abortSignal }),
      );
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  async #told<Value>(work: Promise<Value>, doing: string): Promise<Value> {
    try {
      return await work;
    } catch (error) {
      throw unavailable(error, doing);
    }
  }

  #newBlobId(): string {
    return this.#parts.world.random.bytes(16).toString('hex');
  }
}
