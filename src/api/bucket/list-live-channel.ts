/**
 * ListLiveChannel: `GET /?live`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/listlivechannel
 *
 * There are no live channels on this server; the Python SDK's tear-down asks all the same
 * (oss-protocol.md 5).
 */
import type { HttpResponse } from '../../http/index.ts';
import { element } from '../../xml/index.ts';
import { xmlAnswer } from '../answers.ts';
import type { OperationContext } from '../types.ts';
import { readListText, readMaximum } from './list-parameters.ts';

const maxKeysByDefault = 100;

export async function listLiveChannel({ request }: OperationContext): Promise<HttpResponse> {
  return xmlAnswer(
    element(
      'ListLiveChannelResult',
      element('Prefix', readListText(request, 'prefix')),
      element('Marker', readListText(request, 'marker')),
      element('MaxKeys', String(readMaximum(request, 'max-keys', maxKeysByDefault))),
      element('IsTruncated', 'false'),
      element('NextMarker', ''),
    ),
  );
}
