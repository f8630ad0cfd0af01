/** Query parameters that the listings share (oss-bucket-api.md ListObjects). */
import type { HttpRequest } from '../../http/index.ts';
import { element, type XmlNode } from '../../xml/index.ts';
import { encodeUrl } from '../answers.ts';
import { queryValue } from '../context.ts';
import { invalidArgument } from '../document.ts';

/** Most entries of one page, whatever is listed. */
const entriesMax = 1000;

/** Prefixes, markers and delimiters are shorter than this, in UTF-8 bytes. */
const textBytesMax = 1024;

/** How keys and all that is made of them are written; `undefined`: as they are. */
export type Encoding = 'url' | undefined;

/**
 * A number of entries; absent or empty means `byDefault`. Nothing is listed for 0.
 * @throws OssError InvalidArgument for what is no number from 0 to 1,000.
 */
export function readMaximum(request: HttpRequest, name: string, byDefault: number): number {
  const value = queryValue(request, name);
  if (value === undefined || value === '') return byDefault;
  const maximum = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (maximum <= entriesMax) return maximum;
  throw invalidArgument(
    name,
    value,
    `Argument ${name} must be an integer from 1 to ${entriesMax}.`,
  );
}

/** Absent means empty. @throws OssError InvalidArgument when it is too long. */
export function readListText(request: HttpRequest, name: string): string {
  const value = queryValue(request, name) ?? '';
  if (Buffer.byteLength(value, 'utf8') < textBytesMax) return value;
  throw invalidArgument(name, value, `The length of ${name} must be less than ${textBytesMax}.`);
}

/** @throws OssError InvalidArgument for encodings that do not exist. */
export function readEncoding(request: HttpRequest): Encoding {
  const value = queryValue(request, 'encoding-type');
  if (value === undefined || value === '') return undefined;
  if (value === 'url') return 'url';
  throw invalidArgument('encoding-type', value, 'Invalid Encoding Method specified in Request.');
}

/** Writes the elements whose text is made of keys. */
export function keyElements(encoding: Encoding): (name: string, text: string) => XmlNode {
  return (name, text) => element(name, encoding === 'url' ? encodeUrl(text) : text);
}

export function encodingElement(encoding: Encoding): XmlNode | undefined {
  return encoding === undefined ? undefined : element('EncodingType', encoding);
}
