/**
 * Images processed: `GET /key?x-oss-process=image/...` answers with the result,
 * `POST /key?x-oss-process` stores it (oss-object-api.md, Image processing).
 * https://www.alibabacloud.com/help/en/oss/user-guide/img-implementation-modes
 */
import { type Bucket, readWhole, type StoredObject } from '../../buckets/index.ts';
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { type ProcessedImage, type Step, sourceBytesMax } from '../../images/index.ts';
import { formatHttpDate } from '../answers.ts';
import { bucketOf, queryValue } from '../context.ts';
import { invalidArgument } from '../document.ts';
import { noteStored } from '../request-notes.ts';
import type { OperationContext } from '../types.ts';
import { readEncryption } from './encryption.ts';
import { readProcess } from './process-steps.ts';
import { checkReadConditions } from './read-answer.ts';
import { checkRestored, follow } from './readable.ts';
import { noCurrentObject, objectAsked, readVersionId, versionHeader } from './version-id.ts';
import { readWriteGuards } from './write-guards.ts';

export const processParameter = 'x-oss-process';

/**
 * The answer to GET and HEAD: only the process decides what it is, so it has neither the ETag of
 * the object nor its checksums, and ranges of it mean nothing.
 * @throws OssError as `readProcess` and `Images`; NoSuchKey and those of reading
 */
export async function answerProcessed(
  context: OperationContext,
  process: string,
): Promise<HttpResponse> {
  const { request } = context;
  const steps = await readProcess(context, bucketOf(context), process.split('|'));
  const { object, image } = await processObject(context, steps);
  const { 'cache-control': cacheControl, expires } = object.headers;
  const headers = {
    'Content-Type': image.contentType,
    'X-Content-Type-Options': 'nosniff',
    'Last-Modified': formatHttpDate(object.modifiedAt),
    ...(cacheControl === undefined ? {} : { 'Cache-Control': cacheControl }),
    ...(expires === undefined ? {} : { Expires: expires }),
    ...versionHeader(context, object.versionId),
  };
  if (request.method === 'HEAD') {
    return { status: 200, headers, body: { kind: 'none' }, headLength: image.bytes.length };
  }
  return { status: 200, headers, body: { kind: 'bytes', bytes: image.bytes } };
}

async function processObject(
  context: OperationContext,
  steps: readonly Step[],
): Promise<{ readonly object: StoredObject; readonly image: ProcessedImage }> {
  const { services, target } = context;
  const isVersion = readVersionId(context.request) !== undefined;
  const named = context.object ?? (isVersion ? await objectAsked(context) : undefined);
  if (named === undefined) throw await noCurrentObject(context);
  const followed = await follow(context, target.key, named);
  const object = followed.seen(followed.object);
  checkReadConditions(context.request, object);
  const bucket = bucketOf(context);
  await checkRestored(context, bucket, followed.object);
  const read = async (): Promise<Buffer> => {
    const opened = await services.objects.openObject(bucket, followed.key, followed.object);
    const { content } = opened;
    if (content.kind === 'bytes') return Buffer.from(content.bytes);
    // Another object may have taken its place since its size was looked at.
    if (opened.object.size <= sourceBytesMax) return await readWhole(content.reader, opened.object);
    await content.reader.close();
    throw new OssError('ImageTooLarge');
  };
  return { object, image: await services.images.process({ size: object.size, read }, steps) };
}

/** The body of the POST: a form of one field. */
const bodyBytesMax = 64 * 1024;

/** @throws OssError as for GET; InvalidArgument, NoSuchBucket, and those of writing an object */
export async function saveProcessed(context: OperationContext): Promise<HttpResponse> {
  const { services, rights, target } = context;
  const bucket = bucketOf(context);
  const own = { bucket, key: target.key, accessClass: 'none' } as const;
  await rights.demand({ ...own, action: 'oss:PostProcessTask' }, context.object);
  const { pipes, place } = await readForm(context);
  const into = place.bucket === undefined ? bucket : await findTarget(context, place.bucket);
  await rights.demand({
    action: 'oss:PutObject',
    bucket: into,
    key: place.key,
    accessClass: 'write',
  });
  const steps = await readProcess(context, bucket, pipes);
  const { image } = await processObject(context, steps);
  const writing: OperationContext = {
    ...context,
    bucket: into,
    target: { ...target, bucket: into.name, key: place.key },
  };
  const { bytes } = image;
  const { object } = await services.objects.putObject({
    bucket: into,
    key: place.key,
    content: { length: bytes.length, stream: () => oneChunk(bytes) },
    expected: {},
    facts: { headers: { 'content-type': image.contentType }, metadata: {} },
    acl: 'default',
    storageClass: undefined,
    ...(await readWriteGuards(writing)),
    extras: await readEncryption(writing),
  });
  noteStored(context, object);
  const answer = { bucket: into.name, fileSize: object.size, object: place.key, status: 'OK' };
  const body = { kind: 'bytes', bytes: Buffer.from(JSON.stringify(answer)) } as const;
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body };
}

async function* oneChunk(bytes: Buffer): AsyncGenerator<Buffer, void, undefined> {
  yield bytes;
}

interface Place {
  readonly bucket: string | undefined;
  readonly key: string;
}

async function readForm(
  context: OperationContext,
): Promise<{ readonly pipes: readonly string[]; readonly place: Place }> {
  const body = await context.request.body.readAll(bodyBytesMax);
  const text = new URLSearchParams(body.toString('utf8')).get(processParameter) ?? '';
  const pipes = text.split('|');
  const last = pipes.pop() ?? '';
  if (pipes.length === 0 || !last.startsWith('sys/saveas')) {
    const message = 'The body must be x-oss-process=image/...|sys/saveas,o_KEY[,b_BUCKET].';
    throw invalidArgument(processParameter, text.slice(0, 200), message);
  }
  return { pipes, place: readPlace(last) };
}

/** `sys/saveas,o_KEY,b_BUCKET`, both in base64 for URLs, without padding (RFC 4648 5). */
function readPlace(pipe: string): Place {
  const [, ...parameters] = pipe.split(',');
  const values = new Map(parameters.map((text) => [text.slice(0, 2), text.slice(2)]));
  const decode = (name: string): string | undefined => {
    const text = values.get(name);
    if (text === undefined) return undefined;
    if (!/^[A-Za-z0-9_-]+=*$/.test(text)) {
      throw invalidArgument(processParameter, pipe, `${name} must be base64 for URLs.`);
    }
    return Buffer.from(text, 'base64url').toString('utf8');
  };
  const key = decode('o_');
  if (key === undefined) {
    throw new OssError('MissingArgument', { message: 'sys/saveas needs o_, the key to save as.' });
  }
  return { key, bucket: decode('b_') };
}

async function findTarget({ services }: OperationContext, name: string): Promise<Bucket> {
  const bucket = await services.buckets.findBucket(name);
  if (bucket !== undefined) return bucket;
  throw new OssError('NoSuchBucket', { fields: { BucketName: name } });
}

/** The process that a read asks for, if any. */
export function processAsked({ request }: OperationContext): string | undefined {
  return queryValue(request, processParameter);
}
