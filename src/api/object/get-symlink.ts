/**
 * GetSymlink: `GET /key?symlink`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getsymlink
 *
 * The link itself: where it leads, and its metadata. Each version may lead elsewhere.
 */
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer, encodePath, formatHttpDate } from '../answers.ts';
import type { OperationContext } from '../types.ts';
import { storedHeaders } from './read-answer.ts';
import { objectAsked, versionHeader } from './version-id.ts';

export async function getSymlink(context: OperationContext): Promise<HttpResponse> {
  const link = await objectAsked(context);
  const { linkTarget } = link.extras;
  if (linkTarget === undefined) {
    throw new OssError('InvalidTargetType', { message: 'The object is not a symbolic link.' });
  }
  return emptyAnswer(200, {
    ...storedHeaders(link),
    ETag: `"${link.etag}"`,
    'Last-Modified': formatHttpDate(link.modifiedAt),
    'x-oss-symlink-target': encodePath(linkTarget),
    ...versionHeader(context, link.versionId),
  });
}
