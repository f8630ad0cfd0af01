import type { Caller } from '../auth/index.ts';
import type { Bucket, DeleteMarker, StoredObject } from '../buckets/index.ts';
import type { Level, Target } from '../hosts/index.ts';
import type { HttpRequest, HttpResponse } from '../http/index.ts';
import type { Rights } from './rights.ts';
import type { Services } from './services.ts';

export type { Level, Target } from '../hosts/index.ts';

/**
 * Requirement on one query parameter.
 * `flag`: it is there, whatever its value (`?acl` and `?acl=` are one thing). `given`: it has one.
 * `{ is }`: this very value. `{ not }`: absent, or another value. `absent`: not there at all.
 */
export type QueryRequirement =
  | 'flag'
  | 'given'
  | 'absent'
  | { readonly is: string }
  | { readonly not: string };

/**
 * Who may call, besides those whom policies allow. `anyone`: no right needed (preflight).
 * `account`: the caller's own account. `owner`: the account that owns the bucket. `object-read`,
 * `object-write`: by object and bucket ACL too (access-control.md 3).
 */
export type Access = 'anyone' | 'account' | 'owner' | 'object-read' | 'object-write';

export type Act = (context: OperationContext) => Promise<HttpResponse>;

/** One row of the table of operations. */
export interface Operation {
  /** As the public API reference names it. */
  readonly name: string;
  readonly on: Level;
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS';
  readonly query: Readonly<Record<string, QueryRequirement>>;
  /** Matches only with (true) or only without (false) the header x-oss-copy-source. */
  readonly copySource: boolean | undefined;
  readonly access: Access;
  /** RAM action of the reference. */
  readonly action: string;
  /** Largest configuration document read, in bytes; 0 for operations that read none. */
  readonly documentBytesMax: number;
  readonly act: Act;
  /** What a caller without a signature gets instead, as OSS serves the website root. */
  readonly anonymousAct: Act | undefined;
  /** The operation answers a missing bucket itself (PutBucket, PutBucketAcl make it). */
  readonly mayCreateBucket: boolean;
  /** Signatures in header and URL mean nothing: the operation reads who signed its form. */
  readonly isSignedInForm: boolean;
  /** The parameters `callback` and `callback-var` mean something (oss-semantics.md 7.5). */
  readonly takesCallback: boolean;
  /** False while the operation only answers NotImplemented or "no such configuration". */
  readonly isImplemented: boolean;
}

/**
 * What an operation tells of its own effect, for the access log of the bucket and for whoever may
 * repeat its answer. Without a word of it the log knows the object that the request found.
 */
export interface RequestNotes {
  objectSize?: number;
  storageClass?: string;
  /** Bytes that the bucket holds more than before; negative when there are fewer. */
  deltaBytes?: number;
  /** The object that the answer to a read is, if it is that and neither a link nor another one. */
  served?: { readonly key: string; readonly object: StoredObject };
  /** Who asked for what, where only the operation could tell. */
  key?: string;
  caller?: Caller;
}

/** Everything an operation may use. Built by the pipeline once the caller is known and allowed. */
export interface OperationContext {
  readonly request: HttpRequest;
  readonly target: Target;
  readonly operation: Operation;
  readonly caller: Caller;
  /** The bucket's row; undefined at service level, and where the operation may create it. */
  readonly bucket: Bucket | undefined;
  /** At object level, the row the access decision was made on; undefined when there is none. */
  readonly object: StoredObject | undefined;
  /** What the caller may do besides what the row says. */
  readonly rights: Rights;
  /** The delete marker that the request names by its version. */
  readonly marker: DeleteMarker | undefined;
  /** Filled by the operation as it goes. */
  readonly notes: RequestNotes;
  readonly services: Services;
}
