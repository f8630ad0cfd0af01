/**
 * DescribeRegions: `GET /?regions` or `?regions=oss-cn-hangzhou` on the endpoint
 * https://www.alibabacloud.com/help/en/oss/developer-reference/describeregions
 *
 * There is one region here, reached through one endpoint.
 */
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { element } from '../../xml/index.ts';
import { xmlAnswer } from '../answers.ts';
import { queryValue } from '../context.ts';
import type { OperationContext } from '../types.ts';

export async function describeRegions(context: OperationContext): Promise<HttpResponse> {
  const { publicEndpoint, region } = context.services.settings;
  const name = `oss-${region}`;
  const asked = queryValue(context.request, 'regions') ?? '';
  if (asked !== '' && asked !== name) throw new OssError('NoSuchRegion');
  return xmlAnswer(
    element(
      'RegionInfoList',
      element(
        'RegionInfo',
        element('Region', name),
        element('InternetEndpoint', publicEndpoint),
        element('InternalEndpoint', publicEndpoint),
        element('AccelerateEndpoint', publicEndpoint),
      ),
    ),
  );
}
