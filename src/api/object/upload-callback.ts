/**
 * Callbacks of PutObject, PostObject and CompleteMultipartUpload (oss-semantics.md 7.5): read and
 * checked before anything is stored, called once the object stands. Whatever comes of the call, the
 * object stays.
 */
import type { StoredObject } from '../../buckets/index.ts';
import {
  type CallbackRequest,
  parseCallback,
  parseVariables,
  usesImageInfo,
} from '../../callbacks/index.ts';
import { OssError, refine } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { findImageInfo } from '../../images/index.ts';
import { callbackKeyUrl } from '../callback-key.ts';
import { bucketOf, queryValue } from '../context.ts';
import { invalidArgument } from '../document.ts';
import type { OperationContext } from '../types.ts';

/** For operations that refuse what they do not honour. */
export const callbackHeaders = ['x-oss-callback', 'x-oss-callback-var'];

export interface UploadCallback {
  readonly request: CallbackRequest;
  readonly variables: ReadonlyMap<string, string>;
}

/**
 * What the request asks to be called, if anything.
 * @throws OssError InvalidArgument, BucketCallbackPolicyNotExist.
 */
export async function readCallback(context: OperationContext): Promise<UploadCallback | undefined> {
  const text = readParameter(context, 'callback');
  if (text === undefined) return undefined;
  const variablesText = readParameter(context, 'callback-var');
  const own = variablesText === undefined ? undefined : parseVariables(variablesText);
  const callback = await resolve(context, text);
  await context.services.callbacks.checkReachable(callback.request);
  // Of two values under one name the request's own counts.
  return { ...callback, variables: new Map([...callback.variables, ...(own ?? [])]) };
}

/** In a header or in the query, never in both. */
function readParameter(
  { request }: OperationContext,
  name: 'callback' | 'callback-var',
): string | undefined {
  const inHeader = request.headers[`x-oss-${name}`];
  // A base64 `+` that was not escaped arrives as a space, which base64 does not have.
  const inQuery = queryValue(request, name)?.replaceAll(' ', '+');
  if (inHeader !== undefined && inQuery !== undefined) {
    const message =
      `Either the ${name} query string parameter or the x-oss-${name} header should be ` +
      'specified, not both.';
    throw invalidArgument(name, inHeader, message);
  }
  return inHeader ?? inQuery;
}

/** A callback by its name is one that the bucket keeps. */
async function resolve(context: OperationContext, text: string): Promise<UploadCallback> {
  const parsed = parseCallback(text);
  if (parsed.kind === 'callback') return { request: parsed.request, variables: new Map() };
  const bucket = bucketOf(context);
  const document = await context.services.documents.find(bucket, 'callback-policy');
  const policy = document?.policies.find(({ name }) => name === parsed.name);
  if (policy === undefined) {
    throw new OssError('BucketCallbackPolicyNotExist', { fields: { BucketName: bucket.name } });
  }
  const kept = parseCallback(policy.callback);
  if (kept.kind === 'policy') {
    const message = 'The callback url configuration is invalid.';
    throw refine('callbackUrl', {
      message,
      fields: { ArgumentName: 'callback', ArgumentValue: policy.callback },
    });
  }
  const { variables } = policy;
  return {
    request: kept.request,
    variables: variables === '' ? new Map() : parseVariables(variables),
  };
}

/**
 * The answer to an upload that stands: `answer` itself where nothing is to be called, else what the
 * receiver said.
 * @throws OssError CallbackFailed, with the headers of `answer`.
 */
export async function answerUpload(
  context: OperationContext,
  callback: UploadCallback | undefined,
  object: StoredObject,
  answer: HttpResponse,
): Promise<HttpResponse> {
  if (callback === undefined) return answer;
  const { request, services, target } = context;
  const called = await services.callbacks.call(
    callback.request,
    new Map([...callback.variables, ...(await valuesOf(context, callback, object))]),
    { requestId: request.requestId, bucket: target.bucket, keyUrl: callbackKeyUrl(services) },
  );
  const { 'Content-Type': _, ...headers } = answer.headers;
  if (called.outcome === 'answered') {
    return {
      status: 200,
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: { kind: 'bytes', bytes: called.body },
    };
  }
  const { message, cause } = called;
  if (cause !== undefined) throw refine(cause, { message, headers });
  throw new OssError('CallbackFailed', { message, headers });
}

async function valuesOf(
  context: OperationContext,
  { request: { template } }: UploadCallback,
  object: StoredObject,
): Promise<ReadonlyMap<string, string | number>> {
  const { operation, request, target } = context;
  const values = new Map<string, string | number>([
    ['bucket', target.bucket],
    ['object', target.key],
    ['etag', object.etag],
    ['size', object.size],
    ['mimeType', object.headers['content-type'] ?? ''],
    ['crc64', object.crc64 ?? ''],
    ['contentMd5', object.contentMd5 ?? ''],
    ['clientIp', request.remoteAddress],
    ['reqId', request.requestId],
    ['operation', operation.name],
  ]);
  if (!usesImageInfo(template)) return values;
  const image = await findImageInfo(object.size, (start, length) =>
    readPiece(context, object, start, length),
  );
  if (image === undefined) return values;
  return values
    .set('imageInfo.width', image.width)
    .set('imageInfo.height', image.height)
    .set('imageInfo.format', image.format);
}

async function readPiece(
  context: OperationContext,
  object: StoredObject,
  start: number,
  length: number,
): Promise<Buffer> {
  const { objects } = context.services;
  const span = { start, length };
  const { content } = await objects.openObject(bucketOf(context), context.target.key, object, span);
  if (content.kind === 'bytes') return Buffer.from(content.bytes).subarray(start, start + length);
  const piece = Buffer.alloc(length);
  try {
    let filled = 0;
    while (filled < length) {
      const count = await content.reader.read(piece.subarray(filled), start + filled);
      if (count === 0) break;
      filled += count;
    }
    return piece.subarray(0, filled);
  } finally {
    await content.reader.close();
  }
}
