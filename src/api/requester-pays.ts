/**
 * Buckets whose requests the requester pays for (oss-semantics.md 8, Request payment): nobody pays
 * here, but whoever is not the owner must have said that they would.
 */
import type { Bucket } from '../buckets/index.ts';
import { refine } from '../errors/index.ts';
import type { HttpResponse } from '../http/index.ts';
import { queryValue } from './context.ts';
import type { OperationContext } from './types.ts';

const headerName = 'x-oss-request-payer';

type Asking = Pick<OperationContext, 'request' | 'operation' | 'caller' | 'services'>;

/**
 * Whether the answer must say that the requester was charged. Preflights cannot carry the header,
 * a form says who sends it only in its body, and PutBucket of a name that is taken asks nothing of
 * its owner.
 * @throws OssError AccessDenied for whoever has not agreed, and for everybody without a signature.
 */
export async function isRequesterCharged(
  { request, operation, caller, services }: Asking,
  bucket: Bucket | undefined,
): Promise<boolean> {
  if (bucket === undefined || request.method === 'OPTIONS') return false;
  if (caller.kind !== 'anonymous' && caller.accountId === bucket.accountId) return false;
  if (operation.access === 'account' || operation.name === 'PostObject') return false;
  const payment = await services.documents.find(bucket, 'payment');
  if (payment?.payer !== 'Requester') return false;
  const agreed = request.headers[headerName] ?? queryValue(request, headerName);
  if (caller.kind !== 'anonymous' && agreed?.toLowerCase() === 'requester') return true;
  throw refine('requesterPays', {
    message: 'Access denied for requester pay bucket',
    fields: { BucketName: bucket.name },
  });
}

/** The answer of an operation that the requester was charged for. */
export function noteCharge(answer: HttpResponse, isCharged: boolean): HttpResponse {
  if (!isCharged) return answer;
  return { ...answer, headers: { ...answer.headers, 'x-oss-request-charged': 'requester' } };
}
