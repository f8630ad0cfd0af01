/**
 * GetBucketResourceGroup: `GET /?resourceGroup`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketresourcegroup
 */
import type { HttpResponse } from '../../http/index.ts';
import { element } from '../../xml/index.ts';
import { xmlAnswer } from '../answers.ts';
import { resourceGroup } from './resource-group.ts';

export async function getBucketResourceGroup(): Promise<HttpResponse> {
  return xmlAnswer(
    element('BucketResourceGroupConfiguration', element('ResourceGroupId', resourceGroup)),
  );
}
