/**
 * GetCnameToken: the live token of a domain and this bucket. Never made, expired and spent by
 * PutCname have one answer, CnameTokenNotFound.
 *
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getcnametoken
 */
import type { HttpResponse } from '../../http/index.ts';
import { invalidArgument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { answerDocument, bucketOf, checkNoBody, renderToken } from './exchange.ts';

export async function getCnameToken(context: OperationContext): Promise<HttpResponse> {
  await checkNoBody(context);
  const bucket = bucketOf(context);
  const token = await context.services.cnames.findToken(bucket, parseDomainText(context));
  return answerDocument(renderToken(bucket, token));
}

/** The domain is the value of the sub-resource `cname` itself (custom-domain.md 1). */
function parseDomainText({ request }: OperationContext): string {
  const text = request.query.find((parameter) => parameter.name === 'cname')?.value ?? '';
  if (text !== '') return text;
  throw invalidArgument(
    'cname',
    '',
    'The parameter cname must carry the domain whose token is asked for.',
  );
}
