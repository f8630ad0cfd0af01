/**
 * As much XML as the CNAME documents need, so that the published client depends on nothing. Reads
 * any well-formed answer: with or without declaration, namespaces (dropped), CDATA, comments,
 * references. Refuses DOCTYPE: no answer has one, and entities are how XML attacks begin.
 */
export interface XmlElement {
  /** Without namespace prefix. */
  readonly name: string;
  /** The text directly inside, references decoded, trimmed. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

export class XmlProblem extends Error {}

/** Deeper than any answer; only a guard against answers made to exhaust us. */
const depthMax = 32;

interface OpenElement {
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
}

const attributes = /(?:\s+[^\s=<>/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*/.source;

/** One token at a time; the groups tell which kind it is. */
const token = new RegExp(
  [
    '<!--[^]*?-->|<\\?[^]*?\\?>',
    '<!\\[CDATA\\[(?<cdata>[^]*?)\\]\\]>',
    '</(?<closing>[^\\s<>/]+)\\s*>',
    `<(?<opening>[^\\s<>/!?]+)${attributes}(?<empty>/?)>`,
    '(?<characters>[^<]+)',
  ].join('|'),
  'y',
);

export function readXml(source: string): XmlElement {
  const text = source.replace(/^\uFEFF/, '');
  const document: OpenElement = { name: '', text: '', children: [] };
  const open: OpenElement[] = [document];
  const matcher = new RegExp(token);
  while (matcher.lastIndex < text.length) {
    const start = matcher.lastIndex;
    const match = matcher.exec(text);
    if (!match) throw new XmlProblem(`The XML is not well-formed at character ${start}.`);
    takeToken(match, open);
  }
  const [root] = document.children;
  if (open.length !== 1 || !root || document.children.length !== 1 || document.text.trim() !== '') {
    throw new XmlProblem('The XML has no single, closed root element.');
  }
  return root;
}

function takeToken(match: RegExpExecArray, open: OpenElement[]): void {
  const { cdata, closing, opening, empty, characters } = match.groups ?? {};
  const current = open.at(-1);
  if (!current) throw new XmlProblem('The XML closes more elements than it opens.');
  if (characters !== undefined) current.text += decodeReferences(characters);
  else if (cdata !== undefined) current.text += cdata;
  else if (closing !== undefined) closeElement(closing, open);
  else if (opening !== undefined) {
    if (open.length > depthMax) throw new XmlProblem('The XML is nested too deep.');
    open.push({ name: opening, text: '', children: [] });
    if (empty) closeElement(opening, open);
  }
}

function closeElement(name: string, open: OpenElement[]): void {
  const closed = open.pop();
  const parent = open.at(-1);
  if (!closed || !parent || closed.name !== name) {
    throw new XmlProblem(`The XML closes "${name}" where "${closed?.name ?? ''}" is open.`);
  }
  const localName = name.slice(name.indexOf(':') + 1);
  parent.children.push({ name: localName, text: closed.text.trim(), children: closed.children });
}

const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function decodeReferences(text: string): string {
  return text.replace(/&([^;&\s]*);?/g, (whole: string, name: string) => {
    const known = Object.hasOwn(named, name) ? named[name] : undefined;
    if (known !== undefined && whole.endsWith(';')) return known;
    const numeric = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name);
    const point = numeric
      ? Number.parseInt(numeric[1] ?? numeric[2] ?? '', numeric[1] ? 16 : 10)
      : -1;
    if (!whole.endsWith(';') || point < 0 || point > 0x10ffff) {
      throw new XmlProblem(`The XML has the unknown reference "${whole.slice(0, 20)}".`);
    }
    return String.fromCodePoint(point);
  });
}

/** Text of the first child of that name; empty when there is none. */
export function textOf(element: XmlElement, name: string): string {
  return childOf(element, name)?.text ?? '';
}

export function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name);
}

/** A text becomes an element; undefined ones are left out; a list is an element's content. */
export type XmlContent = readonly (readonly [name: string, value: XmlValue])[];
export type XmlValue = string | boolean | undefined | XmlContent;

export function writeXml(root: string, content: XmlContent): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${writeElement(root, content)}`;
}

function writeElement(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  if (typeof value === 'object') {
    return `<${name}>${value
      .map(([child, inner]) => writeElement(child, inner))
      .join('')}</${name}>`;
  }
  return `<${name}>${escapeText(String(value))}</${name}>`;
}

function escapeText(text: string): string {
  // Control characters go as references, so that the service and not its XML reader refuses them.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return text.replace(/[&<>\u0000-\u0008\u000b-\u001f\u007f]/g, (character) => {
    if (character === '&') return '&amp;';
    if (character === '<') return '&lt;';
    return character === '>' ? '&gt;' : `&#${character.charCodeAt(0)};`;
  });
}
