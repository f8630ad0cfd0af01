/**
 * UploadPart: `PUT /key?partNumber=1&uploadId=id`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/uploadpart
 *
 * A part of the same number is replaced. How small a part may be is judged when all are there.
 */
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import type { OperationContext } from '../types.ts';
import { pacedBody } from './pace.ts';
import { checkLengthGiven, readExpectedContent } from './request-options.ts';
import { checkPartRequest, readPartNumber, uploadPlace } from './upload-parameters.ts';

export async function uploadPart(context: OperationContext): Promise<HttpResponse> {
  const { request, services } = context;
  const number = readPartNumber(request);
  checkPartRequest(request);
  checkLengthGiven(request);
  const part = await services.uploads.putPart({
    ...uploadPlace(context),
    number,
    content: pacedBody(context),
    expected: readExpectedContent(request),
  });
  return emptyAnswer(200, {
    ETag: `"${part.etag}"`,
    'x-oss-hash-crc64ecma': part.crc64,
    'Content-MD5': Buffer.from(part.etag, 'hex').toString('base64'),
  });
}
