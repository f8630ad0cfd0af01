/**
 * GetBucketVersioning: `GET /?versioning`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketversioning
 *
 * Without `Status` for a bucket that never had versions.
 */
import type { HttpResponse } from '../../http/index.ts';
import { element } from '../../xml/index.ts';
import { xmlAnswer } from '../answers.ts';
import { optionalElement } from '../configuration/reading.ts';
import { bucketOf } from '../context.ts';
import type { OperationContext } from '../types.ts';

export async function getBucketVersioning(context: OperationContext): Promise<HttpResponse> {
  const { versioning } = bucketOf(context);
  return xmlAnswer(element('VersioningConfiguration', optionalElement('Status', versioning)));
}
