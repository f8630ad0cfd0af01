/** What the documents of a bucket read again and again out of their elements. */
import { OssError } from '../../errors/index.ts';
import { element, type XmlElement, type XmlNode } from '../../xml/index.ts';
import { childBoolean, childText, invalidArgument, malformedXml } from '../document.ts';

/** The text of a child that must be there; it may be empty. @throws OssError MalformedXML. */
export function requiredText(parent: XmlElement, name: string): string {
  const text = childText(parent, name);
  if (text === undefined) throw malformedXml(`${parent.name} needs ${name}`);
  return text;
}

/** The same of a switch. */
export function requiredBoolean(parent: XmlElement, name: string): boolean {
  const value = childBoolean(parent, name);
  if (value === undefined) throw malformedXml(`${parent.name} needs ${name}`);
  return value;
}

/** Absent and empty are one thing. */
export function optionalText(parent: XmlElement, name: string): string | undefined {
  return childText(parent, name) || undefined;
}

/** One of the words, in their very letters. @throws OssError MalformedXML. */
export function requiredWord<Word extends string>(
  parent: XmlElement,
  name: string,
  words: readonly Word[],
): Word {
  const text = requiredText(parent, name);
  const word = words.find((one) => one === text);
  if (word !== undefined) return word;
  throw malformedXml(`${name} must be one of ${words.join(', ')}`);
}

/** A whole number in decimal digits; `undefined` when absent. @throws OssError. */
export function optionalNumber(
  parent: XmlElement,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  const text = optionalText(parent, name);
  if (text === undefined) return undefined;
  if (!/^-?\d{1,16}$/.test(text)) throw malformedXml(`${name} must be a whole number`);
  const value = Number(text);
  if (value >= min && value <= max) return value;
  throw invalidArgument(name, text, `${name} must be from ${min} to ${max}.`);
}

/** @throws OssError InvalidArgument for a text longer than `bytesMax` bytes of UTF-8. */
export function checkTextLength(name: string, text: string, bytesMax: number): void {
  if (Buffer.byteLength(text, 'utf8') <= bytesMax) return;
  throw invalidArgument(name, text.slice(0, 100), `${name} must not exceed ${bytesMax} bytes.`);
}

/** The element, unless there is nothing to say. */
export function optionalElement(
  name: string,
  value: string | number | boolean | undefined,
): XmlNode | undefined {
  return value === undefined ? undefined : element(name, String(value));
}

export function invalidRequest(message: string): OssError {
  return new OssError('InvalidRequest', { message });
}
