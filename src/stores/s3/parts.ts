/** What everything of this folder works with. */
import type { S3Client } from '@aws-sdk/client-s3';
import type { World } from '../../world/index.ts';
import type { Sdk } from './client.ts';
import { keyOf, type S3Location } from './location.ts';
import type { S3Requests } from './requests.ts';
import type { UploadMemory } from './upload-memory.ts';

export interface S3Parts {
  readonly sdk: Sdk;
  readonly client: S3Client;
  readonly location: S3Location;
  readonly requests: S3Requests;
  readonly memory: UploadMemory;
  readonly world: World;
  readonly sizes: S3Sizes;
}

export interface S3Sizes {
  /** Bytes of a part, but of the last: at least 5 MiB by the S3 API. */
  readonly part: number;
  /** Up to here one request copies; beyond, parts of this size are copied. */
  readonly copy: number;
}

/** Bucket and key of a blob, as every request wants them. */
export function at({ location }: S3Parts, blobId: string): { Bucket: string; Key: string } {
  return { Bucket: location.bucket, Key: keyOf(location, blobId) };
}

/** An entity tag as compared: servers differ in the quotes. */
export function bareTag(tag: string | undefined): string {
  return (tag ?? '').replaceAll('"', '');
}
