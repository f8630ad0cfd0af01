/** An element to be written: either children or text, as the API's documents are. */
export interface XmlNode {
  readonly name: string;
  readonly children: readonly (XmlNode | string)[];
}

/** Children that are `undefined` are left out, so that optional elements read as one expression. */
export function element(
  name: string,
  ...children: readonly (XmlNode | string | undefined)[]
): XmlNode {
  return { name, children: children.filter((child) => child !== undefined) };
}

/**
 * The document as text: declaration, then the root, one element on a line, two blanks a level, the
 * way OSS writes (ossutil prints answers as they are). Text stands on the line of its element:
 * white space inside `Code` breaks clients (oss-protocol.md 3). No xmlns: Python's SDK fails on it.
 */
export function renderXml(root: XmlNode): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>\n'];
  write(root, '', lines);
  return lines.join('');
}

function write(node: XmlNode, indent: string, lines: string[]): void {
  const { name, children } = node;
  if (!children.some((child) => typeof child !== 'string')) {
    lines.push(`${indent}<${name}>${escapeText(children.join(''))}</${name}>\n`);
    return;
  }
  lines.push(`${indent}<${name}>\n`);
  for (const child of children) {
    if (typeof child === 'string') lines.push(`${indent}  ${escapeText(child)}\n`);
    else write(child, `${indent}  `, lines);
  }
  lines.push(`${indent}</${name}>\n`);
}

/**
 * Everything that is not plain text inside an element. Control characters go out as numeric
 * references, CR too (a reader turns a raw one into LF); XML 1.0 has no legal form for most of
 * them, and this is the one our own reader and lenient ones understand. Lone surrogates and NUL
 * have no form at all.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped here
const special = /[&<>"\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/g;

const named: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\u0000': '\ufffd',
};

function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replace(special, (character) => named[character] ?? `&#${character.charCodeAt(0)};`);
}
