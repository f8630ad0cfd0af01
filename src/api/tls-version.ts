/**
 * Requests over a connection of a TLS version that the bucket does not allow: those of the shared
 * endpoint, whose handshake is over before anybody knows the bucket, and any connection that was
 * open before the document was put (custom-domain.md 9).
 */
import { type Bucket, isTlsVersionAllowed } from '../buckets/index.ts';
import { OssError } from '../errors/index.ts';
import type { HttpRequest } from '../http/index.ts';
import type { Services } from './services.ts';
import type { Operation } from './types.ts';

/** Whoever has shut himself out must be able to open again. */
const exempt: readonly string[] = ['PutBucketHttpsConfig', 'GetBucketHttpsConfig'];

/** @throws OssError AccessDenied. Costs nothing for a bucket without a document. */
export async function checkTlsVersion(
  request: HttpRequest,
  operation: Operation,
  bucket: Bucket,
  services: Pick<Services, 'documents'>,
): Promise<void> {
  const version = request.tlsVersion;
  if (version === undefined || !bucket.documents.includes('https')) return;
  if (exempt.includes(operation.name)) return;
  const document = await services.documents.find(bucket, 'https');
  if (document === undefined || isTlsVersionAllowed(document, version)) return;
  throw new OssError('AccessDenied', {
    message: `The bucket does not allow requests over ${version}.`,
    fields: { BucketName: bucket.name },
  });
}
