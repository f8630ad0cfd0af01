/**
 * Tags of objects, in the header x-oss-tagging and in documents (oss-semantics.md 7.4). Their order
 * is kept.
 */
import type { ObjectExtras } from '../../buckets/index.ts';
import { OssError, refine } from '../../errors/index.ts';
import type { HttpRequest } from '../../http/index.ts';
import { element, type XmlElement, type XmlNode } from '../../xml/index.ts';
import { childText, invalidArgument, malformedXml, onlyChild } from '../document.ts';
import { decodeForm } from './form-text.ts';

export type ObjectTags = NonNullable<ObjectExtras['tags']>;

const tagsMax = 10;
const keyBytesMax = 128;
const valueBytesMax = 256;
/** Letters and digits of any script, space, and `+-=._:/`. */
const tagText = /^[\p{L}\p{M}\p{N} +\-=._:/]*$/u;

const header = 'x-oss-tagging';

/** `k=v&k2=v2`, percent-encoded UTF-8; `undefined` when there is no such header. */
export function readTaggingHeader({ headers }: HttpRequest): ObjectTags | undefined {
  const value = headers[header];
  if (value === undefined) return undefined;
  const tags = value
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => parsePair(pair, value));
  checkCount(tags);
  if (hasDuplicates(tags)) throw refuseHeader(value);
  for (const tag of tags) checkTag(tag);
  return tags;
}

function parsePair(pair: string, whole: string): [string, string] {
  const equals = pair.indexOf('=');
  const key = decodeForm(equals === -1 ? pair : pair.slice(0, equals));
  const value = decodeForm(equals === -1 ? '' : pair.slice(equals + 1));
  if (key === undefined || value === undefined) throw refuseHeader(whole);
  return [key, value];
}

function refuseHeader(value: string): OssError {
  return invalidArgument(
    header,
    value,
    "The header 'x-oss-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
  );
}

/** `<Tagging><TagSet><Tag>...`. @throws OssError MalformedXML, BadRequest, InvalidTag. */
export function parseTagging(root: XmlElement): ObjectTags {
  const set = onlyChild(root, 'TagSet');
  if (set === undefined) throw malformedXml('Tagging needs TagSet');
  const tags = set.childrenNamed('Tag').map(parseTag);
  checkCount(tags);
  if (hasDuplicates(tags)) {
    throw new OssError('InvalidTag', { message: 'Cannot provide multiple Tags with the same key' });
  }
  for (const tag of tags) checkTag(tag);
  return tags;
}

/** Not trimmed: a space may be part of a tag. */
function parseTag(tag: XmlElement): [string, string] {
  if (childText(tag, 'Key') === undefined) throw malformedXml('a Tag has no Key');
  return [onlyChild(tag, 'Key')?.text ?? '', onlyChild(tag, 'Value')?.text ?? ''];
}

function checkCount({ length }: ObjectTags): void {
  if (length <= tagsMax) return;
  // The wording is compared by official suites.
  throw refine('tooManyTags', { message: `Object tags cannot be greater than ${tagsMax}` });
}

function hasDuplicates(tags: ObjectTags): boolean {
  return new Set(tags.map(([key]) => key)).size < tags.length;
}

function checkTag([key, value]: ObjectTags[number]): void {
  const isKey = key !== '' && tagText.test(key);
  if (!isKey) throw refuseTag('TagKey', key);
  if (!tagText.test(value)) throw refuseTag('TagValue', value);
  if (Buffer.byteLength(key, 'utf8') > keyBytesMax) throw refuseLength('TagKey');
  if (Buffer.byteLength(value, 'utf8') > valueBytesMax) throw refuseLength('TagValue');
}

function refuseTag(what: string, text: string): OssError {
  return new OssError('InvalidTag', {
    message: `The ${what} you have provided is invalid`,
    fields: { [what]: text },
  });
}

function refuseLength(what: string): OssError {
  return refine('tagTooLong', { message: `The ${what} you have provided is invalid` });
}

export function taggingElement(tags: ObjectTags): XmlNode {
  const each = tags.map(([key, value]) =>
    element('Tag', element('Key', key), element('Value', value)),
  );
  return element('Tagging', element('TagSet', ...each));
}
