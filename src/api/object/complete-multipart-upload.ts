/**
 * CompleteMultipartUpload: `POST /key?uploadId=id`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/completemultipartupload
 *
 * The object is made of the parts that the document names, or, with `x-oss-complete-all: yes`, of
 * all. Once the document was read the client may go: the upload is completed without it.
 */
import type { CompleteUpload, NamedPart } from '../../buckets/index.ts';
import { OssError, refine } from '../../errors/index.ts';
import type { HttpRequest, HttpResponse } from '../../http/index.ts';
import { element, type XmlElement } from '../../xml/index.ts';
import { xmlAnswer } from '../answers.ts';
import { encodingElement, keyElements, readEncoding } from '../bucket/list-parameters.ts';
import { bucketOf } from '../context.ts';
import { childText, invalidArgument, malformedXml, parseDocument, readBody } from '../document.ts';
import { noteStored } from '../request-notes.ts';
import type { OperationContext, Target } from '../types.ts';
import { encryptionHeaders } from './encryption.ts';
import { checkWriteRequest } from './request-options.ts';
import { answerUpload, callbackHeaders, readCallback } from './upload-callback.ts';
import { uploadPlace } from './upload-parameters.ts';
import { versionHeader } from './version-id.ts';
import { readWriteGuards } from './write-guards.ts';

/** DESIGN ruling 17. */
const partsMax = 10_000;
/** The root, and Part, PartNumber, ETag of each; some more that are ignored. */
const elementsMax = 1 + partsMax * 6;

export async function completeMultipartUpload(context: OperationContext): Promise<HttpResponse> {
  const { request, services, target } = context;
  checkWriteRequest(request, callbackHeaders);
  const encoding = readEncoding(request);
  const guards = await readWriteGuards(context);
  const callback = await readCallback(context);
  const parts = await readParts(context);
  const { object, versionId } = await services.uploads.complete({
    ...uploadPlace(context),
    parts,
    ...guards,
  });
  noteStored(context, object);
  const etag = `"${object.etag}"`;
  const answer = xmlAnswer(
    element(
      'CompleteMultipartUploadResult',
      encodingElement(encoding),
      element('Location', locationOf(request, target)),
      element('Bucket', bucketOf(context).name),
      keyElements(encoding)('Key', target.key),
      element('ETag', etag),
    ),
    {
      ETag: etag,
      'x-oss-hash-crc64ecma': object.crc64,
      ...(object.contentMd5 === undefined ? {} : { 'Content-MD5': object.contentMd5 }),
      ...versionHeader(context, versionId),
      ...encryptionHeaders(object),
    },
  );
  return await answerUpload(context, callback, object, answer);
}

/** Under the host that the client used, and the key as it is (oss-semantics.md 7.1). */
function locationOf({ host, isSecure }: HttpRequest, { addressing, bucket, key }: Target): string {
  const scheme = isSecure ? 'https' : 'http';
  const path = addressing === 'path' ? `${bucket}/${key}` : key;
  return `${scheme}://${host}/${path}`;
}

async function readParts(context: OperationContext): Promise<CompleteUpload['parts']> {
  const name = 'x-oss-complete-all';
  const all = context.request.headers[name];
  const body = await readBody(context);
  if (all === undefined) return await parseParts(context, body);
  if (all.toLowerCase() !== 'yes') {
    throw invalidArgument(name, all, `The header ${name} can only be yes.`);
  }
  if (body.length === 0) return 'all';
  throw refine('completeAllWithBody', {
    // The service's own spelling, which clients compare (oss-object-api.md, Multipart).
    message: 'Should not speficy both complete all header and http body.',
    fields: { ArgumentName: name, ArgumentValue: all },
  });
}

/** @throws OssError MalformedXML with this operation's own second-level code. */
async function parseParts(context: OperationContext, body: Buffer): Promise<NamedPart[]> {
  try {
    const root = await parseDocument(context, body, 'CompleteMultipartUpload', { elementsMax });
    if (root === undefined) throw malformedXml('the document is empty');
    const parts = root.childrenNamed('Part');
    if (parts.length > partsMax)
      throw malformedXml(`there are more than ${partsMax} Part elements`);
    return parts.map(parsePart);
  } catch (problem) {
    if (!(problem instanceof OssError) || problem.code !== 'MalformedXML') throw problem;
    throw refine('malformedComplete', { fields: problem.fields });
  }
}

/** An ETag that is missing matches none. */
function parsePart(part: XmlElement): NamedPart {
  const number = childText(part, 'PartNumber') ?? '';
  if (!/^\d{1,9}$/.test(number)) throw malformedXml('a Part has no PartNumber');
  return { number: Number(number), etag: childText(part, 'ETag') ?? '' };
}
