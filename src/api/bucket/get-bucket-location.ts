/**
 * GetBucketLocation: `GET /?location`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketlocation
 */
import type { HttpResponse } from '../../http/index.ts';
import { element } from '../../xml/index.ts';
import { xmlAnswer } from '../answers.ts';
import type { OperationContext } from '../types.ts';

export async function getBucketLocation({ services }: OperationContext): Promise<HttpResponse> {
  return xmlAnswer(element('LocationConstraint', `oss-${services.settings.region}`));
}
