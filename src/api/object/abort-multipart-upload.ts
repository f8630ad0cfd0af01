/**
 * AbortMultipartUpload: `DELETE /key?uploadId=id`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/abortmultipartupload
 *
 * The parts are gone, also one that is on its way: it finds no upload when it arrives.
 */
import { OssError, refine } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer } from '../answers.ts';
import type { OperationContext } from '../types.ts';
import { uploadPlace } from './upload-parameters.ts';

export async function abortMultipartUpload(context: OperationContext): Promise<HttpResponse> {
  await context.services.uploads.abort(uploadPlace(context)).catch((problem: unknown) => {
    if (!(problem instanceof OssError) || problem.code !== 'NoSuchUpload') throw problem;
    throw refine('noUploadToAbort', { fields: problem.fields });
  });
  return emptyAnswer(204);
}
