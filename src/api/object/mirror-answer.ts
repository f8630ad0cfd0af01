/**
 * A missing object that a routing rule of the website has fetched from elsewhere (oss-semantics.md
 * 4.3). Who may read the key may have it fetched; it is kept on behalf of the bucket's owner, who
 * made the rule, as if put by PutObject without a word about it.
 */
import {
  type Bucket,
  checkObjectKey,
  defaultEncryption,
  isMirrorLoop,
  mirrorRequest,
  type WebsiteAnswer,
} from '../../buckets/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import type { Mirrored } from '../../mirroring/index.ts';
import { encodePath } from '../answers.ts';
import { bucketOf } from '../context.ts';
import { noteStored } from '../request-notes.ts';
import type { OperationContext } from '../types.ts';
import { readTrafficLimit } from './pace.ts';
import { answerWithObject, storedHeaders } from './read-answer.ts';
import { noCurrentObject } from './version-id.ts';

export type Mirror = Extract<WebsiteAnswer, { kind: 'mirror' }>;

/**
 * The request as rules that mirror see it; `undefined` where none counts: not together with
 * versions or a retention policy (oss-semantics.md 4.3), nor for another mirror.
 */
export function mirroredMethod(context: OperationContext): 'GET' | 'HEAD' | undefined {
  const { request, target } = context;
  const bucket = bucketOf(context);
  if (bucket.versioning !== undefined || bucket.documents.includes('worm')) return undefined;
  if (isMirrorLoop(request.headers) || !mayBeKept(target.key)) return undefined;
  return request.method === 'HEAD' ? 'HEAD' : 'GET';
}

/** The root is kept as its index document. */
function mayBeKept(key: string): boolean {
  if (key === '') return true;
  try {
    checkObjectKey(key);
    return true;
  } catch {
    return false;
  }
}

/**
 * `undefined`: the origin has nothing under that name either.
 * @throws OssError MirrorFailed, ServiceUnavailable, and those of storing and reading an object.
 */
export async function answerMirrored(
  context: OperationContext,
  { rule, key, originKey }: Mirror,
): Promise<HttpResponse | undefined> {
  const { request, services } = context;
  const bucket = bucketOf(context);
  const asked = mirrorRequest(rule, encodePath(originKey), request);
  if (asked === undefined || key === '') return undefined;
  const mirrored = await services.mirrors.mirror({
    rule,
    request: asked,
    place: {
      bucket,
      key,
      extras: defaultEncryption(await services.documents.find(bucket, 'encryption')),
    },
    isStreamTaken: isStreamTaken(context),
  });
  return await render(context, bucket, key, mirrored);
}

async function render(
  context: OperationContext,
  bucket: Bucket,
  key: string,
  mirrored: Mirrored,
): Promise<HttpResponse | undefined> {
  switch (mirrored.kind) {
    case 'missing':
      return undefined;
    case 'passed':
      return passOn(mirrored.answer, context.request.method);
    case 'streamed': {
      const { headers: stored, length, chunks, close } = mirrored;
      const headers = storedHeaders({ headers: stored, metadata: {}, extras: {} });
      return { status: 200, headers, body: { kind: 'stream', length, chunks, close } };
    }
    case 'stored': {
      if (mirrored.object !== undefined) noteStored(context, mirrored.object);
      const object = await context.services.objects.findObject(bucket, key);
      if (object === undefined) throw await noCurrentObject(context, key);
      // Somebody else may have put it there, for others to read.
      const reading = { action: 'oss:GetObject', bucket, key, accessClass: 'read' } as const;
      await context.rights.demand(reading, object);
      return await answerWithObject(context, key, object);
    }
  }
}

/** Only the plain question for all of it; everything else is asked of the object when it stands. */
function isStreamTaken({ request }: OperationContext): boolean {
  const { headers, method, query } = request;
  const isConditional = Object.keys(headers).some((name) => name.startsWith('if-'));
  return (
    method === 'GET' &&
    headers.range === undefined &&
    !isConditional &&
    readTrafficLimit(request) === undefined &&
    !query.some(({ name }) => name.startsWith('response-'))
  );
}

/** An answer of the origin that is no object: status, type, place and content as they are. */
function passOn(
  answer: Extract<Mirrored, { kind: 'passed' }>['answer'],
  method: string,
): HttpResponse {
  const { status, headers: sent, body: chunks } = answer;
  const headers: Record<string, string> = { 'X-Content-Type-Options': 'nosniff' };
  if (sent['content-type'] !== undefined) headers['Content-Type'] = sent['content-type'];
  if (sent.location !== undefined) headers.Location = sent.location;
  if (method === 'HEAD' || status === 304) {
    answer.close();
    return { status, headers, body: { kind: 'none' }, headLength: 'unknown' };
  }
  const length = sent['content-length'] === undefined ? undefined : Number(sent['content-length']);
  const close = async (): Promise<void> => answer.close();
  return { status, headers, body: { kind: 'stream', length, chunks, close } };
}
