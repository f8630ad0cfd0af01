/** What a failed request says: come again, not there, no room, or not to be had. */
import { StoreUnavailable } from '../ports/engine.ts';

interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Codes that a later attempt may well not get, whatever their status. */
const transientCodes = new Set([
  'BadDigest',
  'IncompleteBody',
  'InternalError',
  'OperationAborted',
  'RequestTimeTooSkewed',
  'RequestTimeout',
  'RequestTimeoutException',
  'ServiceUnavailable',
  'SlowDown',
  'SlowDownRead',
  'SlowDownWrite',
  'Throttling',
  'ThrottlingException',
  'TooManyRequests',
]);

/** No room left: MinIO, Ceph, and the generic status. */
const fullCodes = new Set([
  'EntityTooLargeForQuota',
  'InsufficientStorage',
  'QuotaExceeded',
  'QuotaExceededException',
  'XMinioAdminBucketQuotaExceeded',
  'XMinioStorageFull',
]);

const notImplemented = 501;
const insufficientStorage = 507;

export function statusOf(error: unknown): number | undefined {
  return (error as SdkError | undefined)?.$metadata?.httpStatusCode;
}

function nameOf(error: unknown): string {
  return (error as SdkError | undefined)?.name ?? '';
}

/** Whether the same request may succeed a moment later. Every request here can be repeated. */
export function isTransient(error: unknown): boolean {
  if (error instanceof StoreUnavailable || isFull(error)) return false;
  if (transientCodes.has(nameOf(error))) return true;
  const status = statusOf(error);
  // No answer, or one that was cut off while it was read; but without credentials none is sent.
  if (status === undefined || status < 300) return !/Credential/.test(nameOf(error));
  return status === 429 || status === 408 || (status >= 500 && status !== notImplemented);
}

/** The object is not there. A missing bucket is another matter: that is a broken installation. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket';
}

/** The server does not know this operation. */
export function isUnsupported(error: unknown): boolean {
  const status = statusOf(error);
  return status === notImplemented || status === 405 || nameOf(error) === 'NotImplemented';
}

function isFull(error: unknown): boolean {
  return statusOf(error) === insufficientStorage || fullCodes.has(nameOf(error));
}

/** Says what was attempted and what came back; never holds a key or a signature. */
export function unavailable(error: unknown, doing: string): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error;
  const status = statusOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const said = [status, nameOf(error), message].filter((part) => part !== undefined && part !== '');
  const reason = isFull(error) ? 'full' : 'failed';
  return new StoreUnavailable(reason, `${doing}: ${said.join(' ')}`, { cause: error });
}

/** The bytes that came back are not the bytes that were sent; to be sent again. */
export class WrongBytes extends Error {
  override readonly name = 'BadDigest';
}
