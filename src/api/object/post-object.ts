/**
 * PostObject: `POST /` with a form, as browsers send it
 * https://www.alibabacloud.com/help/en/oss/developer-reference/postobject
 *
 * Who sends it, and what it may say, stands in its fields alone; signatures in header and URL mean
 * nothing (oss-signature.md 1). Once that is known, the form is a PutObject whose headers are the
 * fields and whose body is the file: whatever PutObject honours or refuses, a form does too.
 */
import { createHash } from 'node:crypto';
import type { Caller } from '../../auth/index.ts';
import { parseVariables } from '../../callbacks/index.ts';
import { OssError } from '../../errors/index.ts';
import {
  boundaryOf,
  checkPostPolicy,
  checkSizeAllowed,
  type Form,
  isSizeBeyond,
  openForm,
  type PostPolicy,
  parsePostPolicy,
} from '../../forms/index.ts';
import type { HttpRequest, HttpResponse } from '../../http/index.ts';
import { element } from '../../xml/index.ts';
import { encodePath, xmlAnswer } from '../answers.ts';
import { authorise } from '../authorise.ts';
import { checkContentMd5, invalidArgument } from '../document.ts';
import { isRequesterCharged, noteCharge } from '../requester-pays.ts';
import { createRights } from '../rights.ts';
import type { Operation, OperationContext, Target } from '../types.ts';
import { putObject } from './put-object.ts';

/** oss-object-api.md PostObject: of the whole body. */
const bodyBytesMax = 5 * 1024 ** 3;

export async function postObject(context: OperationContext): Promise<HttpResponse> {
  const { request } = context;
  const boundary = boundaryOf(request.headers['content-type']);
  if ((request.body.length ?? 0) > bodyBytesMax) {
    throw new OssError('EntityTooLarge', { closeConnection: true });
  }
  const form = await openForm(verifiedBody(request), boundary);
  try {
    return await takeForm(context, form);
  } finally {
    await form.close();
  }
}

async function takeForm(context: OperationContext, form: Form): Promise<HttpResponse> {
  const { request, services } = context;
  const template = form.fields.get('key');
  if (template === undefined) {
    const advice = 'If it is specified, please check the order of the fields';
    const message = `The bucket POST must contain the specified 'key'. ${advice}`;
    throw invalidArgument('key', '', message);
  }
  const caller = await services.authenticator.authenticateForm(form.fields);
  const policy = readPolicy(context, form);
  const success = readSuccess(form.fields);
  const key = template.replace(/\$\{filename\}/g, () => form.file.name ?? '');
  const put = await asPutObject(context, form, { caller, key, policy });
  const asPut = { ...put, operation: { ...put.operation, name: 'PutObject' } };
  const isCharged = await isRequesterCharged(asPut, put.bucket);
  const answer = noteCharge(await putObject(put), isCharged);
  // What a callback has answered beats whatever the form asked for (oss-semantics.md 7.6).
  if (answer.body.kind !== 'none') return answer;
  return succeed(answer, success, { request, target: put.target });
}

/** The whole body, held against Content-MD5 at its end (oss-semantics.md 7.6). */
async function* verifiedBody({ body, headers }: HttpRequest): AsyncGenerator<Buffer> {
  const announced = headers['content-md5'];
  if (announced === undefined) return yield* body.stream();
  const md5 = createHash('md5');
  for await (const chunk of body.stream()) {
    md5.update(chunk);
    yield chunk;
  }
  checkContentMd5(announced, md5.digest());
}

/** What the signer allows; `undefined` for a form that nobody signed. */
function readPolicy(context: OperationContext, form: Form): PostPolicy | undefined {
  const { fields } = form;
  const text = fields.get('policy');
  if (text === undefined) return undefined;
  const policy = parsePostPolicy(text);
  // What counts is what the object will have, whichever of its sources that comes from.
  const facts: Readonly<Record<string, string | undefined>> = {
    bucket: context.target.bucket,
    'content-type': contentTypeOf(form),
    'x-oss-object-acl': aclOf(context.request, form),
  };
  checkPostPolicy(policy, {
    now: context.services.world.clock.now(),
    valueOf: (field) => facts[field] ?? fields.get(field) ?? '',
  });
  return policy;
}

/** oss-object-api.md PostObject: which of the three wins. */
function contentTypeOf({ fields, file }: Form): string | undefined {
  return fields.get('x-oss-content-type') || fields.get('content-type') || file.contentType;
}

/** The field beats the header (oss-semantics.md 7.6). */
function aclOf(request: HttpRequest, { fields }: Form): string | undefined {
  return fields.get('x-oss-object-acl') ?? request.headers['x-oss-object-acl'];
}

interface FormFacts {
  readonly caller: Caller;
  readonly key: string;
  readonly policy: PostPolicy | undefined;
}

/** The PutObject that the form means, decided for whoever signed it. */
async function asPutObject(
  context: OperationContext,
  form: Form,
  { caller, key, policy }: FormFacts,
): Promise<OperationContext> {
  const { services, notes } = context;
  notes.caller = caller;
  notes.key = key;
  const operation: Operation = {
    ...context.operation,
    access: 'object-write',
  };
  const target: Target = { ...context.target, level: 'object', key };
  const request = requestOf(context.request, form, policy);
  // The service takes no tags from a form (oss-semantics.md 7.4).
  if (request.headers['x-oss-tagging'] !== undefined) {
    throw new OssError('NotImplemented', { fields: { Header: 'x-oss-tagging' } });
  }
  const rights = createRights(request, caller, services);
  const asked = { request, target, operation, caller, rights, notes, services };
  return { marker: undefined, ...asked, ...(await authorise(asked)) };
}

