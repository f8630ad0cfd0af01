/**
 * CreateCnameToken: the token whose TXT record proves a domain for this bucket. Asking again within
 * its life answers the same token and the same expiry; a domain that is mapped to the bucket needs
 * none (NoNeedCreateCnameToken).
 *
 * https://www.alibabacloud.com/help/en/oss/developer-reference/createcnametoken
 */
import type { HttpResponse } from '../../http/index.ts';
import type { OperationContext } from '../types.ts';
import {
  actorOf,
  answerDocument,
  bucketOf,
  readCname,
  readDomainText,
  renderToken,
} from './exchange.ts';

export async function createCnameToken(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const domainText = readDomainText(await readCname(context));
  const { cnames } = context.services;
  const token = await cnames.issueToken(bucket, domainText, actorOf(context));
  return answerDocument(renderToken(bucket, token));
}
