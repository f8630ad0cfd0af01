/**
 * DeleteCname: the domain is not mapped to this bucket afterwards, and its certificate not bound.
 * Idempotent, and the same answer for a domain that is somebody else's, which stays untouched. The
 * stored certificate stays.
 *
 * https://help.aliyun.com/en/oss/developer-reference/deletecname
 */
import type { HttpResponse } from '../../http/index.ts';
import { invalidArgument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { actorOf, answerNothing, bucketOf, readCname, readDomainText } from './exchange.ts';

export async function deleteCname(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const domainText = readDomainText(await readCname(context));
  checkWildcard(context);
  await context.services.cnames.unmapDomain(bucket, domainText, actorOf(context));
  return answerNothing();
}

/** Only wildcard mappings have it true, and there are none here (custom-domain.md 4.2). */
function checkWildcard({ request }: OperationContext): void {
  const value = request.query.find((parameter) => parameter.name === 'wildcard')?.value;
  if (value === undefined || value.toLowerCase() === 'false') return;
  throw invalidArgument(
    'wildcard',
    value,
    'Wildcard domains are not available on this server: wildcard must be false or absent.',
  );
}
