import { OssError } from '../errors/index.ts';

/** oss-protocol.md 1.1: 3 to 63 of a-z, 0-9 and hyphen, a letter or digit at both ends. */
const bucketName = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/** Longest key, in UTF-8 bytes (oss-protocol.md 1.1). */
export const keyBytesMax = 1023;

export function isBucketName(name: string): boolean {
  return bucketName.test(name);
}

/** @throws OssError InvalidBucketName. */
export function checkBucketName(name: string): void {
  if (!isBucketName(name))
    throw new OssError('InvalidBucketName', { fields: { BucketName: name } });
}

/**
 * A key is any Unicode text of 1 to 1,023 UTF-8 bytes that does not begin with a slash or a
 * backslash. Nothing in it is resolved: `a/../b`, `a//b` and NUL are characters like others, and no
 * key ever becomes part of a path (security.md 7.5).
 * @throws OssError InvalidObjectName.
 */
export function checkObjectKey(key: string): void {
  if (key === '') {
    throw new OssError('InvalidObjectName', { message: 'The Object name can not be empty.' });
  }
  if (Buffer.byteLength(key, 'utf8') > keyBytesMax) {
    throw new OssError('InvalidObjectName', {
      message: 'The Length of Object name must be less than 1024.',
    });
  }
  // A lone surrogate has no UTF-8 form: two such keys would be stored as one.
  if (key.startsWith('/') || key.startsWith('\\') || !key.isWellFormed()) {
    throw new OssError('InvalidObjectName');
  }
}
