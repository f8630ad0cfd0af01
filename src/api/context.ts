/** What operations read from their context again and again. */
import type { Caller } from '../auth/index.ts';
import type { AuditActor, Bucket } from '../buckets/index.ts';
import { OssError } from '../errors/index.ts';
import type { HttpRequest } from '../http/index.ts';
import type { OperationContext } from './types.ts';

/** The bucket of an operation that only runs when there is one. */
export function bucketOf(context: OperationContext): Bucket {
  const { bucket, target } = context;
  if (bucket !== undefined) return bucket;
  throw new OssError('NoSuchBucket', { fields: { BucketName: target.bucket } });
}

/** The own id of whoever signed, as rules and logs name them; `undefined`: nobody did. */
export function callerId(caller: Caller): string | undefined {
  switch (caller.kind) {
    case 'anonymous':
      return undefined;
    case 'account':
      return caller.accountId;
    case 'user':
      return caller.userId;
    case 'session':
      return caller.roleId;
  }
}

/** Who does this, for the audit record. Only for operations that need a signature. */
export function actorOf({ caller, request }: OperationContext): AuditActor {
  if (caller.kind === 'anonymous') {
    throw new OssError('AccessDenied', {
      message: 'Anonymous access is forbidden for this operation.',
    });
  }
  return {
    accountId: caller.accountId,
    accessKeyId: caller.accessKeyId,
    remoteAddress: request.remoteAddress,
    requestId: request.requestId,
  };
}

/** The first value of a query parameter (DESIGN ruling 22); `undefined` when it is not there. */
export function queryValue(request: HttpRequest, name: string): string | undefined {
  return request.query.find((parameter) => parameter.name === name)?.value;
}
