/**
 * UploadPartCopy: UploadPart with `x-oss-copy-source`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/uploadpartcopy
 *
 * The part is an object's content, or the bytes of it that `x-oss-copy-source-range` names; a range
 * that cannot be read means all of it, as in GetObject.
 */
import { type BlobSpan, resolveRange } from '../../buckets/index.ts';
import { OssError, refine } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { element } from '../../xml/index.ts';
import { formatXmlDate, xmlAnswer } from '../answers.ts';
import type { OperationContext } from '../types.ts';
import { openCopySource, sourceVersionHeader } from './copy-admission.ts';
import { readTrafficLimit } from './pace.ts';
import { checkPartRequest, readPartNumber, uploadPlace } from './upload-parameters.ts';

export async function uploadPartCopy(context: OperationContext): Promise<HttpResponse> {
  const { request, services } = context;
  const number = readPartNumber(request);
  checkPartRequest(request);
  readTrafficLimit(request);
  const { source, admit, admitLink } = await openCopySource(context);
  const header = request.headers['x-oss-copy-source-range'];
  const copied = await services.uploads
    .copyPart({
      ...uploadPlace(context),
      number,
      source,
      admit,
      admitLink,
      choose: (size) => chooseBytes(header, size),
    })
    .catch((problem: unknown) => {
      throw asNoUploadToCopyInto(problem);
    });
  const { part } = copied;
  const etag = `"${part.etag}"`;
  return xmlAnswer(
    element(
      'CopyPartResult',
      element('LastModified', formatXmlDate(part.modifiedAt)),
      element('ETag', etag),
    ),
    // ali-oss reads the header, the others the document.
    { ETag: etag, ...sourceVersionHeader(source.bucket, copied.source) },
  );
}

function chooseBytes(header: string | undefined, size: number): BlobSpan {
  const range = resolveRange(header, size, 'lenient');
  return range.kind === 'part' ? range : { start: 0, length: size };
}

function asNoUploadToCopyInto(problem: unknown): unknown {
  if (!(problem instanceof OssError) || problem.code !== 'NoSuchUpload') return problem;
  return refine('noUploadToCopyInto', { fields: problem.fields });
}
