/**
 * What the five CNAME operations have in common: whom they act for, the `Cname` element that three
 * of them read, the `CnameToken` document that two of them answer.
 */
import type { AuditActor, Bucket, CnameToken } from '../../cname/index.ts';
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { element, renderXml, type XmlElement, type XmlNode } from '../../xml/index.ts';
import { childText, malformedXml, onlyChild, parseDocument, readBody } from '../document.ts';
import type { OperationContext } from '../types.ts';

/** DESIGN ruling 17, for CNAME calls. */
const elementsMax = 100;

/** The rows of this family are bucket level and never make buckets, so there is one. */
export function bucketOf(context: OperationContext): Bucket {
  if (context.bucket !== undefined) return context.bucket;
  throw new OssError('NoSuchBucket', { fields: { BucketName: context.target.bucket } });
}

export function actorOf({ caller, request }: OperationContext): AuditActor {
  // The rows demand the owner, so nobody anonymous comes here.
  if (caller.kind === 'anonymous') throw new OssError('AccessDenied');
  return {
    accountId: caller.accountId,
    accessKeyId: caller.accessKeyId,
    remoteAddress: request.remoteAddress,
    requestId: request.requestId,
  };
}

/**
 * The one `Cname` below `BucketCnameConfiguration`.
 * @throws OssError MalformedXML when it is missing or doubled.
 */
export async function readCname(context: OperationContext): Promise<XmlElement> {
  return (await readSizedCname(context)).cname;
}

/** The same, with the length of the whole document in bytes. */
export async function readSizedCname(
  context: OperationContext,
): Promise<{ cname: XmlElement; length: number }> {
  const bytes = await readBody(context);
  const root = await parseDocument(context, bytes, 'BucketCnameConfiguration', { elementsMax });
  if (root === undefined) throw malformedXml('the document is empty');
  const cname = onlyChild(root, 'Cname');
  if (cname === undefined) throw malformedXml('Cname is missing in BucketCnameConfiguration');
  return { cname, length: bytes.length };
}

/** The text of `Domain`, which may be empty: that is InvalidArgument later (DESIGN ruling 15). */
export function readDomainText(cname: XmlElement): string {
  const text = childText(cname, 'Domain');
  if (text === undefined) throw malformedXml('Domain is missing in Cname');
  return text;
}

/** SDKs send the MD5 of nothing with a GET; a wrong one is refused there too (clients.md). */
export async function checkNoBody(context: OperationContext): Promise<void> {
  if (context.request.body.length === 0) await readBody(context);
}

export function answerDocument(root: XmlNode): HttpResponse {
  const bytes = Buffer.from(renderXml(root), 'utf8');
  const headers = { 'Content-Type': 'application/xml' };
  return { status: 200, headers, body: { kind: 'bytes', bytes } };
}

export function answerNothing(): HttpResponse {
  return { status: 200, headers: {}, body: { kind: 'none' } };
}

export function renderToken(bucket: Bucket, token: CnameToken): XmlNode {
  return element(
    'CnameToken',
    element('Bucket', bucket.name),
    element('Cname', token.domain),
    element('Token', token.token),
    element('ExpireTime', new Date(token.expiresAt).toUTCString()),
  );
}
