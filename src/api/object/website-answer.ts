/** What a website document makes of a GET or HEAD, as an answer (oss-semantics.md 4). */
import {
  type Bucket,
  type RoutingRedirect,
  resolveMissing,
  resolveRule,
  resolveWebsite,
  type StoredObject,
  type WebsiteAnswer,
  type WebsiteDocument,
} from '../../buckets/index.ts';
import { catalogue, OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { emptyAnswer, encodePath } from '../answers.ts';
import { bucketOf } from '../context.ts';
import type { BucketAction } from '../rights.ts';
import type { OperationContext } from '../types.ts';
import { answerMirrored, type Mirror, mirroredMethod } from './mirror-answer.ts';
import { answerWithObject, contentBody, readOverrides, storedHeaders } from './read-answer.ts';
import { checkRestored, follow, type ReadableObject } from './readable.ts';
import { noCurrentObject } from './version-id.ts';

/**
 * Serves `key`, which `object` stands under, through the website document; the empty key is the
 * root. A website document never grants access: the ACL of the served object decides.
 * @throws OssError NoSuchKey, AccessDenied, and those of reading an object.
 */
export async function answerThroughWebsite(
  context: OperationContext,
  document: WebsiteDocument,
  key: string,
  object: StoredObject | undefined,
): Promise<HttpResponse> {
  // Anonymous overrides are refused whatever is found, the error document included.
  readOverrides(context);
  const mirrored = mirroredMethod(context);
  const asked = { key, headers: context.request.headers, mirrored };
  const answer = await resolveWebsite(document, asked, object, finder(context));
  try {
    if (answer.kind === 'mirror') return await renderMirrored(context, document, answer);
    return await render(context, answer);
  } catch (problem) {
    if (answer.kind !== 'object' || answer.isRuled) throw problem;
    return await answerRefusal(context, document, key, problem);
  }
}

/**
 * What a rule says about requests that are refused so.
 * @throws the problem itself when no rule does.
 */
export async function answerRefusal(
  context: OperationContext,
  document: WebsiteDocument,
  key: string,
  problem: unknown,
): Promise<HttpResponse> {
  // A rule is for refusals; "not modified" is none, nor is a failure of the server.
  if (!(problem instanceof OssError) || problem.status < 400 || problem.status >= 500)
    throw problem;
  return (await answerByRule(context, document, key, problem.status)) ?? Promise.reject(problem);
}

/** `undefined` when no rule is for this; without a status, of those that count before all. */
export async function answerByRule(
  context: OperationContext,
  document: WebsiteDocument,
  key: string,
  status: number | undefined,
): Promise<HttpResponse | undefined> {
  const asked = { key, headers: context.request.headers };
  const answer = await resolveRule(document, asked, status, finder(context));
  // Only what is not there is mirrored: `asked` says so.
  if (answer === undefined || answer.kind === 'mirror') return undefined;
  return await render(context, answer);
}

function finder(context: OperationContext) {
  const bucket = bucketOf(context);
  const { objects } = context.services;
  return (key: string): Promise<StoredObject | undefined> => objects.findServedObject(bucket, key);
}

/** What the origin does not have either is missing, whatever other rules say. */
async function renderMirrored(
  context: OperationContext,
  document: WebsiteDocument,
  answer: Mirror,
): Promise<HttpResponse> {
  const response = await answerMirrored(context, answer);
  if (response !== undefined) return response;
  return await answerMissing(context, await resolveMissing(document, answer.key, finder(context)));
}

async function render(
  context: OperationContext,
  answer: Exclude<WebsiteAnswer, Mirror>,
): Promise<HttpResponse> {
  switch (answer.kind) {
    case 'object': {
      const { key, object } = answer.found;
      // Of the object that was asked for, the rights were decided already.
      if (object !== context.object) {
        await context.rights.demand(readingOf(bucketOf(context), key), object);
      }
      return await answerWithObject(context, key, object);
    }
    case 'redirect':
      return emptyAnswer(302, { Location: folderLocation(context, answer.key) });
    case 'external': {
      const { redirect, key } = answer;
      const headers = { Location: externalLocation(context, redirect, key) };
      return emptyAnswer(redirect.code ?? 301, headers);
    }
    case 'missing':
      return await answerMissing(context, answer);
  }
}

/** The right to the object that is served, not to the one that was asked for. */
function readingOf(bucket: Bucket, key: string): BucketAction {
  return { action: 'oss:GetObject', bucket, key, accessClass: 'read' };
}

/**
 * Scheme and host are the client's own, so the location names neither (custom-domain.md 8.3); the
 * query goes along.
 */
function folderLocation(context: OperationContext, key: string): string {
  return `${pathOf(context, key)}${queryOf(context)}`;
}

/** Scheme and host are the request's where the rule names none (oss-semantics.md 4.3). */
function externalLocation(
  context: OperationContext,
  { protocol, hostName, passQueryString }: RoutingRedirect,
  key: string,
): string {
  const { request } = context;
  const scheme = protocol ?? (request.isSecure ? 'https' : 'http');
  const path = hostName === undefined ? pathOf(context, key) : `/${encodePath(key)}`;
  const query = passQueryString ? queryOf(context) : '';
  return `${scheme}://${hostName ?? request.host}${path}${query}`;
}

function pathOf({ target }: OperationContext, key: string): string {
  return `${target.addressing === 'path' ? `/${target.bucket}` : ''}/${encodePath(key)}`;
}

function queryOf({ request }: OperationContext): string {
  return request.rawQuery === '' ? '' : `?${request.rawQuery}`;
}

/**
 * Body and stored headers of the error document; no conditions, no ranges (oss-semantics.md 4.2).
 */
async function answerMissing(
  context: OperationContext,
  { key, errorDocument }: Extract<WebsiteAnswer, { kind: 'missing' }>,
): Promise<HttpResponse> {
  const document = errorDocument && (await readableDocument(context, errorDocument));
  if (errorDocument === undefined || document === undefined) {
    throw await noCurrentObject(context, key);
  }
  const { status } = errorDocument;
  const object = document.seen(document.object);
  const cause = { 'x-oss-ec': catalogue.NoSuchKey.ec };
  if (context.request.method === 'HEAD') {
    const headers = { ...storedHeaders(object), ...cause };
    return { status, headers, body: { kind: 'none' }, headLength: object.size };
  }
  const bucket = bucketOf(context);
  const { objects } = context.services;
  const opened = await objects.openObject(bucket, document.key, document.object);
  return {
    status,
    headers: { ...storedHeaders(document.seen(opened.object)), ...cause },
    body: contentBody(opened.content, 0, opened.object.size),
  };
}

/** A document that cannot be served is as good as none (oss-semantics.md 4.2). */
async function readableDocument(
  context: OperationContext,
  { key, object }: { readonly key: string; readonly object: StoredObject },
): Promise<ReadableObject | undefined> {
  const judgement = await context.rights.judge(readingOf(bucketOf(context), key));
  if (!judgement(object).isAllowed) return undefined;
  try {
    const document = await follow(context, key, object);
    await checkRestored(context, bucketOf(context), document.object);
    return document;
  } catch (problem) {
    if (problem instanceof OssError && problem.status < 500) return undefined;
    throw problem;
  }
}
