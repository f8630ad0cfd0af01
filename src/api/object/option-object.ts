/**
 * OptionObject: the browser's preflight question.
 * https://www.alibabacloud.com/help/en/oss/developer-reference/options
 *
 * No bucket can have CORS rules before PutBucketCors exists, and this is what OSS answers for a
 * bucket without any (oss-semantics.md 3). Needs no signature, and the object need not exist.
 */
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import type { OperationContext } from '../types.ts';

export async function optionObject({ request }: OperationContext): Promise<HttpResponse> {
  if (!request.headers.origin) {
    throw new OssError('BadRequest', {
      message: 'Insufficient information. Origin request header needed.',
    });
  }
  if (!request.headers['access-control-request-method']) {
    throw new OssError('BadRequest', {
      message: 'Insufficient information. Request Access-Control-Request-Method header needed.',
    });
  }
  throw new OssError('AccessForbidden');
}
