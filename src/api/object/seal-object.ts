/**
 * SealAppendObject: `POST /key?seal&position=N`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/sealappendobject
 *
 * Not supported, in the words of the service where it does not support it either
 * (oss-semantics.md 7.2).
 */
import { refine } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';

export async function sealObject(): Promise<HttpResponse> {
  throw refine('sealUnsupported', { message: 'SealAppendable is not supported.' });
}
