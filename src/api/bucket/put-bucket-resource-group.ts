/**
 * PutBucketResourceGroup: `PUT /?resourceGroup`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketresourcegroup
 *
 * There is one group, in which every bucket is.
 */
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import { optionalText } from '../configuration/reading.ts';
import { readDocument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { resourceGroup } from './resource-group.ts';

export async function putBucketResourceGroup(context: OperationContext): Promise<HttpResponse> {
  const root = await readDocument(context, 'BucketResourceGroupConfiguration');
  const group = optionalText(root, 'ResourceGroupId') ?? resourceGroup;
  if (group !== resourceGroup) throw new OssError('ResourceGroupIdPreCheckError');
  return emptyAnswer(200);
}
