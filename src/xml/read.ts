import { SaxesParser } from 'saxes';
import { XmlElement } from './element.ts';
import { XmlProblem } from './problem.ts';

export { XmlElement } from './element.ts';
export { XmlProblem } from './problem.ts';

/** What one operation allows a document to be. Each operation's row states its own (ruling 17). */
export interface XmlLimits {
  /** Length of the encoded document, bytes. */
  readonly bytesMax: number;
  readonly elementsMax: number;
  /** Called between slices of the work; resolves when others had their turn. */
  readonly pause?: () => Promise<void>;
}

/** Levels of elements below each other, the root included (security.md 7.4). */
const depthMax = 16;

/**
 * Attributes of one element. No document of the API has any but `xmlns`; saxes takes all attributes
 * of an element in one step, so an unbounded number would be an unbounded step.
 */
const attributesMax = 16;

/**
 * Bytes read between two pauses. saxes reads 10 to 50 MB/s on one core, so that a slice stays well
 * below the 50 ms that the event loop may be held (ruling 17).
 */
const sliceBytes = 32 * 1024;

const letOthersRun = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Reads one document into its root element. Refuses with XmlProblem what is not well-formed, not
 * UTF-8, beyond the limits, and every DOCTYPE, processing instruction and named entity besides the
 * five of XML. Namespaces mean nothing here: declarations are ignored, prefixes are dropped.
 */
export async function parseXml(bytes: Uint8Array, limits: XmlLimits): Promise<XmlElement> {
  if (bytes.length === 0) throw new XmlProblem('the document is empty');
  if (bytes.length > limits.bytesMax) {
    throw new XmlProblem(`the document is longer than ${limits.bytesMax} bytes`);
  }
  const pause = limits.pause ?? letOthersRun;
  const parser = new DocumentParser(limits.elementsMax);
  for (let start = 0; start < bytes.length; start += sliceBytes) {
    if (start > 0) await pause();
    const end = start + sliceBytes;
    parser.read(bytes.subarray(start, end), end < bytes.length);
  }
  return parser.finish();
}

class DocumentParser extends SaxesParser {
  readonly tree: TreeBuilder;
  /** Of the element that is being opened. */
  attributes = 0;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });

  constructor(elementsMax: number) {
    // A document that says version 1.1 is read by the rules of 1.0: those of 1.1 turn U+0085 and
    // U+2028 into line feeds, and object keys may hold both.
    super({ defaultXMLVersion: '1.0', forceXMLVersion: true });
    this.tree = new TreeBuilder(elementsMax);
    acceptControlCharacters(this);
  }

  read(slice: Uint8Array, isMoreToCome: boolean): void {
    reading = this;
    this.write(this.#decode(slice, isMoreToCome));
  }

  finish(): XmlElement {
    reading = this;
    this.close();
    return this.tree.finish();
  }

  #decode(slice: Uint8Array, isMoreToCome: boolean): string {
    try {
      return this.#decoder.decode(slice, { stream: isMoreToCome });
    } catch {
      throw new XmlProblem('the document is not valid UTF-8');
    }
  }
}

/** Whose slice is being read: slices of several documents may take turns. */
let reading: DocumentParser;

function refuse(what: string): never {
  throw new XmlProblem(what, reading.line, reading.column);
}

listen(DocumentParser.prototype);

/**
 * All parsers share their handlers, which stand on their prototype: set on each parser, they would
 * cost more than a small document, and make V8 keep its properties in a hash table, with which
 * reading takes five times as long.
 */
function listen(parsers: DocumentParser): void {
  parsers.on('error', ({ message }) =>
    refuse(message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')),
  );
  parsers.on('xmldecl', ({ encoding }) => {
    if (!/^utf-?8$/i.test(encoding ?? 'utf-8')) refuse('the encoding must be UTF-8');
  });
  parsers.on('doctype', () => refuse('a DOCTYPE is not allowed'));
  parsers.on('processinginstruction', () => refuse('processing instructions are not allowed'));
  parsers.on('attribute', () => {
    reading.attributes++;
    if (reading.attributes > attributesMax) {
      refuse(`more than ${attributesMax} attributes on one element`);
    }
  });
  parsers.on('opentagstart', ({ name }) => {
    reading.attributes = 0;
    reading.tree.open(name, refuse);
  });
  parsers.on('closetag', () => reading.tree.close());
  parsers.on('text', (text) => reading.tree.addText(text));
  parsers.on('cdata', (text) => reading.tree.addText(text));
}

/**
 * Lets `&#x01;` stand for its character. XML 1.0 forbids the reference, yet SDKs send it for keys
 * with control characters (oss-protocol.md 5), and only the check on references may be widened: raw
 * control characters stay refused. saxes keeps that check in one replaceable predicate of the
 * parser; a test reads such references, so that a release that moves it cannot pass unseen.
 */
function acceptControlCharacters(parser: SaxesParser): void {
  Reflect.set(parser, 'isChar', isReferable);
}

function isReferable(code: number): boolean {
  return code >= 0x1 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
}

/** Puts elements together as they open and close, within the caps. */
class TreeBuilder {
  readonly #elementsMax: number;
  readonly #open: OpenElement[] = [];
  #count = 0;
  #root: XmlElement | undefined;

  constructor(elementsMax: number) {
    this.#elementsMax = elementsMax;
  }

  open(qualifiedName: string, refuse: (what: string) => never): void {
    this.#count++;
    if (this.#count > this.#elementsMax) refuse(`more than ${this.#elementsMax} elements`);
    if (this.#open.length >= depthMax) refuse(`elements more than ${depthMax} levels deep`);
    const name = qualifiedName.slice(qualifiedName.lastIndexOf(':') + 1);
    if (name === '') refuse(`${qualifiedName} is not an element name`);
    this.#open.push({ name, texts: [], children: [] });
  }

  addText(text: string): void {
    this.#open.at(-1)?.texts.push(text);
  }

  close(): void {
    const closed = this.#open.pop();
    if (closed === undefined) return;
    const element = new XmlElement(closed.name, closed.texts.join(''), closed.children);
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
  }

  finish(): XmlElement {
    // saxes refuses a document without a root before this is reached.
    if (this.#root === undefined) throw new XmlProblem('the document has no root element');
    return this.#root;
  }
}

interface OpenElement {
  readonly name: string;
  readonly texts: string[];
  readonly children: XmlElement[];
}