function requestOf(request: HttpRequest, form: Form, policy: PostPolicy | undefined): HttpRequest {
  const { requestId, receivedAt, method, target, rawPath, rawQuery, query } = request;
  const { host, remoteAddress, isSecure, serverName, tlsVersion } = request;
  return {
    requestId,
    receivedAt,
    method,
    target,
    rawPath,
    rawQuery,
    query,
    host,
    remoteAddress,
    isSecure,
    serverName,
    tlsVersion,
    headers: headersOf(request, form),
    body: {
      length: undefined,
      stream: () => allowedContent(form, policy),
      readAll: () => Promise.reject(new Error('The file of a form is read as a stream.')),
    },
    get signal() {
      return request.signal;
    },
  };
}

/** Fields that are headers of PutObject by the same name. */
const storedFields = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
];
/** Of the form itself, or of another name among the headers. */
const otherFields = new Set([
  'x-oss-content-type',
  'x-oss-credential',
  'x-oss-date',
  'x-oss-security-token',
  'x-oss-signature',
  'x-oss-signature-version',
]);

function headersOf(request: HttpRequest, form: Form): HttpRequest['headers'] {
  const { fields } = form;
  const headers: Record<string, string> = Object.create(null);
  // How long the file is shows when it ends.
  headers['transfer-encoding'] = 'chunked';
  const set = (name: string, text: string | undefined): void => {
    if (text !== undefined) headers[name] = Buffer.from(text, 'utf8').toString('latin1');
  };
  for (const name of storedFields) set(name, fields.get(name));
  // Tags cannot come in forms (oss-semantics.md 7.4).
  if (fields.has('x-oss-tagging')) {
    throw new OssError('NotImplemented', { fields: { Header: 'x-oss-tagging' } });
  }
  for (const [name, value] of fields) {
    if (name.startsWith('x-oss-') && !otherFields.has(name)) set(name, value);
  }
  set('content-type', contentTypeOf(form));
  set('x-oss-callback', fields.get('callback'));
  set('x-oss-callback-var', callbackVariables(fields));
  const pace = request.headers['x-oss-traffic-limit'];
  if (pace !== undefined) headers['x-oss-traffic-limit'] ??= pace;
  const acl = aclOf(request, form);
  if (acl !== undefined) headers['x-oss-object-acl'] ??= acl;
  return headers;
}

/** Variables of a callback are fields by themselves, `x:name` (oss-semantics.md 7.5). */
function callbackVariables(fields: Form['fields']): string | undefined {
  const own = [...fields].filter(([name]) => name.startsWith('x:'));
  const text = fields.get('callback-var');
  if (own.length === 0 || !fields.has('callback')) return text;
  const all = { ...Object.fromEntries(text === undefined ? [] : parseVariables(text)) };
  for (const [name, value] of own) all[name] = value;
  return Buffer.from(JSON.stringify(all), 'utf8').toString('base64');
}

/** The file, which ends with a refusal where its size is not what the policy allows. */
async function* allowedContent(
  form: Form,
  policy: PostPolicy | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  for await (const chunk of form.file.content()) {
    bytes += chunk.length;
    if (policy && isSizeBeyond(policy, bytes)) checkSizeAllowed(policy, bytes);
    yield chunk;
  }
  if (policy) checkSizeAllowed(policy, bytes);
}

/** What the form wants to hear when all is well. */
interface Success {
  readonly redirect: URL | undefined;
  readonly status: 200 | 201 | 204;
}

function readSuccess(fields: Form['fields']): Success {
  const status = fields.get('success_action_status');
  return {
    redirect: readRedirect(fields.get('success_action_redirect')),
    status: status === '200' ? 200 : status === '201' ? 201 : 204,
  };
}

/** Checked before anything is stored: browsers follow it from this origin. */
function readRedirect(text: string | undefined): URL | undefined {
  if (text === undefined || text === '') return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  const message = 'success_action_redirect must be an http or https address.';
  throw invalidArgument('success_action_redirect', text, message);
}

function succeed(
  answer: HttpResponse,
  { redirect, status }: Success,
  { request, target }: { request: HttpRequest; target: Target },
): HttpResponse {
  const { bucket, key } = target;
  const etag = answer.headers.ETag ?? '';
  if (redirect !== undefined) {
    for (const [name, value] of Object.entries({ bucket, key, etag })) {
      redirect.searchParams.append(name, value);
    }
    return { ...answer, status: 303, headers: { ...answer.headers, Location: redirect.href } };
  }
  if (status !== 201) return { ...answer, status };
  const document = element(
    'PostResponse',
    element('Bucket', bucket),
    element('Location', locationOf(request, target)),
    element('Key', key),
    element('ETag', etag),
  );
  return { ...xmlAnswer(document, answer.headers), status };
}

function locationOf({ host, isSecure }: HttpRequest, { addressing, bucket, key }: Target): string {
  const path = addressing === 'path' ? `${bucket}/${encodePath(key)}` : encodePath(key);
  return `${isSecure ? 'https' : 'http'}://${host}/${path}`;
}
