/** Elements kept as they were put and written again, for documents that are not acted on. */
import type { StoredElement } from '../../buckets/index.ts';
import { element, type XmlElement, type XmlNode } from '../../xml/index.ts';

/** `change` may give the text of an element another form. */
export function toStored(
  { name, text, children }: XmlElement,
  change: (name: string, text: string) => string = (_name, unchanged) => unchanged,
): StoredElement {
  return children.length > 0
    ? { name, children: children.map((child) => toStored(child, change)) }
    : { name, text: change(name, text.trim()) };
}

export function fromStored({ name, text, children }: StoredElement): XmlNode {
  return element(name, ...(children?.map(fromStored) ?? [text]));
}
