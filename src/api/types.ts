import type { Caller } from '../auth/index.ts';
import type { Bucket, StoredObject } from '../buckets/index.ts';
import type { MappedDomain } from '../cname/index.ts';
import type { HttpRequest, HttpResponse } from '../http/index.ts';
import type { Services } from './services.ts';

/** What the request is about: the level decides which rows of the table can match. */
export type Level = 'service' | 'bucket' | 'object';

/** Where a request points, after host and path were read. */
export interface Target {
  readonly level: Level;
  /** Empty at service level. */
  readonly bucket: string;
  /** Decoded; empty unless level is `object`. */
  readonly key: string;
  readonly addressing: 'service' | 'virtual-host' | 'path' | 'mapped-domain';
  /** Set when the host is a mapped domain: the row it was found in. */
  readonly mapping: MappedDomain | undefined;
}

/** Requirement on one query parameter: this very value, any non-empty one, or not there at all. */
export type SubResource = string | { readonly any: true } | { readonly absent: true };

/**
 * Who may call. `owner`: the account that owns the bucket. `account`: any signed caller.
 * `object-read` / `object-write`: by object and bucket ACL (oss-protocol.md 4).
 */
export type Access = 'account' | 'owner' | 'object-read' | 'object-write';

export interface Operation {
  /** As the public API reference names it. */
  readonly name: string;
  readonly on: Level;
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS';
  readonly query: Readonly<Record<string, SubResource>>;
  /** Matches only with (true) or without (false) the header x-oss-copy-source. */
  readonly copySource?: boolean;
  readonly access: Access;
  /** RAM action of the reference. */
  readonly action: string;
  /** Whether a missing bucket is answered by the operation itself (PutBucket, PutBucketAcl). */
  readonly mayCreateBucket?: boolean;
  /** Largest configuration document, bytes; 0 for operations that read none. */
  readonly documentBytesMax: number;
  readonly act: (context: OperationContext) => Promise<HttpResponse>;
}

/** Everything an operation may use. Built by the pipeline once the caller is known and allowed. */
export interface OperationContext {
  readonly request: HttpRequest;
  readonly target: Target;
  readonly caller: Caller;
  /** The bucket's row; only operations with `mayCreateBucket` and service level see undefined. */
  readonly bucket: Bucket | undefined;
  /** At object level, the row the access decision was made on; undefined when there is none. */
  readonly object: StoredObject | undefined;
  readonly services: Services;
}
