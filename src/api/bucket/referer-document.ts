/** The RefererConfiguration document, read and written (oss-bucket-api.md, oss-semantics.md 5). */
import type { RefererDocument } from '../../buckets/index.ts';
import { OssError } from '../../errors/index.ts';
import { element, type XmlElement, type XmlNode } from '../../xml/index.ts';
import { childBoolean, invalidArgument, malformedXml, onlyChild } from '../document.ts';

/** Of both lists together. */
const listBytesMax = 20 * 1024;
/** As many patterns as fit into the lists, and what is around them. */
export const refererElementsMax = listBytesMax + 100;

/** @throws OssError MalformedXML, InvalidArgument, InlineDataTooLarge. */
export function parseReferer(root: XmlElement): RefererDocument {
  const allowEmpty = childBoolean(root, 'AllowEmptyReferer');
  if (allowEmpty === undefined) throw malformedXml('RefererConfiguration needs AllowEmptyReferer');
  const allowTruncateQueryString = childBoolean(root, 'AllowTruncateQueryString') ?? true;
  const truncatePath = childBoolean(root, 'TruncatePath') ?? false;
  if (truncatePath && !allowTruncateQueryString) {
    throw invalidArgument(
      'TruncatePath',
      'true',
      'TruncatePath cuts the query off too, which AllowTruncateQueryString does not allow.',
    );
  }
  const whitelist = patterns(root, 'RefererList');
  const blacklist = patterns(root, 'RefererBlacklist');
  const bytes = [...whitelist, ...blacklist].reduce(
    (sum, each) => sum + Buffer.byteLength(each),
    0,
  );
  if (bytes > listBytesMax) throw new OssError('InlineDataTooLarge');
  return { allowEmpty, allowTruncateQueryString, truncatePath, whitelist, blacklist };
}

/** As they were sent. An empty one would match everything, and nobody means that. */
function patterns(root: XmlElement, name: string): string[] {
  return (onlyChild(root, name)?.childrenNamed('Referer') ?? [])
    .map(({ text }) => text)
    .filter((text) => text.trim() !== '');
}

/** The same form as it was put in. */
export function renderReferer(document: RefererDocument): XmlNode {
  const { whitelist, blacklist } = document;
  const list = (name: string, each: readonly string[]): XmlNode =>
    element(name, ...each.map((pattern) => element('Referer', pattern)));
  return element(
    'RefererConfiguration',
    element('AllowEmptyReferer', String(document.allowEmpty)),
    element('AllowTruncateQueryString', String(document.allowTruncateQueryString)),
    element('TruncatePath', String(document.truncatePath)),
    list('RefererList', whitelist),
    blacklist.length === 0 ? undefined : list('RefererBlacklist', blacklist),
  );
}
