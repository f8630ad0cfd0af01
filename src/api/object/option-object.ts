/**
 * OptionObject: the browser's preflight question.
 * https://www.alibabacloud.com/help/en/oss/developer-reference/options
 *
 * Needs no signature, and the object need not exist; whatever the query says belongs to the request
 * that is asked about (oss-semantics.md 3).
 */
import { matchCorsRule } from '../../buckets/index.ts';
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import { crossOriginHeaders } from '../cross-origin.ts';
import type { OperationContext } from '../types.ts';

/** Spelled as the service spells it (oss-protocol.md 3). */
const notAllowed =
  'CORSResponse: This CORS request is not allowed. This is usually because the evalution of ' +
  'Origin, request method / Access-Control-Request-Method or Access-Control-Requet-Headers are ' +
  "not whitelisted by the resource's CORS spec.";

export async function optionObject(context: OperationContext): Promise<HttpResponse> {
  const { headers } = context.request;
  const { origin } = headers;
  if (!origin) {
    throw new OssError('BadRequest', {
      message: 'Insufficient information. Origin request header needed.',
    });
  }
  const method = headers['access-control-request-method'];
  if (!method) {
    throw new OssError('BadRequest', {
      message: 'Insufficient information. Request Access-Control-Request-Method header needed.',
    });
  }
  const document = await context.services.documents.find(bucketOf(context), 'cors');
  if (document === undefined) throw new OssError('AccessForbidden');
  const asked = headers['access-control-request-headers'] ?? '';
  const names = asked.split(',').flatMap((name) => name.trim() || []);
  const match = matchCorsRule(document, { origin, method, headers: names });
  if (match === undefined) throw new OssError('AccessForbidden', { message: notAllowed });
  return emptyAnswer(200, {
    ...crossOriginHeaders(match, method),
    ...(names.length === 0 ? {} : { 'Access-Control-Allow-Headers': names.join(', ') }),
  });
}
