/**
 * Configuration documents as operations read them: the whole body within the row's cap, its
 * Content-MD5 verified, then XML. An operation calls this only for an authenticated caller.
 */
import { createHash } from 'node:crypto';
import { OssError } from '../errors/index.ts';
import { parseXml, type XmlElement, XmlProblem } from '../xml/index.ts';
import type { OperationContext } from './types.ts';

export interface DocumentRules {
  /** Most elements the document may have; security.md 7.4 where the operation states no other. */
  readonly elementsMax?: number;
}

/** security.md 7.4. */
const elementsMaxByDefault = 1000;

/** Length of an MD5 digest, bytes (RFC 1321). */
const md5Bytes = 16;

/**
 * The root element of the body. White space around it is no fault; element order is for the
 * operation to judge.
 * @throws OssError EntityTooLarge, InvalidDigest, MalformedXML (ErrorDetail says why).
 */
export async function readDocument(
  context: OperationContext,
  rootName: string,
  rules: DocumentRules = {},
): Promise<XmlElement> {
  const root = await readOptionalDocument(context, rootName, rules);
  if (root === undefined) throw malformedXml('the document is empty');
  return root;
}

/** The same, for operations that take a request without a body as well: then `undefined`. */
export async function readOptionalDocument(
  context: OperationContext,
  rootName: string,
  rules: DocumentRules = {},
): Promise<XmlElement | undefined> {
  return await parseDocument(context, await readBody(context), rootName, rules);
}

/** The same, of a body that was read already. */
export async function parseDocument(
  context: OperationContext,
  bytes: Uint8Array,
  rootName: string,
  rules: DocumentRules = {},
): Promise<XmlElement | undefined> {
  if (bytes.length === 0) return undefined;
  const limits = {
    bytesMax: context.operation.documentBytesMax,
    elementsMax: rules.elementsMax ?? elementsMaxByDefault,
  };
  const root = await parseXml(bytes, limits).catch((problem: unknown) => {
    if (problem instanceof XmlProblem) throw malformedXml(problem.message);
    throw problem;
  });
  // The wording is the service's own; an official suite compares it (oss-object-api.md).
  if (root.name !== rootName) throw malformedXml(`the root node is not named ${rootName}.`);
  return root;
}

/**
 * The whole body, at most `documentBytesMax` of the row, with its Content-MD5 verified when the
 * client sent one (clients do so on empty bodies too, clients.md).
 */
export async function readBody(context: OperationContext): Promise<Buffer> {
  const bytes = await context.request.body.readAll(context.operation.documentBytesMax);
  const announced = context.request.headers['content-md5'];
  if (announced !== undefined) {
    checkContentMd5(announced, createHash('md5').update(bytes).digest());
  }
  return bytes;
}

/** `received`: the MD5 of what came. @throws OssError InvalidDigest. */
export function checkContentMd5(announced: string, received: Buffer): void {
  const digest = Buffer.from(announced, 'base64');
  if (digest.length === md5Bytes && digest.equals(received)) return;
  throw new OssError('InvalidDigest', {
    fields: { ExpectedDigest: announced, CalculatedDigest: received.toString('base64') },
  });
}

export function malformedXml(detail: string): OssError {
  return new OssError('MalformedXML', { fields: { ErrorDetail: detail } });
}

export function invalidArgument(name: string, value: string, message: string): OssError {
  return new OssError('InvalidArgument', {
    message,
    fields: { ArgumentName: name, ArgumentValue: value },
  });
}

/**
 * The trimmed text of the only child of that name; `undefined` when there is none.
 * @throws OssError MalformedXML when there are several: which one counts would be a guess.
 */
export function childText(parent: XmlElement, name: string): string | undefined {
  return onlyChild(parent, name)?.text.trim();
}

/** The only child of that name, with the same refusal. */
export function onlyChild(parent: XmlElement, name: string): XmlElement | undefined {
  const found = parent.childrenNamed(name);
  if (found.length > 1) throw malformedXml(`more than one ${name} in ${parent.name}`);
  return found[0];
}

/**
 * Booleans are read in any letter case: SDKs send `True` and `TRUE` (oss-semantics.md 0). An empty
 * element counts as absent.
 */
export function childBoolean(parent: XmlElement, name: string): boolean | undefined {
  const text = childText(parent, name);
  if (text === undefined || text === '') return undefined;
  const lower = text.toLowerCase();
  if (lower === 'true') return true;
  if (lower === 'false') return false;
  throw malformedXml(`${name} must be true or false`);
}

/** The text of a child that may only be one of the names; absent and empty are one thing. */
export function readChoice<Value>(
  parent: XmlElement,
  name: string,
  choices: Readonly<Record<string, Value>>,
): Value | undefined {
  const text = childText(parent, name);
  if (text === undefined || text === '') return undefined;
  if (Object.hasOwn(choices, text)) return choices[text];
  const names = Object.keys(choices).join(', ');
  throw invalidArgument(name, text, `${name} must be one of ${names}.`);
}
