/**
 * ListObjectsV2: `GET /?list-type=2`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/listobjectsv2
 *
 * As ListObjects, with opaque tokens for markers, a count, and owners only when asked for.
 */
import type { HttpRequest, HttpResponse } from '../../http/index.ts';
import { element } from '../../xml/index.ts';
import { xmlAnswer } from '../answers.ts';
import { bucketOf, queryValue } from '../context.ts';
import { invalidArgument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { formatContinuationToken, parseContinuationToken } from './continuation-token.ts';
import {
  encodingElement,
  keyElements,
  readEncoding,
  readListText,
  readMaximum,
} from './list-parameters.ts';
import { commonPrefixElements, contentsElements, lastEntry } from './listing.ts';

/** oss-bucket-api.md ListObjects. */
const maxKeysByDefault = 100;

export async function listObjectsV2(context: OperationContext): Promise<HttpResponse> {
  const { request, services } = context;
  const bucket = bucketOf(context);
  const encoding = readEncoding(request);
  const prefix = readListText(request, 'prefix');
  const delimiter = readListText(request, 'delimiter');
  const startAfter = readListText(request, 'start-after');
  const limit = readMaximum(request, 'max-keys', maxKeysByDefault);
  const token = queryValue(request, 'continuation-token') || undefined;
  const after = token === undefined ? startAfter : readToken(token);
  const query = { prefix, delimiter, after, limit };
  const listing = await services.objects.listObjects(bucket, query);
  const keyElement = keyElements(encoding);
  const next = listing.isTruncated ? formatContinuationToken(lastEntry(listing)) : undefined;
  return xmlAnswer(
    element(
      'ListBucketResult',
      element('Name', bucket.name),
      keyElement('Prefix', prefix),
      startAfter === '' ? undefined : keyElement('StartAfter', startAfter),
      token === undefined ? undefined : element('ContinuationToken', token),
      element('MaxKeys', String(limit)),
      keyElement('Delimiter', delimiter),
      encodingElement(encoding),
      element('IsTruncated', String(listing.isTruncated)),
      next === undefined ? undefined : element('NextContinuationToken', next),
      ...contentsElements(listing, bucket, {
        encoding,
        now: services.world.clock.now(),
        isOwnerShown: isOwnerAsked(request),
      }),
      ...commonPrefixElements(listing, encoding),
      element('KeyCount', String(listing.entries.length)),
    ),
  );
}

function readToken(token: string): string {
  const entry = parseContinuationToken(token);
  if (entry !== undefined) return entry;
  throw invalidArgument(
    'continuation-token',
    token,
    'The continuation token provided is incorrect.',
  );
}

function isOwnerAsked(request: HttpRequest): boolean {
  return queryValue(request, 'fetch-owner')?.toLowerCase() === 'true';
}
