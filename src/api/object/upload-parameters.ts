/** What the operations on one upload read from their requests alike. */
import { partNumberMax, type UploadPlace } from '../../buckets/index.ts';
import { type OssError, type RefinementName, refine } from '../../errors/index.ts';
import type { HttpRequest } from '../../http/index.ts';
import { bucketOf, queryValue } from '../context.ts';
import { invalidArgument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { encryptionHeaderNames } from './encryption.ts';
import { refuseVersion } from './request-options.ts';

/** The upload that the request names; whether there is one is for the room to say. */
export function uploadPlace(context: OperationContext): UploadPlace {
  const uploadId = queryValue(context.request, 'uploadId') ?? '';
  return { bucket: bucketOf(context), key: context.target.key, uploadId };
}

/** @throws OssError InvalidArgument when it is missing or not 1 to 10,000. */
export function readPartNumber(request: HttpRequest): number {
  const value = queryValue(request, 'partNumber');
  if (value === undefined) throw refusePart('partNumberMissing', '');
  const number = /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (number >= 1 && number <= partNumberMax) return number;
  throw refusePart('partNumberInvalid', value);
}

function refusePart(name: RefinementName, value: string): OssError {
  return refine(name, {
    message: `Part number must be an integer between 1 and ${partNumberMax}, inclusive.`,
    fields: { ArgumentName: 'PartNumber', ArgumentValue: value },
  });
}

/**
 * How the object will be encrypted is said when the upload begins, and with no part of it
 * (oss-object-api.md, Multipart).
 */
export function checkPartRequest(request: HttpRequest): void {
  refuseVersion(request);
  for (const name of encryptionHeaderNames) {
    const value = request.headers[name];
    if (value === undefined) continue;
    throw invalidArgument(name, value, `The header ${name} is not supported for a part.`);
  }
}
